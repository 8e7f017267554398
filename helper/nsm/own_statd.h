/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_OWN_STATD_H
#define LOCKFERRY_NSM_OWN_STATD_H

/*
 * Tell this node's own status monitor that a client restarted, as the client would: SM_NOTIFY with
 * its name. statd passes it on to the lock manager for each record of that mon_name whose last
 * state number was another (nfs-utils utils/statd/callback.c, sm_notify_1_svc()), and that drops
 * all that the client holds (Linux fs/lockd/host.c, nlm_host_rebooted()). The record stays.
 */

#include <glib.h>
#include <stdbool.h>

/* Waits for at most `timeout_ms` for each answer, asking again each second. Errors: timeout, or
 * failed. */
bool own_statd_tell(const char *mon_name, gint32 state, guint timeout_ms, GError **error);

#endif
