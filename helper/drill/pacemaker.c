/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/pacemaker.h"

#include "base/error.h"
#include "cluster/command.h"
#include "cluster/load.h"

#include <string.h>

#define CLEAR_TRIES 3
/* How long stonith_admin may take in addition to its own timeout. */
#define FENCING_MARGIN_S 10

char *pacemaker_node_name(GError **error)
{
	static const char *const argv[] = {"crm_node", "--name", NULL};
	struct command command = {.argv = argv, .timeout_ms = PACEMAKER_PATIENCE_MS};
	int status;
	g_autoptr(GByteArray) text = command_run(&command, &status, error);
	g_autofree char *name = NULL;

	if (text == NULL)
		return NULL;
	name = g_strndup(text->len > 0 ? (char *)text->data : "", text->len);
	if (status == 0 && g_strstrip(name)[0] != '\0')
		return g_steal_pointer(&name);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
		"the cluster does not run on this node: run the drill on the node that will adopt the group");
	return NULL;
}

crm_mon *pacemaker_crm_mon(GError **error)
{
	return cluster_look(PACEMAKER_PATIENCE_MS, error);
}

static bool tell(const char *const *argv, guint timeout_ms, GError **error)
{
	struct command command = {.argv = argv, .timeout_ms = timeout_ms, .show_errors = true};
	int status;
	g_autoptr(GByteArray) text = command_run(&command, &status, error);

	if (text == NULL)
		return false;
	if (status == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "'%s %s' ended with status %d", argv[0],
		argv[1], status);
	return false;
}

bool pacemaker_move(const char *unit, const char *node, guint lifetime_s, GError **error)
{
	g_autofree char *lifetime = g_strdup_printf("PT%uS", lifetime_s);
	const char *const argv[] = {"crm_resource", "--move", "--resource", unit, "--node", node,
		"--lifetime", lifetime, NULL};

	return tell(argv, PACEMAKER_PATIENCE_MS, error);
}

/* A constraint that is left would prevent the next failover, so this tries more than once. */
bool pacemaker_clear(const char *unit, GError **error)
{
	const char *const argv[] = {"crm_resource", "--clear", "--resource", unit, NULL};
	GError *failure = NULL;

	for (int i = 0; i < CLEAR_TRIES; i++) {
		g_clear_error(&failure);
		if (tell(argv, PACEMAKER_PATIENCE_MS, &failure))
			return true;
	}
	g_propagate_prefixed_error(error, failure,
		"cannot remove the location constraint 'cli-prefer-%s', run 'crm_resource --clear --resource %s': ",
		unit, unit);
	return false;
}

bool pacemaker_fence(const char *node, guint timeout_s, GError **error)
{
	g_autofree char *timeout = g_strdup_printf("%u", timeout_s);
	const char *const argv[] = {"stonith_admin", "--fence", node, "--timeout", timeout, NULL};

	return tell(argv, (timeout_s + FENCING_MARGIN_S) * 1000, error);
}
