/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/adoption.h"

static bool owner_is_gone(const group_state *found, const struct adoption_evidence *evidence)
{
	return found->phase == PHASE_RELEASED || !evidence->require_fencing ||
	       evidence->fenced_at >= found->owned_since;
}

enum adoption adoption_decide(const group_state *found, const struct adoption_evidence *evidence)
{
	if (found->node[0] == '\0')
		return ADOPTION_RESUME;
	if (!g_str_equal(found->node, evidence->node))
		return owner_is_gone(found, evidence) ? ADOPTION_RECOVER : ADOPTION_REFUSED;
	if (!g_str_equal(found->boot, evidence->boot) ||
		!g_str_equal(found->lock_manager, evidence->lock_manager) || !evidence->locks_held)
		return ADOPTION_RECOVER;
	return found->recovery_due ? ADOPTION_CONTINUE : ADOPTION_RESUME;
}
