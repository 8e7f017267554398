/* SPDX-License-Identifier: GPL-2.0-or-later */

/* base/clock.h in virtual time. */

#include "base/clock.h"

#include "node.h"
#include "scheduler.h"

/* For the dead every deadline has passed. */
static gint64 hereafter_us;

gint64 clock_now_us(void)
{
	if (actor_is_dead())
		return sim_now() + (hereafter_us += (gint64)3600 * G_USEC_PER_SEC);
	return sim_now() + (sim_actor != NULL ? sim_actor->node->uptime_at_zero_us : 0);
}

gint64 clock_now_s(void)
{
	return (sim_now() + (sim_actor != NULL ? sim_actor->node->wall_at_zero_us : 0)) /
	       G_USEC_PER_SEC;
}

void clock_sleep_us(gint64 us)
{
	fiber_sleep(us);
}

guint clock_timer_ms(guint ms, clock_due due, void *data)
{
	return sim_after((gint64)ms * 1000, sim_actor, due, data);
}

guint clock_timer_s(guint seconds, clock_due due, void *data)
{
	return sim_after((gint64)seconds * G_USEC_PER_SEC, sim_actor, due, data);
}

void clock_timer_clear(guint *timer)
{
	if (*timer != 0)
		sim_cancel(timer);
}
