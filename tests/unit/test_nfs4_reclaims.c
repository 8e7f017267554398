/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/nfs4_reclaims.h"

#include "base/error.h"
#include "scratch.h"

#include <sqlite3.h>
#include <string.h>

/* Runs statements in a database as nfsdcld makes it, in the scratch directory's store. */
static void nfsdcld(scratch *in, const char *statements)
{
	g_autofree char *dir = g_strdup(scratch_path(in, "server/nfsdcld"));
	g_autofree char *path = g_build_filename(dir, "main.sqlite", NULL);
	sqlite3 *database = NULL;

	g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
	g_assert_cmpint(sqlite3_open(path, &database), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(database, statements, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(database);
}

#define EPOCHS(current, recovery)                                                                  \
	"CREATE TABLE grace (current INTEGER, recovery INTEGER);"                                  \
	"INSERT INTO grace VALUES (" current ", " recovery ");"
#define TABLE(digits)                                                                              \
	"CREATE TABLE \"rec-00000000000000" digits "\" (id BLOB PRIMARY KEY, princhash BLOB);"
#define CLIENT(digits, id)                                                                         \
	"INSERT INTO \"rec-00000000000000" digits "\" VALUES (CAST(" id " AS BLOB), NULL);"

static void assert_names(const GPtrArray *names, const char *expected)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(
			text, "%s%s", i > 0 ? "|" : "", (char *)g_ptr_array_index(names, i));
	g_assert_cmpstr(text->str, ==, expected);
}

static void test_in_grace(void)
{
	g_autoptr(scratch) in = scratch_new();
	struct nfs4_reclaims found = {0};
	g_autoptr(GPtrArray) missing = NULL;
	g_autoptr(GError) error = NULL;

	/* x'00': the kernel counts the zero byte at the end; x'0a': a line feed */
	nfsdcld(in, EPOCHS("27", "26") TABLE("1a") TABLE("1b") CLIENT("1a", "'client1'")
			    CLIENT("1a", "x'636c69656e743200'") CLIENT("1a", "x'630a33'")
				    CLIENT("1b", "'client1'") CLIENT("1b", "'client4'"));
	g_assert_true(nfs4_reclaims_read(&found, in->path, &error));
	g_assert_no_error(error);
	assert_names(found.expected, "c?3|client1|client2");
	assert_names(found.present, "client1|client4");
	missing = nfs4_reclaims_missing(found.expected, found.present);
	assert_names(missing, "c?3|client2");
	nfs4_reclaims_clear(&found);
}

static void test_without_grace(void)
{
	g_autoptr(scratch) in = scratch_new();
	struct nfs4_reclaims found = {0};

	nfsdcld(in, EPOCHS("2", "0") TABLE("02") CLIENT("02", "'client1'"));
	g_assert_true(nfs4_reclaims_read(&found, in->path, NULL));
	assert_names(found.expected, "");
	assert_names(found.present, "client1");
	nfs4_reclaims_clear(&found);
}

static void test_none(void)
{
	g_autoptr(scratch) in = scratch_new();
	struct nfs4_reclaims found = {0};
	g_autoptr(GError) error = NULL;

	g_assert_false(nfs4_reclaims_read(&found, in->path, &error));
	g_assert_no_error(error);
	nfs4_reclaims_clear(&found);
}

/* Never taken for "no client". */
static void test_unreadable(void)
{
	g_autoptr(scratch) in = scratch_new();
	static const char *const texts[] = {
		"", EPOCHS("2", "0"), EPOCHS("2", "1") TABLE("02"), NULL};
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct nfs4_reclaims found = {0};

		if (texts[i] != NULL)
			nfsdcld(in, texts[i]);
		else
			scratch_write(in, "server/nfsdcld/main.sqlite", "no database at all");
		g_assert_false(nfs4_reclaims_read(&found, in->path, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		g_assert_nonnull(strstr(error->message, "cannot read the records of NFSv4"));
		g_clear_error(&error);
		nfs4_reclaims_clear(&found);
		scratch_remove(in, "server/nfsdcld/main.sqlite");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nfs4-reclaims/in-grace", test_in_grace);
	g_test_add_func("/nfs4-reclaims/without-grace", test_without_grace);
	g_test_add_func("/nfs4-reclaims/none", test_none);
	g_test_add_func("/nfs4-reclaims/unreadable", test_unreadable);
	return g_test_run();
}
