/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Real mount namespaces, in one of the test. */

#include "keeper/namespace_pin.h"

#include "base/error.h"
#include "scratch.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_SKIP 77
#define GROUP "blue"

typedef struct fixture {
	scratch *scratch;
	const char *run_dir, *place;
	pid_t child; /* in a mount namespace of its own, with a filesystem at `place`; 0: none */
} fixture;

/* Until it is killed. */
static void live_apart(const char *place, int ready_fd)
{
	if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("tmpfs", place, "tmpfs", 0, NULL) == 0 && write(ready_fd, "", 1) == 1)
		for (;;)
			pause();
	_exit(1);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	int fds[2];
	char byte;

	self->scratch = scratch_new();
	self->run_dir = scratch_mkdir(self->scratch, "run");
	scratch_mkdir(self->scratch, "run/server");
	self->place = scratch_mkdir(self->scratch, "place");
	g_assert_cmpint(pipe(fds), ==, 0);
	self->child = fork();
	if (self->child == 0)
		live_apart(self->place, fds[1]);
	close(fds[1]);
	g_assert_cmpint(read(fds[0], &byte, 1), ==, 1);
	close(fds[0]);
}

static void end_child(fixture *self)
{
	if (self->child == 0)
		return;
	kill(self->child, SIGKILL);
	waitpid(self->child, NULL, 0);
	self->child = 0;
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *dir = g_build_filename(self->run_dir, "server/namespaces", NULL);

	end_child(self);
	namespace_pin_remove(self->run_dir, GROUP, NULL);
	umount2(dir, MNT_DETACH);
	scratch_free(self->scratch);
}

/* The kernel may not allow it here (namespace_pin.c, is_refused()): then nothing is left. */
static bool pin(fixture *self)
{
	g_autoptr(GError) error = NULL;
	int fd;

	namespace_pin(self->run_dir, GROUP, self->child, &error);
	g_assert_no_error(error);
	fd = namespace_pin_open(self->run_dir, GROUP);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	g_assert_false(scratch_has(self->scratch, "run/server/namespaces/" GROUP));
	g_test_skip("this kernel cannot keep a mount namespace here");
	return false;
}

static bool is_mount_in(const char *place, int namespace_fd)
{
	g_autofree char *command = g_strdup_printf("grep -q ' %s tmpfs ' /proc/self/mounts", place);
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(setns(namespace_fd, CLONE_NEWNS) == 0 && system(command) == 0 ? 0 : 1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_stays(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	int fd;

	g_assert_cmpint(namespace_pin_open(self->run_dir, GROUP), ==, -1);
	if (!pin(self))
		return;
	/* Once more does no harm. */
	g_assert_true(pin(self));
	end_child(self);
	fd = namespace_pin_open(self->run_dir, GROUP);
	g_assert_cmpint(fd, >=, 0);
	g_assert_true(is_mount_in(self->place, fd));
	close(fd);
	g_assert_true(namespace_pin_remove(self->run_dir, GROUP, NULL));
	g_assert_cmpint(namespace_pin_open(self->run_dir, GROUP), ==, -1);
	g_assert_false(scratch_has(self->scratch, "run/server/namespaces/" GROUP));
	/* Nor is it an error where there is none. */
	g_assert_true(namespace_pin_remove(self->run_dir, GROUP, NULL));
}

/* What a start that was killed left: a file, and no namespace. */
static void test_empty_file(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_mkdir(self->scratch, "run/server/namespaces");
	scratch_write(self->scratch, "run/server/namespaces/" GROUP, "");
	g_assert_cmpint(namespace_pin_open(self->run_dir, GROUP), ==, -1);
	pin(self);
}

static void test_no_process(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	pid_t gone = self->child;

	end_child(self);
	g_assert_false(namespace_pin(self->run_dir, GROUP, gone, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_cmpint(namespace_pin_open(self->run_dir, GROUP), ==, -1);
}

#define ADD(name, test) g_test_add("/namespace_pin/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		fprintf(stderr, "no mount namespace to be had (%s), run this as root\n",
			g_strerror(errno));
		return EXIT_SKIP;
	}
	ADD("stays", test_stays);
	ADD("empty-file", test_empty_file);
	ADD("no-process", test_no_process);
	return g_test_run();
}
