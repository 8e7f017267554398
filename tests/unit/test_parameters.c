/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/parameters.h"

#include "base/error.h"

#include <string.h>

static const char *const ips[] = {"192.0.2.10,2001:db8::10", "192.0.2.11", NULL};
static const char *const names[] = {"nfs1.example.com", NULL};
static const char *const exports[] = {"/srv/nfs/a", "/srv/nfs/b c", NULL};

static const struct parameters good = {
	.group = "files",
	.store = "/srv/nfs/.lockferry",
	.backend = "sqlite",
	.sm_dir = "/var/lib/nfs/sm",
	.metrics = "/run/metrics",
	.ips = ips,
	.names = names,
	.exports = exports,
};

static void must_be_refused(const struct parameters *what, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(parameters_check(what, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_USAGE);
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
}

static void test_good(void)
{
	struct parameters what = good;
	g_autoptr(GError) error = NULL;

	g_assert_true(parameters_check(&what, &error));
	g_assert_no_error(error);
	what.sm_dir = what.metrics = what.backend = NULL;
	g_assert_true(parameters_check(&what, NULL));
}

static void test_texts(void)
{
	static const struct {
		gsize offset;
		const char *value, *says;
	} cases[] = {
		{G_STRUCT_OFFSET(struct parameters, group), NULL, "parameter 'group' is missing"},
		{G_STRUCT_OFFSET(struct parameters, group), "", "parameter 'group' is missing"},
		{G_STRUCT_OFFSET(struct parameters, group), "../a", "parameter 'group': '../a'"},
		{G_STRUCT_OFFSET(struct parameters, store), NULL, "parameter 'store' is missing"},
		{G_STRUCT_OFFSET(struct parameters, store), "store", "parameter 'store': 'store'"},
		{G_STRUCT_OFFSET(struct parameters, store), "/srv/nfs", "parameter 'store'"},
		{G_STRUCT_OFFSET(struct parameters, store), "/srv/nfs/a", "parameter 'store'"},
		{G_STRUCT_OFFSET(struct parameters, sm_dir), "sm", "parameter 'sm_dir': 'sm'"},
		{G_STRUCT_OFFSET(struct parameters, metrics), "m", "parameter 'metrics': 'm'"},
		{G_STRUCT_OFFSET(struct parameters, backend), "papyrus", "'papyrus'"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct parameters what = good;

		G_STRUCT_MEMBER(const char *, &what, cases[i].offset) = cases[i].value;
		must_be_refused(&what, cases[i].says);
	}
}

static void test_lists(void)
{
	static const struct {
		gsize offset;
		const char *values[3];
		const char *says;
	} cases[] = {
		{G_STRUCT_OFFSET(struct parameters, ips), {NULL}, "parameter 'ip' is missing"},
		{G_STRUCT_OFFSET(struct parameters, ips), {"192.0.2.10/24"}, "'192.0.2.10/24'"},
		{G_STRUCT_OFFSET(struct parameters, ips), {"192.0.2.10", "nfs1"}, "'nfs1'"},
		{G_STRUCT_OFFSET(struct parameters, ips), {"192.0.2.10", "192.0.2.10"}, "'ip'"},
		{G_STRUCT_OFFSET(struct parameters, names), {""}, "parameter 'names': ''"},
		{G_STRUCT_OFFSET(struct parameters, names), {"a b"}, "parameter 'names': 'a b'"},
		{G_STRUCT_OFFSET(struct parameters, names), {".nfs1"}, "parameter 'names'"},
		{G_STRUCT_OFFSET(struct parameters, exports), {"/a", "b"}, "'exports': 'b'"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct parameters what = good;

		G_STRUCT_MEMBER(const char *const *, &what, cases[i].offset) = cases[i].values;
		must_be_refused(&what, cases[i].says);
	}
}

static void test_decode(void)
{
	static const char *const cases[][2] = {
		{"/srv/a", "/srv/a"},
		{"/srv/b\\040c", "/srv/b c"},
		{"\\134040", "\\040"},
		{"\\303\\244", "\303\244"},
		{"\\40", "\\40"},
		{"\\048", "\\048"},
		{"\\400", "\\400"},
		/* A zero byte would end the text. */
		{"a\\000b", "a\\000b"},
		{"\\", "\\"},
		{"", ""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = parameters_decode_path(cases[i][0]);

		g_assert_cmpstr(path, ==, cases[i][1]);
	}
}

static bool are_served(const char *store, const char *const *addresses, GError **error)
{
	g_autoptr(JsonNode) answer = json_from_string(
		"{\"group\": \"files\", \"store\": \"/srv/nfs/.lockferry\", \"addresses\": "
		"[{\"address\": \"192.0.2.10\"}, {\"address\": \"2001:db8::10\"}]}",
		NULL);

	return parameters_are_served(json_node_get_object(answer), store, addresses, error);
}

/* Paths are compared as texts, after cleaning: the disk is not asked. */
static void test_are_served(void)
{
	const char *const same[] = {"2001:DB8:0::10", "192.0.2.10", NULL};
	const char *const fewer[] = {"192.0.2.10", NULL};
	const char *const other[] = {"192.0.2.10", "192.0.2.11", NULL};
	g_autoptr(GError) error = NULL;

	g_assert_true(are_served(NULL, NULL, NULL));
	g_assert_true(are_served("/srv//nfs/x/../.lockferry/", same, NULL));
	g_assert_false(are_served("/srv/nfs/other", same, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING);
	g_assert_nonnull(strstr(error->message, "'192.0.2.10,2001:db8::10'"));
	g_assert_false(are_served(NULL, fewer, NULL));
	g_assert_false(are_served(NULL, other, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/parameters/good", test_good);
	g_test_add_func("/parameters/texts", test_texts);
	g_test_add_func("/parameters/lists", test_lists);
	g_test_add_func("/parameters/decode", test_decode);
	g_test_add_func("/parameters/are-served", test_are_served);
	return g_test_run();
}
