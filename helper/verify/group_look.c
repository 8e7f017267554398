/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/group_look.h"

#include "base/text.h"
#include "kernel/lock_looks.h"
#include "node/filesystems.h"

/* Every lock of the lock manager should be on a filesystem of a group of this node. A lock
 * elsewhere may be this group's, on a filesystem that `exports` does not name. */
static void doubt_elsewhere(struct group_look *self, const GArray *filesystems,
	const struct group_options *options, const char *lock_manager)
{
	g_autoptr(GArray) all = NULL;
	g_autoptr(lock_set) now = NULL;
	guint elsewhere = lock_set_elsewhere(self->held);
	g_autofree char *locks = NULL;

	/* A server of its own exports nothing that is not in the group's filesystems, as its keeper
	 * sees to: the locks are other groups', whether their processes answer or not. */
	if (elsewhere == 0 || options->own_server)
		return;
	all = g_array_copy((GArray *)filesystems);
	filesystems_add_others(all, options->run_dir, options->group);
	if (all->len > filesystems->len) {
		now = lock_set_held(&options->kernel, all, lock_manager, NULL);
		elsewhere = now != NULL ? lock_set_elsewhere(now) : elsewhere;
	}
	locks = text_count(elsewhere, "lock");
	if (elsewhere > 0)
		g_ptr_array_add(self->doubts,
			g_strdup_printf(
				"the lock manager holds %s on filesystems of no group here: name every exported filesystem of the group in 'exports'",
				locks));
}

bool group_look_run(struct group_look *self, const struct group_options *options,
	const char *lock_manager, const lock_set *expected, guint max_ms, GError **error)
{
	g_autoptr(GArray) filesystems = NULL;

	self->doubts = g_ptr_array_new_with_free_func(g_free);
	filesystems = filesystems_now(options, self->doubts, error);
	if (filesystems == NULL)
		return false;
	self->held = lock_looks_held(&options->kernel, filesystems, lock_manager, expected, max_ms,
		&self->agreed, error);
	if (self->held == NULL)
		return false;
	self->restarted = !kernel_lock_manager_is(&options->kernel, lock_manager);
	doubt_elsewhere(self, filesystems, options, lock_manager);
	return true;
}

bool group_look_is_whole(const struct group_look *self)
{
	return self->agreed && !self->restarted && self->doubts->len == 0;
}

/* The caller frees it. */
static GPtrArray *list_doubts(const struct group_look *self)
{
	GPtrArray *texts = g_ptr_array_new();

	for (guint i = 0; i < self->doubts->len; i++)
		g_ptr_array_add(texts, g_ptr_array_index(self->doubts, i));
	return texts;
}

/* Frees the list, but not its texts. The caller frees the result. */
static char *join(GPtrArray *texts)
{
	char *joined = NULL;

	if (texts->len > 0) {
		g_ptr_array_add(texts, NULL);
		joined = g_strjoinv("; ", (char **)texts->pdata);
	}
	g_ptr_array_unref(texts);
	return joined;
}

char *group_look_places(const struct group_look *self)
{
	return join(list_doubts(self));
}

char *group_look_doubt(const struct group_look *self)
{
	GPtrArray *texts = list_doubts(self);

	if (self->restarted)
		g_ptr_array_add(texts, (char *)"the lock manager was restarted meanwhile");
	else if (!self->agreed)
		g_ptr_array_add(texts,
			(char *)"no two looks at /proc/locks agreed within the time limit: too many locks are taken and dropped on this node");
	return join(texts);
}

void group_look_clear(struct group_look *self)
{
	g_clear_pointer(&self->held, lock_set_free);
	g_clear_pointer(&self->doubts, g_ptr_array_unref);
}
