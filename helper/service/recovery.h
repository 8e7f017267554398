/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_RECOVERY_H
#define LOCKFERRY_SERVICE_RECOVERY_H

/*
 * One recovery: tells every client from each address of the group, because a client may have
 * mounted by any of them. Pacemaker starts the addresses one after the other. So a client that
 * answered at one address, or that already asked for a lock, is still told from the next one.
 *
 * Order of calls: recovery_new() -> recovery_tell_from() for each address, as soon as it is here ->
 * `changed` after each step -> recovery_finish() when grace is over, or recovery_free() before
 * that.
 *
 * Each step is written into the client list:
 * - acknowledged: the client answered at every address of the group from which it can be told
 * - unreachable: it has not answered for ten seconds at one address
 * - lost: it had answered at no address when grace was over
 * - may have lost locks: the same, if the client is not known to use the group
 *
 * Answers of the same recovery that are in the client list already, because the store kept them
 * (store/answers.h), count as well.
 */

#include "group/client_list.h"

#include <glib.h>
#include <stdbool.h>

typedef struct recovery_run recovery_run;

typedef void (*recovery_changed)(void *data);

/* `clients` is borrowed. `addresses` are all addresses of the group, whether they are here or not.
 * `names` are the other names of the server, and are copied. Both are NULL-terminated. Each address
 * is also used as a name. Reads /etc/hosts: a client whose record has a host name is told at the
 * address given there. */
recovery_run *recovery_new(client_list *clients, const char *const *addresses,
	const char *const *names, gint32 state_number, recovery_changed changed, void *data);

/* How long a client may need to reclaim its locks after it answered: what its first SYN takes if it
 * is lost twice, and a first pause between tries (group/grace_length.h). */
#define RECOVERY_TIME_TO_RECLAIM_S 10

/*
 * Grace ends at that time (monotonic), as it is known now. Who answers less than
 * RECOVERY_TIME_TO_RECLAIM_S before it may be too late; of a period that is shorter than twice
 * that, as only an administrator sets it, less than half of it. `length_s`: of the whole period; 0:
 * not known.
 */
void recovery_expect_end(recovery_run *self, gint64 grace_ends_us, guint length_s);

/* From each address that is used from now on, one client after the other is told: the next one when
 * the former is back, or after `longest_us` (notifier_take_turns()). */
void recovery_take_turns(recovery_run *self, gint64 longest_us);

/* The client list has changed: somebody may be back. */
void recovery_note(recovery_run *self);

/* Begins to tell clients from `address`, if it has not begun yet. */
bool recovery_tell_from(recovery_run *self, const char *address, GError **error);

/* A warning that names the clients that answered, but maybe too late; NULL: there are none. The
 * caller frees it. */
char *recovery_late_text(const client_list *clients);

/*
 * Grace is over: stops telling, and frees the notifiers.
 *
 * Clients that answered at no address have lost their locks; returns how many. If the node serves
 * or served other groups (`other_groups`), those that are not known to use this group
 * (client.uses_group) only may have lost locks. Clients that answered at some addresses only stay
 * `told`; their number is logged, together with those that asked for a lock but did not answer at
 * each address. If all locks are back (`locks_are_back`), none of these clients had any lock.
 */
guint recovery_finish(recovery_run *self, bool locks_are_back, bool other_groups);

void recovery_free(recovery_run *self);

#endif
