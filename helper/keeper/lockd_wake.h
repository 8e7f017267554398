/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_LOCKD_WAKE_H
#define LOCKFERRY_KEEPER_LOCKD_WAKE_H

/*
 * When one group's server is stopped, lockd's one thread may go to sleep while a request of another
 * group waits: the kernel takes all transports from lockd's queue, drops those of the namespace
 * that leaves, puts the others back, and wakes nobody (Linux net/sunrpc/svc_xprt.c,
 * svc_clean_up_xprts()). The next connection wakes it. Measured on 6.12: another group's NFSv3
 * client waited for 5 to 11 s, until the first group was started again; not seen on 6.1.
 *
 * So whoever stops a server has the keepers of the other groups connect to lockd.
 */

#include <glib.h>

/* The TCP port of lockd among the registrations (registrations.h); 0: there is none. */
guint16 lockd_wake_port(const GPtrArray *registrations);

/* Connect to it in our network namespace, and close. Does not wait. */
void lockd_wake(guint16 port);

#endif
