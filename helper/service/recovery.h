/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_RECOVERY_H
#define LOCKFERRY_SERVICE_RECOVERY_H

/*
 * One recovery: every client that still has to come back is told from each of the group's
 * addresses.
 *
 * recovery_new() -> recovery_tell_from() for each address that is here -> `changed` after each step
 * -> recovery_finish() when grace is over, or recovery_free() before that. The steps are written
 * into the client list. A client counts as acknowledged when it answered at every address it was
 * told from, and as unreachable while it has not answered for ten seconds at one.
 */

#include "group/client_list.h"

#include <glib.h>
#include <stdbool.h>

typedef struct recovery_run recovery_run;

typedef void (*recovery_changed)(void *data);

/* `clients` is borrowed; `names` (NULL-terminated) are copied, and each address is told as a name
 * too. */
recovery_run *recovery_new(client_list *clients, const char *const *names, gint32 state_number,
	recovery_changed changed, void *data);

/* Begin to tell from `address`, unless begun. */
bool recovery_tell_from(recovery_run *self, const char *address, GError **error);

/* Clients that can't be told: their record has no numeric address of a family that the group has.
 */
guint recovery_untellable(const recovery_run *self);

/*
 * Grace is over: stop telling. Clients that never answered have lost their locks; returns how many.
 * But where all the locks that there were are back (`locks_are_back`), they had none.
 */
guint recovery_finish(recovery_run *self, bool locks_are_back);

void recovery_free(recovery_run *self);

#endif
