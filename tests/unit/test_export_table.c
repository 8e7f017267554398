/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/export_table.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static GPtrArray *parse(const char *text)
{
	return export_table_parse(text, strlen(text));
}

static void assert_entry(
	const GPtrArray *entries, guint place, const char *dir, const char *clients, bool has_fsid)
{
	const exported *entry;

	g_assert_cmpuint(place, <, entries->len);
	entry = g_ptr_array_index(entries, place);
	g_assert_cmpstr(entry->dir, ==, dir);
	g_assert_cmpstr(entry->clients, ==, clients);
	g_assert_cmpint(entry->has_fsid, ==, has_fsid);
}

/* As exportfs of nfs-utils 2.6.2 wrote it. */
static void test_measured(void)
{
	g_autoptr(GPtrArray) entries =
		parse("/srv/nfs/export\t192.0.2.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,"
		      "root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,fsid=1,"
		      "anonuid=65534,anongid=65534,sec=sys,rw,secure,root_squash,no_all_squash)\n"
		      "/srv/with\\040blank\\134\t*(rw,sync)\n"
		      "/srv/root\t@hosts(ro,fsid=0)\n");

	g_assert_cmpuint(entries->len, ==, 3);
	assert_entry(entries, 0, "/srv/nfs/export", "192.0.2.0/24", true);
	assert_entry(entries, 1, "/srv/with blank\\", "*", false);
	assert_entry(entries, 2, "/srv/root", "@hosts", true);
}

static void test_signed(void)
{
	g_autoptr(GPtrArray) entries = parse("/a\t*(rw,sign_fh,fsid=1)\n/b\t*(rw,sign_fhx)\n"
					     "/c\t*(sign_fh)\n/sign_fh\t*(rw)\n");
	static const bool expected[] = {true, false, true, false};

	g_assert_cmpuint(entries->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < entries->len; i++) {
		const exported *entry = g_ptr_array_index(entries, i);

		g_assert_cmpint(entry->is_signed, ==, expected[i]);
	}
}

static void test_reach(void)
{
	g_autoptr(GPtrArray) entries = parse("/a\t*(rw,nocrossmnt,root_squash,anonuid=65534)\n"
					     "/a\t@n(rw,crossmnt,no_root_squash)\n"
					     "/a\t@n(rw,all_squash,anonuid=0)\n");
	static const char *const by[] = {NULL, "no_root_squash", "anonuid=0"};

	for (guint i = 0; i < G_N_ELEMENTS(by); i++) {
		const exported *entry = g_ptr_array_index(entries, i);

		g_assert_cmpstr(entry->root_by, ==, by[i]);
		g_assert_cmpint(entry->crosses, ==, i == 1);
	}
}

/* /proc is a filesystem of its own below the root directory. */
static void test_shows(void)
{
	exported entry = {.dir = (char *)"/"};
	g_autofree char *dir = g_dir_make_tmp(NULL, NULL);
	g_autofree char *inner = g_build_filename(dir, "inner", NULL);
	g_autofree char *link = g_build_filename(dir, "link", NULL);

	g_assert_false(exported_shows(&entry, "/proc/version"));
	entry.crosses = true;
	g_assert_true(exported_shows(&entry, "/proc/version"));
	g_assert_cmpint(mkdir(inner, 0700), ==, 0);
	g_assert_cmpint(symlink("inner", link), ==, 0);
	entry = (exported){.dir = inner};
	g_assert_true(exported_shows(&entry, link));
	g_assert_false(exported_shows(&entry, dir));
	g_assert_true(export_is_same_dir(link, inner));
	g_assert_false(export_is_same_dir(dir, inner));
	/* A directory that does not exist is compared by its name. */
	entry.dir = (char *)"/none/";
	g_assert_true(exported_shows(&entry, "/none/store"));
	g_assert_false(exported_shows(&entry, "/nonesuch"));
	g_assert_true(export_is_same_dir("/none/", "/none/../none"));
	unlink(link);
	rmdir(inner);
	rmdir(dir);
}

static void test_strange(void)
{
	static const char *const none[] = {"", "\n\n", "/srv", "/srv\t*", "/srv\t*(rw",
		"srv\t*(rw)\n", "/srv *(rw)\n", "# /srv\t"};
	g_autoptr(GPtrArray) entries = parse("rubbish\n/a\t*(nofsid=1,fsid)\n/b\\9\\400\t()");
	g_autoptr(GPtrArray) cut_off = export_table_parse("/a\t*(fsid=1)", 11);

	for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
		g_autoptr(GPtrArray) nothing = parse(none[i]);

		g_assert_cmpuint(nothing->len, ==, 0);
	}
	g_assert_cmpuint(entries->len, ==, 2);
	assert_entry(entries, 0, "/a", "*", false);
	assert_entry(entries, 1, "/b\\9\\400", "", false);
	g_assert_cmpuint(cut_off->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/export_table/measured", test_measured);
	g_test_add_func("/export_table/signed", test_signed);
	g_test_add_func("/export_table/reach", test_reach);
	g_test_add_func("/export_table/shows", test_shows);
	g_test_add_func("/export_table/strange", test_strange);
	return g_test_run();
}
