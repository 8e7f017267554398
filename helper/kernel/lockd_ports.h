/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LOCKD_PORTS_H
#define LOCKFERRY_KERNEL_LOCKD_PORTS_H

/*
 * The ports on which lockd listens. They are sysctls of the whole node (fs/lockd/svc.c, nlm_tcpport
 * and nlm_udpport). A server reads them when it starts, in whichever network namespace. So whoever
 * starts several servers must let no other start meanwhile. 0: any free port.
 */

#include "kernel/kernel.h"

struct lockd_ports {
	guint tcp, udp;
};

/* 0 also when nobody can tell. */
struct lockd_ports lockd_ports_get(const struct kernel *self);
bool lockd_ports_put(const struct kernel *self, struct lockd_ports ports, GError **error);

#endif
