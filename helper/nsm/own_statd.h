/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_OWN_STATD_H
#define LOCKFERRY_NSM_OWN_STATD_H

/*
 * Tells this node's own status monitor that a client restarted, in the same way as the client
 * would: an SM_NOTIFY with its name. statd passes it to the lock manager for each record of that
 * mon_name whose last state number differs (nfs-utils utils/statd/callback.c, sm_notify_1_svc()).
 * The lock manager then drops everything that the client holds (Linux fs/lockd/host.c,
 * nlm_host_rebooted()). The record stays.
 */

#include <glib.h>
#include <stdbool.h>

/* Waits at most `timeout_ms` for each answer, and asks again each second. The errors are
 * LF_ERROR_FAILED in both cases: no answer in time, or a refusal. */
bool own_statd_tell(const char *mon_name, gint32 state, guint timeout_ms, GError **error);

#endif
