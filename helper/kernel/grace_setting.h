/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_GRACE_SETTING_H
#define LOCKFERRY_KERNEL_GRACE_SETTING_H

/*
 * The lengths of the grace periods with which an NFS server starts.
 *
 * lockd's is a sysctl of the whole node (fs/lockd/svc.c, nlm_grace_period). A server reads it when
 * it starts, in whichever network namespace. So whoever starts several servers must let no other
 * start meanwhile. nfsd's own, and the lease of NFSv4 clients, belong to a server that is not
 * running (fs/nfsd/nfsctl.c, __nfsd4_write_time: EBUSY, and EINVAL for less than 10 s or more than
 * an hour).
 */

#include "kernel/kernel.h"

/* The sysctl, in seconds; 0: the default of lockd, also when nobody can tell. */
guint grace_setting_lockd(const struct kernel *self);
bool grace_setting_put_lockd(const struct kernel *self, guint seconds, GError **error);

bool grace_setting_put_nfsd(
	const struct kernel *self, guint grace_seconds, guint lease_seconds, GError **error);

#endif
