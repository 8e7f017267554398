/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LOCK_SET_H
#define LOCKFERRY_KERNEL_LOCK_SET_H

/*
 * The locks held in a set of filesystems, as /proc/locks lists them, in a form that means the same
 * on every node that mounts those filesystems.
 *
 * A lock is the line "DIRECTORY INODE TYPE START END": the directory by which the group knows the
 * filesystem (lock_set_escape()), READ or WRITE, and the range in bytes, END maybe "EOF". Two
 * clients that share a lock for reading are two locks: the set counts them. Only the lock
 * manager's are in it, which are POSIX locks of its thread (fs/lockd/svcproc.c), and no waiter
 * ("->"): not those of NFSv4 clients, nor of programs on the node. Source: Linux fs/locks.c,
 * lock_get_status(). The kernel finds the place where each 4 KiB of the list go on by counting
 * (locks_start()): while locks come and go it may leave one out, or list one twice, of which a set
 * has a WRITE once. So what is decided is decided on several looks (lock_looks.h). Pure but for
 * lock_set_held().
 */

#include "kernel/kernel.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct lock_filesystem {
	dev_t device;          /* as /proc/locks has it: mounts.h */
	const char *directory; /* borrowed; as every node has it */
	ino_t own_inode; /* the inode of a file whose locks are Lockferry's own, and don't count
		      where it is not asked whose locks they are; 0: none */
};

typedef struct lock_set lock_set;

void lock_set_free(lock_set *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lock_set, lock_set_free)

/*
 * The locks of `text` (the contents of /proc/locks) in `filesystems` (of struct lock_filesystem).
 * Lines of no known form are passed over. `lock_manager`: process id of its thread; 0: whose
 * locks they are is not asked.
 */
lock_set *lock_set_parse(
	const char *text, gsize length, const GArray *filesystems, gint64 lock_manager);

/*
 * Now, on this node, of that incarnation of the lock manager. NULL with `error` when /proc/locks
 * cannot be read. For each 4 KiB of it the kernel goes through all locks that it has: 0.05 s for
 * 10,000, 3 s for 100,000.
 */
lock_set *lock_set_held(const struct kernel *kernel, const GArray *filesystems,
	const char *lock_manager, GError **error);

/* When a set was noted, and what it is good for. */
struct lock_set_note {
	bool exact;      /* nobody could reach the group, and every lock of its clients was held:
			    what is missing from it was not locked */
	bool partial;    /* locks of the group may have been held where nobody looked: it never is
			    exact, then, and that nothing of it is missing proves nothing */
	gint64 noted_at; /* seconds since the epoch */
};

/* For the store, sorted, and back: NULL where that is not a set, not the whole of one, or in a form
 * of an earlier version. `note` may be NULL. */
GBytes *lock_set_to_bytes(const lock_set *self, const struct lock_set_note *note);
lock_set *lock_set_from_bytes(GBytes *bytes, struct lock_set_note *note);

guint lock_set_size(const lock_set *self);

/*
 * How many locks the lock manager holds in other filesystems than those (of a set that was parsed):
 * of another group, or of this one in a way that its directories don't tell. The locks that it
 * holds for clients carry the process id of its thread (fs/lockd/svc4proc.c,
 * nlm4svc_retrieve_args).
 */
guint lock_set_elsewhere(const lock_set *self);

/* How many of the locks of `self` are not in `other`. */
guint lock_set_missing(const lock_set *self, const lock_set *other);

/* A lock of a set, taken apart. */
struct lock {
	char *directory; /* owned; the filesystem: as every node has it */
	guint64 inode;
	const char *type;  /* "READ", "WRITE" */
	const char *first; /* bytes; the last may be "EOF" */
	const char *last;
	char *words; /* owned; where these are */
};

void lock_free(struct lock *self);

/* The locks of `self` that are not in `other` (NULL: all of them), as an array of struct lock that
 * frees them, sorted as in the store. What is not a lock is passed over. */
GPtrArray *lock_set_list(const lock_set *self, const lock_set *other);

/* A path as one printable word: every other byte, the blank and the backslash become \ooo (octal).
 * The caller frees it. */
char *lock_set_escape(const char *path);

/* The path of such a word, as the kernel writes them, too; NULL when it is none. The caller frees
 * it. */
char *lock_set_unescape(const char *word);

/* For lock_looks.c: a set as its lines, line -> how often (GPOINTER_TO_UINT). */
lock_set *lock_set_new(void);
GHashTable *lock_set_lines(const lock_set *self);
void lock_set_put(lock_set *self, const char *line, guint count);
void lock_set_put_elsewhere(lock_set *self, guint elsewhere);
bool lock_set_line_is_write(const char *line);

#endif
