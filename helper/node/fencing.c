/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/fencing.h"

#include "base/error.h"
#include "cluster/command.h"
#include "cluster/load.h"

#define PATIENCE_MS 5000

fencing_history *fencing_ask(GError **error)
{
	static const char *const argv[] = {
		"stonith_admin", "--history", "*", "--verbose", "--output-as=xml", NULL};
	struct command command = {.argv = argv, .timeout_ms = PATIENCE_MS};
	int status;
	g_autoptr(GByteArray) text = command_run(&command, &status, error);
	g_autoptr(fencing_history) history = NULL;

	if (text == NULL)
		return NULL;
	history = fencing_history_parse(
		text->len > 0 ? (const char *)text->data : "", text->len, error);
	if (history == NULL || status == 0)
		return g_steal_pointer(&history);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "stonith_admin ended with status %d", status);
	return NULL;
}

/* Finds a member on which Pacemaker would run resources. What Pacemaker knows about any other
 * node is out of date. */
static const crm_mon_node *find_member(const crm_mon *cluster, const char *name)
{
	for (guint i = 0; i < cluster->nodes->len; i++) {
		const crm_mon_node *node = g_ptr_array_index(cluster->nodes, i);

		if (g_ascii_strcasecmp(node->name, name) == 0 && node->online && !node->unclean)
			return node;
	}
	return NULL;
}

char *fencing_boot_of(const char *node, GError **error)
{
	g_autoptr(crm_mon) cluster = cluster_look(PATIENCE_MS, error);
	const crm_mon_node *member = cluster != NULL ? find_member(cluster, node) : NULL;

	return member != NULL
		       ? g_strdup(crm_mon_attribute(cluster, member->name, FENCING_BOOT_ATTRIBUTE))
		       : NULL;
}
