/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/recovery.h"

#include "base/clock.h"
#include "base/error.h"
#include "fake_clients.h"
#include "group/address_bits.h"
#include "network.h"
#include "quick_time.h"
#include "store/answers.h"

#include <errno.h>
#include <qb/qblog.h>
#include <stdio.h>
#include <string.h>

#define STATE 4713
#define PATIENCE_S 60
#define FIRST "127.0.0.9"
#define SECOND "127.0.0.10"
#define SIXTH "fd00::9"

typedef struct fixture {
	client_list *clients;
	recovery_run *run;
	guint changes;
} fixture;

static void changed(void *data)
{
	((fixture *)data)->changes++;
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->clients = client_list_new();
	self->run = NULL;
	self->changes = 0;
	quick_time_start(QUICK_POLLS);
	fake_clients_start();
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	recovery_free(self->run);
	client_list_free(self->clients);
	fake_clients_stop();
	quick_time_stop();
}

static void add(fixture *self, const char *file, const char *mon_name, enum recovery recovery)
{
	g_autoptr(GBytes) raw = g_bytes_new_static("", 0);
	client *entry = client_new(file, raw, mon_name, "server");

	entry->recovery = recovery;
	client_list_put(self->clients, entry);
}

static void begin_of(fixture *self, const char *const *addresses, const char *const *names)
{
	static const char *const none[] = {NULL};

	self->run = recovery_new(
		self->clients, addresses, names != NULL ? names : none, STATE, changed, self);
}

static void begin(fixture *self, const char *const *names)
{
	static const char *const addresses[] = {FIRST, NULL};

	begin_of(self, addresses, names);
}

static void begin_two(fixture *self)
{
	static const char *const addresses[] = {FIRST, SECOND, NULL};

	begin_of(self, addresses, NULL);
}

static void tell_from(fixture *self, const char *address)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(recovery_tell_from(self->run, address, &error));
	g_assert_no_error(error);
}

static bool all_acknowledged(void *data)
{
	fixture *self = data;

	return client_list_count(self->clients, RECOVERY_ACKNOWLEDGED) ==
	       client_list_size(self->clients);
}

static void test_told(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *const names[] = {"nfs1", "nfs1.example.com", NULL};

	add(self, "client", "127.0.1.1", RECOVERY_RECORDED);
	add(self, "127.0.1.1", "127.0.1.1", RECOVERY_RECORDED);
	add(self, "other", "127.0.1.2", RECOVERY_TOLD);
	begin(self, names);
	tell_from(self, FIRST);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(all_acknowledged, self, PATIENCE_S));
	g_assert_cmpstr(host_at("127.0.1.1")->heard->str, ==,
		FIRST "=4713 nfs1=4713 nfs1.example.com=4713 ");
	g_assert_cmpstr(host_at("127.0.1.2")->heard->str, ==,
		FIRST "=4713 nfs1=4713 nfs1.example.com=4713 ");
	g_assert_cmpstr(host_at("127.0.1.1")->caller, ==, FIRST);
	g_assert_cmpuint(self->changes, ==, 4);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 0);
	g_assert_cmpuint(client_list_count(self->clients, RECOVERY_ACKNOWLEDGED), ==, 2);
}

/* Clients that have acknowledged are not told again, also according to the account of an earlier
 * version; nor are those whose locks were lost before. */
/* The second one is told when the first one has asked for a lock. */
static void test_turns(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const guint never = 0;
	const char *first, *second;

	add(self, "one", "127.0.1.1", RECOVERY_RECORDED);
	add(self, "two", "127.0.1.2", RECOVERY_RECORDED);
	begin(self, NULL);
	recovery_take_turns(self->run, 100 * (gint64)G_USEC_PER_SEC);
	tell_from(self, FIRST);
	quick_time_run_until(&never, 1, 2);
	first = host_at("127.0.1.1")->notices > 0 ? "127.0.1.1" : "127.0.1.2";
	second = host_at("127.0.1.1")->notices > 0 ? "127.0.1.2" : "127.0.1.1";
	g_assert_cmpuint(host_at(first)->notices, ==, 1);
	g_assert_cmpuint(host_at(second)->notices, ==, 0);
	recovery_note(self->run);
	quick_time_run_until(&never, 1, 2);
	g_assert_cmpuint(host_at(second)->notices, ==, 0);

	client_list_set_recovery(self->clients, first, RECOVERY_RECLAIMED);
	recovery_note(self->run);
	quick_time_run_until(&never, 1, 2);
	g_assert_cmpuint(host_at(second)->notices, ==, 1);
}

static void test_not_again(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_ACKNOWLEDGED);
	add(self, "c", "127.0.1.3", RECOVERY_LOST);
	add(self, "d", "127.0.1.4", RECOVERY_RECORDED);
	begin(self, NULL);
	tell_from(self, FIRST);
	while (client_list_recovery(self->clients, "127.0.1.4") != RECOVERY_ACKNOWLEDGED)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(g_hash_table_size(hosts), ==, 1);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 0);
	g_assert_cmpuint(client_list_count(self->clients, RECOVERY_LOST), ==, 1);
}

static bool heard_both(void *data G_GNUC_UNUSED)
{
	const char *heard = host_at("127.0.1.1")->heard->str;

	return strstr(heard, FIRST) != NULL && strstr(heard, SECOND) != NULL;
}

/* A client counts as acknowledged when it has answered at each address. */
static void test_two_addresses(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	begin_two(self);
	tell_from(self, FIRST);
	tell_from(self, SECOND);
	g_assert_cmpint(
		client_list_recovery(self->clients, "127.0.1.1"), !=, RECOVERY_ACKNOWLEDGED);
	g_assert_true(quick_time_run(all_acknowledged, self, PATIENCE_S));
	g_assert_true(heard_both(NULL));
}

static bool answered_first(void *data)
{
	const client *known = client_list_find(((fixture *)data)->clients, "127.0.1.1");

	return client_has_heard(known, address_bit(FIRST));
}

/* Pacemaker starts the addresses one after the other. A client that answered at the first is also
 * told from the second, because it may have mounted by that. */
static void test_one_after_the_other(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	begin_two(self);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(answered_first, self, PATIENCE_S));
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_TOLD);
	g_assert_cmpuint(client_list_waiting(self->clients), ==, 1);
	tell_from(self, SECOND);
	g_assert_true(quick_time_run(all_acknowledged, self, PATIENCE_S));
	g_assert_true(heard_both(NULL));
	g_assert_cmpuint(client_list_waiting(self->clients), ==, 0);
}

/* The second address never comes. The locks that the client took by the first are not lost, and the
 * status shows that it was not told everywhere. */
static void test_at_one_only(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	begin_two(self);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(answered_first, self, PATIENCE_S));
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 0);
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_TOLD);
}

/* A request for a lock does not prove that the client was told: the process may have been restarted
 * in between. */
static void test_asked_but_untold(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECLAIMED);
	begin(self, NULL);
	g_assert_cmpuint(client_list_waiting(self->clients), ==, 1);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(answered_first, self, PATIENCE_S));
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_RECLAIMED);
	g_assert_cmpuint(client_list_waiting(self->clients), ==, 0);
}

static GString *logged;

static void note_line(int32_t target G_GNUC_UNUSED, struct qb_log_callsite *site G_GNUC_UNUSED,
	struct timespec *now G_GNUC_UNUSED, const char *message)
{
	g_string_append_printf(logged, "%s\n", message);
}

static void begin_to_log(void)
{
	int32_t target;

	logged = g_string_new(NULL);
	qb_log_init("test_recovery", LOG_DAEMON, LOG_DEBUG);
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
	target = qb_log_custom_open(note_line, NULL, NULL, NULL);
	qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_DEBUG);
	qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
}

/* The client took a lock, maybe of another group, and the second address never came. */
static void test_asked_and_half_told(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	add(self, "b", "127.0.1.2", RECOVERY_RECORDED);
	begin_two(self);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(answered_first, self, PATIENCE_S));
	client_list_set_recovery(self->clients, "127.0.1.1", RECOVERY_RECLAIMED);
	client_list_set_recovery(self->clients, "127.0.1.2", RECOVERY_ACKNOWLEDGED);
	begin_to_log();
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 0);
	g_assert_nonnull(
		strstr(logged->str, "1 client answered at only some of the group's addresses"));
	g_string_truncate(logged, 0);
	recovery_finish(self->run, true, false);
	g_assert_cmpstr(logged->str, ==, "");
	qb_log_fini();
	g_string_free(logged, TRUE);
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_RECLAIMED);
}

/* The process is killed and started again. It knows only the account, with as little as that may
 * contain, and the answers. */
static void restart(fixture *self)
{
	g_autoptr(GPtrArray) clients = client_list_copy(self->clients);
	g_autoptr(GBytes) answers = answers_format(STATE, clients);

	g_clear_pointer(&self->run, recovery_free);
	g_clear_pointer(&self->clients, client_list_free);
	self->clients = client_list_new();
	for (guint i = 0; i < clients->len; i++) {
		client_forget_facts(g_ptr_array_index(clients, i));
		((client *)g_ptr_array_index(clients, i))->recovery = RECOVERY_TOLD;
	}
	answers_apply(answers, STATE, clients);
	for (guint i = 0; i < clients->len; i++)
		client_list_put(self->clients, client_copy(g_ptr_array_index(clients, i)));
	begin_two(self);
}

static void answer_first_and_restart(fixture *self)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	begin_two(self);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(answered_first, self, PATIENCE_S));
	restart(self);
	g_assert_true(answered_first(self));
	g_assert_cmpuint(client_list_waiting(self->clients), ==, 1);
}

static void test_restart_between(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	answer_first_and_restart(self);
	tell_from(self, FIRST);
	tell_from(self, SECOND);
	g_assert_true(quick_time_run(all_acknowledged, self, PATIENCE_S));
	g_assert_cmpstr(host_at("127.0.1.1")->heard->str, ==, FIRST "=4713 " SECOND "=4713 ");
	/* Again, when all clients have been told. */
	restart(self);
	g_assert_true(all_acknowledged(self));
	g_assert_cmpuint(client_list_waiting(self->clients), ==, 0);
}

/* The client went away after its answer. */
static void test_restart_and_silent(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	answer_first_and_restart(self);
	dead_host_at("127.0.1.1");
	tell_from(self, FIRST);
	tell_from(self, SECOND);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 0);
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_TOLD);
}

/* The client asked for a lock, maybe a new one, and never answered, so it reclaimed none. */
static void test_asked_but_silent(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	dead_host_at("127.4.4.1");
	add(self, "a", "127.4.4.1", RECOVERY_RECORDED);
	begin(self, NULL);
	tell_from(self, FIRST);
	client_list_set_recovery(self->clients, "127.4.4.1", RECOVERY_RECLAIMED);
	g_assert_cmpuint(recovery_finish(self->run, true, false), ==, 0);
	g_assert_cmpint(client_list_recovery(self->clients, "127.4.4.1"), ==, RECOVERY_RECLAIMED);
	g_assert_cmpuint(recovery_finish(self->run, false, true), ==, 0);
	g_assert_cmpint(
		client_list_recovery(self->clients, "127.4.4.1"), ==, RECOVERY_MAY_HAVE_LOST);
	client_list_set_recovery(self->clients, "127.4.4.1", RECOVERY_RECLAIMED);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 1);
	g_assert_cmpint(client_list_recovery(self->clients, "127.4.4.1"), ==, RECOVERY_LOST);
}

/* The same, but the process was restarted in between. */
static void test_restart_after_asked(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	dead_host_at("127.4.4.1");
	add(self, "a", "127.4.4.1", RECOVERY_RECORDED);
	begin_two(self);
	client_list_set_recovery(self->clients, "127.4.4.1", RECOVERY_RECLAIMED);
	restart(self);
	tell_from(self, FIRST);
	g_assert_cmpuint(client_list_waiting(self->clients), ==, 1);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 1);
	g_assert_cmpint(client_list_recovery(self->clients, "127.4.4.1"), ==, RECOVERY_LOST);
}

/* All locks are back, so clients that did not answer had none. */
static void test_locks_are_back(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_TOLD);
	add(self, "b", "127.0.1.2", RECOVERY_UNREACHABLE);
	begin(self, NULL);
	g_assert_cmpuint(recovery_finish(self->run, true, false), ==, 0);
	g_assert_cmpuint(client_list_count(self->clients, RECOVERY_RECORDED), ==, 2);
}

/* A client of the other address family is told from the address of its own family. */
static void test_families(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const addresses[] = {FIRST, SIXTH, NULL};

	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	add(self, "b", "fd00::5", RECOVERY_RECORDED);
	add(self, "c", "client.example.com", RECOVERY_RECORDED);
	begin_of(self, addresses, NULL);
	tell_from(self, FIRST);
	tell_from(self, SIXTH);
	while (client_list_count(self->clients, RECOVERY_ACKNOWLEDGED) < 2)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpstr(host_at("fd00::5")->caller, ==, SIXTH);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 1);
	g_assert_cmpint(
		client_list_recovery(self->clients, "client.example.com"), ==, RECOVERY_LOST);
}

static bool one_acknowledged(void *data)
{
	return client_list_count(((fixture *)data)->clients, RECOVERY_ACKNOWLEDGED) == 1;
}

static bool is_unreachable(void *data)
{
	return client_list_recovery(((fixture *)data)->clients, "127.4.4.1") ==
	       RECOVERY_UNREACHABLE;
}

/* The grace period ends in that time; the client answers at once. */
static char *late_text(fixture *self, gint64 seconds, guint length_s)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	begin(self, NULL);
	recovery_expect_end(self->run, clock_now_us() + seconds * G_USEC_PER_SEC, length_s);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(all_acknowledged, self, PATIENCE_S));
	return recovery_late_text(self->clients);
}

static void test_in_time(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_null(late_text(self, PATIENCE_S + RECOVERY_TIME_TO_RECLAIM_S, 0));
}

/* Half of a short period is in time, or all clients would be called late. */
static void test_in_time_of_short(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_null(late_text(self, RECOVERY_TIME_TO_RECLAIM_S - 1, 10));
}

/* It answered, but may not have had the time to reclaim. */
static void test_late(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *text = late_text(self, RECOVERY_TIME_TO_RECLAIM_S - 1, 0);

	g_assert_nonnull(strstr(text, "when the grace period was nearly over"));
	g_assert_nonnull(strstr(text, "'127.0.1.1'"));
	g_assert_cmpint(
		client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_ACKNOWLEDGED);
	/* Another recovery begins. */
	client_list_set_recovery(self->clients, "127.0.1.1", RECOVERY_RECORDED);
	g_free(text);
	text = recovery_late_text(self->clients);
	g_assert_null(text);
}

static void test_unreachable(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	dead_host_at("127.4.4.1");
	add(self, "a", "127.4.4.1", RECOVERY_RECORDED);
	add(self, "b", "127.0.1.1", RECOVERY_RECORDED);
	begin(self, NULL);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(one_acknowledged, self, PATIENCE_S));
	g_assert_false(is_unreachable(self));
	g_assert_true(quick_time_run(is_unreachable, self, PATIENCE_S));
	g_assert_cmpuint(client_list_count(self->clients, RECOVERY_UNREACHABLE), ==, 1);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 1);
	g_assert_cmpint(client_list_recovery(self->clients, "127.4.4.1"), ==, RECOVERY_LOST);
	g_assert_cmpint(
		client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_ACKNOWLEDGED);
}

static void finish_among_others(fixture *self, bool locks_are_back)
{
	dead_host_at("127.4.4.1");
	dead_host_at("127.4.4.2");
	add(self, "a", "127.4.4.1", RECOVERY_RECORDED);
	add(self, "b", "127.4.4.2", RECOVERY_RECORDED);
	client_list_get(self->clients, "b 127.4.4.2")->uses_group = true;
	begin(self, NULL);
	tell_from(self, FIRST);
	g_assert_cmpuint(
		recovery_finish(self->run, locks_are_back, true), ==, locks_are_back ? 0 : 1);
}

/* If other groups are served too, a client that did not answer may use only those. Only a client
 * that is known to use this group has certainly lost its locks. */
static void test_other_groups(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	finish_among_others(self, false);
	g_assert_cmpint(
		client_list_recovery(self->clients, "127.4.4.1"), ==, RECOVERY_MAY_HAVE_LOST);
	g_assert_cmpint(client_list_recovery(self->clients, "127.4.4.2"), ==, RECOVERY_LOST);
	g_assert_cmpuint(client_list_count(self->clients, RECOVERY_MAY_HAVE_LOST), ==, 1);
}

static void test_other_groups_all_back(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	finish_among_others(self, true);
	g_assert_cmpuint(client_list_count(self->clients, RECOVERY_RECORDED), ==, 2);
}

/* The client was only rebooting. */
static void test_reachable_again(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct host *host = dead_host_at("127.4.4.1");

	add(self, "a", "127.4.4.1", RECOVERY_RECORDED);
	begin(self, NULL);
	tell_from(self, FIRST);
	g_assert_true(quick_time_run(is_unreachable, self, PATIENCE_S));
	host->lose_questions = host->lose_notices = 0;
	while (!one_acknowledged(self))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 0);
}

/* The client reclaimed before its answer came. The reclaim counts more, and stays. */
static void test_reclaimed_first(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	guint questions;

	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	begin(self, NULL);
	tell_from(self, FIRST);
	client_list_set_recovery(self->clients, "127.0.1.1", RECOVERY_RECLAIMED);
	questions = host_at("127.0.1.1")->notices;
	g_assert_cmpuint(questions, ==, 0);
	while (host_at("127.0.1.1")->notices == 0 || self->changes < 2)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_RECLAIMED);
	g_assert_cmpuint(recovery_finish(self->run, false, false), ==, 0);
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_RECLAIMED);
}

/* The address is not here: this is an error, and the next call tries again. */
static void test_not_here(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const addresses[] = {"198.51.100.9", NULL};
	g_autoptr(GError) error = NULL;

	add(self, "a", "198.51.100.9", RECOVERY_RECORDED);
	begin_of(self, addresses, NULL);
	g_assert_false(recovery_tell_from(self->run, "198.51.100.9", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_clear_error(&error);
	g_assert_false(recovery_tell_from(self->run, "nowhere", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	network_add("198.51.100.9");
	tell_from(self, "198.51.100.9");
	/* After its answer the client is acknowledged, however often it was told before. */
	g_assert_true(quick_time_run(all_acknowledged, self, PATIENCE_S));
	network_remove("198.51.100.9");
}

static void test_freed_at_any_time(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add(self, "a", "127.0.1.1", RECOVERY_RECORDED);
	begin(self, NULL);
	g_clear_pointer(&self->run, recovery_free);
	begin(self, NULL);
	tell_from(self, FIRST);
	g_clear_pointer(&self->run, recovery_free);
	g_assert_cmpint(client_list_recovery(self->clients, "127.0.1.1"), ==, RECOVERY_RECORDED);
}

#define ADD(name, function)                                                                        \
	g_test_add("/recovery/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	network_enter_or_skip();
	network_add("fd00::5");
	network_add(SIXTH);
	ADD("told", test_told);
	ADD("turns", test_turns);
	ADD("not-again", test_not_again);
	ADD("in-time", test_in_time);
	ADD("in-time/short", test_in_time_of_short);
	ADD("late", test_late);
	ADD("two-addresses", test_two_addresses);
	ADD("one-after-the-other", test_one_after_the_other);
	ADD("at-one-only", test_at_one_only);
	ADD("asked-but-untold", test_asked_but_untold);
	ADD("asked-and-half-told", test_asked_and_half_told);
	ADD("asked-but-silent", test_asked_but_silent);
	ADD("restart-between", test_restart_between);
	ADD("restart-and-silent", test_restart_and_silent);
	ADD("restart-after-asked", test_restart_after_asked);
	ADD("locks-are-back", test_locks_are_back);
	ADD("families", test_families);
	ADD("unreachable", test_unreachable);
	ADD("other-groups", test_other_groups);
	ADD("other-groups-all-back", test_other_groups_all_back);
	ADD("reachable-again", test_reachable_again);
	ADD("reclaimed-first", test_reclaimed_first);
	ADD("not-here", test_not_here);
	ADD("freed-at-any-time", test_freed_at_any_time);
	return g_test_run();
}
