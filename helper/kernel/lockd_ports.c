/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lockd_ports.h"

#include "kernel/number.h"

#define SYSCTL_DIR "sys/fs/nfs"
#define TCP "nlm_tcpport"
#define UDP "nlm_udpport"

struct lockd_ports lockd_ports_get(const struct kernel *self)
{
	g_autofree char *dir = g_build_filename(self->proc_dir, SYSCTL_DIR, NULL);

	return (struct lockd_ports){
		.tcp = number_get(dir, TCP, G_MAXUINT16), .udp = number_get(dir, UDP, G_MAXUINT16)};
}

bool lockd_ports_put(const struct kernel *self, struct lockd_ports ports, GError **error)
{
	g_autofree char *dir = g_build_filename(self->proc_dir, SYSCTL_DIR, NULL);

	return number_put(dir, TCP, ports.tcp, error) && number_put(dir, UDP, ports.udp, error);
}
