/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/owner_evidence.h"

#include "base/error.h"
#include "node/fencing.h"

void owner_evidence_clear(struct owner_evidence *self)
{
	g_clear_pointer(&self->history, fencing_history_free);
	g_clear_error(&self->history_error);
	g_clear_pointer(&self->boot, g_free);
	g_clear_error(&self->boot_error);
}

/* Why no fencing of the owner counts. The caller frees it. */
static char *fencing_text(const group_state *found, const struct owner_evidence *self)
{
	if (self->history == NULL)
		return g_strdup_printf(
			"whether it was fenced since is not known, because Pacemaker's fencing history cannot be asked (%s)",
			self->history_error->message);
	if (self->fencings.count == 0)
		return g_strdup("Pacemaker's fencing history says that it was never fenced");
	if (!found->fencings_known)
		return g_strdup(
			"whether it was fenced since is not known, because it could not ask for Pacemaker's fencing history when it took the group");
	return g_strdup("it was last fenced before it took the group");
}

bool owner_evidence_refuse(const struct owner_evidence *self, const group_state *found,
	const char *node, GError **error)
{
	g_autofree char *fencing = fencing_text(found, self);

	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"group '%s' belongs to node '%s' (phase %s), which may still be serving it: the node did not release the group; %s; and it has not booted since, as far as the cluster knows. Make sure that '%s' is down: fence it with 'stonith_admin --fence %s'. Only if you are certain that it is down, start once with require_fencing=no on '%s'",
		found->group, found->node, phase_name(found->phase), fencing, found->node,
		found->node, node);
	return false;
}

/* Asks the cluster for what is missing. */
void owner_evidence_ask(
	struct owner_evidence *self, const group_state *found, struct adoption_evidence *evidence)
{
	owner_evidence_clear(self);
	evidence->fencings = NULL;
	evidence->owner_boot = NULL;
	if (!adoption_lacks_evidence(found, evidence))
		return;
	self->history = fencing_ask(&self->history_error);
	if (self->history != NULL) {
		self->fencings = fencing_history_of(self->history, found->node);
		evidence->fencings = &self->fencings;
	}
	if (!adoption_lacks_evidence(found, evidence))
		return;
	self->boot = fencing_boot_of(found->node, &self->boot_error);
	evidence->owner_boot = self->boot;
}

char *owner_evidence_wait_text(const struct owner_evidence *self, const group_state *found)
{
	g_autofree char *fencing = fencing_text(found, self);

	return g_strdup_printf(
		"the start waits for proof that node '%s', which has the group, is gone: %s",
		found->node, fencing);
}
