/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_QUICK_TIME_H
#define LOCKFERRY_TESTS_QUICK_TIME_H

/*
 * A monotonic clock that skips the time in which this process would sleep.
 *
 * A program that links this file gets its own versions of the calls that read the time, and of
 * those that wait, before those of the C library. They also apply to the libraries of the program,
 * such as GLib's main loop. Between quick_time_start() and quick_time_stop() a wait takes a few
 * milliseconds, and the clock advances by its whole length. Packets on the loopback arrive as
 * usual. The kernel's own timers, other processes and the wall clock are not changed.
 *
 * Use this only if nothing that the test waits for needs real time: a thread that works, or a
 * process that ends, gets less of it.
 */

#include <glib.h>
#include <stdbool.h>

enum quick_time {
	QUICK_SLEEPS = 1, /* only sleeps; a wait for another process takes its time */
	QUICK_POLLS = 2,  /* also the main loop, and other waits for descriptors */
};

void quick_time_start(int what);
void quick_time_stop(void);

/*
 * Runs the default main context until `done` returns true, for at most `seconds` of this clock.
 * Returns whether it did. `done` is called when something has happened in the main context, so what
 * it checks may change only there.
 */
bool quick_time_run(bool (*done)(void *data), void *data, double seconds);

/* The same, until `count` is at least `wanted`. */
bool quick_time_run_until(const guint *count, guint wanted, double seconds);

#endif
