/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

bool fd_write_all(int fd, const void *bytes, gsize length)
{
	const guint8 *at = bytes;

	while (length > 0) {
		gssize written = write(fd, at, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		at += written;
		length -= (gsize)written;
	}
	return true;
}

bool fd_write_bytes(int fd, GBytes *bytes)
{
	gsize length;
	const void *at = g_bytes_get_data(bytes, &length);

	return fd_write_all(fd, at, length);
}

bool fd_send_all(int fd, const void *bytes, gsize length)
{
	const guint8 *at = bytes;

	while (length > 0) {
		gssize sent = send(fd, at, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		at += sent;
		length -= (gsize)sent;
	}
	return true;
}

/* On some filesystems (NFS), a signal can interrupt fsync(). */
int fd_wait(int fd, short events, gint64 deadline_us)
{
	struct pollfd poller = {.fd = fd, .events = events};
	int ready;

	do {
		gint64 left_ms = (deadline_us - g_get_monotonic_time()) / 1000;

		ready = poll(&poller, 1, (int)CLAMP(left_ms, 0, G_MAXINT));
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	return ready;
}

bool fd_sync(int fd)
{
	int result;

	do
		result = fsync(fd);
	while (result != 0 && errno == EINTR);
	return result == 0;
}

void fd_close(int *fd)
{
	int saved_errno = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved_errno;
}
