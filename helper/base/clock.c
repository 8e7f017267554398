/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

struct timer {
	clock_due due;
	void *data;
};

gint64 clock_now_us(void)
{
	return g_get_monotonic_time();
}

gint64 clock_now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

void clock_sleep_us(gint64 us)
{
	g_usleep((gulong)us);
}

static gboolean run_timer(gpointer data)
{
	const struct timer *timer = data;

	timer->due(timer->data);
	return G_SOURCE_REMOVE;
}

static struct timer *timer_new(clock_due due, void *data)
{
	struct timer *timer = g_new(struct timer, 1);

	timer->due = due;
	timer->data = data;
	return timer;
}

guint clock_timer_ms(guint ms, clock_due due, void *data)
{
	return g_timeout_add_full(G_PRIORITY_DEFAULT, ms, run_timer, timer_new(due, data), g_free);
}

guint clock_timer_s(guint seconds, clock_due due, void *data)
{
	return g_timeout_add_seconds_full(
		G_PRIORITY_DEFAULT, seconds, run_timer, timer_new(due, data), g_free);
}

void clock_timer_clear(guint *timer)
{
	g_clear_handle_id(timer, g_source_remove);
}
