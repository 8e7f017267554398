/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A daemon that is watched, with real processes in a network namespace of the test. */

#include "keeper/daemon.h"

#include "base/clock.h"
#include "network.h"
#include "scratch.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LONG_US (60 * G_USEC_PER_SEC)

static const struct daemon_kind sleeper = {
	"sleep", {"sleep", "1000", NULL}, "coreutils", 0, 0, false};
static const struct daemon_kind deaf = {
	"sh", {"sh", "-c", "trap '' TERM; while :; do sleep 0.1; done", NULL}, "dash", 0, 0, false};
static const struct daemon_kind brief = {"sh",
	{"sh", "-c", "echo first; echo \"some words of $NAME\" >&2; exit 3", NULL}, "dash", 0, 0,
	false};
static const struct daemon_kind silent = {
	"sleep", {"sleep", "1000", NULL}, "coreutils", 100005, 3, true};
static const struct daemon_kind absent = {"no-such-daemon", {"x", NULL}, "nfs-utils", 0, 0, false};

static char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"NAME=mine", NULL};

static guint restarted;

static void count(const struct daemon_kind *kind G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
	restarted++;
}

static struct daemon *make(const struct daemon_kind *kind)
{
	restarted = 0;
	return daemon_new(kind, 1, environment, count, NULL);
}

static struct daemon *started(const struct daemon_kind *kind)
{
	struct daemon *self = make(kind);
	g_autoptr(GError) error = NULL;

	daemon_start(self, &error);
	g_assert_no_error(error);
	return self;
}

static pid_t pid_of(struct daemon *self)
{
	struct daemon_look look;

	daemon_look(self, &look);
	daemon_look_clear(&look);
	return look.pid;
}

struct expected {
	struct daemon *daemon;
	pid_t other_than;
};

static bool is_another(void *data)
{
	const struct expected *expected = data;
	pid_t now = pid_of(expected->daemon);

	return now != 0 && now != expected->other_than;
}

static bool has_gone(void *data)
{
	return pid_of(data) == 0;
}

static void killed_and_back(struct daemon *self)
{
	struct expected expected = {self, pid_of(self)};

	kill(expected.other_than, SIGKILL);
	g_assert_true(scratch_run_until(is_another, &expected));
}

static void assert_ends(struct daemon *self)
{
	g_assert_true(daemon_end(self, clock_now_us() + LONG_US));
	g_assert_true(scratch_run_until(has_gone, self));
	daemon_free(self);
}

static void test_restart(void)
{
	struct daemon *self = started(&sleeper);
	struct daemon_look look;
	gint64 began_us = clock_now_us();

	killed_and_back(self);
	/* The first time at once. */
	g_assert_cmpint(clock_now_us() - began_us, <, LONG_US / 2);
	killed_and_back(self);
	daemon_look(self, &look);
	g_assert_cmpuint(look.restarts, ==, 2);
	g_assert_cmpuint(look.recent, ==, 2);
	g_assert_true(look.wanted);
	g_assert_cmpint(look.since_s, >, clock_now_s() - 60);
	daemon_look_clear(&look);
	g_assert_cmpuint(restarted, ==, 2);
	/* One that runs is left. */
	g_assert_true(daemon_start(self, NULL));
	assert_ends(self);
}

static void test_end(void)
{
	struct daemon *self = started(&deaf);
	pid_t pid = pid_of(self);

	g_assert_true(daemon_end(self, clock_now_us() + G_USEC_PER_SEC / 10));
	g_assert_true(scratch_run_until(has_gone, self));
	g_assert_cmpint(kill(pid, 0), ==, -1);
	g_assert_cmpuint(restarted, ==, 0);
	/* Once more does no harm. */
	assert_ends(self);
}

/* The main loop runs beside who waits, as it does in a keeper. */
struct waiter {
	struct daemon *daemon;
	gint64 patience_us;
	GError *error;
	gint done;
};

static gpointer run_waiter(gpointer data)
{
	struct waiter *self = data;

	daemon_await(self->daemon, clock_now_us() + self->patience_us, &self->error);
	g_atomic_int_set(&self->done, true);
	return NULL;
}

static bool is_done(void *data)
{
	struct waiter *self = data;

	return g_atomic_int_get(&self->done);
}

static void assert_not_ready(struct daemon *self, gint64 patience_us, const char *message)
{
	struct waiter waiter = {.daemon = self, .patience_us = patience_us};
	GThread *thread = g_thread_new("waiter", run_waiter, &waiter);

	g_assert_true(scratch_run_until(is_done, &waiter));
	g_thread_join(thread);
	g_assert_nonnull(waiter.error);
	g_assert_cmpstr(waiter.error->message, ==, message);
	g_error_free(waiter.error);
}

static void test_last_words(void)
{
	struct daemon *self = started(&brief);

	assert_not_ready(
		self, LONG_US, "'sh' does not stay up (some words of mine): see the system log");
	daemon_ask_to_end(self);
	g_assert_true(scratch_run_until(has_gone, self));
	daemon_free(self);
}

static void test_not_ready(void)
{
	struct daemon *self = started(&sleeper);
	struct daemon *other = started(&silent);

	assert_not_ready(self, 1,
		"'sleep' does not get ready: it neither has the pipe 'nfsd/cld' open nor waits for the kernel to make it: see the system log");
	assert_not_ready(other, 1,
		"'sleep' does not get ready: no answer at port 1: Connection refused: see the system log");
	assert_ends(self);
	assert_ends(other);
}

static void test_adopt(void)
{
	struct daemon *former = started(&sleeper);
	struct daemon *self = make(&sleeper);
	pid_t pid = pid_of(former);

	g_assert_true(daemon_adopt(self));
	g_assert_cmpint(pid_of(self), ==, pid);
	/* Both see it end; only one may start another. */
	daemon_ask_to_end(former);
	g_assert_true(scratch_run_until(is_another, &(struct expected){self, pid}));
	g_assert_true(scratch_run_until(has_gone, former));
	daemon_free(former);
	assert_ends(self);
	self = make(&sleeper);
	g_assert_false(daemon_adopt(self));
	daemon_free(self);
}

static void test_absent(void)
{
	struct daemon *self = make(&absent);
	g_autoptr(GError) error = NULL;

	g_assert_false(daemon_start(self, &error));
	g_assert_true(g_str_has_prefix(error->message, "cannot run 'no-such-daemon': "));
	g_assert_true(g_str_has_suffix(error->message, ": install nfs-utils"));
	daemon_free(self);
}

int main(int argc, char **argv)
{
	network_enter_or_skip();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/server-daemon/restart", test_restart);
	g_test_add_func("/server-daemon/end", test_end);
	g_test_add_func("/server-daemon/last-words", test_last_words);
	g_test_add_func("/server-daemon/not-ready", test_not_ready);
	g_test_add_func("/server-daemon/adopt", test_adopt);
	g_test_add_func("/server-daemon/absent", test_absent);
	return g_test_run();
}
