/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/progress.h"

static const enum recovery steps[] = {RECOVERY_TOLD, RECOVERY_ACKNOWLEDGED, RECOVERY_RECLAIMED};

static guint count_from(const client_list *clients, enum recovery step)
{
	guint count = 0;

	for (int i = step; i <= RECOVERY_RECLAIMED; i++)
		count += client_list_count(clients, (enum recovery)i);
	return count;
}

void progress_begin(struct progress *self, const client_list *clients, gint64 now_us)
{
	*self = (struct progress){.began_us = now_us};
	progress_look(self, clients, now_us);
}

void progress_look(struct progress *self, const client_list *clients, gint64 now_us)
{
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		guint count = count_from(clients, steps[i]);

		if (count > self->steps[steps[i]].clients)
			self->steps[steps[i]].last_us = now_us;
		self->steps[steps[i]].clients = count;
	}
}

double progress_seconds(const struct progress *self, enum recovery step)
{
	if (self->steps[step].clients == 0)
		return 0;
	return (double)(self->steps[step].last_us - self->began_us) / G_USEC_PER_SEC;
}
