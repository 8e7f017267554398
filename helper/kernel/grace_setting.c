/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/grace_setting.h"

#include "kernel/number.h"

#define SYSCTL_DIR "sys/fs/nfs"
#define SYSCTL "nlm_grace_period"

guint grace_setting_lockd(const struct kernel *self)
{
	g_autofree char *dir = g_build_filename(self->proc_dir, SYSCTL_DIR, NULL);

	return number_get(dir, SYSCTL, G_MAXINT);
}

bool grace_setting_put_lockd(const struct kernel *self, guint seconds, GError **error)
{
	g_autofree char *dir = g_build_filename(self->proc_dir, SYSCTL_DIR, NULL);

	return number_put(dir, SYSCTL, seconds, error);
}

bool grace_setting_put_nfsd(
	const struct kernel *self, guint grace_seconds, guint lease_seconds, GError **error)
{
	return number_put(self->nfsd_dir, "nfsv4leasetime", lease_seconds, error) &&
	       number_put(self->nfsd_dir, "nfsv4gracetime", grace_seconds, error);
}
