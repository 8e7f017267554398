/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include "chance.h"
#include "node.h"
#include "scheduler.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DEVICE_MAJOR 253

/* How long a sync takes. */
#define SYNC_LEAST_US 100
#define SYNC_MOST_US 4000

static guint64 last_inode;
static guint64 last_change;

void (*disk_step)(void);

static GHashTable *names_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)inode_unref);
}

static void change_free(gpointer data)
{
	struct change *change = data;

	g_free(change->name);
	inode_unref(change->inode);
	g_free(change);
}

struct inode *inode_new(struct volume *volume, mode_t mode)
{
	struct inode *self = g_new0(struct inode, 1);

	self->references = 1;
	self->number = ++last_inode;
	self->volume = volume;
	self->mode = mode;
	if (S_ISDIR(mode)) {
		self->names = names_new();
		self->durable_names = names_new();
		self->changes = g_ptr_array_new_with_free_func(change_free);
	} else {
		self->data = g_byte_array_new();
	}
	inode_touch(self);
	return self;
}

struct inode *inode_ref(struct inode *self)
{
	self->references++;
	return self;
}

void inode_unref(struct inode *self)
{
	if (self == NULL || --self->references > 0)
		return;
	g_clear_pointer(&self->data, g_byte_array_unref);
	g_clear_pointer(&self->durable, g_bytes_unref);
	g_clear_pointer(&self->names, g_hash_table_unref);
	g_clear_pointer(&self->durable_names, g_hash_table_unref);
	g_clear_pointer(&self->changes, g_ptr_array_unref);
	g_clear_pointer(&self->watchers, g_ptr_array_unref);
	g_free(self);
}

void inode_touch(struct inode *self)
{
	self->changed = ++last_change;
	self->modified_ns = sim_now() * 1000 + 1;
}

static struct node *acting_node(void)
{
	return sim_actor != NULL ? sim_actor->node : NULL;
}

struct inode *dir_find(const struct inode *self, const char *name)
{
	return g_hash_table_lookup(self->names, name);
}

static void note_change(struct inode *self, const char *name, struct inode *to, bool continues)
{
	struct change *change = g_new(struct change, 1);

	change->name = g_strdup(name);
	change->inode = to != NULL ? inode_ref(to) : NULL;
	change->continues = continues;
	change->by = acting_node();
	g_ptr_array_add(self->changes, change);
}

void dir_set(struct inode *self, const char *name, struct inode *to, bool continues)
{
	struct inode *before = dir_find(self, name);

	if (to != NULL)
		to->links++;
	if (before != NULL) {
		before->links--;
		before->changed = ++last_change;
	}
	note_change(self, name, to, continues);
	if (to != NULL)
		g_hash_table_replace(self->names, g_strdup(name), inode_ref(to));
	else
		g_hash_table_remove(self->names, name);
	inode_touch(self);
}

static void make_durable(struct inode *self, struct change *const *changes, guint count)
{
	for (guint i = 0; i < count; i++) {
		if (changes[i]->inode != NULL)
			g_hash_table_replace(self->durable_names, g_strdup(changes[i]->name),
				inode_ref(changes[i]->inode));
		else
			g_hash_table_remove(self->durable_names, changes[i]->name);
	}
}

static void sync_now(struct inode *self)
{
	if (S_ISDIR(self->mode)) {
		make_durable(
			self, (struct change *const *)self->changes->pdata, self->changes->len);
		g_ptr_array_set_size(self->changes, 0);
		return;
	}
	if (!self->dirty && self->durable != NULL)
		return;
	g_clear_pointer(&self->durable, g_bytes_unref);
	self->durable = g_bytes_new(self->data->data, self->data->len);
	self->durable_modified_ns = self->modified_ns;
	self->dirty = false;
}

/* The disk takes its time, or is stuck. */
static void take_time(struct volume *self)
{
	if (!fiber_is_in() || self->in_memory)
		return;
	fiber_sleep(chance_us(SYNC_LEAST_US, SYNC_MOST_US));
	while (self->stuck && !actor_is_dead())
		fiber_park_in(self->stuck_fibers);
}

static bool sync_may_end(struct volume *self)
{
	take_time(self);
	if (actor_is_dead() || self->failing_syncs > 0) {
		self->failing_syncs -= !actor_is_dead();
		errno = EIO;
		return false;
	}
	return true;
}

bool inode_sync(struct inode *self)
{
	if (disk_step != NULL)
		disk_step();
	if (!sync_may_end(self->volume))
		return false;
	sync_now(self);
	return true;
}

static void sync_below(struct inode *self)
{
	GHashTableIter iter;
	gpointer value;

	if (S_ISDIR(self->mode)) {
		g_hash_table_iter_init(&iter, self->names);
		while (g_hash_table_iter_next(&iter, NULL, &value))
			sync_below(value);
	}
	sync_now(self);
}

bool volume_sync(struct volume *self)
{
	if (disk_step != NULL)
		disk_step();
	if (!sync_may_end(self))
		return false;
	sync_below(self->root);
	return true;
}

bool disk_may_write(const struct volume *self, gsize bytes)
{
	if (disk_step != NULL)
		disk_step();
	if (actor_is_dead()) {
		errno = EIO;
		return false;
	}
	if (self->full && bytes > 0) {
		errno = ENOSPC;
		return false;
	}
	return true;
}

/* Power cuts */

/* What was not synced: gone, there, or torn. */
static void tear(struct inode *self)
{
	gsize length = self->durable != NULL ? g_bytes_get_size(self->durable) : 0;
	guint new_length = self->data->len;
	guint kept = chance_below(3) == 0 ? chance_below(new_length + 1)
		     : chance_one_in(2)   ? new_length
					  : 0;
	g_autoptr(GByteArray) torn = g_byte_array_new();

	if (kept > 0)
		g_byte_array_append(torn, self->data->data, kept);
	if (kept < length && kept < new_length)
		g_byte_array_append(torn,
			(const guint8 *)g_bytes_get_data(self->durable, NULL) + kept,
			(guint)(length - kept));
	g_byte_array_set_size(self->data, 0);
	if (torn->len > 0)
		g_byte_array_append(self->data, torn->data, torn->len);
	if (kept == 0)
		self->modified_ns = self->durable_modified_ns;
	self->dirty = false;
	g_clear_pointer(&self->durable, g_bytes_unref);
	self->durable = g_bytes_new(self->data->data, self->data->len);
}

/* The first changes of the node that lost its power survive, and all of others. */
static void forget_changes(struct inode *self, struct node *by)
{
	guint own = 0, kept;
	gboolean keeping = TRUE;

	for (guint i = 0; i < self->changes->len; i++)
		own += by == NULL || ((struct change *)self->changes->pdata[i])->by == by;
	kept = own > 0 ? chance_below(own + 1) : 0;
	for (guint i = 0; i < self->changes->len; i++) {
		struct change *change = self->changes->pdata[i];
		bool is_own = by == NULL || change->by == by;

		if (is_own && !change->continues) {
			keeping = kept > 0;
			kept -= kept > 0;
		}
		if (!is_own || keeping)
			make_durable(self, &change, 1);
	}
	g_ptr_array_set_size(self->changes, 0);
}

static void cut_below(struct inode *self, struct node *by);

static void bring_back(struct inode *self, struct node *by)
{
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_remove_all(self->names);
	g_hash_table_iter_init(&iter, self->durable_names);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		g_hash_table_insert(self->names, g_strdup(name), inode_ref(value));
		cut_below(value, by);
	}
	inode_touch(self);
}

static void cut_below(struct inode *self, struct node *by)
{
	if (S_ISDIR(self->mode)) {
		forget_changes(self, by);
		bring_back(self, by);
	} else if (self->dirty && (by == NULL || self->dirty_by == by)) {
		tear(self);
	}
}

void volume_cut(struct volume *self, struct node *by)
{
	if (self->in_memory) {
		g_hash_table_remove_all(self->root->names);
		g_hash_table_remove_all(self->root->durable_names);
		g_ptr_array_set_size(self->root->changes, 0);
		return;
	}
	cut_below(self->root, by);
}

struct volume *volume_new(guint number)
{
	struct volume *self = g_new0(struct volume, 1);

	self->number = number;
	self->root = inode_new(self, S_IFDIR | 0755);
	self->root->links = 1;
	self->stuck_fibers = g_array_new(FALSE, FALSE, sizeof(guint));
	return self;
}

void volume_free(struct volume *self)
{
	inode_unref(self->root);
	g_array_unref(self->stuck_fibers);
	g_free(self);
}

dev_t volume_device(const struct volume *self)
{
	return makedev(DEVICE_MAJOR, self->number);
}

void volume_set_stuck(struct volume *self, bool stuck)
{
	self->stuck = stuck;
	if (stuck)
		return;
	fiber_wake_all(self->stuck_fibers);
}
