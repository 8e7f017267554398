/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LOCKD_NETLINK_H
#define LOCKFERRY_KERNEL_LOCKD_NETLINK_H

/*
 * lockd's settings by generic netlink. Kernels that have this interface keep a grace period for
 * each network namespace. If it is not 0, it overrides the sysctl (fs/lockd/svc.c,
 * get_lockd_grace_period). nfsdctl of nfs-utils sets it from nfs.conf. The family is "lockd",
 * version 1, command SERVER_GET (Documentation/netlink/specs/lockd.yaml). Any user may ask.
 *
 * Each question has one answer, which the kernel delivers before send() returns. So nothing blocks.
 */

#include <glib.h>
#include <stdbool.h>

/* Returns the grace period in seconds. Returns 0 if it is not set, if this kernel does not have
 * the family, or if lockd is not loaded. */
guint lockd_netlink_grace_seconds(void);

/*
 * Copies the attribute of that type from the first message of an answer to `value`. Returns false
 * if the message is not one of generic netlink, is an error, or has no such attribute of exactly
 * `size` bytes. Public for the tests.
 */
bool lockd_netlink_attribute(
	const guint8 *answer, gsize length, guint16 type, void *value, gsize size);

/* Returns the number that generic netlink has given to a family, or 0 if the family does not
 * exist or the question fails. Public for the tests. */
guint16 lockd_netlink_family(const char *name);

#endif
