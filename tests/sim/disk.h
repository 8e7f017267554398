/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_DISK_H
#define LOCKFERRY_TESTS_SIM_DISK_H

/*
 * Simulated filesystems. What was written and not synced is lost in a power cut, or not, or in
 * part: of a directory's changes the first ones survive, of a file's contents the old ones, the new
 * ones, or a torn mixture. What was synced stays.
 *
 * files.c makes the C library's calls lead here, for paths below SIM_ROOT.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define SIM_ROOT "/sim"

struct node;
struct volume;

struct change { /* of a directory, not durable yet */
	char *name;
	struct inode *inode; /* NULL: the name goes */
	bool continues;      /* one change together with the one before */
	struct node *by;
};

struct inode {
	guint references;
	guint64 number;
	struct volume *volume;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	guint links;
	gint64 modified_ns;
	guint64 changed;  /* grows with each change of any inode */
	GByteArray *data; /* a file's */
	GBytes *durable;  /* the same, as it was synced; NULL: never */
	gint64 durable_modified_ns;
	bool dirty;
	struct node *dirty_by;
	GHashTable *names;         /* a directory's: owned name -> struct inode, referenced */
	GHashTable *durable_names; /* the same, as they are synced */
	GPtrArray *changes;        /* of owned struct change */
	void *locked_by;           /* an open file (files.c); NULL: nobody */
	GArray *lock_waiters;      /* fibers; NULL: none */
	GPtrArray *watchers;       /* of struct sm_watch; NULL: none */
};

struct volume {
	struct inode *root;
	guint number;                /* its minor device, and its mount's id */
	struct service_group *group; /* NULL: a node's own */
	bool in_memory;              /* nothing is left of it after a boot */
	bool full;
	guint failing_syncs; /* so many still fail */
	bool stuck;
	GArray *stuck_fibers;
};

struct volume *volume_new(guint number);
void volume_free(struct volume *self);

/* What a node that lost its power leaves of it; `by`: that node's changes, NULL: all. */
void volume_cut(struct volume *self, struct node *by);
void volume_set_stuck(struct volume *self, bool stuck);

dev_t volume_device(const struct volume *self);

struct inode *inode_new(struct volume *volume, mode_t mode);
struct inode *inode_ref(struct inode *self);
void inode_unref(struct inode *self);
void inode_touch(struct inode *self);

/* In a directory. */
struct inode *dir_find(const struct inode *self, const char *name);
void dir_set(struct inode *self, const char *name, struct inode *to, bool continues);

/* Force an inode to the disk: a fiber waits for it. False with errno. */
bool inode_sync(struct inode *self);
bool volume_sync(struct volume *self);

/* Before each change: it may be the one at which a fault comes, and may fail. False with errno. */
bool disk_may_write(const struct volume *self, gsize bytes);

/* For those who watch a directory: a file of that name changed. sm_watch.c has it. */
void watch_tell(const struct inode *dir, const char *name);

/* The first change of any disk after which a fault may come (faults.c). */
extern void (*disk_step)(void);

#endif
