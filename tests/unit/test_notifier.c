/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/notifier.h"

#include "base/error.h"
#include "fake_streams.h"
#include "network.h"
#include "quick_time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STATE 4713
#define SOURCE "127.0.0.9"

/* sendto() is wrapped by the linker: how many of the next calls report a full socket. */
static guint full_socket;

ssize_t __real_sendto(int fd, const void *bytes, size_t length, int flags,
	const struct sockaddr *to, socklen_t to_length);
ssize_t __wrap_sendto(int fd, const void *bytes, size_t length, int flags,
	const struct sockaddr *to, socklen_t to_length);

ssize_t __wrap_sendto(int fd, const void *bytes, size_t length, int flags,
	const struct sockaddr *to, socklen_t to_length)
{
	if (full_socket) {
		full_socket--;
		errno = EAGAIN;
		return -1;
	}
	return __real_sendto(fd, bytes, length, flags, to, to_length);
}

/* What `changed` reported about one client. */
struct news {
	guint told, acknowledged, silent;
	gint64 silent_time;
};

typedef struct fixture {
	notifier *notifier;
	GHashTable *news; /* mon_name -> struct news */
	guint acknowledged;
	guint silent;
	int free_at; /* the step at which the notifier is freed; -1: none */
	gint64 started;
} fixture;

static struct news *news_of(fixture *self, const char *mon_name)
{
	struct news *news = g_hash_table_lookup(self->news, mon_name);

	if (!news) {
		news = g_new0(struct news, 1);
		g_hash_table_insert(self->news, g_strdup(mon_name), news);
	}
	return news;
}

static void changed(const char *mon_name, enum notifier_step step, void *data)
{
	fixture *self = data;
	struct news *news = news_of(self, mon_name);

	/* Nothing may be reported after the free. */
	g_assert_nonnull(self->notifier);
	switch (step) {
	case NOTIFIER_TOLD:
		g_assert_cmpuint(news->acknowledged, ==, 0);
		news->told++;
		break;
	case NOTIFIER_ACKNOWLEDGED:
		g_assert_cmpuint(news->told, ==, 1);
		news->acknowledged++;
		self->acknowledged++;
		break;
	case NOTIFIER_SILENT:
		g_assert_cmpuint(news->acknowledged, ==, 0);
		news->silent_time = g_get_monotonic_time();
		news->silent++;
		self->silent++;
		break;
	}
	if (self->free_at == (int)step) {
		notifier_free(g_steal_pointer(&self->notifier));
		/* The name stays valid until the end of the call, even if the notifier was
		 * freed. */
		g_assert_true(g_hash_table_contains(self->news, mon_name));
	}
}

static void fixture_init(fixture *self)
{
	*self = (fixture){
		.news = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.free_at = -1,
	};
}

static void fixture_clear(fixture *self)
{
	g_clear_pointer(&self->notifier, notifier_free);
	g_clear_pointer(&self->news, g_hash_table_unref);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	full_socket = 0;
	quick_time_start(QUICK_POLLS);
	fake_clients_start();
	fixture_init(self);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fixture_clear(self);
	fake_clients_stop();
	quick_time_stop();
}

static void make(fixture *self, const char *source, const char *const *names)
{
	static const char *const one_name[] = {"server", NULL};
	g_autoptr(GError) error = NULL;

	self->notifier =
		notifier_new(source, names ? names : one_name, STATE, changed, self, &error);
	g_assert_no_error(error);
	g_assert_nonnull(self->notifier);
}

static void add(fixture *self, const char *mon_name)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(notifier_add(self->notifier, mon_name, &error));
	g_assert_no_error(error);
}

static void start(fixture *self)
{
	g_autoptr(GError) error = NULL;

	self->started = g_get_monotonic_time();
	g_assert_true(notifier_start(self->notifier, &error));
	g_assert_no_error(error);
}

static void run_for(double seconds)
{
	const guint never = 0;

	quick_time_run_until(&never, 1, seconds);
}

static double seconds_since(gint64 time)
{
	return (double)(g_get_monotonic_time() - time) / G_USEC_PER_SEC;
}

static void test_told(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"nfs.example.com", "127.0.0.9", "n", NULL};
	static const char *const clients[] = {"127.0.1.1", "127.0.1.2", "127.255.255.254"};

	make(self, SOURCE, names);
	for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
		add(self, clients[i]);
	g_assert_cmpuint(notifier_pending(self->notifier), ==, 3);
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 3, 5));
	run_for(0.6);
	for (gsize i = 0; i < G_N_ELEMENTS(clients); i++) {
		const struct host *host = host_at(clients[i]);
		const struct news *news = news_of(self, clients[i]);

		g_assert_cmpstr(
			host->heard->str, ==, "nfs.example.com=4713 127.0.0.9=4713 n=4713 ");
		g_assert_cmpuint(host->questions, ==, 1);
		g_assert_cmpuint(host->notices, ==, 3);
		g_assert_cmpstr(host->caller, ==, SOURCE);
		g_assert_cmpuint(host->caller_port, >=, 512);
		g_assert_cmpuint(host->caller_port, <, 1024);
		g_assert_cmpuint(news->told, ==, 1);
		g_assert_cmpuint(news->acknowledged, ==, 1);
	}
	g_assert_cmpuint(notifier_pending(self->notifier), ==, 0);
	g_assert_cmpuint(notifier_stray_replies(self->notifier), ==, 0);
}

static void test_added_twice_and_late(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	add(self, "127.0.1.1");
	g_assert_cmpuint(notifier_pending(self->notifier), ==, 1);
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
	add(self, "127.0.1.1");
	g_assert_cmpuint(notifier_pending(self->notifier), ==, 0);

	add(self, "127.0.1.2");
	g_assert_cmpuint(notifier_pending(self->notifier), ==, 1);
	g_assert_true(quick_time_run_until(&self->acknowledged, 2, 5));
	run_for(0.4);
	g_assert_cmpstr(host_at("127.0.1.1")->heard->str, ==, "server=4713 ");
	g_assert_cmpstr(host_at("127.0.1.2")->heard->str, ==, "server=4713 ");
}

#define DEAD_CLIENTS 50
#define LIVE_CLIENTS 50
static void test_dead(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fixture freed_when_silent;
	clock_t cpu = clock();
	gint64 late_added;

	make(self, SOURCE, NULL);
	for (int i = 1; i <= DEAD_CLIENTS; i++) {
		g_autofree char *dead = g_strdup_printf("127.4.4.%d", i);

		dead_host_at(dead);
		add(self, dead);
	}
	/* There is no route to this address, and sendto() fails. */
	add(self, "192.0.2.77");
	for (int i = 1; i <= LIVE_CLIENTS; i++) {
		g_autofree char *live = g_strdup_printf("127.5.5.%d", i);

		add(self, live);
	}
	fixture_init(&freed_when_silent);
	make(&freed_when_silent, SOURCE, NULL);
	freed_when_silent.free_at = NOTIFIER_SILENT;
	add(&freed_when_silent, "127.4.4.1");
	add(&freed_when_silent, "127.4.4.2");
	start(self);
	start(&freed_when_silent);

	g_assert_true(quick_time_run_until(&self->acknowledged, LIVE_CLIENTS, 5));
	g_assert_cmpfloat(seconds_since(self->started), <, 2.0);
	g_assert_cmpuint(notifier_pending(self->notifier), ==, DEAD_CLIENTS + 1);
	run_for(0.5);
	dead_host_at("127.4.6.6");
	late_added = g_get_monotonic_time();
	add(self, "127.4.6.6");

	/* On a busy machine, the clock also includes the time of other processes. The question
	 * after 10 s would come at 15.75 s. */
	g_assert_true(quick_time_run_until(&self->silent, DEAD_CLIENTS + 2, 20));
	g_assert_cmpint(news_of(self, "127.4.4.1")->silent_time - self->started, >=,
		10 * G_USEC_PER_SEC - 1000);
	g_assert_cmpint(
		news_of(self, "127.4.4.1")->silent_time - self->started, <, 15 * G_USEC_PER_SEC);
	g_assert_cmpint(news_of(self, "192.0.2.77")->silent, ==, 1);
	g_assert_cmpint(news_of(self, "127.4.6.6")->silent_time - late_added, >=,
		10 * G_USEC_PER_SEC - 1000);
	g_assert_cmpuint(self->acknowledged, ==, LIVE_CLIENTS);
	/* At 0, 0.25, 0.75, 1.75, 3.75, 7.75 s, or somewhat earlier. */
	g_assert_cmpuint(host_at("127.4.4.3")->questions, ==, 6);
	g_assert_cmpuint(news_of(self, "192.0.2.77")->told, ==, 0);
	g_assert_null(freed_when_silent.notifier);
	g_assert_cmpuint(freed_when_silent.silent, ==, 1);
	fixture_clear(&freed_when_silent);

	/* One client comes back; its silence is reported only once. */
	host_at("127.4.4.7")->lose_questions = host_at("127.4.4.7")->lose_notices = 0;
	g_assert_true(quick_time_run_until(&self->acknowledged, LIVE_CLIENTS + 1, 9));
	g_assert_cmpuint(news_of(self, "127.4.4.7")->acknowledged, ==, 1);
	g_assert_cmpuint(self->silent, ==, DEAD_CLIENTS + 2);
	/* The processor was idle most of the time. */
	g_assert_cmpfloat(
		(double)(clock() - cpu) / CLOCKS_PER_SEC, <, seconds_since(self->started) / 4);
}

/* A dead client takes no turn. One that answers keeps it until it is back, or for 2 s. */
static void test_turns(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	make(self, SOURCE, NULL);
	dead_host_at("127.4.4.1");
	add(self, "127.4.4.1");
	add(self, "127.0.1.1");
	add(self, "127.0.1.2");
	add(self, "127.0.1.3");
	notifier_take_turns(self->notifier, 2 * G_USEC_PER_SEC);
	start(self);
	run_for(1);
	g_assert_cmpuint(self->acknowledged, ==, 1);
	g_assert_nonnull(notifier_turn(self->notifier));
	g_assert_cmpuint(news_of(self, notifier_turn(self->notifier))->acknowledged, ==, 1);
	notifier_settled(self->notifier);
	run_for(0.5);
	g_assert_cmpuint(self->acknowledged, ==, 2);
	run_for(1);
	g_assert_cmpuint(self->acknowledged, ==, 2);
	run_for(1);
	g_assert_cmpuint(self->acknowledged, ==, 3);
	g_assert_cmpuint(news_of(self, "127.4.4.1")->told, ==, 0);
	/* asked meanwhile, and only once */
	g_assert_cmpuint(host_at("127.0.1.3")->questions, ==, 1);
}

static void test_loss(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const double delays[] = {0.25, 0.5, 1};
	struct host *host = host_at("127.0.1.1");

	host->lose_questions = 3;
	host->lose_notices = 2;
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 10));
	g_assert_cmpuint(host->questions, ==, 4);
	g_assert_cmpuint(host->notices, ==, 3);
	for (gsize i = 0; i < G_N_ELEMENTS(delays); i++) {
		double gap = (double)(host->question_times[i + 1] - host->question_times[i]) /
			     G_USEC_PER_SEC;

		/* The gap may be an eighth shorter. It is longer only if this machine is busy. */
		g_assert_cmpfloat(gap, >, delays[i] * 0.87);
		g_assert_cmpfloat(gap, <, delays[i] + 1);
	}
}

static void test_forged(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct host *host = host_at("127.0.1.1");

	host->forgeries = 1;
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
	/* The client is asked and told again: the answers of forgers were not accepted. */
	g_assert_cmpint(host->question_times[1] - host->question_times[0], >, 0.2 * G_USEC_PER_SEC);
	g_assert_cmpuint(host->questions, ==, 2);
	g_assert_cmpuint(host->notices, ==, 2);
	g_assert_cmpstr(host->heard->str, ==, "server=4713 ");
	g_assert_cmpuint(notifier_stray_replies(self->notifier), ==, 2 * FORGERIES);
}

static void test_not_registered(fixture *self, gconstpointer data)
{
	const char *address = data;
	struct host *host = host_at(address);

	host->unregistered = 2;
	make(self, strchr(address, ':') ? "::1" : SOURCE, NULL);
	add(self, address);
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
	/* Not at once, to keep the load on the client low. */
	g_assert_cmpint(host->question_times[1] - host->question_times[0], >, 0.2 * G_USEC_PER_SEC);
	g_assert_cmpint(host->question_times[2] - host->question_times[1], >, 0.4 * G_USEC_PER_SEC);
	g_assert_cmpuint(host->questions, ==, 3);
	g_assert_cmpuint(host->notices, ==, 1);
	g_assert_cmpuint(notifier_stray_replies(self->notifier), ==, 0);
}

/* statd changed its port after rpcbind had returned the first one. */
static void test_moved(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct host *host = host_at("127.0.1.1");

	host->moves_after = 1;
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 10));
	g_assert_cmpuint(host->questions, ==, 2);
	g_assert_cmpuint(host->notices, ==, 1);
	g_assert_cmpuint(news_of(self, "127.0.1.1")->told, ==, 1);
}

/* rpcbind dies after its first answer: the port that it returned is still used. */
static void test_rpcbind_dies(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct host *host = host_at("127.0.1.1");

	host->lose_notices = 3;
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	start(self);
	g_assert_true(quick_time_run_until(&host->notices, 1, 5));
	host->lose_questions = FOREVER;
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 10));
	g_assert_cmpuint(host->questions, ==, 2);
	g_assert_cmpuint(host->notices, ==, 4);
}

/* What is missing over UDP: any answer, a registered statd, or an answer of statd. */
static const struct missing {
	const char *source, *client;
	guint lose_questions, lose_notices, unregistered;
} all_is_missing = {SOURCE, "127.0.1.1", FOREVER, FOREVER, 0},
  all_is_missing_ipv6 = {"::1", "fd00::5", FOREVER, FOREVER, 0},
  port_is_missing = {SOURCE, "127.0.1.1", 0, 0, FOREVER},
  statd_is_missing = {SOURCE, "127.0.1.1", 0, FOREVER, 0};

static void test_tcp_only(fixture *self, gconstpointer data)
{
	static const char *const names[] = {"nfs.example.com", "n", NULL};
	const struct missing *missing = data;
	struct host *host = host_at(missing->client);

	host->lose_questions = missing->lose_questions;
	host->lose_notices = missing->lose_notices;
	host->unregistered = missing->unregistered;
	host->tcp = TCP_ALIVE;
	fake_streams_start();
	make(self, missing->source, names);
	add(self, missing->client);
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
	/* TCP is tried only after UDP. */
	g_assert_cmpfloat(seconds_since(self->started), >, 1);
	g_assert_cmpstr(host->heard->str, ==, "nfs.example.com=4713/tcp n=4713/tcp ");
	g_assert_cmpuint(news_of(self, missing->client)->told, ==, 1);
	g_assert_cmpuint(notifier_pending(self->notifier), ==, 0);
	/* No more packets are sent to this client. */
	guint packets = host->questions + host->notices;
	run_for(2.5);
	g_assert_cmpuint(host->questions + host->notices, ==, packets);
	g_assert_cmpuint(host->tcp_calls, ==, 3);
	fake_streams_stop();
}

/* The first attempt over TCP failed, and is repeated. What it achieved is kept. */
static void test_tcp_again(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"nfs.example.com", "n", NULL};
	struct host *host = dead_host_at("127.0.1.1");

	host->tcp = TCP_HEARS_ONE;
	fake_streams_start();
	make(self, SOURCE, names);
	add(self, "127.0.1.1");
	start(self);
	g_assert_true(quick_time_run_until(&host->tcp_calls, 3, 5));
	host->tcp = TCP_ALIVE;
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
	g_assert_cmpstr(host->heard->str, ==, "nfs.example.com=4713/tcp n=4713/tcp ");
	fake_streams_stop();
}

/* The client acknowledges over UDP while an attempt over TCP is still running, which then changes
 * nothing. */
static void test_udp_is_faster(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct host *host = host_at("127.0.1.1");

	host->lose_questions = 4;
	host->tcp = TCP_SILENT;
	fake_streams_start();
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	start(self);
	g_assert_true(quick_time_run_until(&fake_streams_open, 1, 5));
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
	g_assert_cmpuint(fake_streams_open, ==, 1);
	run_for(5.5);
	g_assert_cmpuint(fake_streams_open, ==, 0);
	g_assert_cmpuint(self->acknowledged, ==, 1);
	g_assert_cmpstr(host->heard->str, ==, "server=4713 ");
	fake_streams_stop();
}

static void test_free_when_told_by_tcp(fixture *self, gconstpointer data)
{
	const enum notifier_step *step = data;

	dead_host_at("127.0.1.1")->tcp = TCP_ALIVE;
	dead_host_at("127.0.1.2")->tcp = TCP_SILENT;
	fake_streams_start();
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	add(self, "127.0.1.2");
	self->free_at = (int)*step;
	start(self);
	/* changed() asserts that nothing comes afterwards. */
	run_for(3);
	g_assert_null(self->notifier);
	g_assert_cmpuint(fake_streams_open, ==, 0);
	g_assert_cmpuint(self->acknowledged, ==, *step == NOTIFIER_ACKNOWLEDGED ? 1 : 0);
	fake_streams_stop();
}

static void test_many(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	guint count = g_test_perf() ? 100000 : 1000;

	make(self, SOURCE, NULL);
	for (guint i = 0; i < count; i++) {
		g_autofree char *client =
			g_strdup_printf("127.%u.%u.%u", 1 + i / 62500, i / 250 % 250, 1 + i % 250);

		add(self, client);
	}
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, count, 60));

	double seconds = seconds_since(self->started);
	guint sent = 0;
	GHashTableIter at;
	gpointer host;
	g_hash_table_iter_init(&at, hosts);
	while (g_hash_table_iter_next(&at, NULL, &host))
		sent += ((struct host *)host)->questions + ((struct host *)host)->notices;
	g_test_minimized_result(seconds, "%u clients acknowledged in %.3f s, %u packets sent",
		count, seconds, sent);
	g_assert_cmpuint(g_hash_table_size(hosts), ==, count);
	g_assert_cmpuint(notifier_pending(self->notifier), ==, 0);
	/* Slow machines and sanitizers take longer. */
	if (!g_test_perf())
		g_assert_cmpfloat(seconds, <, 5.0);
}

static void test_full_socket(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	make(self, SOURCE, NULL);
	for (int i = 1; i <= 5; i++) {
		g_autofree char *client = g_strdup_printf("127.0.1.%d", i);

		add(self, client);
	}
	full_socket = 20;
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 5, 5));
	g_assert_cmpuint(full_socket, ==, 0);
	/* No packet was considered lost and repeated later. */
	g_assert_cmpfloat(seconds_since(self->started), <, 1.0);
	for (int i = 1; i <= 5; i++) {
		g_autofree char *client = g_strdup_printf("127.0.1.%d", i);

		g_assert_cmpuint(host_at(client)->questions, ==, 1);
	}
}

static void test_ipv6(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"nfs.example.com", "::1", NULL};

	make(self, "::1", names);
	add(self, "::1");
	add(self, "fd00::5");
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 2, 5));
	g_assert_cmpstr(host_at("::1")->heard->str, ==, "nfs.example.com=4713 ::1=4713 ");
	g_assert_cmpstr(host_at("fd00::5")->heard->str, ==, "nfs.example.com=4713 ::1=4713 ");
	g_assert_cmpstr(host_at("fd00::5")->caller, ==, "::1");
	g_assert_cmpuint(host_at("fd00::5")->caller_port, <, 1024);
	g_assert_cmpuint(notifier_stray_replies(self->notifier), ==, 0);
}

static void test_link_local(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	make(self, "fe80::6%lo", NULL);
	add(self, "fe80::5%lo");
	/* The client is on the source's own link, whatever the record says. */
	add(self, "fe80::5");
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 2, 5));
	g_assert_cmpstr(host_at("fe80::5")->heard->str, ==, "server=4713 server=4713 ");
	g_assert_cmpstr(host_at("fe80::5")->caller, ==, "fe80::6");
}

static void test_free_in_call_back(fixture *self, gconstpointer data)
{
	const enum notifier_step *step = data;

	make(self, SOURCE, NULL);
	for (int i = 1; i <= 100; i++) {
		g_autofree char *client = g_strdup_printf("127.0.1.%d", i);

		add(self, client);
	}
	self->free_at = (int)*step;
	start(self);
	/* changed() asserts that nothing comes afterwards. */
	run_for(0.5);
	g_assert_null(self->notifier);
	g_assert_cmpuint(self->acknowledged, ==, *step == NOTIFIER_ACKNOWLEDGED ? 1 : 0);
}

static void test_free_any_time(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	make(self, SOURCE, NULL);
	notifier_free(g_steal_pointer(&self->notifier));
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	notifier_free(g_steal_pointer(&self->notifier));
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	start(self);
	notifier_free(g_steal_pointer(&self->notifier));
	run_for(0.1);
	g_assert_cmpuint(host_at("127.0.1.1")->questions, ==, 0);
	notifier_free(NULL);
}

static void test_new_refused(void)
{
	static const char *const names[] = {"server", NULL};
	static const char *const no_names[] = {NULL};
	static const char *const empty_name[] = {"server", "", NULL};
	g_autofree char *too_long = g_strnfill(256, 'n');
	const char *const long_name[] = {too_long, NULL};
	const struct {
		const char *source;
		const char *const *names;
		gint32 state;
		const char *says;
	} cases[] = {
		{SOURCE, names, 4712, "even"},
		{SOURCE, names, 0, "even"},
		{SOURCE, no_names, STATE, "no name"},
		{SOURCE, empty_name, STATE, "''"},
		{SOURCE, long_name, STATE, "255"},
		{"localhost", names, STATE, "'localhost' is not a numeric address"},
		{"", names, STATE, "numeric"},
		{"127.1", names, STATE, "numeric"},
		{"127.0.0.9:111", names, STATE, "numeric"},
		{"fe80::1%nonesuch", names, STATE, "numeric"},
		{"0.0.0.0", names, STATE, "one host"},
		{"::", names, STATE, "one host"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(notifier_new(
			cases[i].source, cases[i].names, cases[i].state, changed, NULL, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
		if (!strstr(error->message, cases[i].says))
			g_error("'%s' does not say '%s'", error->message, cases[i].says);
	}
}

static void test_add_refused(void)
{
	static const char *const names[] = {"server", NULL};
	static const struct {
		const char *source;
		const char *mon_name;
		const char *says;
	} cases[] = {
		{SOURCE, "::1", "families"},
		{"::1", "127.0.1.1", "families"},
		{"::1", "fe80::1", "interface"},
		{SOURCE, "client.example.com", "numeric"},
		{SOURCE, "", "numeric"},
		{SOURCE, "1", "numeric"},
		{SOURCE, "0x7f000001", "numeric"},
		{SOURCE, "127.0.1.1 ", "numeric"},
		{SOURCE, "255.255.255.255", "one host"},
		{SOURCE, "224.0.0.1", "one host"},
		{SOURCE, "0.0.0.0", "one host"},
		{"::1", "ff02::1", "one host"},
		{"::1", "fe80::1%nonesuch", "numeric"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(notifier) self =
			notifier_new(cases[i].source, names, STATE, changed, NULL, NULL);

		g_assert_nonnull(self);
		g_assert_false(notifier_add(self, cases[i].mon_name, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
		if (!strstr(error->message, cases[i].says))
			g_error("'%s' does not say '%s'", error->message, cases[i].says);
		g_assert_cmpuint(notifier_pending(self), ==, 0);
	}
}

/* The address comes to this node after the notifier was created. */
static void test_address_comes_later(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	make(self, "198.51.100.9", NULL);
	add(self, "198.51.100.9");
	g_assert_false(notifier_start(self->notifier, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "'198.51.100.9'"));
	network_add("198.51.100.9");
	start(self);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
}

/* Without the privilege for a reserved port, another port is used. */
static void test_unprivileged(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	if (seteuid(65534) < 0) {
		g_test_skip("no other user to become");
		return;
	}
	make(self, SOURCE, NULL);
	add(self, "127.0.1.1");
	start(self);
	g_assert_cmpint(seteuid(0), ==, 0);
	g_assert_true(quick_time_run_until(&self->acknowledged, 1, 5));
	g_assert_cmpuint(host_at("127.0.1.1")->caller_port, >=, 1024);
}

#define ADD(name, data, function)                                                                  \
	g_test_add("/notifier/" name, fixture, data, set_up, function, tear_down)

int main(int argc, char **argv)
{
	static const enum notifier_step told = NOTIFIER_TOLD, acknowledged = NOTIFIER_ACKNOWLEDGED;

	g_test_init(&argc, &argv, NULL);
	network_enter_or_skip();
	network_add("fd00::5");
	network_add("fe80::5");
	network_add("fe80::6");
	ADD("told", NULL, test_told);
	ADD("added-twice-and-late", NULL, test_added_twice_and_late);
	ADD("dead", NULL, test_dead);
	ADD("turns", NULL, test_turns);
	ADD("loss", NULL, test_loss);
	ADD("forged", NULL, test_forged);
	ADD("not-registered", "127.0.1.1", test_not_registered);
	ADD("not-registered-ipv6", "::1", test_not_registered);
	ADD("moved", NULL, test_moved);
	ADD("rpcbind-dies", NULL, test_rpcbind_dies);
	ADD("tcp-only/all", &all_is_missing, test_tcp_only);
	ADD("tcp-only/ipv6", &all_is_missing_ipv6, test_tcp_only);
	ADD("tcp-only/port", &port_is_missing, test_tcp_only);
	ADD("tcp-only/statd", &statd_is_missing, test_tcp_only);
	ADD("tcp-again", NULL, test_tcp_again);
	ADD("udp-is-faster", NULL, test_udp_is_faster);
	ADD("many", NULL, test_many);
	ADD("full-socket", NULL, test_full_socket);
	ADD("ipv6", NULL, test_ipv6);
	ADD("link-local", NULL, test_link_local);
	ADD("free-in-call-back/told", &told, test_free_in_call_back);
	ADD("free-in-call-back/acknowledged", &acknowledged, test_free_in_call_back);
	ADD("free-when-told-by-tcp/told", &told, test_free_when_told_by_tcp);
	ADD("free-when-told-by-tcp/acknowledged", &acknowledged, test_free_when_told_by_tcp);
	ADD("free-any-time", NULL, test_free_any_time);
	ADD("address-comes-later", NULL, test_address_comes_later);
	ADD("unprivileged", NULL, test_unprivileged);
	g_test_add_func("/notifier/new-refused", test_new_refused);
	g_test_add_func("/notifier/add-refused", test_add_refused);
	return g_test_run();
}
