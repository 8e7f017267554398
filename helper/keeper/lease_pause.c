/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/lease_pause.h"

#include "base/fd.h"
#include "kernel/kernel.h"
#include "report/log.h"
#include "server/own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* No group's name begins with a dot. */
#define NOTE ".leases"
#define LOCK_FILE ".leases.lock"

#define SYSCTL_DIR "sys/fs"
#define SYSCTL "leases-enable"
#define OFF "0"

static int open_file(const server_options *options, const char *name)
{
	g_autofree char *dir = own_server_dir(options->run_dir);
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Whoever changes the setting or the note does so alone. It takes no time. -1: it cannot be had. */
static int take_turn(const server_options *options)
{
	int fd = open_file(options, LOCK_FILE);

	while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		close(fd);
		fd = -1;
	}
	return fd;
}

static char *setting(const struct kernel *kernel)
{
	g_autofree char *dir = g_build_filename(kernel->proc_dir, SYSCTL_DIR, NULL);

	return kernel_read(dir, SYSCTL, NULL);
}

static bool put(const struct kernel *kernel, const char *text)
{
	g_autofree char *path = g_build_filename(kernel->proc_dir, SYSCTL_DIR, SYSCTL, NULL);
	autofd fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	return fd >= 0 && fd_write_all(fd, text, strlen(text));
}

/* What the setting was: "" if no pause has begun. */
static bool read_note(int fd, char *text, gsize size)
{
	gssize length = pread(fd, text, size - 1, 0);

	text[MAX(length, 0)] = '\0';
	return length >= 0;
}

static bool write_note(int fd, const char *text)
{
	gsize length = strlen(text);

	return ftruncate(fd, 0) == 0 && pwrite(fd, text, length, 0) == (gssize)length;
}

static bool begin(const struct kernel *kernel, int fd)
{
	g_autofree char *now = setting(kernel);
	char before[16];

	/* A kernel without leases has no delegations. */
	return now == NULL ||
	       (flock(fd, LOCK_SH | LOCK_NB) == 0 && read_note(fd, before, sizeof(before)) &&
		       (before[0] != '\0' || write_note(fd, now)) && put(kernel, OFF));
}

void lease_pause_begin(const server_options *options, int *fd)
{
	struct kernel kernel = server_options_kernel(options);
	autofd turn = -1;

	if (!server_options_serves(options, '4'))
		return;
	turn = take_turn(options);
	if (*fd < 0 && turn >= 0)
		*fd = open_file(options, NOTE);
	if (*fd < 0 || !begin(&kernel, *fd))
		qb_log(LOG_WARNING,
			"cannot keep the kernel from delegating files while NFSv4 clients of group '%s' reclaim, so some may lose locks: set 'sysctl fs.leases-enable=0' on each node",
			options->group);
}

/* Whether nobody else is in a pause, under the turn. */
static bool is_last(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void restore(const server_options *options, int fd)
{
	struct kernel kernel = server_options_kernel(options);
	char before[16];

	if (!is_last(fd) || !read_note(fd, before, sizeof(before)) || before[0] == '\0')
		return;
	if (put(&kernel, before) && write_note(fd, ""))
		return;
	qb_log(LOG_WARNING,
		"cannot put the setting fs.leases-enable back to %s: 'sysctl fs.leases-enable=%s'",
		g_strchomp(before), before);
}

void lease_pause_end(const server_options *options, int *fd)
{
	autofd turn = -1;

	if (!server_options_serves(options, '4'))
		return;
	turn = take_turn(options);
	if (*fd < 0)
		*fd = open_file(options, NOTE);
	if (turn >= 0 && *fd >= 0)
		restore(options, *fd);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
