/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LOCKD_NETLINK_H
#define LOCKFERRY_KERNEL_LOCKD_NETLINK_H

/*
 * lockd's settings by generic netlink. Kernels that have it keep a grace period for each network
 * namespace, which wins over the sysctl if it is not 0 (fs/lockd/svc.c, get_lockd_grace_period);
 * nfsdctl of nfs-utils sets it from nfs.conf. Family "lockd", version 1, command
 * SERVER_GET (Documentation/netlink/specs/lockd.yaml). Any user may ask.
 *
 * One question, one answer, which the kernel gives before send() returns: nothing waits.
 */

#include <glib.h>
#include <stdbool.h>

/* In seconds; 0: it is not set, or this kernel, or lockd as it is not loaded, has no such family.
 */
guint lockd_netlink_grace_seconds(void);

/*
 * The attribute of that type in the first message of an answer, which is one of generic netlink and
 * no error; false if it has none of just `size` bytes. For the tests.
 */
bool lockd_netlink_attribute(
	const guint8 *answer, gsize length, guint16 type, void *value, gsize size);

/* The number that generic netlink has given to a family; 0: there is none of that name, or nobody
 * can tell. For the tests. */
guint16 lockd_netlink_family(const char *name);

#endif
