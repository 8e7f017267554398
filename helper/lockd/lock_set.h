/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_LOCKD_LOCK_SET_H
#define LOCKFERRY_LOCKD_LOCK_SET_H

/*
 * The locks held in a set of filesystems, as /proc/locks lists them.
 *
 * A lock is kept as the line "DEVICE:INODE TYPE START END\n": device as /proc/locks writes it
 * (major:minor, hexadecimal there, kept as it is), READ or WRITE, and the range in bytes, END maybe
 * "EOF". Only POSIX locks count, which the lock manager's are among, and no waiter ("->"). Source:
 * Linux fs/locks.c, lock_get_status(). Pure but for lock_set_held().
 */

#include "lockd/kernel.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* A set of lock lines: GHashTable of owned char *, g_hash_table_unref() frees it. */
typedef GHashTable lock_set;

/* The POSIX locks of `text` (the contents of /proc/locks) in the filesystems `devices`. Lines of no
 * known form are passed over. */
lock_set *lock_set_parse(const char *text, gsize length, const dev_t *devices, gsize n_devices);

/* Now, on this node. NULL with `error` when /proc/locks can't be read. */
lock_set *lock_set_held(
	const struct kernel *kernel, const dev_t *devices, gsize n_devices, GError **error);

/* For the store, sorted, and back. */
GBytes *lock_set_to_bytes(lock_set *self);
lock_set *lock_set_from_bytes(GBytes *bytes);

/* How many of the locks of `self` are not in `other`. */
guint lock_set_missing(lock_set *self, lock_set *other);

#endif
