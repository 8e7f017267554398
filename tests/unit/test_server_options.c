/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/server_options.h"

#include "base/error.h"
#include "scratch.h"

#include <string.h>

static server_options *valid(void)
{
	server_options *options = server_options_new();

	options->group = g_strdup("files");
	options->directory = g_strdup("/srv/nfs");
	options->addresses = g_strsplit("192.0.2.10/24,2001:db8::10/64", ",", -1);
	options->exports = g_strdup("/srv/nfs *(rw,fsid=0)");
	options->run_dir = g_strdup("/run/lockferry");
	return options;
}

static server_options *checked(void)
{
	server_options *options = valid();
	g_autoptr(GError) error = NULL;

	server_options_check(options, &error);
	g_assert_no_error(error);
	return options;
}

static void test_defaults(void)
{
	g_autoptr(server_options) options = checked();

	g_assert_cmpstr(options->store, ==, "/srv/nfs/.lockferry");
	g_assert_cmpstr(options->scope, ==, "files.192.0.2.10");
	g_assert_cmpstr(options->versions, ==, "3 4.1 4.2");
	g_assert_cmpstr(options->link, ==, "auto");
	g_assert_cmpint(options->threads, ==, 8);
	g_assert_cmpint(options->grace_s, ==, 0);
	g_assert_cmpint(options->lease_s, ==, 30);
	g_assert_cmpint(options->mountd_port, ==, 20048);
	g_assert_cmpint(options->statd_port, ==, 662);
	g_assert_true(server_options_serves(options, '3'));
	g_assert_true(server_options_serves(options, '4'));
}

/* Two groups of one name in two clusters must not have one scope: clients of both would take them
 * for one server. */
static void test_scope(void)
{
	g_autoptr(server_options) options = valid();
	g_autoptr(server_options) other = valid();
	g_autoptr(server_options) longest = valid();

	g_free(options->addresses[0]);
	options->addresses[0] = g_strdup("2001:db8::99/64");
	g_assert_true(server_options_check(options, NULL));
	g_assert_cmpstr(options->scope, ==, "files.2001-db8--99");
	g_assert_true(server_options_check(other, NULL));
	g_assert_cmpstr(options->scope, !=, other->scope);

	g_free(longest->group);
	longest->group = g_strnfill(64, 'g');
	g_assert_true(server_options_check(longest, NULL));
	g_assert_cmpuint(strlen(longest->scope), <=, 64);
}

static void set_text(server_options *options, gsize offset, const char *value)
{
	char **at = (char **)((char *)options + offset);

	g_free(*at);
	*at = g_strdup(value);
}

#define TEXT(member) G_STRUCT_OFFSET(server_options, member)

/* What the command line's tests do not have: tests/bats/cli_server.bats. */
static const struct {
	gsize offset;
	const char *value, *message;
} refused[] = {
	{TEXT(group), "", "parameter 'group' is missing"},
	{TEXT(group), "-x", "parameter 'group': '-x' is not a valid group name"},
	{TEXT(directory), "", "parameter 'directory' is missing"},
	{TEXT(directory), "/srv/a\nb", "parameter 'directory': "},
	{TEXT(directory), "/./", "parameter 'directory': the root filesystem"},
	{TEXT(store), "/srv/nfs/../x", "parameter 'store': '/srv/nfs/../x' is not in '/srv/nfs'"},
	{TEXT(metrics), "x", "parameter 'metrics': 'x' is not an absolute path"},
	{TEXT(nic), "", "parameter 'nic': '' cannot be"},
	{TEXT(nic), "-r", "parameter 'nic': '-r' cannot be"},
	{TEXT(nic), "sixteen-byte-nic", "parameter 'nic': "},
	{TEXT(link), "", "parameter 'link' takes auto, macvlan, ipvlan, bridge or routed, not ''"},
	{TEXT(link), "routed", "link=routed needs the parameter 'nic'"},
	{TEXT(versions), "", "parameter 'versions': '' is not a list"},
	{TEXT(versions), "3  4", "parameter 'versions': '3  4' is not a list"},
	{TEXT(versions), "3,4", "parameter 'versions': '3,4' is not a list"},
	{TEXT(scope), "", "parameter 'scope': '' cannot be a host name"},
	{TEXT(node), "", "the value of 'node' is not a valid node name"},
	{TEXT(exports), "", "give one of the parameters"},
	{TEXT(exports), "\n;  \n# x", "parameter 'exports': nothing is exported"},
	{TEXT(early_grace_end), "true", "parameter 'early_grace_end' takes yes or no, not 'true'"},
};

static void test_refused(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(server_options) options = valid();
		g_autoptr(GError) error = NULL;

		set_text(options, refused[i].offset, refused[i].value);
		if (server_options_check(options, &error))
			g_error("this should be refused: %s", refused[i].message);
		g_assert_error(error, LF_ERROR, LF_ERROR_USAGE);
		if (!g_str_has_prefix(error->message, refused[i].message))
			g_error("'%s' is not '%s'", error->message, refused[i].message);
	}
}

static void test_addresses(void)
{
	static const char *const bad[] = {"192.0.2.10/0", "192.0.2.10/33", "192.0.2.10/",
		"192.0.2.10/24x", "::1/", "", "/24", "192.0.2.10/-1"};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(server_options) options = valid();

		g_free(options->addresses[1]);
		options->addresses[1] = g_strdup(bad[i]);
		g_assert_false(server_options_check(options, NULL));
	}
}

static void assert_same_text(const server_options *a, const server_options *b)
{
	g_autofree char *one = server_options_to_text(a, NULL);
	g_autofree char *two = server_options_to_text(b, NULL);

	g_assert_cmpstr(one, ==, two);
}

static void test_round_trip(void)
{
	g_autoptr(server_options) options = valid();
	g_autoptr(server_options) again = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	gsize length;

	set_text(options, TEXT(exports), "/srv/nfs/a b\\040 *(rw)\n/srv/nfs\t[x];y=#");
	options->names = g_strsplit("nfs,nfs.example.com", ",", -1);
	options->devices = g_strsplit("8:16 /srv/nfs;8:17 /srv/nfs/a;b", "|", -1);
	options->threads = 17;
	server_options_check(options, NULL);
	text = server_options_to_text(options, &length);
	again = server_options_parse(text, length, &error);
	if (again == NULL)
		g_error("%s: %s", error->message, text);
	assert_same_text(options, again);
	g_assert_cmpstr(again->exports, ==, options->exports);
	g_assert_cmpstr(again->devices[0], ==, options->devices[0]);
	g_assert_cmpstr(again->names[1], ==, "nfs.example.com");
	g_assert_cmpint(again->threads, ==, 17);
	g_assert_null(again->nic);
	g_assert_null(again->gateways);
}

static void test_damaged(void)
{
	static const char *const bad[] = {"", "x", "[server]\n", "[server]\ngroup=a\n",
		"[server]\nthreads=many\n", "[other]\ngroup=files\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(server_options_parse(bad[i], strlen(bad[i]), &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	}
	g_assert_null(server_options_parse("[server]\0", 9, NULL));
}

static void test_file(void)
{
	g_autoptr(scratch) dir_of_test = scratch_new();
	const char *dir = scratch_mkdir(dir_of_test, "server");
	g_autoptr(server_options) options = checked();
	g_autoptr(server_options) loaded = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_null(server_options_load(dir, "files", &error));
	g_assert_no_error(error);
	g_assert_null(server_options_load("/nowhere", "files", &error));
	g_assert_no_error(error);
	g_assert_true(server_options_save(options, dir, &error));
	loaded = server_options_load(dir, "files", &error);
	g_assert_no_error(error);
	assert_same_text(options, loaded);
	scratch_write(dir_of_test, "server/files.conf", "x");
	g_assert_null(server_options_load(dir, "files", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_true(strstr(error->message, "files.conf': it has an invalid form") != NULL);
	server_options_forget(dir, "files");
	g_assert_false(scratch_has(dir_of_test, "server/files.conf"));
}

static void test_same(void)
{
	g_autoptr(server_options) options = checked();
	g_autoptr(server_options) other = checked();

	set_text(other, TEXT(exports), "/srv/nfs *(ro)");
	other->threads = 9;
	g_assert_true(server_options_same(options, other));
	other->statd_port = 663;
	g_assert_false(server_options_same(options, other));
	other->statd_port = options->statd_port;
	other->gateways = g_strsplit("192.0.2.1", ",", -1);
	g_assert_false(server_options_same(options, other));
	g_strfreev(g_steal_pointer(&other->gateways));
	set_text(other, TEXT(scope), "x");
	g_assert_false(server_options_same(options, other));
}

static void test_versions(void)
{
	g_autoptr(server_options) options = valid();

	set_text(options, TEXT(versions), "3");
	g_assert_true(server_options_check(options, NULL));
	g_assert_true(server_options_serves(options, '3'));
	g_assert_false(server_options_serves(options, '4'));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/server-options/defaults", test_defaults);
	g_test_add_func("/server-options/scope", test_scope);
	g_test_add_func("/server-options/refused", test_refused);
	g_test_add_func("/server-options/addresses", test_addresses);
	g_test_add_func("/server-options/round-trip", test_round_trip);
	g_test_add_func("/server-options/damaged", test_damaged);
	g_test_add_func("/server-options/file", test_file);
	g_test_add_func("/server-options/same", test_same);
	g_test_add_func("/server-options/versions", test_versions);
	return g_test_run();
}
