/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/roster.h"

#include "base/error.h"
#include "pushed_job.h"

#include <string.h>

/* A job runs when the test says so, and what it writes into the store is noted. */
bool __wrap_store_save_account(store *self, guint64 epoch, GPtrArray *clients, GError **error);
bool __wrap_capture_drop(
	struct capture *self, guint64 epoch, GPtrArray *keys, GPtrArray **removed, GError **error);

#define S ((gint64)G_USEC_PER_SEC)
#define DELAY_S 60
#define STATD "100@1000"

typedef struct fixture {
	struct group_options options;
	struct capture capture;
	struct problems problems;
	roster *roster;
	struct situation now;
	guint changes;
} fixture;

static GString *noted;
static int disk_error; /* 0: no error */

static bool answer(GError **error)
{
	if (disk_error != 0)
		g_set_error_literal(error, LF_ERROR, disk_error, "no");
	return disk_error == 0;
}

bool __wrap_store_save_account(
	store *self G_GNUC_UNUSED, guint64 epoch, GPtrArray *clients, GError **error)
{
	g_string_append_printf(noted, "account@%u ", (guint)epoch);
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		g_string_append_printf(
			noted, "%s=%s ", entry->mon_name, recovery_name(entry->recovery));
	}
	return answer(error);
}

bool __wrap_capture_drop(struct capture *self G_GNUC_UNUSED, guint64 epoch, GPtrArray *keys,
	GPtrArray **removed, GError **error)
{
	*removed = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < keys->len; i++) {
		g_string_append_printf(noted, "drop:%s@%u ",
			(const char *)g_ptr_array_index(keys, i), (guint)epoch);
		g_ptr_array_add(*removed, g_strdup(g_ptr_array_index(keys, i)));
	}
	return answer(error);
}

static void assert_noted(const char *expected)
{
	g_assert_cmpstr(noted->str, ==, expected);
	g_string_truncate(noted, 0);
}

static void changed(void *data)
{
	((fixture *)data)->changes++;
}

static void take_over(fixture *self, const char *name, enum recovery recovery)
{
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	const struct roster_origin origin = {.epoch = 3, .clients = clients};
	client *entry = client_new(name, NULL, name, "node1");

	entry->recovery = recovery;
	g_ptr_array_add(clients, entry);
	roster_use(self->roster, &origin, 5000);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const addresses[] = {"10.0.0.1", NULL};

	noted = g_string_new(NULL);
	disk_error = 0;
	self->options.addresses = addresses;
	self->options.deletion_delay_s = DELAY_S;
	self->roster =
		roster_new(&self->options, NULL, &self->capture, &self->problems, changed, self);
	self->now = (struct situation){
		.now_us = 1000 * S,
		.now_s = 5000,
		.phase = PHASE_SERVING,
		.epoch = 3,
		.statd = STATD,
		.grace = KERNEL_GRACE_OVER,
	};
	take_over(self, "10.0.0.9", RECOVERY_RECORDED);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(pushed_job_waits());
	assert_noted("");
	roster_free(self->roster);
	problems_clear(&self->problems);
	g_string_free(noted, TRUE);
}

enum found {
	STORED = 1, /* the record was new or had changed */
	SEEN = 2,
	ABSENT = 4,
	UNPROVEN = 8, /* it may be what the takeover conveyed */
	WHOLE = 16,   /* the whole directory was read */
};

/* Captures a record. Returns how many clients are new. */
static guint capture(fixture *self, const char *name, guint found)
{
	struct captured what = {
		.clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free),
		.unproven = g_hash_table_new(g_str_hash, g_str_equal),
		.seen = g_ptr_array_new_with_free_func(g_free),
		.seen_files = g_ptr_array_new_with_free_func(g_free),
		.absent = g_ptr_array_new_with_free_func(g_free),
		.absent_files = g_ptr_array_new_with_free_func(g_free),
		.unusable = g_ptr_array_new_with_free_func(g_free),
		.unusable_files = g_ptr_array_new_with_free_func(g_free),
	};
	guint added;

	if (found & STORED)
		g_ptr_array_add(what.clients, client_new(name, NULL, name, "node1"));
	if (found & SEEN)
		g_ptr_array_add(what.seen, g_strdup(name));
	if (found & ABSENT)
		g_ptr_array_add(what.absent, g_strdup(name));
	if (found & UNPROVEN)
		g_hash_table_add(what.unproven, (char *)name);
	what.whole = found & WHOLE;
	added = roster_captured(self->roster, &what, &self->now);
	captured_clear(&what);
	return added;
}

static enum recovery recovery_of(const fixture *self, const char *name)
{
	return client_list_recovery(roster_clients(self->roster), name);
}

static void test_back_while_it_reclaims(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->now.phase = PHASE_RECLAIMING;
	self->now.grace = KERNEL_GRACE_RUNS;
	take_over(self, "10.0.0.9", RECOVERY_ACKNOWLEDGED);
	g_assert_true(roster_all_have_heard(self->roster));
	/* The takeover itself put this record there. */
	g_assert_cmpuint(capture(self, "10.0.0.9", STORED | SEEN | UNPROVEN), ==, 0);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, RECOVERY_ACKNOWLEDGED);
	g_assert_cmpuint(capture(self, "10.0.0.9", STORED | SEEN), ==, 0);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, RECOVERY_RECLAIMED);
	g_assert_cmpuint(self->changes, ==, 2);
	/* A lock that is taken later does not belong to the recovery. */
	self->now.phase = PHASE_SERVING;
	capture(self, "10.0.0.9", STORED | SEEN);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, RECOVERY_RECORDED);
	g_assert_cmpuint(capture(self, "10.0.0.8", STORED | SEEN), ==, 1);
	g_assert_false(roster_all_have_heard(self->roster));
}

/* What the takeover could not read, as the disk failed, is older than the recovery. */
static void test_found_late(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->now.phase = PHASE_RECLAIMING;
	self->now.grace = KERNEL_GRACE_RUNS;
	capture(self, "10.0.0.9", STORED | SEEN | WHOLE | UNPROVEN);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, RECOVERY_RECORDED);
	g_assert_cmpuint(capture(self, "10.0.0.8", STORED | SEEN | WHOLE), ==, 1);
	g_assert_cmpint(recovery_of(self, "10.0.0.8"), ==, RECOVERY_RECORDED);
	/* Changes were too many to be reported one by one. */
	capture(self, "10.0.0.9", STORED | SEEN | WHOLE);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, RECOVERY_RECLAIMED);
}

/* Its reclaim is refused, and lockd has it monitored before that. */
static void test_reclaims_after_grace(fixture *self, gconstpointer data)
{
	enum recovery before = (enum recovery)GPOINTER_TO_INT(data);

	take_over(self, "10.0.0.9", before);
	self->now.phase = PHASE_RECLAIMING;
	capture(self, "10.0.0.9", STORED | SEEN);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, before);
	roster_end_recovery(self->roster, self->now.now_us);
	self->now.phase = PHASE_SERVING;
	self->now.now_us += 59 * S;
	capture(self, "10.0.0.9", STORED | SEEN);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, before);
	/* A lock that it takes later it has. */
	self->now.now_us += 1 * S;
	capture(self, "10.0.0.9", STORED | SEEN);
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, RECOVERY_RECORDED);
}

static void look_after(fixture *self, gint64 seconds)
{
	self->now.now_us += seconds * S;
	roster_look(self->roster, &self->now);
}

static void test_leaves_on_proof(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	capture(self, "10.0.0.9", SEEN);
	capture(self, "10.0.0.9", ABSENT);
	look_after(self, DELAY_S - 1);
	g_assert_false(pushed_job_do());
	self->now.grace = KERNEL_GRACE_RUNS;
	look_after(self, 1);
	g_assert_false(pushed_job_do());
	self->now.grace = KERNEL_GRACE_OVER;
	look_after(self, DELAY_S - 1);
	g_assert_false(pushed_job_do());
	look_after(self, 1);
	g_assert_true(pushed_job_do());
	assert_noted("drop:10.0.0.9@3 ");
	g_assert_cmpuint(client_list_size(roster_clients(self->roster)), ==, 0);
	roster_stop(self->roster);
}

/* A missing file proves nothing under another statd. */
static void test_another_statd(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	capture(self, "10.0.0.9", SEEN);
	capture(self, "10.0.0.9", ABSENT);
	self->now.statd = "200@2000";
	look_after(self, 2 * DELAY_S);
	g_assert_false(pushed_job_do());
}

/* The client stays, so that an administrator can see it. */
static void test_who_lost_locks_stays(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	take_over(self, "10.0.0.9", RECOVERY_LOST);
	capture(self, "10.0.0.9", SEEN);
	capture(self, "10.0.0.9", ABSENT);
	look_after(self, 2 * DELAY_S);
	g_assert_false(pushed_job_do());
	g_assert_cmpint(recovery_of(self, "10.0.0.9"), ==, RECOVERY_LOST);
}

static void test_account(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	roster_account_now(self->roster);
	g_assert_false(pushed_job_do());
	roster_account(self->roster);
	roster_account(self->roster);
	g_assert_cmpuint(self->changes, ==, 2);
	roster_account_now(self->roster);
	g_assert_true(pushed_job_do());
	assert_noted("account@3 10.0.0.9=recorded ");
	roster_account_now(self->roster);
	g_assert_false(pushed_job_do());
	disk_error = LF_ERROR_FAILED;
	roster_account(self->roster);
	roster_account_now(self->roster);
	g_assert_true(pushed_job_do());
	assert_noted("account@3 10.0.0.9=recorded ");
	g_assert_nonnull(self->problems.texts[PROBLEM_ACCOUNT]);
	/* The removal was decided before a takeover, so this is not a problem. */
	disk_error = LF_ERROR_OUTDATED;
	roster_account(self->roster);
	roster_account_now(self->roster);
	g_assert_true(pushed_job_do());
	assert_noted("account@3 10.0.0.9=recorded ");
	g_assert_null(self->problems.texts[PROBLEM_ACCOUNT]);
	roster_stop(self->roster);
	roster_account(self->roster);
	roster_account_now(self->roster);
	g_assert_false(pushed_job_do());
}

#define ADD(name, test) g_test_add("/roster/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("back while it reclaims", test_back_while_it_reclaims);
	g_test_add("/roster/reclaims after grace, told", fixture,
		GINT_TO_POINTER(RECOVERY_ACKNOWLEDGED), set_up, test_reclaims_after_grace,
		tear_down);
	g_test_add("/roster/reclaims after grace, lost", fixture, GINT_TO_POINTER(RECOVERY_LOST),
		set_up, test_reclaims_after_grace, tear_down);
	ADD("found late", test_found_late);
	ADD("leaves on proof", test_leaves_on_proof);
	ADD("another statd", test_another_statd);
	ADD("who lost locks stays", test_who_lost_locks_stays);
	ADD("account", test_account);
	return g_test_run();
}
