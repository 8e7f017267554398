/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lockd_ports.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SYSCTL_DIR "sys/fs/nfs"
#define TCP "nlm_tcpport"
#define UDP "nlm_udpport"

static guint get(const struct kernel *self, const char *name)
{
	g_autofree char *dir = g_build_filename(self->proc_dir, SYSCTL_DIR, NULL);
	g_autofree char *text = kernel_read(dir, name, NULL);
	guint64 port = 0;

	if (text != NULL)
		g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT16, &port, NULL);
	return (guint)port;
}

static bool put(const struct kernel *self, const char *name, guint port, GError **error)
{
	g_autofree char *path = g_build_filename(self->proc_dir, SYSCTL_DIR, name, NULL);
	g_autofree char *text = g_strdup_printf("%u\n", port);
	autofd fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0 && fd_write_all(fd, text, strlen(text)))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%u' to '%s'", port, path);
	return false;
}

struct lockd_ports lockd_ports_get(const struct kernel *self)
{
	return (struct lockd_ports){.tcp = get(self, TCP), .udp = get(self, UDP)};
}

bool lockd_ports_put(const struct kernel *self, struct lockd_ports ports, GError **error)
{
	return put(self, TCP, ports.tcp, error) && put(self, UDP, ports.udp, error);
}
