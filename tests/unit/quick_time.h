/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_QUICK_TIME_H
#define LOCKFERRY_TESTS_QUICK_TIME_H

/*
 * A monotonic clock that skips what this process would sleep through.
 *
 * Linking this puts the calls that tell the time, and those that wait, before those of the C
 * library: for the program and for the libraries it uses, GLib's main loop too. Between
 * quick_time_start() and quick_time_stop() a wait takes a few milliseconds, and the clock is as far
 * on after it as if it had taken its time. Packets on the loopback arrive as they do else; the
 * kernel's own timers, other processes and the wall clock know nothing of it.
 *
 * Only for tests in which nothing that is waited for needs the time itself: a thread that works, or
 * a process that ends, gets less of it.
 */

#include <glib.h>
#include <stdbool.h>

enum quick_time {
	QUICK_SLEEPS = 1, /* only what sleeps; what waits for another process is not hurried */
	QUICK_POLLS = 2,  /* the main loop too, and whatever else waits for descriptors */
};

void quick_time_start(int what);
void quick_time_stop(void);

/*
 * Let the default main context run until `done` says so, and for so many seconds of this clock at
 * most: true when it did. What it asks for must change in the main context only: it is asked when
 * something has happened there.
 */
bool quick_time_run(bool (*done)(void *data), void *data, double seconds);

/* The same until `count` is at least `wanted`. */
bool quick_time_run_until(const guint *count, guint wanted, double seconds);

#endif
