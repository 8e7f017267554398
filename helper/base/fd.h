/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_FD_H
#define LOCKFERRY_BASE_FD_H

/* What read(2) and its kin leave to the caller: a signal may interrupt them, and a part may be
 * done. Errors are told by errno. */

#include <glib.h>
#include <stdbool.h>

/* All of it. */
bool fd_write_all(int fd, const void *bytes, gsize length);
bool fd_write_bytes(int fd, GBytes *bytes);

/* All of it, to a socket; EPIPE without a signal where the peer is gone. */
bool fd_send_all(int fd, const void *bytes, gsize length);

/* fsync(2). */
bool fd_sync(int fd);

/* Close it, unless it is negative; errno stays. */
void fd_close(int *fd);

/* A descriptor that is closed when it goes out of scope. */
#define autofd __attribute__((cleanup(fd_close))) int

#endif
