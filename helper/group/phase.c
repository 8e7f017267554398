/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/phase.h"

#include <glib.h>

static const char *const names[PHASE_COUNT] = {
	[PHASE_ADOPTING] = "adopting",
	[PHASE_ARMED] = "armed",
	[PHASE_RECLAIMING] = "reclaiming",
	[PHASE_SERVING] = "serving",
	[PHASE_FROZEN] = "frozen",
	[PHASE_RELEASED] = "released",
};

/* An empty entry means "stay". Phases are stored plus one, so that 0 is empty. */
#define TO(phase) ((phase) + 1)

static const unsigned char transitions[PHASE_COUNT][EVENT_COUNT] = {
	[PHASE_ADOPTING] =
		{
			[EVENT_ADOPTED] = TO(PHASE_ARMED),
			[EVENT_STOP] = TO(PHASE_RELEASED),
		},
	[PHASE_ARMED] =
		{
			[EVENT_ADDRESS_UP] = TO(PHASE_SERVING),
			[EVENT_GRACE_MISSED] = TO(PHASE_ADOPTING),
			[EVENT_LOCK_MANAGER_RESTARTED] = TO(PHASE_ADOPTING),
			[EVENT_STOP] = TO(PHASE_RELEASED),
		},
	[PHASE_RECLAIMING] =
		{
			[EVENT_GRACE_OVER] = TO(PHASE_SERVING),
			[EVENT_ADDRESS_GONE] = TO(PHASE_FROZEN),
			[EVENT_LOCK_MANAGER_RESTARTED] = TO(PHASE_ADOPTING),
		},
	[PHASE_SERVING] =
		{
			[EVENT_ADDRESS_GONE] = TO(PHASE_FROZEN),
			[EVENT_LOCK_MANAGER_RESTARTED] = TO(PHASE_ADOPTING),
		},
	[PHASE_FROZEN] =
		{
			[EVENT_ADDRESS_UP] = TO(PHASE_SERVING),
			[EVENT_GRACE_MISSED] = TO(PHASE_ADOPTING),
			[EVENT_LOCK_MANAGER_RESTARTED] = TO(PHASE_ADOPTING),
			[EVENT_STOP] = TO(PHASE_RELEASED),
		},
};

enum phase phase_next(enum phase phase, enum phase_event event, bool recovery_due)
{
	unsigned char to = transitions[phase][event];

	if (to == 0)
		return phase;
	if (event == EVENT_ADDRESS_UP && recovery_due)
		return PHASE_RECLAIMING;
	return (enum phase)(to - 1);
}

const char *phase_name(enum phase phase)
{
	return names[phase];
}

bool phase_from_name(const char *name, enum phase *phase)
{
	for (int i = 0; i < PHASE_COUNT; i++) {
		if (g_str_equal(name, names[i])) {
			*phase = (enum phase)i;
			return true;
		}
	}
	return false;
}
