/* SPDX-License-Identifier: GPL-2.0-or-later */

/* recorder/sm_watch.h for simulated directories. */

#include "recorder/sm_watch.h"

#include "base/error.h"
#include "chance.h"
#include "disk.h"
#include "files.h"
#include "scheduler.h"

#include <string.h>

#define LATENCY_MAX_US 1500

struct sm_watch {
	struct actor *whose;
	struct inode *dir;
	GPtrArray *names; /* owned; to be told */
	sm_watch_woken woken;
	void *data;
	guint alarm;
};

/* The directory of SIM_ROOT/var/sm. */
static struct inode *find_dir(void)
{
	struct inode *var = dir_find(files_root(), "var");

	return var != NULL ? dir_find(var, "sm") : NULL;
}

sm_watch *sm_watch_new(const char *path, sm_watch_woken woken, void *data, GError **error)
{
	struct inode *dir = actor_is_dead() ? NULL : find_dir();
	sm_watch *self;

	if (dir == NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "cannot watch '%s'", path);
		return NULL;
	}
	self = g_new0(sm_watch, 1);
	self->whose = sim_actor;
	self->dir = inode_ref(dir);
	self->names = g_ptr_array_new_with_free_func(g_free);
	self->woken = woken;
	self->data = data;
	if (dir->watchers == NULL)
		dir->watchers = g_ptr_array_new();
	g_ptr_array_add(dir->watchers, self);
	return self;
}

static void wake(void *data)
{
	sm_watch *self = data;

	self->alarm = 0;
	self->woken(self->data);
}

void watch_tell(const struct inode *dir, const char *name)
{
	for (guint i = 0; dir->watchers != NULL && i < dir->watchers->len; i++) {
		sm_watch *one = dir->watchers->pdata[i];

		g_ptr_array_add(one->names, g_strdup(name));
		if (one->alarm == 0)
			one->alarm =
				sim_after(chance_us(10, LATENCY_MAX_US), one->whose, wake, one);
	}
}

void sm_watch_read(sm_watch *self, const struct sm_watch_events *events, void *data)
{
	g_autoptr(GPtrArray) names = self->names;

	self->names = g_ptr_array_new_with_free_func(g_free);
	if (names->len > 0 && chance_one_in(200)) {
		events->lost(data);
		return;
	}
	for (guint i = 0; i < names->len; i++)
		events->changed(names->pdata[i], data);
}

void sm_watch_free(sm_watch *self)
{
	if (self == NULL)
		return;
	g_ptr_array_remove(self->dir->watchers, self);
	if (self->alarm != 0)
		sim_cancel(&self->alarm);
	inode_unref(self->dir);
	g_ptr_array_unref(self->names);
	g_free(self);
}
