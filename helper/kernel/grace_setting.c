/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/grace_setting.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SYSCTL_DIR "sys/fs/nfs"
#define SYSCTL "nlm_grace_period"

guint grace_setting_lockd(const struct kernel *self)
{
	g_autofree char *dir = g_build_filename(self->proc_dir, SYSCTL_DIR, NULL);
	g_autofree char *text = kernel_read(dir, SYSCTL, NULL);
	guint64 seconds = 0;

	if (text != NULL)
		g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &seconds, NULL);
	return (guint)seconds;
}

static bool put(const char *path, guint seconds, GError **error)
{
	g_autofree char *text = g_strdup_printf("%u\n", seconds);
	autofd fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) == (gssize)strlen(text))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%u' to '%s'", seconds, path);
	return false;
}

bool grace_setting_put_lockd(const struct kernel *self, guint seconds, GError **error)
{
	g_autofree char *path = g_build_filename(self->proc_dir, SYSCTL_DIR, SYSCTL, NULL);

	return put(path, seconds, error);
}

bool grace_setting_put_nfsd(
	const struct kernel *self, guint grace_seconds, guint lease_seconds, GError **error)
{
	g_autofree char *grace = g_build_filename(self->nfsd_dir, "nfsv4gracetime", NULL);
	g_autofree char *lease = g_build_filename(self->nfsd_dir, "nfsv4leasetime", NULL);

	return put(lease, lease_seconds, error) && put(grace, grace_seconds, error);
}
