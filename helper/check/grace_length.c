/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

void check_grace(const struct check *self, struct findings *findings)
{
	guint seconds = kernel_grace_seconds(self->kernel);

	if (seconds == 0)
		finding_add(findings, FINDING_NOTE,
			"look again when the NFS server runs; on a standby node this is as it "
			"should be",
			"how long the lock manager's grace period is can't be told yet: lockd is "
			"not loaded");
	else if (seconds < KERNEL_GRACE_ENOUGH_S)
		finding_add(findings, FINDING_WARNING,
			"'options lockd nlm_grace_period=90' in a file in /etc/modprobe.d, and "
			"'grace-time=90' for nfsd in nfs.conf, make it long enough",
			"the lock manager's grace period is only %u s long: a client whose kernel "
			"takes longer than that to come back loses its locks",
			seconds);
	else
		finding_add(findings, FINDING_OK, "",
			"the lock manager's grace period is %u s long", seconds);
}
