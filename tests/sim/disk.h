/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_DISK_H
#define LOCKFERRY_TESTS_SIM_DISK_H

/*
 * Simulated filesystems. A power cut may lose what was written and not synced, completely, in part
 * or not at all: of a directory's changes, the first ones survive; a file has its old contents, the
 * new ones, or a torn mixture. What was synced stays.
 *
 * files.c leads the C library's calls here, for paths below SIM_ROOT.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define SIM_ROOT "/sim"

struct node;
struct volume;

struct change { /* a change of a directory that is not durable yet */
	char *name;
	struct inode *inode; /* NULL: the name is removed */
	bool continues;      /* survives only together with the change before it */
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
	guint64 changed;  /* number of the last change; counts the changes of all inodes */
	GByteArray *data; /* contents of a file */
	GBytes *durable;  /* the contents that were synced last; NULL: never */
	gint64 durable_modified_ns;
	bool dirty;
	struct node *dirty_by;
	GHashTable *names;         /* of a directory: owned name -> struct inode, referenced */
	GHashTable *durable_names; /* the names that were synced last */
	GPtrArray *changes;        /* of owned struct change */
	void *locked_by;           /* the open file that has the lock (files.c); NULL: none */
	GArray *lock_waiters;      /* fibers; NULL: none */
	GPtrArray *watchers;       /* of struct sm_watch; NULL: none */
};

struct volume {
	struct inode *root;
	guint number;                /* its minor device number and its mount id */
	struct service_group *group; /* NULL: belongs to a node */
	bool in_memory;              /* empty after a boot */
	bool full;
	guint failing_syncs; /* how many of the next syncs fail */
	bool stuck;
	GArray *stuck_fibers;
};

struct volume *volume_new(guint number);
void volume_free(struct volume *self);

/* A node lost its power. Drops what the power cut loses of the changes of node `by`; NULL: of all
 * changes. */
void volume_cut(struct volume *self, struct node *by);
void volume_set_stuck(struct volume *self, bool stuck);

dev_t volume_device(const struct volume *self);

struct inode *inode_new(struct volume *volume, mode_t mode);
struct inode *inode_ref(struct inode *self);
void inode_unref(struct inode *self);
void inode_touch(struct inode *self);

/* Finds a name in a directory. */
struct inode *dir_find(const struct inode *self, const char *name);
void dir_set(struct inode *self, const char *name, struct inode *to, bool continues);

/* Syncs an inode to the disk; a fiber waits for it. Returns false with errno. */
bool inode_sync(struct inode *self);
bool volume_sync(struct volume *self);

/* Called before each change, because a fault may come here, and the change may fail. Returns false
 * with errno. */
bool disk_may_write(const struct volume *self, gsize bytes);

/* Reports to the watchers of a directory that the file `name` changed. In sm_watch.c. */
void watch_tell(const struct inode *dir, const char *name);

/* Called at each change of any disk, so that a fault can come there (faults.c). */
extern void (*disk_step)(void);

#endif
