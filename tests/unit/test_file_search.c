/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/file_search.h"

#include "scratch.h"

#include <sys/stat.h>
#include <unistd.h>

#define MANY 100000
#define LONG_MS 60000

typedef struct fixture {
	scratch *scratch;
	const char *top;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	self->top = scratch_mkdir(self->scratch, "top");
	scratch_write(self->scratch, "top/one", "");
	scratch_write(self->scratch, "top/a/b/c/two", "");
	scratch_write(self->scratch, "elsewhere/three", "");
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_free(self->scratch);
}

static guint64 inode_of(fixture *self, const char *name)
{
	struct stat st;

	g_assert_cmpint(stat(scratch_path(self->scratch, name), &st), ==, 0);
	return st.st_ino;
}

static void assert_path(fixture *self, const file_search *search, const char *name)
{
	g_assert_cmpstr(file_search_path(search, inode_of(self, name)), ==,
		scratch_path(self->scratch, name));
}

static void test_found(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(file_search) search = file_search_new(MANY, LONG_MS);

	file_search_want(search, inode_of(self, "top/one"));
	file_search_want(search, inode_of(self, "top/a/b/c/two"));
	file_search_want(search, inode_of(self, "elsewhere/three"));
	file_search_below(search, self->top);
	assert_path(self, search, "top/one");
	assert_path(self, search, "top/a/b/c/two");
	g_assert_null(file_search_path(search, inode_of(self, "elsewhere/three")));
	/* The next directory is searched. */
	file_search_below(search, scratch_path(self->scratch, "nowhere"));
	file_search_below(search, scratch_path(self->scratch, "elsewhere"));
	assert_path(self, search, "elsewhere/three");
	assert_path(self, search, "top/one");
	/* This file was not wanted. */
	g_assert_null(file_search_path(search, inode_of(self, "top/a")));
}

static void test_link(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(file_search) search = file_search_new(MANY, LONG_MS);

	g_assert_cmpint(symlink("../elsewhere", scratch_path(self->scratch, "top/link")), ==, 0);
	file_search_want(search, inode_of(self, "elsewhere/three"));
	file_search_below(search, self->top);
	g_assert_null(file_search_path(search, inode_of(self, "elsewhere/three")));
}

static void test_mount(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(file_search) search = file_search_new(MANY, LONG_MS);

	if (!scratch_mount(self->scratch, "top/mounted")) {
		g_test_skip("no mount namespace to be had");
		return;
	}
	scratch_write(self->scratch, "top/mounted/four", "");
	file_search_want(search, inode_of(self, "top/mounted/four"));
	file_search_below(search, self->top);
	g_assert_null(file_search_path(search, inode_of(self, "top/mounted/four")));
}

/* Files near the top are found in spite of the limits. */
static void test_bounds(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(file_search) few = file_search_new(3, LONG_MS);
	g_autoptr(file_search) no_time = file_search_new(MANY, 0);

	file_search_want(few, inode_of(self, "top/one"));
	file_search_want(few, inode_of(self, "top/a/b/c/two"));
	file_search_below(few, self->top);
	assert_path(self, few, "top/one");
	g_assert_null(file_search_path(few, inode_of(self, "top/a/b/c/two")));

	file_search_want(no_time, inode_of(self, "top/one"));
	file_search_below(no_time, self->top);
	g_assert_null(file_search_path(no_time, inode_of(self, "top/one")));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/file_search/found", fixture, NULL, set_up, test_found, tear_down);
	g_test_add("/file_search/link", fixture, NULL, set_up, test_link, tear_down);
	g_test_add("/file_search/mount", fixture, NULL, set_up, test_mount, tear_down);
	g_test_add("/file_search/bounds", fixture, NULL, set_up, test_bounds, tear_down);
	return g_test_run();
}
