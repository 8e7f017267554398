/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/notifier_tcp.h"

#include "fake_streams.h"
#include "network.h"
#include "quick_time.h"

#include <string.h>
#include <unistd.h>

#define STATE 4713
#define SOURCE "127.0.0.9"
#define SOURCE_V6 "::1"
#define NAMES 2

static const char *const names[] = {"nfs.example.com", "n", NULL};

typedef struct fixture {
	notifier_tcp *tcp;
	guint ended;        /* attempts that have ended */
	guint acknowledged; /* acknowledged names of the last attempt */
	guint acknowledged_before;
	bool no_use;
	bool free_at_end;
	gint64 started;
} fixture;

static bool begin(void *client, endpoint *address, guint *acknowledged, void *data)
{
	const fixture *self = data;

	g_assert_true(endpoint_parse(client, address, NULL));
	*acknowledged = self->acknowledged_before;
	return !self->no_use;
}

static void end(void *client G_GNUC_UNUSED, guint acknowledged, void *data)
{
	fixture *self = data;

	g_assert_nonnull(self->tcp);
	self->ended++;
	self->acknowledged = acknowledged;
	if (self->free_at_end)
		g_clear_pointer(&self->tcp, notifier_tcp_free);
}

static const struct notifier_tcp_calls calls = {.begin = begin, .end = end};

static void set_up(fixture *self, gconstpointer data)
{
	endpoint source;

	memset(self, 0, sizeof(*self));
	quick_time_start(QUICK_POLLS);
	fake_clients_start();
	fake_streams_start();
	g_assert_true(endpoint_parse(data != NULL ? data : SOURCE, &source, NULL));
	self->tcp = notifier_tcp_new(g_main_context_default(), &source, names, STATE, &calls, self);
	self->started = g_get_monotonic_time();
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_clear_pointer(&self->tcp, notifier_tcp_free);
	fake_streams_stop();
	fake_clients_stop();
	quick_time_stop();
}

static double seconds(const fixture *self)
{
	return (double)(g_get_monotonic_time() - self->started) / G_USEC_PER_SEC;
}

struct goal {
	const guint *count;
	guint wanted;
};

static bool is_reached(void *data)
{
	const struct goal *goal = data;

	return *goal->count == goal->wanted;
}

/* Runs the loop until `count` is `wanted`. */
static void run_until(const guint *count, guint wanted, double limit)
{
	struct goal goal = {count, wanted};

	g_assert_true(quick_time_run(is_reached, &goal, limit));
}

static struct host *send_to(fixture *self, const char *address, enum tcp tcp)
{
	struct host *host = host_at(address);

	host->tcp = tcp;
	notifier_tcp_send(self->tcp, (void *)address, false);
	return host;
}

static void test_alive(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct host *host = send_to(self, "127.0.1.1", TCP_ALIVE);

	run_until(&self->ended, 1, 5);
	g_assert_cmpuint(self->acknowledged, ==, NAMES);
	g_assert_cmpstr(host->heard->str, ==, "nfs.example.com=4713/tcp n=4713/tcp ");
	g_assert_cmpuint(host->tcp_calls, ==, 1 + NAMES);
	g_assert_cmpstr(host->caller, ==, SOURCE);
	g_assert_cmpuint(host->caller_port, >=, 512);
	g_assert_cmpuint(host->caller_port, <, 1024);
	g_assert_cmpuint(host->questions + host->notices, ==, 0);
	run_until(&fake_streams_open, 0, 5);
}

static void test_ipv6(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct host *host = send_to(self, "fd00::5", TCP_ALIVE);

	run_until(&self->ended, 1, 5);
	g_assert_cmpuint(self->acknowledged, ==, NAMES);
	g_assert_cmpstr(host->heard->str, ==, "nfs.example.com=4713/tcp n=4713/tcp ");
	g_assert_cmpstr(host->caller, ==, SOURCE_V6);
}

static void test_fragments(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	send_to(self, "127.0.1.1", TCP_FRAGMENTS);
	run_until(&self->ended, 1, 5);
	g_assert_cmpuint(self->acknowledged, ==, NAMES);
}

/* The client is not told again the names that it was told over UDP. */
static void test_rest(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct host *host;

	self->acknowledged_before = 1;
	host = send_to(self, "127.0.1.1", TCP_ALIVE);
	run_until(&self->ended, 1, 5);
	g_assert_cmpuint(self->acknowledged, ==, NAMES);
	g_assert_cmpstr(host->heard->str, ==, "n=4713/tcp ");
}

/* A client with a wrong answer gives up its place at once. */
static void test_bad(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const enum tcp bad[] = {TCP_RESETS, TCP_LEAVES, TCP_CUTS, TCP_GARBAGE, TCP_OVERSIZE,
		TCP_WRONG_ID, TCP_NO_STATD};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		const struct host *host = send_to(self, "127.0.1.1", bad[i]);

		run_until(&self->ended, i + 1, 5);
		g_assert_cmpuint(self->acknowledged, ==, 0);
		g_assert_cmpstr(host->heard->str, ==, "");
	}
	g_assert_cmpfloat(seconds(self), <, 2);
	run_until(&fake_streams_open, 0, 5);
}

static void test_hears_one(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	send_to(self, "127.0.1.1", TCP_HEARS_ONE);
	run_until(&self->ended, 1, 5);
	g_assert_cmpuint(self->acknowledged, ==, 1);
}

static void test_silent(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct host *host = send_to(self, "127.0.1.1", TCP_SILENT);

	run_until(&self->ended, 1, 10);
	g_assert_cmpuint(self->acknowledged, ==, 0);
	g_assert_cmpuint(host->tcp_calls, ==, 0);
	g_assert_cmpfloat(seconds(self), >, 4.5);
	g_assert_cmpfloat(seconds(self), <, 8);
}

/* No SYN is answered if the listener's queue is full. */
static void test_unreachable(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct sockaddr_in full = {.sin_family = AF_INET,
		.sin_port = g_htons(111),
		.sin_addr.s_addr = g_htonl(0x7f090909)};
	const int on = 1;
	int callers[3];
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fake_streams_stop();
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	g_assert_cmpint(bind(listener, (const struct sockaddr *)&full, sizeof(full)), ==, 0);
	g_assert_cmpint(listen(listener, 0), ==, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(callers); i++) {
		callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(callers[i], (const struct sockaddr *)&full, sizeof(full));
	}
	notifier_tcp_send(self->tcp, (void *)"127.9.9.9", false);
	run_until(&self->ended, 1, 5);
	g_assert_cmpfloat(seconds(self), >, 1.5);
	g_assert_cmpfloat(seconds(self), <, 4);
	for (gsize i = 0; i < G_N_ELEMENTS(callers); i++)
		close(callers[i]);
	close(listener);
	fake_streams_start();
}

/* If there is no route, the other clients go next at once. */
static void test_no_route(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	send_to(self, "192.0.2.77", TCP_ALIVE);
	g_assert_cmpuint(self->ended, ==, 1);
	g_assert_cmpuint(self->acknowledged, ==, 0);
	send_to(self, "127.0.1.1", TCP_ALIVE);
	run_until(&self->ended, 2, 5);
	g_assert_cmpuint(self->acknowledged, ==, NAMES);
}

static void test_no_use(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->no_use = true;
	send_to(self, "127.0.1.1", TCP_ALIVE);
	self->no_use = false;
	send_to(self, "127.0.1.2", TCP_ALIVE);
	run_until(&self->ended, 1, 5);
	g_assert_cmpuint(host_at("127.0.1.1")->tcp_calls, ==, 0);
	g_assert_cmpuint(host_at("127.0.1.2")->tcp_calls, ==, 1 + NAMES);
}

#define DEAD (NOTIFIER_TCP_ATTEMPTS_MAX + 36)

/* Clients that never answer hold NOTIFIER_TCP_ATTEMPTS_MAX connections. A live client waits until
 * one of them ends. */
static void test_many(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) dead = g_ptr_array_new_with_free_func(g_free);
	static const char *const alive = "127.0.1.1";

	for (guint i = 0; i < DEAD; i++) {
		g_ptr_array_add(dead, g_strdup_printf("127.4.4.%u", i + 1));
		send_to(self, g_ptr_array_index(dead, i), TCP_SILENT);
	}
	host_at(alive)->tcp = TCP_ALIVE;
	notifier_tcp_send(self->tcp, (void *)alive, true);
	run_until(&fake_streams_open, NOTIFIER_TCP_ATTEMPTS_MAX, 5);
	run_until(&self->ended, NOTIFIER_TCP_ATTEMPTS_MAX + 1, 12);
	g_assert_cmpuint(host_at(alive)->tcp_calls, ==, 1 + NAMES);
	g_assert_cmpuint(fake_streams_most, <=, NOTIFIER_TCP_ATTEMPTS_MAX + 1);
	g_clear_pointer(&self->tcp, notifier_tcp_free);
	run_until(&fake_streams_open, 0, 5);
}

static void test_free_at_back(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->free_at_end = true;
	send_to(self, "127.0.1.1", TCP_ALIVE);
	send_to(self, "127.0.1.2", TCP_SILENT);
	run_until(&self->ended, 1, 5);
	g_assert_null(self->tcp);
	run_until(&fake_streams_open, 0, 5);
}

#define ADD(name, source, function)                                                                \
	g_test_add("/notifier_tcp/" name, fixture, source, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	network_enter_or_skip();
	network_add("fd00::5");
	ADD("alive", NULL, test_alive);
	ADD("ipv6", SOURCE_V6, test_ipv6);
	ADD("fragments", NULL, test_fragments);
	ADD("rest", NULL, test_rest);
	ADD("bad", NULL, test_bad);
	ADD("hears-one", NULL, test_hears_one);
	ADD("silent", NULL, test_silent);
	ADD("unreachable", NULL, test_unreachable);
	ADD("no-route", NULL, test_no_route);
	ADD("no-use", NULL, test_no_use);
	ADD("many", NULL, test_many);
	ADD("free-at-back", NULL, test_free_at_back);
	return g_test_run();
}
