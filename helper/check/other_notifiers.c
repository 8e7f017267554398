/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "lockd/process.h"

void check_notifiers(const struct check *self, struct findings *findings)
{
	g_autofree char *runs = process_find(self->kernel->proc_dir, "sm-notify", PROCESS_USER);
	g_autofree char *mask =
		g_file_read_link("/etc/systemd/system/rpc-statd-notify.service", NULL);

	if (runs != NULL)
		finding_add(findings, FINDING_WARNING,
			"mask rpc-statd-notify.service, and set nfs_no_notify=true where "
			"ocf:heartbeat:nfsserver is used",
			"sm-notify runs: it tells clients about this node's own restart, outside "
			"of any group's recovery");
	else if (g_file_test("/run/systemd/system", G_FILE_TEST_IS_DIR) &&
		 g_strcmp0(mask, "/dev/null") != 0)
		finding_add(findings, FINDING_WARNING, "systemctl mask rpc-statd-notify.service",
			"rpc-statd-notify.service is not masked: it tells clients about this "
			"node's own restart");
	else
		finding_add(findings, FINDING_OK, "", "nothing else notifies clients");
}
