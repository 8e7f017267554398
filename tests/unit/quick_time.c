/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "quick_time.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

/* A packet over the loopback arrives within this time, even on a busy machine. */
#define POLL_NS (3 * NS_PER_S / 1000)

/* A sleep may wait for other threads or processes, so they get a part of the time. */
#define SLEEP_PART 100

static gint64 skipped_ns;
static int quick; /* enum quick_time */

static gint64 to_ns(const struct timespec *time)
{
	return time->tv_sec * NS_PER_S + time->tv_nsec;
}

static struct timespec from_ns(gint64 ns)
{
	return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

static bool is_quick(enum quick_time what)
{
	return (__atomic_load_n(&quick, __ATOMIC_ACQUIRE) & what) != 0;
}

static void skip(gint64 ns)
{
	__atomic_add_fetch(&skipped_ns, ns, __ATOMIC_ACQ_REL);
}

int clock_gettime(clockid_t id, struct timespec *time)
{
	long result = syscall(SYS_clock_gettime, id, time);

	if (result == 0 && id == CLOCK_MONOTONIC)
		*time = from_ns(to_ns(time) + __atomic_load_n(&skipped_ns, __ATOMIC_ACQUIRE));
	return (int)result;
}

/* `max_ns` is -1 for no limit. */
static int poll_at_most(struct pollfd *polls, nfds_t count, gint64 max_ns, const sigset_t *mask)
{
	bool skips = is_quick(QUICK_POLLS) && max_ns > POLL_NS;
	struct timespec limit = from_ns(skips ? POLL_NS : max_ns);
	int ready =
		(int)syscall(SYS_ppoll, polls, count, max_ns < 0 ? NULL : &limit, mask, _NSIG / 8);

	if (skips && ready == 0)
		skip(max_ns - POLL_NS);
	return ready;
}

int poll(struct pollfd *polls, nfds_t count, int max_ms)
{
	return poll_at_most(polls, count, max_ms < 0 ? -1 : max_ms * (NS_PER_S / 1000), NULL);
}

int ppoll(struct pollfd *polls, nfds_t count, const struct timespec *max, const sigset_t *mask)
{
	return poll_at_most(polls, count, max == NULL ? -1 : to_ns(max), mask);
}

int nanosleep(const struct timespec *asked, struct timespec *left)
{
	gint64 ns = to_ns(asked);
	struct timespec part = from_ns(is_quick(QUICK_SLEEPS) ? ns / SLEEP_PART : ns);
	long result = syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &part, left);

	if (result == 0)
		skip(ns - to_ns(&part));
	return (int)result;
}

/* GLib uses this function for relative sleeps if the system has it. */
int clock_nanosleep(clockid_t id, int flags, const struct timespec *asked, struct timespec *left)
{
	if (flags == 0 && id == CLOCK_MONOTONIC)
		return nanosleep(asked, left) == 0 ? 0 : errno;
	return syscall(SYS_clock_nanosleep, id, flags, asked, left) == 0 ? 0 : errno;
}

void quick_time_start(int what)
{
	gint64 before_us = g_get_monotonic_time();

	/* GLib must see this clock, or every wait takes its full time. */
	skip(NS_PER_S);
	g_assert_cmpint(g_get_monotonic_time() - before_us, >=, G_USEC_PER_SEC);
	__atomic_store_n(&quick, what, __ATOMIC_RELEASE);
}

void quick_time_stop(void)
{
	__atomic_store_n(&quick, 0, __ATOMIC_RELEASE);
}

static gboolean time_is_up(gpointer data)
{
	*(bool *)data = true;
	return G_SOURCE_CONTINUE;
}

bool quick_time_run(bool (*done)(void *data), void *data, double seconds)
{
	bool is_up = false;
	guint alarm = g_timeout_add((guint)(seconds * 1000), time_is_up, &is_up);
	bool finished;

	while (!(finished = done(data)) && !is_up)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(alarm);
	return finished;
}

struct goal {
	const guint *count;
	guint wanted;
};

static bool is_reached(void *data)
{
	const struct goal *goal = data;

	return *goal->count >= goal->wanted;
}

bool quick_time_run_until(const guint *count, guint wanted, double seconds)
{
	struct goal goal = {count, wanted};

	return quick_time_run(is_reached, &goal, seconds);
}
