/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_CLOCK_H
#define LOCKFERRY_BASE_CLOCK_H

/*
 * The only clock of a group's process, and its timers. tests/sim links another implementation, in
 * which a day takes a second.
 */

#include <glib.h>
#include <stdbool.h>

/* Microseconds that never go back. They are valid only on this node and in this boot. */
gint64 clock_now_us(void);

/* Seconds since the epoch. An administrator may set them, even back. */
gint64 clock_now_s(void);

/* Sleeps, so it must run on a thread that may block. */
void clock_sleep_us(gint64 us);

/*
 * `due` is called once, in the default main context, and never early. Then the timer is gone.
 * clock_timer_s() rounds to seconds, so that timers that are due in the same second run together.
 */
typedef void (*clock_due)(void *data);
guint clock_timer_ms(guint ms, clock_due due, void *data);
guint clock_timer_s(guint seconds, clock_due due, void *data);

/* Cancels a timer and sets it to 0. Does nothing if it is 0. */
void clock_timer_clear(guint *timer);

#endif
