/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/neighbours.h"

#include "scratch.h"

#define GROUP "files"

typedef struct fixture {
	scratch *scratch;
	const char *run_dir;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	self->run_dir = scratch_mkdir(self->scratch, "node");
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_free(self->scratch);
}

static void leave(fixture *self, const char *name)
{
	g_autofree char *path = g_build_filename(self->run_dir, name, NULL);

	g_assert_true(g_file_set_contents(path, "", 0, NULL));
}

/* Also groups that were served earlier count: their clients' records may still be there. */
static void test_since_boot(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(neighbours_since_boot(scratch_path(self->scratch, "none"), GROUP));
	leave(self, ".lock-manager");
	leave(self, ".hidden.lock");
	leave(self, GROUP ".lock");
	leave(self, "blue.missed");
	g_assert_false(neighbours_since_boot(self->run_dir, GROUP));
	leave(self, "blue.lock");
	g_assert_true(neighbours_since_boot(self->run_dir, GROUP));
	g_assert_false(neighbours_any(self->run_dir, GROUP));
}

static bool count(JsonObject *status, void *data)
{
	g_assert_null(status);
	return --*(guint *)data == 0;
}

/* The remains of processes that crashed. */
static void test_without_answer(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	guint first = 1, second = 2, third = 3;

	leave(self, GROUP ".sock");
	g_assert_false(neighbours_any(self->run_dir, GROUP));
	leave(self, "blue.sock");
	leave(self, "red.sock");
	g_assert_true(neighbours_any(self->run_dir, GROUP));

	g_autofree char *blue = neighbours_find(self->run_dir, GROUP, count, &first);
	g_autofree char *red = neighbours_find(self->run_dir, GROUP, count, &second);

	g_assert_cmpstr(blue, ==, "blue");
	g_assert_cmpstr(red, ==, "red");
	g_assert_null(neighbours_find(self->run_dir, GROUP, count, &third));
	g_assert_cmpuint(third, ==, 1);
}

#define ADD(name, function)                                                                        \
	g_test_add("/neighbours/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("since-boot", test_since_boot);
	ADD("without-answer", test_without_answer);
	return g_test_run();
}
