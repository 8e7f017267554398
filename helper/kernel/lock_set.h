/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LOCK_SET_H
#define LOCKFERRY_KERNEL_LOCK_SET_H

/*
 * The locks held in a set of filesystems, as /proc/locks lists them. The form has the same meaning
 * on every node that mounts these filesystems.
 *
 * A lock is the line "DIRECTORY INODE TYPE START END". DIRECTORY is the group's name for the
 * filesystem (lock_set_escape()). TYPE is READ or WRITE. START and END are the range in bytes; END
 * may be "EOF". If two clients share a read lock, these are two locks, and the set counts both.
 *
 * The set contains only the locks of the lock manager, which are POSIX locks of its thread
 * (fs/lockd/svcproc.c). It contains no waiters ("->"), no locks of NFSv4 clients, and none of
 * programs on the node. Source: Linux fs/locks.c, lock_get_status().
 *
 * For each 4 KiB of the list, the kernel finds the position to continue at by counting
 * (locks_start()). While locks come and go, it may omit a lock or list one twice. A set has a WRITE
 * lock only once. So every decision uses several looks (lock_looks.h). Pure, except
 * lock_set_held().
 */

#include "kernel/kernel.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct lock_filesystem {
	dev_t device;          /* as in /proc/locks; see mounts.h */
	const char *directory; /* borrowed; the same name on every node */
	ino_t own_inode; /* the inode of a file that Lockferry itself locks, or 0; its locks do not
			    count if `lock_manager` is 0 */
};

typedef struct lock_set lock_set;

void lock_set_free(lock_set *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lock_set, lock_set_free)

/*
 * Returns the locks in `filesystems` (an array of struct lock_filesystem) that `text`, the contents
 * of /proc/locks, lists. Ignores lines of an unknown form. `lock_manager` is the process id of
 * lockd's thread. If it is 0, the locks of all processes count.
 */
lock_set *lock_set_parse(
	const char *text, gsize length, const GArray *filesystems, gint64 lock_manager);

/*
 * Returns the locks that this incarnation of the lock manager holds on this node now. Returns NULL
 * with `error` if /proc/locks cannot be read. For each 4 KiB, the kernel goes through all its
 * locks: this takes 0.05 s for 10,000 locks and 3 s for 100,000.
 */
lock_set *lock_set_held(const struct kernel *kernel, const GArray *filesystems,
	const char *lock_manager, GError **error);

/* When a set was noted, and what it proves. */
struct lock_set_note {
	bool exact;   /* no client could reach the group, and every lock of its clients was held: a
			 lock that is missing from the set did not exist */
	bool partial; /* locks of the group may have been held in places that were not searched:
			 such a set is never exact, and proves nothing even if all its locks are
			 held */
	gint64 noted_at; /* seconds since the epoch */
};

/*
 * Converts a set to the sorted form in the store, and back. lock_set_from_bytes() returns NULL if
 * the bytes are not a set, are incomplete, or have the form of an earlier version. `note` may be
 * NULL.
 */
GBytes *lock_set_to_bytes(const lock_set *self, const struct lock_set_note *note);
lock_set *lock_set_from_bytes(GBytes *bytes, struct lock_set_note *note);

guint lock_set_size(const lock_set *self);

/*
 * Returns how many locks the lock manager holds outside the filesystems of this set (which must
 * come from lock_set_parse()). They belong to another group, or to this group in a way that its
 * directories do not show. The locks that the lock manager holds for clients carry the process id
 * of its thread (fs/lockd/svc4proc.c, nlm4svc_retrieve_args).
 */
guint lock_set_elsewhere(const lock_set *self);

/* Returns how many locks of `self` are not in `other`. */
guint lock_set_missing(const lock_set *self, const lock_set *other);

/* One lock of a set, split into fields. */
struct lock {
	char *directory; /* owned; the filesystem, by its name on every node */
	guint64 inode;
	const char *type;  /* "READ" or "WRITE" */
	const char *first; /* in bytes; `last` may be "EOF" */
	const char *last;
	char *words; /* owned; the memory of the fields */
};

void lock_free(struct lock *self);

/*
 * Returns the locks of `self` that are not in `other`, or all locks if `other` is NULL. The array
 * owns its elements of struct lock. They are sorted as in the store. Ignores lines that are not
 * locks.
 */
GPtrArray *lock_set_list(const lock_set *self, const lock_set *other);

/* Returns a path as one printable word. Blanks, backslashes and unprintable bytes become \ooo
 * (octal). The caller frees it. */
char *lock_set_escape(const char *path);

/* Returns the path of such a word; also accepts the kernel's words. Returns NULL if the word is
 * malformed. The caller frees it. */
char *lock_set_unescape(const char *word);

/* For lock_looks.c: a set as its lines, line -> how often (GPOINTER_TO_UINT). */
lock_set *lock_set_new(void);
GHashTable *lock_set_lines(const lock_set *self);
void lock_set_put(lock_set *self, const char *line, guint count);
void lock_set_put_elsewhere(lock_set *self, guint elsewhere);
bool lock_set_line_is_write(const char *line);

#endif
