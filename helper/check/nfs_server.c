/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "nsm/nfs_conf.h"

/* The kernel has the settings of a running server. nfs.conf has those of the next start. */
static bool serves_version_3(const struct check *self)
{
	g_autofree char *value = NULL;

	if (kernel_nfsd_threads(self->kernel) > 0)
		return !kernel_nfsd_lacks(self->kernel, "3");
	value = nfs_conf_get("nfsd", "vers3");
	return value == NULL || nfs_conf_is_true(value);
}

void check_versions(const struct check *self, struct findings *findings)
{
	if (!serves_version_3(self))
		finding_add(findings, FINDING_NOTE,
			"set 'vers3=y' in the section [nfsd] of nfs.conf if clients should mount with NFSv3",
			"the NFS server does not serve NFSv3: Lockferry has no locks to keep here");
}

void check_nfs_server(const struct check *self, struct findings *findings)
{
	guint threads = kernel_nfsd_threads(self->kernel);

	if (threads == 0)
		finding_add(findings, FINDING_NOTE,
			"it must run before a group is taken over; this is normal on a standby node",
			"the NFS server does not run");
	else
		finding_add(
			findings, FINDING_OK, "", "the NFS server runs with %u threads", threads);
}

void check_mounts(const struct check *self, struct findings *findings)
{
	g_autofree char *mount = kernel_nfs3_mount(self->kernel);

	if (mount != NULL)
		finding_add(findings, FINDING_WARNING,
			"unmount it, or mount it with 'nolock' or as NFSv4: it keeps the lock manager running when the NFS server restarts, so that no grace period begins",
			"an NFSv3 filesystem is mounted on this server: %s", mount);
	else
		finding_add(findings, FINDING_OK, "",
			"no NFSv3 mount prevents a restart of the lock manager");
}
