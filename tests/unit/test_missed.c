/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/missed.h"

#include "base/error.h"
#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP "files"

typedef struct fixture {
	scratch *scratch;
	missed *missed;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	self->scratch = scratch_new();
	self->missed = missed_open(self->scratch->path, GROUP, geteuid(), &error);
	g_assert_no_error(error);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	missed_close(self->missed);
	scratch_free(self->scratch);
}

static const char *path_of(const fixture *self)
{
	return scratch_path(self->scratch, GROUP MISSED_SUFFIX);
}

static void write_lines(const fixture *self, const char *text)
{
	g_autoptr(GError) error = NULL;

	/* Writes into the same file, as the callout does. */
	g_file_set_contents_full(path_of(self), text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
	g_assert_no_error(error);
}

static void assert_look(fixture *self, guint count, const char *last)
{
	g_autofree char *name = NULL;

	g_assert_cmpuint(missed_look(self->missed, &name), ==, count);
	g_assert_cmpstr(name, ==, last);
}

/* Each line is reported once. */
static void test_look(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct stat st;

	g_assert_cmpint(stat(path_of(self), &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	assert_look(self, 0, NULL);
	write_lines(self, "10.99.0.21\n10.99.0.22\n");
	assert_look(self, 2, "10.99.0.22");
	assert_look(self, 0, NULL);
	write_lines(self, "10.99.0.23\n");
	assert_look(self, 1, "10.99.0.23");
}

/* Lines that were left while no process was running are found by the next one. */
static void test_left(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&self->missed, missed_close);
	write_lines(self, "10.99.0.21\n");
	self->missed = missed_open(self->scratch->path, GROUP, geteuid(), &error);
	g_assert_no_error(error);
	assert_look(self, 1, "10.99.0.21");
}

/* statd's user may write anything. Each line counts, but only a valid name is shown. */
static void test_foreign(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *last = NULL;

	write_lines(self, "10.99.0.21\n../../etc/passwd\n");
	assert_look(self, 2, NULL);
	write_lines(self, "10.99.0.21\ncut");
	assert_look(self, 2, "cut");
	g_assert_cmpuint(missed_parse("a\0b\n", 4, &last), ==, 1);
	g_assert_null(last);
	g_assert_cmpuint(missed_parse("", 0, &last), ==, 0);
}

/* No link is followed, and a file with a second name is not accepted. */
static void test_link(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *elsewhere = scratch_path(self->scratch, "elsewhere");
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&self->missed, missed_close);
	g_assert_cmpint(rename(path_of(self), elsewhere), ==, 0);
	g_assert_cmpint(symlink(elsewhere, path_of(self)), ==, 0);
	g_assert_null(missed_open(self->scratch->path, GROUP, geteuid(), &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_clear_error(&error);
	g_assert_cmpint(unlink(path_of(self)), ==, 0);
	g_assert_cmpint(link(elsewhere, path_of(self)), ==, 0);
	g_assert_null(missed_open(self->scratch->path, GROUP, geteuid(), &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
}

#define ADD(name, function) g_test_add("/missed/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("look", test_look);
	ADD("left", test_left);
	ADD("foreign", test_foreign);
	ADD("link", test_link);
	return g_test_run();
}
