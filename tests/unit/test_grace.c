/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/filesystems.h"
#include "server/server.h"
#include "verify/group_look.h"

#include "scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct fixture {
	scratch *scratch;
	const char *exports[3];
	struct group_options options;
} fixture;

/* A node in its grace period, with lockd 77@1000. */
static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	scratch_set_lockd(self->scratch, 77, 1000);
	scratch_set_server(self->scratch, 8, "N");
	scratch_set_locks(self->scratch, "");
	self->exports[0] = scratch_mkdir(self->scratch, "fs");
	self->exports[1] = self->exports[2] = NULL;
	self->options = (struct group_options){
		.group = "files",
		.store = scratch_mkdir(self->scratch, "fs/store"),
		.exports = self->exports,
		.run_dir = self->scratch->path,
		.kernel = self->scratch->kernel,
	};
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_free(self->scratch);
}

/* Asks to end grace under this lock manager. Returns whether it was ended. */
static bool is_ended(fixture *self, const char *lock_manager)
{
	struct grace_end result = {0};
	g_autoptr(GError) error = NULL;
	bool ended;

	g_assert_true(server_end_grace(&self->options, lock_manager, &result, &error));
	g_assert_no_error(error);
	ended = result.ended;
	g_assert_cmpint(kernel_grace(&self->options.kernel), ==,
		ended ? KERNEL_GRACE_OVER : KERNEL_GRACE_RUNS);
	grace_end_clear(&result);
	return ended;
}

static void test_end(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(is_ended(self, "77@1000"));
}

/* The locks that are back were reclaimed from the lock manager that was looked at. About the locks
 * of another one, nothing is known. */
static void test_end_of_another(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_set_lockd(self->scratch, 77, 2000);
	g_assert_false(is_ended(self, "77@1000"));
}

/* The process that has the lock on the lock manager may rely on this grace period. */
static void test_end_while_another_looks(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	int turn;

	g_assert_true(server_take_turn(&self->options, &turn, warnings, &error));

	g_assert_no_error(error);
	g_assert_false(is_ended(self, "77@1000"));
	server_end_turn(turn);
	g_assert_true(is_ended(self, "77@1000"));
}

/* Places where locks may be held */

static char *doubts_of(fixture *self)
{
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) found = filesystems_now(&self->options, doubts, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(found->len, >, 0);
	g_ptr_array_add(doubts, NULL);
	return g_strjoinv("; ", (char **)doubts->pdata);
}

static void test_export_is_gone(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *gone = g_build_filename(self->exports[0], "gone", NULL);

	self->exports[1] = gone;
	g_autofree char *doubts = doubts_of(self);
	g_assert_nonnull(strstr(doubts, "gone' no longer exists"));
	/* Who starts can see to it. */
	g_autoptr(GError) error = NULL;
	g_assert_null(filesystems_find(self->options.store, self->exports, &error));
	g_assert_nonnull(error);
}

/* Clients that cross into this filesystem lock where Lockferry does not look, until it is named in
 * the exports. */
static void test_mounted_below(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *before = doubts_of(self);

	g_assert_cmpstr(before, ==, "");
	scratch_mkdir(self->scratch, "fs/my files");
	if (!scratch_mount(self->scratch, "fs/my files")) {
		g_test_skip("no mount namespace");
		return;
	}
	g_autofree char *doubts = doubts_of(self);
	g_assert_nonnull(strstr(doubts, "/fs/my files' is mounted below"));
	self->exports[1] = scratch_path(self->scratch, "fs/my files");
	g_autofree char *named = doubts_of(self);
	g_assert_cmpstr(named, ==, "");
}

/* Looks at the group's locks */

struct kernel_thread {
	fixture *fixture;
	const char *locks;
	guint start_ticks; /* start time of lockd from the middle of the look on */
};

/* Acts as the kernel while its locks are read: lockd is replaced in the meantime. */
static gpointer tell_locks(gpointer data)
{
	struct kernel_thread *self = data;
	int fd = open(scratch_path(self->fixture->scratch, "proc/locks"), O_WRONLY | O_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	if (self->start_ticks != 0)
		scratch_set_lockd(self->fixture->scratch, 77, self->start_ticks);
	g_assert_cmpint(write(fd, self->locks, strlen(self->locks)), ==, strlen(self->locks));
	close(fd);
	return NULL;
}

static void look_while(fixture *self, struct kernel_thread *kernel, struct group_look *seen)
{
	g_autoptr(lock_set) none = lock_set_new();
	g_autoptr(GError) error = NULL;
	GThread *thread;

	scratch_remove(self->scratch, "proc/locks");
	g_assert_cmpint(mkfifo(scratch_path(self->scratch, "proc/locks"), 0600), ==, 0);
	thread = g_thread_new("kernel", tell_locks, kernel);
	g_assert_true(group_look_run(seen, &self->options, "77@1000", none, 0, &error));
	g_assert_no_error(error);
	g_thread_join(thread);
}

/* The locks of a lock manager that is gone are no longer held, and those of the next one are not
 * complete yet. */
static void test_restarted_meanwhile(fixture *self, gconstpointer data)
{
	g_autofree char *line = scratch_lock_line(self->exports[0], 5);
	struct kernel_thread kernel = {
		.fixture = self, .locks = line, .start_ticks = GPOINTER_TO_UINT(data)};
	struct group_look seen = {0};

	look_while(self, &kernel, &seen);
	g_assert_cmpint(seen.restarted, ==, kernel.start_ticks != 0);
	g_assert_cmpint(group_look_is_whole(&seen), ==, kernel.start_ticks == 0);
	group_look_clear(&seen);
}

static void test_locks_elsewhere(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct group_look seen = {0};
	g_autoptr(GError) error = NULL;

	scratch_set_locks(self->scratch, "1: POSIX  ADVISORY  WRITE 77 fe:7f:9 0 EOF\n");
	g_assert_true(group_look_run(&seen, &self->options, "77@1000", NULL, 10000, &error));
	g_autofree char *doubt = group_look_doubt(&seen);
	g_assert_true(seen.agreed);
	g_assert_false(group_look_is_whole(&seen));
	g_assert_nonnull(strstr(doubt, "holds 1 lock on filesystems of no group here"));
	group_look_clear(&seen);
	/* Of a server of its own they are certainly other groups'. */
	self->options.own_server = true;
	g_assert_true(group_look_run(&seen, &self->options, "77@1000", NULL, 10000, &error));
	g_assert_true(group_look_is_whole(&seen));
	group_look_clear(&seen);
}

/* Without time for a second look, it is not known whether the first one was complete. */
static void test_no_time(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct group_look seen = {0};
	g_autoptr(GError) error = NULL;

	g_assert_true(group_look_run(&seen, &self->options, "77@1000", NULL, 0, &error));
	g_autofree char *doubt = group_look_doubt(&seen);
	g_assert_false(group_look_is_whole(&seen));
	g_assert_nonnull(strstr(doubt, "no two looks"));
	group_look_clear(&seen);
}

/* lockd was started at 10 s, for 90. */
static void set_uptime(fixture *self, const char *uptime)
{
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_grace_period", "90\n");
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_timeout", "10\n");
	scratch_write(self->scratch, "proc/uptime", uptime);
}

/* Also in the last second of the period, and if the kernel is late to end it: 0 would mean "not
 * known". */
static void test_last_second(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct kernel *kernel = &self->options.kernel;

	self->options.kernel.rpc_nfsd = "rpc.nfsd";
	set_uptime(self, "50.00 1.00\n");
	g_assert_cmpuint(kernel_grace_left(kernel, NULL), ==, 50);
	g_assert_false(server_grace_runs_short(&self->options, NULL));
	set_uptime(self, "99.50 1.00\n");
	g_assert_cmpuint(kernel_grace_left(kernel, NULL), ==, 1);
	g_assert_true(server_grace_runs_short(&self->options, NULL));
	set_uptime(self, "101.00 1.00\n");
	g_assert_cmpuint(kernel_grace_left(kernel, NULL), ==, 1);
	g_assert_true(server_grace_runs_short(&self->options, NULL));
	set_uptime(self, "200.00 1.00\n");
	g_assert_cmpuint(kernel_grace_left(kernel, NULL), ==, 0);
	g_assert_false(server_grace_runs_short(&self->options, NULL));
}

#define ADD(name, data, function)                                                                  \
	g_test_add("/grace/" name, fixture, data, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("end", NULL, test_end);
	ADD("end/of-another", NULL, test_end_of_another);
	ADD("end/while-another-looks", NULL, test_end_while_another_looks);
	ADD("look/export-is-gone", NULL, test_export_is_gone);
	ADD("look/mounted-below", NULL, test_mounted_below);
	ADD("look/same-lock-manager", GUINT_TO_POINTER(0), test_restarted_meanwhile);
	ADD("look/another-lock-manager", GUINT_TO_POINTER(2000), test_restarted_meanwhile);
	ADD("look/elsewhere", NULL, test_locks_elsewhere);
	ADD("look/no-time", NULL, test_no_time);
	ADD("left/last-second", NULL, test_last_second);
	return g_test_run();
}
