/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/statd.h"

#include "nsm/statd_rights.h"
#include "scratch.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static statd_options *parse(const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);

	return statd_options_parse((const char *const *)words, NULL);
}

static void test_options(void)
{
	static const struct {
		const char *line, *callout, *state_dir;
		bool no_notify;
	} cases[] = {
		{"rpc.statd", NULL, NULL, false},
		{"rpc.statd -L -H /a", "/a", NULL, true},
		{"rpc.statd -LH/a -P/b", "/a", "/b", true},
		{"rpc.statd --ha-callout=/a --state-directory-path /b", "/a", "/b", false},
		{"rpc.statd --ha /a --st=/b --no-no", "/a", "/b", true},
		{"rpc.statd --no /a", NULL, NULL,
			false}, /* the beginning of three options: statd refuses it */
		{"rpc.statd -n -L", NULL, NULL, false}, /* a name */
		{"rpc.statd -p 1 -o2 -T 3 -U4 -F -d -H /a x -L", "/a", NULL, true},
		{"rpc.statd -H /a -H /b -P /c -P /d", "/b", "/d", false},
		{"rpc.statd -- -L -H /a", NULL, NULL, false},
		{"rpc.statd -H", NULL, NULL, false},
		{"rpc.statd --unknown -Z -L", NULL, NULL, true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(statd_options) options = parse(cases[i].line);

		g_test_message("%s", cases[i].line);
		g_assert_cmpstr(options->callout, ==, cases[i].callout);
		g_assert_cmpstr(options->state_dir, ==, cases[i].state_dir);
		g_assert_cmpint(options->no_notify, ==, cases[i].no_notify);
	}
}

static void test_environment(void)
{
	static const char *const words[] = {"rpc.statd", NULL};
	static const char *const none[] = {NULL};
	static const char *const yes[] = {"HOME=/", "RPC_STATD_NO_NOTIFY=1", NULL};
	static const char *const no[] = {"RPC_STATD_NO_NOTIFY=0", NULL};
	g_autoptr(statd_options) empty = statd_options_parse(none, none);
	g_autoptr(statd_options) with = statd_options_parse(words, yes);
	g_autoptr(statd_options) without = statd_options_parse(words, no);

	g_assert_false(empty->no_notify);
	g_assert_true(with->no_notify);
	g_assert_false(without->no_notify);
}

/* Owners as ocf:heartbeat:nfsserver leaves them in /var/lib/nfs if there is a user rpcuser, and
 * others. */
static void test_rights(void)
{
	static const struct {
		uid_t statd, sm_owner, dir_owner;
		mode_t sm_mode, dir_mode;
		const char *barred; /* below the scratch directory; NULL: none */
	} cases[] = {
		{10, 10, 10, 0700, 0755, NULL},     /* as it is installed */
		{10, 10, 0, 0700, 0755, NULL},      /* also as installed */
		{10, 20, 20, 0700, 0755, "nfs/sm"}, /* everything was given to another user */
		{10, 20, 10, 0700, 0755, "nfs/sm"}, /* only sm was */
		{10, 10, 20, 0700, 0700, "nfs"},    /* only the directory above it was */
		{10, 20, 20, 0777, 0755, NULL},     /* any user may write */
		{10, 20, 20, 0766, 0755, "nfs/sm"}, /* other users may write, but not enter */
		{10, 10, 10, 0077, 0755, "nfs/sm"}, /* other users may write, but not the owner */
		{10, 10, 10, 0500, 0755, "nfs/sm"}, /* the owner may only read */
		{0, 20, 20, 0500, 0000, NULL},      /* root */
	};
	g_autoptr(scratch) files = scratch_new();
	const char *sm = scratch_mkdir(files, "nfs/sm");
	const char *process = scratch_mkdir(files, "proc/700");
	const char *dir = scratch_path(files, "nfs"), *proc = scratch_path(files, "proc");

	if (geteuid() != 0) {
		g_test_skip("needs root");
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct statd_rights rights;

		g_test_message("%" G_GSIZE_FORMAT, i);
		g_assert_cmpint(chown(process, cases[i].statd, cases[i].statd), ==, 0);
		g_assert_cmpint(chown(sm, cases[i].sm_owner, cases[i].sm_owner), ==, 0);
		g_assert_cmpint(chown(dir, cases[i].dir_owner, cases[i].dir_owner), ==, 0);
		g_assert_cmpint(chmod(sm, cases[i].sm_mode), ==, 0);
		g_assert_cmpint(chmod(dir, cases[i].dir_mode), ==, 0);
		g_assert_true(statd_rights_look(proc, "700@900", sm, &rights));
		g_assert_cmpuint(rights.user, ==, cases[i].statd);
		g_assert_cmpuint(rights.owner, ==, cases[i].sm_owner);
		g_assert_cmpstr(rights.barred, ==,
			cases[i].barred != NULL ? scratch_path(files, cases[i].barred) : NULL);
		statd_rights_clear(&rights);
	}
}

/* Rights through the group: if the group matches, only its rights count. */
static void test_rights_of_group(void)
{
	g_autoptr(scratch) files = scratch_new();
	const char *sm = scratch_mkdir(files, "nfs/sm");
	const char *process = scratch_mkdir(files, "proc/700");
	const char *proc = scratch_path(files, "proc");
	struct statd_rights rights;

	if (geteuid() != 0) {
		g_test_skip("needs root");
		return;
	}
	g_assert_cmpint(chown(process, 10, 30), ==, 0);
	g_assert_cmpint(chown(sm, 20, 30), ==, 0);
	g_assert_cmpint(chmod(scratch_path(files, "nfs"), 0755), ==, 0);
	g_assert_cmpint(chmod(sm, 0770), ==, 0);
	g_assert_true(statd_rights_look(proc, "700@900", sm, &rights));
	g_assert_null(rights.barred);
	g_assert_cmpint(chmod(sm, 0707), ==, 0);
	g_assert_true(statd_rights_look(proc, "700@900", sm, &rights));
	g_assert_cmpstr(rights.barred, ==, sm);
	statd_rights_clear(&rights);
	g_assert_false(statd_rights_look(proc, "none", sm, &rights));
	g_assert_false(statd_rights_look(proc, "700@900", "/nonexistent/sm", &rights));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/statd/options", test_options);
	g_test_add_func("/statd/environment", test_environment);
	g_test_add_func("/statd/rights", test_rights);
	g_test_add_func("/statd/rights of its group", test_rights_of_group);
	return g_test_run();
}
