/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_CLOCK_H
#define LOCKFERRY_BASE_CLOCK_H

/*
 * The one clock of a group's process, and its timers. tests/sim links a clock of its own in this
 * one's place, in which a day takes a second.
 */

#include <glib.h>
#include <stdbool.h>

/* Microseconds that never go back; of this node and this boot only. */
gint64 clock_now_us(void);

/* Seconds since the epoch. An administrator may set them, to earlier as well. */
gint64 clock_now_s(void);

/* Wait: for a thread that may. */
void clock_sleep_us(gint64 us);

/* `due` runs once, in the default main context, and never before the time. The timer ends with it.
 * `_s`: to the second, together with others that are due then. */
typedef void (*clock_due)(void *data);
guint clock_timer_ms(guint ms, clock_due due, void *data);
guint clock_timer_s(guint seconds, clock_due due, void *data);

/* End a timer before its time, and forget it; 0: there is none. */
void clock_timer_clear(guint *timer);

#endif
