/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "node/fencing.h"

void check_fencing(const struct check *self G_GNUC_UNUSED, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fencing_history) history = fencing_ask(&error);

	if (history != NULL)
		finding_add(findings, FINDING_OK, "", "Pacemaker's fencing history can be asked");
	else
		finding_add(findings, FINDING_WARNING,
			"start the cluster on this node, and see what 'stonith_admin --history *' says; or start with require_fencing=no and make sure yourself that the other node is down",
			"cannot ask for Pacemaker's fencing history (%s): a group can be taken over only from a node that released it or was booted since",
			error->message);
}
