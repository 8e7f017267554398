/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_MISSED_GRACE_H
#define LOCKFERRY_SERVICE_MISSED_GRACE_H

#include "group/state.h"
#include "kernel/kernel.h"
#include "store/store.h"

/*
 * The process of a group died while clients reclaimed. If it is started again when that grace
 * period is over, others may have taken locks of the clients that had not answered by then. Another
 * grace period does not bring these back.
 *
 * `found` and `clients` (of client) are those of the store, `grace` that of the lock manager in
 * `found`; KERNEL_GRACE_NO_SERVER if that is gone. Returns the warning, or NULL if there is nobody
 * to name. The caller frees it.
 */
char *missed_grace_text(
	const group_state *found, const GPtrArray *clients, enum kernel_grace grace);

/* The group is handed over without its process: notes in the account who had not answered when
 * grace was over, as the lock manager may be gone when the group is taken over again. */
bool missed_grace_note(
	store *to, const group_state *found, enum kernel_grace grace, GError **error);

#endif
