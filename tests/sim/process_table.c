/* SPDX-License-Identifier: GPL-2.0-or-later */

/* kernel/process.h and kernel/listener.h: the processes and the server's socket of the node that
 * acts are those of its model. */

#include "kernel/process.h"

#include "kernel/listener.h"

#include "node.h"

#include <stdlib.h>
#include <string.h>

/* Of a node's clock ticks a second. */
#define TICKS 100

static char *incarnation(const struct node *node, guint pid, gint64 began_us)
{
	return pid == 0 ? NULL
			: g_strdup_printf("%u@%" G_GINT64_FORMAT, pid,
				  (began_us - node->boot_us) * TICKS / G_USEC_PER_SEC + 1);
}

char *process_find(
	const char *proc_dir G_GNUC_UNUSED, const char *name, enum process_kind kind G_GNUC_UNUSED)
{
	const struct node *node = sim_actor->node;

	if (actor_is_dead())
		return NULL;
	/* Groups that are not seen here have it. */
	if (g_str_equal(name, "lockd") && cluster.setup.own_server)
		return incarnation(node, SIM_SHARED_LOCKD, node->boot_us);
	if (g_str_equal(name, "lockd"))
		return incarnation(node, node->lockd_pid, node->lockd_began_us);
	if (g_str_equal(name, "nfsd"))
		return incarnation(node, node->threads > 0 ? 3 : 0, node->lockd_began_us);
	if (g_str_equal(name, "rpc.statd"))
		return incarnation(node, node->statd_pid, node->statd_began_us);
	return NULL;
}

bool process_runs(
	const char *proc_dir, const char *wanted, const char *name, enum process_kind kind)
{
	g_autofree char *now = process_find(proc_dir, name, kind);

	return g_strcmp0(now, wanted) == 0;
}

double process_started(const char *text)
{
	const char *at = strchr(text, '@');

	return at != NULL ? (double)g_ascii_strtoull(at + 1, NULL, 10) / TICKS : -1;
}

guint64 listener_find(
	const char *proc_dir G_GNUC_UNUSED, const char *portlist G_GNUC_UNUSED, guint64 inode)
{
	const struct node *node = sim_actor->node;
	guint64 own = node->threads > 0 ? SIM_FIRST_SOCKET + node->lockd_pid : 0;

	return actor_is_dead() || (inode != 0 && inode != own) ? 0 : own;
}

char *process_namespace(
	const char *proc_dir G_GNUC_UNUSED, const char *pid, const char *kind G_GNUC_UNUSED)
{
	bool is_own = cluster.setup.own_server && g_str_equal(pid, "self");

	return g_strdup(is_own ? "net:[4026532008]" : "net:[4026531840]");
}

char *process_path(const char *proc_dir, const char *wanted, const char *file)
{
	return g_build_filename(proc_dir, wanted, file, NULL);
}

char **process_words(const char *proc_dir G_GNUC_UNUSED, const char *wanted G_GNUC_UNUSED,
	const char *file G_GNUC_UNUSED)
{
	return g_new0(char *, 1);
}

bool process_user(const char *proc_dir G_GNUC_UNUSED, const char *wanted G_GNUC_UNUSED, uid_t *user,
	gid_t *group)
{
	*user = 0;
	*group = 0;
	return true;
}
