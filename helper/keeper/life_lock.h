/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_LIFE_LOCK_H
#define LOCKFERRY_KEEPER_LIFE_LOCK_H

/* What life_start.c and life_stop.c share. */

#include "keeper/life.h"

/* One start or stop of a group at a time. Makes RUN_DIR/server. A descriptor to close; -1 with
 * `error` (timeout: another one did not end). */
int life_lock(const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* life_stop() for who has the lock. */
bool life_stop_locked(const char *run_dir, const char *group, gint64 deadline_us,
	struct life_stop *result, GError **error);

#endif
