/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/intake.h"

#define MINUTE_US ((gint64)60 * G_USEC_PER_SEC)

void intake_note(struct intake *self, guint clients, gint64 now_us)
{
	if (self->taken == 0 || now_us - self->began_us >= MINUTE_US) {
		self->began_us = now_us;
		self->taken = 0;
	}
	self->taken += clients;
	if (self->taken <= INTAKE_PER_MINUTE_MAX)
		return;
	self->flooded = true;
	self->flooded_us = now_us;
	self->most = MAX(self->most, self->taken);
}

guint intake_flood(struct intake *self, gint64 now_us)
{
	if (self->flooded && now_us - self->flooded_us >= INTAKE_FLOOD_SHOWN_US) {
		self->flooded = false;
		self->most = 0;
	}
	return self->most;
}

bool intake_is_full(guint clients)
{
	return clients >= INTAKE_CLIENTS_MAX;
}
