/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_PHASE_H
#define LOCKFERRY_GROUP_PHASE_H

/*
 * The phases of a service group on the node that owns it, and the events that lead from one to the
 * next. Pure. docs/architecture.md shows them, and tests/unit/test_phase checks that it is up to
 * date.
 */

#include <stdbool.h>

enum phase {
	PHASE_ADOPTING,   /* ownership taken, state number raised, records being restored */
	PHASE_ARMED,      /* ready; waiting for the group's address */
	PHASE_RECLAIMING, /* the address is up and grace runs: clients are told, and reclaim */
	PHASE_SERVING,    /* clients hold and take locks */
	PHASE_FROZEN,     /* the address is gone: the client list and the lock set are final */
	PHASE_RELEASED,   /* handed over cleanly */
	PHASE_COUNT
};

enum phase_event {
	EVENT_ADOPTED,
	EVENT_ADDRESS_UP,
	EVENT_ADDRESS_GONE,
	EVENT_GRACE_OVER,
	EVENT_GRACE_MISSED, /* grace is over or too short before the address has come up, and
			       clients still have locks to reclaim */
	EVENT_LOCK_MANAGER_RESTARTED,
	EVENT_STOP,
	EVENT_COUNT
};

/*
 * Returns the phase that follows, or the same one if the event changes nothing. `recovery_due`
 * means that clients have locks to reclaim. Then the address leads to reclaiming, otherwise
 * directly to serving.
 *
 * A stop while the address is still here deliberately changes nothing. As long as the address is
 * here, the client list may not be final, so the group cannot be handed over cleanly.
 */
enum phase phase_next(enum phase phase, enum phase_event event, bool recovery_due);

const char *phase_name(enum phase phase);
bool phase_from_name(const char *name, enum phase *phase);

#endif
