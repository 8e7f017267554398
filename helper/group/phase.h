/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_PHASE_H
#define LOCKFERRY_GROUP_PHASE_H

/*
 * The phases of a service group on the node that owns it, and what leads from one to the next.
 * Pure. docs/architecture.md has it drawn, and tests/unit/test_phase sees to it that it is the
 * same.
 */

#include <stdbool.h>

enum phase {
	PHASE_ADOPTING,   /* ownership taken, state number raised, records being restored */
	PHASE_ARMED,      /* ready; waiting for the group's address */
	PHASE_RECLAIMING, /* address up, grace runs: clients are being told, and reclaim */
	PHASE_SERVING,    /* clients hold and take locks */
	PHASE_FROZEN,     /* address gone: the client list and the lock set are final */
	PHASE_RELEASED,   /* handed over in good order */
	PHASE_COUNT
};

enum phase_event {
	EVENT_ADOPTED,
	EVENT_ADDRESS_UP,
	EVENT_ADDRESS_GONE,
	EVENT_GRACE_OVER,
	EVENT_GRACE_MISSED, /* it is over or too short, and the address has not come: clients
			       still have locks to reclaim */
	EVENT_LOCK_MANAGER_RESTARTED,
	EVENT_STOP,
	EVENT_COUNT
};

/*
 * The phase that follows, or the same one where the event changes nothing. With `recovery_due`,
 * clients have locks to reclaim: the address then leads to reclaiming, else straight to serving.
 *
 * A stop while the address is still here changes nothing on purpose: without the address gone
 * nobody can know that the client list is final, so the group isn't handed over in good order.
 */
enum phase phase_next(enum phase phase, enum phase_event event, bool recovery_due);

const char *phase_name(enum phase phase);
bool phase_from_name(const char *name, enum phase *phase);

#endif
