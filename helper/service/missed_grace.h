/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_MISSED_GRACE_H
#define LOCKFERRY_SERVICE_MISSED_GRACE_H

#include "group/state.h"
#include "kernel/kernel.h"

/*
 * The process of a group died while clients reclaimed. If it is started again when that grace
 * period is over, others may have taken locks of the clients that had not answered by then. Another
 * grace period does not bring these back.
 *
 * `found` and `clients` (of client) are those of the store, `grace` that of the lock manager in
 * `found`. Returns the warning, or NULL if there is nobody to name. The caller frees it.
 */
char *missed_grace_text(
	const group_state *found, const GPtrArray *clients, enum kernel_grace grace);

#endif
