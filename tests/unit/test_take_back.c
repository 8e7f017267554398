/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "nsm/sm_dir.h"
#include "fault.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define PUT SCRATCH_RECORD("10.99.0.21")
#define WRITTEN SCRATCH_RECORD("10.99.0.21") SCRATCH_RECORD("10.99.0.22")
#define WRITTEN_LATER SCRATCH_RECORD("10.99.0.23")

/* The directory in which statd acts on the file "a". */
static scratch *at;

static void replace(const char *text)
{
	scratch_write(at, "sm/.a.new", text);
	g_assert_cmpint(rename(scratch_path(at, "sm/.a.new"), scratch_path(at, "sm/a")), ==, 0);
}

static void statd_writes(void)
{
	replace(WRITTEN);
}

static void statd_writes_again(void)
{
	replace(WRITTEN_LATER);
}

static void statd_begins_to_write(void)
{
	scratch_write(at, "sm/a", "");
}

static void statd_drops(void)
{
	scratch_remove(at, "sm/a");
}

/* The system calls that change files are wrapped by the linker (--wrap), so that statd can act
 * before each of them. */
static void (*statd[4])(void); /* what statd does before the first, second, ... call */

static void let_statd_act(int step)
{
	if (step <= (int)G_N_ELEMENTS(statd) && statd[step - 1] != NULL)
		statd[step - 1]();
}

static void be_undisturbed(void)
{
	fault = (struct fault){.before = let_statd_act, .fail_errno = EIO};
	memset(statd, 0, sizeof(statd));
}

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return fault_strikes() ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fault_strikes() ? -1 : __real_renameat(from_dir, from, to_dir, to);
}

int __wrap_unlinkat(int dir, const char *name, int flags)
{
	return fault_strikes() ? -1 : __real_unlinkat(dir, name, flags);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
	return fault_strikes() ? -1 : __real_write(fd, bytes, length);
}

int __wrap_fsync(int fd)
{
	return fault_strikes() ? -1 : __real_fsync(fd);
}

typedef struct fixture {
	sm_dir *dir;
} fixture;

static void put(fixture *self, const char *name)
{
	g_autoptr(GBytes) raw = g_bytes_new_static(PUT, strlen(PUT));
	g_autoptr(GError) error = NULL;
	bool made;

	g_assert_true(sm_dir_put(self->dir, name, raw, &made, &error));
	g_assert_true(made);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	be_undisturbed();
	at = scratch_new();
	self->dir = sm_dir_open(scratch_mkdir(at, "sm"), &error);
	g_assert_no_error(error);
	put(self, "a");
	be_undisturbed();
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	be_undisturbed();
	sm_dir_close(self->dir);
	scratch_free(at);
}

/* Takes back the file `name`; NULL: the files "a" to "d". Returns how many were taken back. */
static guint take(fixture *self, const char *name, GError **error)
{
	static const char *const all[] = {"a", "b", "c", "d"};
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func(g_free);
	bool good;

	for (gsize i = 0; name == NULL && i < G_N_ELEMENTS(all); i++)
		g_ptr_array_add(names, (char *)all[i]);
	if (name != NULL)
		g_ptr_array_add(names, (char *)name);
	good = sm_dir_take_back(self->dir, names, taken, error);
	g_assert_true(error == NULL || good == (*error == NULL));
	return taken->len;
}

static void assert_file(const char *name, const char *text)
{
	g_autofree char *found = scratch_read(at, name);

	g_assert_cmpstr(found, ==, text);
}

static void assert_names(const char *expected)
{
	g_autofree char *names = scratch_list(at, "sm");

	g_assert_cmpstr(names, ==, expected);
}

/* Of several files, some of which statd wrote or which do not exist, the others are taken back. */
static void test_take(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	put(self, "b");
	put(self, "other");
	scratch_write(at, "sm/c", PUT);
	fault.step = 0;
	g_assert_cmpuint(take(self, NULL, &error), ==, 2);
	g_assert_no_error(error);
	assert_names("c other ");
	assert_file("sm/c", PUT);
	/* A move and a removal each, and one sync. */
	g_assert_cmpint(fault.step, ==, 5);
	g_assert_cmpuint(take(self, NULL, &error), ==, 0);
	g_assert_no_error(error);
}

/* Writes in place, as statd never does. */
static void somebody_writes(void)
{
	scratch_write(at, "sm/a", WRITTEN);
}

/* The same contents count as well: what matters is that statd wrote. */
static void test_written(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(at, "sm/a", PUT);
	g_assert_cmpuint(take(self, "a", NULL), ==, 0);
	assert_names("a ");
	g_assert_cmpint(fault.step, ==, 0);
}

/* A file that was moved, copied with its attributes, or read by another process is still one that
 * was put. */
static void test_later(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(sm_dir) again = sm_dir_open(sm_dir_path(self->dir), &error);

	sm_dir_close(g_steal_pointer(&self->dir));
	self->dir = g_steal_pointer(&again);
	g_assert_cmpuint(take(self, "a", &error), ==, 1);
	assert_names("");
}

static void test_written_meanwhile(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	statd[0] = statd_writes;
	g_assert_cmpuint(take(self, "a", &error), ==, 0);
	g_assert_no_error(error);
	assert_names("a ");
	assert_file("sm/a", WRITTEN);
}

static void test_changed_meanwhile(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	statd[0] = somebody_writes;
	g_assert_cmpuint(take(self, "a", NULL), ==, 0);
	assert_names("a ");
	assert_file("sm/a", WRITTEN);
}

static void test_dropped_meanwhile(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	statd[0] = statd_drops;
	g_assert_cmpuint(take(self, "a", &error), ==, 0);
	g_assert_no_error(error);
	assert_names("");
}

/* The file is gone when it would be removed; the file that came in its place stays. */
static void test_written_after(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	statd[1] = statd_writes;
	g_assert_cmpuint(take(self, "a", NULL), ==, 1);
	assert_names("a ");
	assert_file("sm/a", WRITTEN);
}

/* statd writes twice: before the file is moved aside, and before it is moved back. Nothing of
 * either is lost. */
static void test_written_twice(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	statd[0] = statd_writes;
	statd[1] = statd_writes_again;
	g_assert_cmpuint(take(self, "a", NULL), ==, 0);
	assert_names("a ");
	assert_file("sm/a", WRITTEN WRITTEN_LATER);
}

/* The second time, statd has only begun to write when the file is looked at. */
static void test_being_written(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	statd[0] = statd_writes;
	statd[1] = statd_begins_to_write;
	g_assert_cmpuint(take(self, "a", NULL), ==, 0);
	assert_names(".lockferry-aside-a a ");
	assert_file("sm/.lockferry-aside-a", WRITTEN);
	assert_file("sm/a", "");

	statd_writes_again();
	sm_dir_tidy(self->dir);
	assert_names("a ");
	assert_file("sm/a", WRITTEN WRITTEN_LATER);
}

/* Another process uses the file itself, or the one that was moved aside. */
static void test_in_use(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	int fd = open(scratch_path(at, "sm/a"), O_RDONLY);

	g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
	g_assert_cmpuint(take(self, "a", NULL), ==, 0);
	assert_names("a ");
	g_assert_cmpint(
		rename(scratch_path(at, "sm/a"), scratch_path(at, "sm/.lockferry-aside-a")), ==, 0);
	sm_dir_tidy(self->dir);
	assert_names(".lockferry-aside-a ");
	close(fd);
	sm_dir_tidy(self->dir);
	assert_names("");
}

static void test_long_name(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *name = g_strnfill(NAME_MAX, 'x');
	g_autofree char *path = g_build_filename("sm", name, NULL);
	g_autoptr(GError) error = NULL;

	put(self, name);
	g_assert_cmpuint(take(self, name, &error), ==, 0);
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "aside"));
	assert_file(path, PUT);
}

/* What statd does before the calls, and how many of these there are. */
struct scenario {
	void (*statd[2])(void);
	int steps;
};

static const struct scenario scenarios[] = {
	{.steps = 3}, /* move aside, remove, sync */
	{.statd = {statd_writes}, .steps = 2},
	{.statd = {statd_writes, statd_writes_again}, .steps = 5},
	{.statd = {NULL, statd_writes}, .steps = 3},
};

static void begin_scenario(const struct scenario *scenario)
{
	be_undisturbed();
	memcpy(statd, scenario->statd, sizeof(scenario->statd));
}

/* Repeats the call undisturbed. Everything must be there that statd wrote before the first `steps`
 * calls, and nothing else, and no file may be left aside. If files are joined twice, there are too
 * many lines. */
static void assert_end(fixture *self, const struct scenario *scenario, int steps)
{
	bool wrote = steps > 0 && scenario->statd[0] == statd_writes;
	bool wrote_later = steps > 1 && scenario->statd[1] != NULL;
	g_autofree char *text = NULL;

	be_undisturbed();
	take(self, "a", NULL);
	text = scratch_read(at, "sm/a");
	assert_names(wrote || wrote_later ? "a " : "");
	if (wrote || scenario->statd[0] == NULL)
		g_assert_true(!(wrote || wrote_later) || g_str_has_prefix(text, WRITTEN));
	if (wrote && wrote_later)
		g_assert_true(g_str_has_suffix(text, WRITTEN_LATER));
	if (text != NULL)
		scratch_remove(at, "sm/a");
	put(self, "a");
}

static void test_failing(fixture *self, gconstpointer data)
{
	const struct scenario *scenario = data;
	int step;

	for (step = 1;; step++) {
		begin_scenario(scenario);
		fault.fail_step = step;
		take(self, "a", NULL);
		if (fault.step < step)
			break;
		assert_end(self, scenario, fault.step);
	}
	g_assert_cmpint(step - 1, ==, scenario->steps);
}

static bool take_and_die(fixture *self, const struct scenario *scenario, int step)
{
	pid_t child = fork();
	int status;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		begin_scenario(scenario);
		fault.kill_step = step;
		take(self, "a", NULL);
		_exit(0);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void test_killed(fixture *self, gconstpointer data)
{
	const struct scenario *scenario = data;
	int step;

	for (step = 1; take_and_die(self, scenario, step); step++)
		assert_end(self, scenario, step);
	g_assert_cmpint(step - 1, ==, scenario->steps);
}

/* Failures are reported, except for those that the next call cleans up. */
static void test_told(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const told[] = {"cannot move 'a' aside", NULL, "cannot sync"};

	for (guint i = 0; i < G_N_ELEMENTS(told); i++) {
		g_autoptr(GError) error = NULL;

		fault.step = 0;
		fault.fail_step = (int)i + 1;
		g_assert_cmpuint(take(self, "a", &error), ==, i > 0);
		g_assert_true((error != NULL) == (told[i] != NULL));
		if (error != NULL)
			g_assert_nonnull(strstr(error->message, told[i]));
		assert_end(self, &scenarios[0], 0);
	}
}

#define ADD_WITH(name, data, function)                                                             \
	g_test_add("/take_back/" name, fixture, data, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH(name, NULL, function)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("take", test_take);
	ADD("written", test_written);
	ADD("later", test_later);
	ADD("written-meanwhile", test_written_meanwhile);
	ADD("changed-meanwhile", test_changed_meanwhile);
	ADD("dropped-meanwhile", test_dropped_meanwhile);
	ADD("written-after", test_written_after);
	ADD("written-twice", test_written_twice);
	ADD("being-written", test_being_written);
	ADD("in-use", test_in_use);
	ADD("long-name", test_long_name);
	ADD("told", test_told);
	ADD_WITH("failing", &scenarios[0], test_failing);
	ADD_WITH("failing-written", &scenarios[1], test_failing);
	ADD_WITH("failing-written-twice", &scenarios[2], test_failing);
	ADD_WITH("failing-written-after", &scenarios[3], test_failing);
	ADD_WITH("killed", &scenarios[0], test_killed);
	ADD_WITH("killed-written", &scenarios[1], test_killed);
	ADD_WITH("killed-written-twice", &scenarios[2], test_killed);
	ADD_WITH("killed-written-after", &scenarios[3], test_killed);
	return g_test_run();
}
