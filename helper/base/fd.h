/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_FD_H
#define LOCKFERRY_BASE_FD_H

/* What read(2) and similar calls leave to the caller: a signal may interrupt them, and they may
 * do only a part. Errors are in errno. */

#include <glib.h>
#include <stdbool.h>

/* Write all bytes. */
bool fd_write_all(int fd, const void *bytes, gsize length);
bool fd_write_bytes(int fd, GBytes *bytes);

/* Sends all bytes to a socket. If the peer is gone, it fails with EPIPE and sends no signal. */
bool fd_send_all(int fd, const void *bytes, gsize length);

/* Waits until one of `events` (poll(2)) is there, or until `deadline_us` of g_get_monotonic_time().
 * Returns 1 if one is, 0 (ETIMEDOUT) after the deadline, -1 on error. */
int fd_wait(int fd, short events, gint64 deadline_us);

/* fsync(2), repeated after signals. */
bool fd_sync(int fd);

/* Closes the descriptor unless it is negative. Preserves errno. */
void fd_close(int *fd);

/* A descriptor that is closed when it goes out of scope. */
#define autofd __attribute__((cleanup(fd_close))) int

#endif
