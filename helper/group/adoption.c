/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/adoption.h"

bool adoption_fenced_since(const group_state *found, const struct fencings *fencings)
{
	return found->fencings_known && fencings != NULL &&
	       fencings->last_us > found->fencings.last_us &&
	       fencings->count != found->fencings.count;
}

/* An empty boot id is unknown. */
static bool has_booted_since(const group_state *found, const char *boot)
{
	return boot != NULL && boot[0] != '\0' && found->boot[0] != '\0' &&
	       !g_str_equal(boot, found->boot);
}

/* Pacemaker ignores the case of node names. */
static bool is_of_node(const group_state *found, const char *node)
{
	return g_ascii_strcasecmp(found->node, node) == 0;
}

bool adoption_lacks_evidence(const group_state *found, const struct adoption_evidence *evidence)
{
	return found->node[0] != '\0' && !is_of_node(found, evidence->node) &&
	       found->phase != PHASE_RELEASED && evidence->require_fencing &&
	       !adoption_fenced_since(found, evidence->fencings) &&
	       !has_booted_since(found, evidence->owner_boot);
}

enum adoption adoption_decide(const group_state *found, const struct adoption_evidence *evidence)
{
	if (found->node[0] == '\0')
		return ADOPTION_RESUME;
	if (!is_of_node(found, evidence->node))
		return adoption_lacks_evidence(found, evidence) ? ADOPTION_REFUSED
								: ADOPTION_RECOVER;
	if (!g_str_equal(found->boot, evidence->boot) ||
		!g_str_equal(found->lock_manager, evidence->lock_manager) || !evidence->locks_held)
		return ADOPTION_RECOVER;
	return found->recovery_due ? ADOPTION_CONTINUE : ADOPTION_RESUME;
}
