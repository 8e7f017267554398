/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The kernel's files of a node, as helper/kernel reads and writes them. */

#include "node.h"

#include "story.h"

#include <stdlib.h>
#include <string.h>

static const char *const ranges[] = {
	[LOCK_WHOLE] = "0 EOF",
	[LOCK_FIRST_PART] = "0 99",
	[LOCK_SECOND_PART] = "100 EOF",
};

static char *locks_text(const struct node *self)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < self->locks->len; i++) {
		const struct held *held = self->locks->pdata[i];

		g_string_append_printf(text, "%u: POSIX  ADVISORY  %s %u fd:%02x:%u %s\n", i + 1,
			held->kind.shared ? "READ " : "WRITE",
			cluster.setup.own_server ? SIM_SHARED_LOCKD : self->lockd_pid,
			held->group->volume->number, 1000 + held->file, ranges[held->kind.part]);
	}
	return g_string_free(text, FALSE);
}

static char *mounts_text(const struct node *self)
{
	GString *text = g_string_new("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
	GHashTableIter iter;
	gpointer name, inode;

	g_hash_table_iter_init(&iter, self->namespace->root->names);
	while (g_hash_table_iter_next(&iter, &name, &inode)) {
		guint number = ((const struct inode *)inode)->volume->number;

		g_string_append_printf(text, "%u 1 253:%u / " SIM_ROOT "/%s rw - ext4 none rw\n",
			number, number, (const char *)name);
	}
	return g_string_free(text, FALSE);
}

static char *yes_or_no(bool yes)
{
	return g_strdup(yes ? "Y\n" : "N\n");
}

static char *server_file(const struct node *self, const char *path)
{
	if (g_str_equal(path, "nfsd/threads"))
		return g_strdup_printf("%u\n", self->threads);
	if (g_str_equal(path, "nfsd/versions"))
		return g_strdup("-2 +3 +4 +4.1 +4.2\n");
	if (g_str_equal(path, "nfsd/portlist"))
		return g_strdup("tcp 2049\n");
	if (g_str_equal(path, "nfsd/nfsv4gracetime"))
		return g_strdup_printf("%u\n", cluster.setup.grace_s);
	if (g_str_equal(path, "nfsd/v4_end_grace"))
		return self->threads > 0 ? yes_or_no(sim_now() >= self->v4_grace_ends_us) : NULL;
	if (g_str_equal(path, "lockd/nlm_end_grace"))
		return self->lockd_pid != 0 || cluster.setup.own_server
			       ? yes_or_no(!node_lockd_grace_runs(self))
			       : NULL;
	return NULL;
}

static char *proc_file(const struct node *self, const char *path)
{
	if (g_str_equal(path, "proc/locks"))
		return locks_text(self);
	if (g_str_equal(path, "proc/uptime"))
		return g_strdup_printf(
			"%.2f 0\n", (double)(sim_now() - self->boot_us) / G_USEC_PER_SEC);
	if (g_str_equal(path, "proc/mounts"))
		return g_strdup("none / ext4 rw 0 0\n");
	if (g_str_equal(path, "proc/net/tcp"))
		return g_strdup("  sl  local_address rem_address\n");
	if (g_str_equal(path, "proc/sys/kernel/random/boot_id"))
		return g_strdup_printf("%s\n", self->boot_id);
	if (g_str_equal(path, "proc/sys/kernel/hostname"))
		return g_strdup_printf("%s\n", self->name);
	if (g_str_equal(path, "proc/sys/fs/nfs/nlm_grace_period"))
		return g_strdup_printf("%u\n", cluster.setup.grace_s);
	if (g_str_equal(path, "proc/sys/fs/nfs/nlm_timeout"))
		return g_strdup("1\n");
	return NULL;
}

char *node_kernel_file(struct node *self, const char *path)
{
	if (g_str_equal(path, "/proc/self/mountinfo"))
		return mounts_text(self);
	return g_str_has_prefix(path, "proc/") ? proc_file(self, path) : server_file(self, path);
}

static bool drop_locks(struct node *self, const char *text)
{
	for (guint i = 0; i < cluster.setup.groups; i++) {
		if (g_str_has_prefix(text, cluster.groups[i]->export)) {
			story("%s: locks of %s are dropped", self->name, cluster.groups[i]->name);
			node_drop_locks_of(self, cluster.groups[i]);
		}
	}
	return true;
}

bool node_write_kernel_file(struct node *self, const char *path, const char *text)
{
	if (g_str_equal(path, "nfsd/threads")) {
		node_stop_server(self);
		return true;
	}
	if (g_str_equal(path, "lockd/nlm_end_grace")) {
		self->grace_ended_early = true;
		self->grace_end_us = sim_now();
		story("%s: grace is ended early", self->name);
		return true;
	}
	if (g_str_equal(path, "nfsd/unlock_filesystem"))
		return drop_locks(self, text);
	return g_str_equal(path, "nfsd/unlock_ip");
}

/* rpc.nfsd, which is the only program that the product runs here. */
gboolean g_spawn_sync(const gchar *directory G_GNUC_UNUSED, gchar **argv,
	gchar **environment G_GNUC_UNUSED, GSpawnFlags flags G_GNUC_UNUSED,
	GSpawnChildSetupFunc setup G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED,
	gchar **output G_GNUC_UNUSED, gchar **complaints G_GNUC_UNUSED, gint *status,
	GError **error)
{
	fiber_sleep(200000);
	if (actor_is_dead()) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "the node is gone");
		return FALSE;
	}
	node_start_server(sim_actor->node, (guint)atoi(argv[g_strv_length(argv) - 1]));
	if (status != NULL)
		*status = 0;
	return TRUE;
}
