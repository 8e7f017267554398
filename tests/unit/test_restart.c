/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/restart.h"

#include "base/error.h"
#include "fake_server.h"
#include "quick_time.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct fixture {
	scratch *scratch;
	const char *run_dir;
	fake_server *server;
	GPtrArray *warnings;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	self->run_dir = scratch_mkdir(self->scratch, "run");
	self->server = fake_server_new(self->scratch);
	self->warnings = g_ptr_array_new_with_free_func(g_free);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_ptr_array_unref(self->warnings);
	fake_server_free(self->server);
	scratch_free(self->scratch);
}

#define NOTE "run/.restart"

static void assert_note(const fixture *self, bool is_there)
{
	g_assert_true(scratch_has(self->scratch, NOTE) == is_there);
}

static void must_restart(fixture *self, enum restart_as as, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *starts = NULL;
	g_autofree char *incarnation = NULL;

	g_assert_true(restart_lock_manager(
		&self->scratch->kernel, self->run_dir, as, self->warnings, &error));
	g_assert_no_error(error);
	starts = fake_server_starts(self->server);
	g_assert_cmpstr(starts, ==, words);
	incarnation = kernel_lock_manager(&self->scratch->kernel);
	g_assert_cmpstr(incarnation, ==, "78@2000");
	g_assert_cmpint(kernel_grace(&self->scratch->kernel), ==, KERNEL_GRACE_RUNS);
	assert_note(self, false);
}

static void must_fail(fixture *self, const char *says, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *starts = NULL;

	g_assert_false(restart_lock_manager(
		&self->scratch->kernel, self->run_dir, RESTART_AS_IT_WAS, self->warnings, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
	starts = fake_server_starts(self->server);
	g_assert_cmpstr(starts, ==, words);
}

#define WORDS                                                                                      \
	"--nfs-version 3 --nfs-version 4 --nfs-version 4.1 --no-nfs-version 4.2 --no-udp --tcp "   \
	"--port 2049 8\n"

static void test_as_it_was(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	must_restart(self, RESTART_AS_IT_WAS, WORDS);
	g_assert_cmpuint(self->warnings->len, ==, 0);
}

static void test_other_ports(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, "nfsd/versions", "+3 -4\n");
	scratch_write(self->scratch, "nfsd/portlist", "rdma 20049\nudp 2050\n");
	must_restart(self, RESTART_AS_IT_WAS,
		"--nfs-version 3 --no-nfs-version 4 --udp --no-tcp --port 2050 --rdma=20049 8\n");
}

static void test_as_configured(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	must_restart(self, RESTART_AS_CONFIGURED, "\n");
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 4);
	g_assert_cmpuint(self->warnings->len, ==, 0);
}

/* Settings that could not be restored are reported. */
static void test_other_server(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server_set_start(self->server,
		"echo 4 >nfsd/threads; echo N >lockd/nlm_end_grace; mkdir proc/78; echo '78 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 2000 0' >proc/78/stat; echo '+3 -4' >nfsd/versions; echo tcp 2049 >nfsd/portlist");
	must_restart(self, RESTART_AS_IT_WAS, WORDS);
	g_assert_cmpuint(self->warnings->len, ==, 3);
	g_assert_nonnull(strstr(
		g_ptr_array_index(self->warnings, 1), "'+3 -4' and not '-2 +3 +4 +4.1 -4.2'"));
}

static void test_mount(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, "proc/mounts",
		"proc /proc proc rw 0 0\n192.0.2.9:/x /mnt nfs rw,vers=3,hard 0 0\n");
	must_fail(self, "(192.0.2.9:/x /mnt nfs", "");
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 8);
	scratch_write(self->scratch, "proc/mounts",
		"192.0.2.9:/x /mnt nfs rw,vers=3,nolock 0 0\n192.0.2.9:/ /x nfs4 rw 0 0\n"
		"192.0.2.9:/x /y nfs rw,vers=3,local_lock=all 0 0\n");
	must_restart(self, RESTART_AS_IT_WAS, WORDS);
}

/* Something keeps the lock manager running: the server serves again. */
static void test_lock_manager_stays(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server_keep_lock_manager(self->server);
	quick_time_start(QUICK_SLEEPS);
	must_fail(self, "did not end", WORDS);
	quick_time_stop();
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 8);
}

static void test_no_start(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	fake_server_set_start(self->server, "echo 'unable to bind' >&2; exit 1");
	g_assert_false(restart_lock_manager(
		&self->scratch->kernel, self->run_dir, RESTART_AS_IT_WAS, self->warnings, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "start it at once (unable to bind)"));
	assert_note(self, true);
}

static void test_nothing_is_done(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch->kernel.rpc_nfsd = NULL;
	must_fail(self, "--rpc-nfsd", "");
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 8);
	self->scratch->kernel.rpc_nfsd = "rpc.nfsd";
	scratch_remove(self->scratch, "nfsd/threads");
	scratch_mkdir(self->scratch, "nfsd/threads");
	must_fail(self, "nfsd/threads'", "");
}

/* Without a note of how it was, it is not stopped. */
static void test_no_note(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_mkdir(self->scratch, NOTE);
	must_fail(self, "cannot be noted how to start it again", "");
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 8);
}

/* A process that is killed when the server is stopped. */
static void restart_and_die(fixture *self, enum restart_as as)
{
	pid_t child;
	int status;

	fake_server_set_start(self->server, "kill -9 $PPID; exit 1");
	child = fork();
	if (child == 0) {
		restart_lock_manager(
			&self->scratch->kernel, self->run_dir, as, self->warnings, NULL);
		_exit(0);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 0);
	assert_note(self, true);
	g_free(fake_server_starts(self->server));
	fake_server_starts_well(self->server);
}

/* How often the server was started, and how. */
static void assert_finished(fixture *self, const char *words, guint warnings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *starts = NULL;

	g_ptr_array_set_size(self->warnings, 0);
	g_assert_true(
		restart_finish(&self->scratch->kernel, self->run_dir, self->warnings, &error));
	g_assert_no_error(error);
	starts = fake_server_starts(self->server);
	g_assert_cmpstr(starts, ==, words);
	g_assert_cmpuint(self->warnings->len, ==, warnings);
}

static void test_killed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	assert_finished(self, "", 0);
	restart_and_die(self, RESTART_AS_IT_WAS);
	/* The kernel forgets the ports of a server that is stopped. */
	scratch_write(self->scratch, "nfsd/portlist", "");
	fake_server_set_start(self->server,
		"echo $threads >nfsd/threads; echo tcp 2049 >nfsd/portlist; echo tcp 2049 >>nfsd/portlist");
	assert_finished(self, WORDS, 1);
	g_assert_nonnull(strstr(g_ptr_array_index(self->warnings, 0), "started again"));
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 8);
	assert_note(self, false);
	assert_finished(self, "", 0);
}

static void test_killed_as_configured(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	restart_and_die(self, RESTART_AS_CONFIGURED);
	assert_finished(self, "\n", 1);
	g_assert_cmpuint(kernel_nfsd_threads(&self->scratch->kernel), ==, 4);
}

/* Somebody else was faster: it runs, and whatever stops it later, we do not start it. */
static void test_killed_and_started(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	restart_and_die(self, RESTART_AS_IT_WAS);
	scratch_set_server(self->scratch, 3, "N");
	assert_finished(self, "", 0);
	assert_note(self, false);
	scratch_set_server(self->scratch, 0, "N");
	assert_finished(self, "", 0);
}

/* The note is of a server that is gone, or of another one. */
static void test_note_of_another(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *nfsd_dir = self->scratch->kernel.nfsd_dir;

	restart_and_die(self, RESTART_AS_IT_WAS);
	scratch_set_boot(self->scratch, "boot-2");
	assert_finished(self, "", 0);
	scratch_set_boot(self->scratch, "boot1");
	self->scratch->kernel.nfsd_dir = scratch_mkdir(self->scratch, "another");
	assert_finished(self, "", 0);
	self->scratch->kernel.nfsd_dir = nfsd_dir;
	assert_finished(self, WORDS, 1);
}

static void test_finish_fails(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	restart_and_die(self, RESTART_AS_IT_WAS);
	fake_server_set_start(self->server, "echo 'unable to bind' >&2; exit 1");
	g_assert_false(
		restart_finish(&self->scratch->kernel, self->run_dir, self->warnings, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "start it at once (unable to bind)"));
	assert_note(self, true);
	g_free(fake_server_starts(self->server));
	fake_server_starts_well(self->server);
	assert_finished(self, WORDS, 1);
}

static void test_damaged_note(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, NOTE, "[rest");
	scratch_set_server(self->scratch, 0, "N");
	assert_finished(self, "", 1);
	g_assert_nonnull(strstr(g_ptr_array_index(self->warnings, 0), "/run/.restart'"));
	assert_note(self, true);
	scratch_set_server(self->scratch, 8, "N");
	assert_finished(self, "", 0);
	assert_note(self, false);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, function)                                                                       \
	g_test_add("/restart/" name, fixture, NULL, set_up, function, tear_down)
	TEST("as it was", test_as_it_was);
	TEST("other ports", test_other_ports);
	TEST("as configured", test_as_configured);
	TEST("another server", test_other_server);
	TEST("a mount keeps the lock manager", test_mount);
	TEST("the lock manager stays", test_lock_manager_stays);
	TEST("no start", test_no_start);
	TEST("nothing is done", test_nothing_is_done);
	TEST("no note", test_no_note);
	TEST("killed", test_killed);
	TEST("killed, as configured", test_killed_as_configured);
	TEST("killed, and started by others", test_killed_and_started);
	TEST("a note of another server", test_note_of_another);
	TEST("finish fails", test_finish_fails);
	TEST("a damaged note", test_damaged_note);
	return g_test_run();
}
