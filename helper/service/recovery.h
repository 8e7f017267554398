/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_RECOVERY_H
#define LOCKFERRY_SERVICE_RECOVERY_H

/*
 * One recovery: every client is told from each of the group's addresses, for it may have mounted by
 * any of them. Pacemaker starts them one after the other, so who answered at one is still told from
 * the next, and so is who already asked for a lock.
 *
 * recovery_new() -> recovery_tell_from() for each address that is here, as soon as it is ->
 * `changed` after each step -> recovery_finish() when grace is over, or recovery_free() before
 * that. The steps are written into the client list. A client counts as acknowledged when it
 * answered at every address of the group that it can be told from, as unreachable while it has not
 * answered for ten seconds at one, and as lost when it had answered at none when grace was over; or
 * as one that may have lost locks, where it is not known to use the group. What the client list
 * knows of the same recovery already, as the store has kept it (store/answers.h), counts.
 */

#include "group/client_list.h"

#include <glib.h>
#include <stdbool.h>

typedef struct recovery_run recovery_run;

typedef void (*recovery_changed)(void *data);

/* `clients` is borrowed; `addresses` are all of the group's, here or not, and `names` what else it
 * is called by (both NULL-terminated; `names` is copied). Each address is told as a name too.
 * Reads /etc/hosts: a client whose record has a host name is told at the address given there. */
recovery_run *recovery_new(client_list *clients, const char *const *addresses,
	const char *const *names, gint32 state_number, recovery_changed changed, void *data);

/* Begin to tell from `address`, unless begun. */
bool recovery_tell_from(recovery_run *self, const char *address, GError **error);

/*
 * Grace is over: stop telling. Clients that answered at no address have lost their locks; returns
 * how many. Those that answered at some only stay `told`; how many these are is logged, together
 * with those that asked for a lock and did not answer at each. But where all the locks that there
 * were are back (`locks_are_back`), they had none. And where there are or were other groups beside
 * this one (`other_groups`), those that are not known to use it (client.uses_group) only may have
 * lost some.
 */
guint recovery_finish(recovery_run *self, bool locks_are_back, bool other_groups);

void recovery_free(recovery_run *self);

#endif
