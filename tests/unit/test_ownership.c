/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/ownership.h"

#include "base/error.h"
#include "pushed_job.h"

#include <string.h>

/* A job runs when the test says so, and what it writes into the store is noted. */
bool __wrap_handover_run(struct handover *self, GError **error);
bool __wrap_store_save_state(store *self, const group_state *state, GError **error);
bool __wrap_store_check_claim(store *self, GError **error);
guint __wrap_store_check_texts(store *self);
bool __wrap_store_check_clients(store *self);
GPtrArray *__wrap_store_take_alarms(store *self);
bool __wrap_store_check_place(store *self, GError **error);
bool __wrap_store_prove_disk(store *self, GError **error);

#define S ((gint64)G_USEC_PER_SEC)
#define STORE ((store *)GUINT_TO_POINTER(3)) /* never followed */

typedef struct fixture {
	struct group_options options;
	struct capture capture;
	struct problems problems;
	ownership *ownership;
	group_state *state;
	struct situation now;
} fixture;

static GString *noted; /* one word for each write and each event */

/* The simulated store. */
static struct {
	int error; /* 0: no error */
	guint texts_changed;
	bool clients_changed;
	const char *alarm;
	guint clients_looks;
	guint proofs;
	bool cannot_write;
} disk;

static void do_job(void)
{
	g_assert_true(pushed_job_do());
}

static bool answer(GError **error)
{
	if (disk.error != 0)
		g_set_error_literal(error, LF_ERROR, disk.error, "no");
	return disk.error == 0;
}

bool __wrap_handover_run(struct handover *self, GError **error)
{
	g_string_append_printf(noted, "%s%s%s+%s ", self->server_ends ? "again" : "snapshot",
		self->unlock ? "+unlock" : "", self->stop_server ? "+end" : "",
		phase_name(self->state->phase));
	self->locks = self->server_ends ? self->locks : 3;
	self->server_ends = self->server_ends || self->stop_server;
	return answer(error);
}

bool __wrap_store_save_state(store *self, const group_state *state, GError **error)
{
	g_assert_true(self == STORE);
	g_string_append_printf(noted, "%s ", phase_name(state->phase));
	return answer(error);
}

bool __wrap_store_check_claim(store *self, GError **error)
{
	g_assert_true(self == STORE);
	return answer(error);
}

guint __wrap_store_check_texts(store *self G_GNUC_UNUSED)
{
	return disk.texts_changed;
}

bool __wrap_store_check_clients(store *self G_GNUC_UNUSED)
{
	disk.clients_looks++;
	return !disk.clients_changed;
}

GPtrArray *__wrap_store_take_alarms(store *self G_GNUC_UNUSED)
{
	GPtrArray *alarms = g_ptr_array_new_with_free_func(g_free);

	if (disk.alarm != NULL)
		g_ptr_array_add(alarms, g_strdup(disk.alarm));
	return alarms;
}

bool __wrap_store_check_place(store *self G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	return true;
}

bool __wrap_store_prove_disk(store *self G_GNUC_UNUSED, GError **error)
{
	disk.proofs++;
	if (disk.cannot_write)
		g_set_error_literal(error, LF_ERROR, LF_ERROR_FAILED, "read-only");
	return !disk.cannot_write;
}

static void lost(const GError *error G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
	g_string_append(noted, "lost! ");
}

/* Saves the present state, as the service does. */
static void again(void *data)
{
	fixture *self = data;

	g_string_append(noted, "again! ");
	ownership_save(self->ownership, self->state, self->state->phase == PHASE_FROZEN);
}

static void handed_over(const struct handover *what, void *data G_GNUC_UNUSED)
{
	g_assert_cmpuint(what->locks, ==, 3);
	g_string_append_printf(noted, "handed-over:%s! ", phase_name(what->state->phase));
}

static void saved(void *data G_GNUC_UNUSED)
{
	g_string_append(noted, "saved! ");
}

static void failed(const GError *error G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
	g_string_append(noted, "failed! ");
}

static void alarmed(const struct ownership_alarm *what, void *data G_GNUC_UNUSED)
{
	g_string_append_printf(noted, "alarm:%u%d%d! ", what->texts->len, what->texts_changed,
		what->clients_changed);
}

static const struct ownership_events events = {
	.lost = lost,
	.save = again,
	.handed_over = handed_over,
	.saved = saved,
	.failed = failed,
	.alarm = alarmed,
};

static void assert_noted(const char *expected)
{
	g_assert_cmpstr(noted->str, ==, expected);
	g_string_truncate(noted, 0);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	memset(&disk, 0, sizeof(disk));
	noted = g_string_new(NULL);
	self->state = group_state_new("blue", 0);
	self->ownership =
		ownership_new(&self->options, NULL, &self->capture, &self->problems, &events, self);
	ownership_use(self->ownership, STORE);
	self->now = (struct situation){.now_us = 1000 * S, .phase = PHASE_SERVING};
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(pushed_job_waits());
	assert_noted("");
	ownership_free(self->ownership);
	group_state_free(self->state);
	problems_clear(&self->problems);
	g_string_free(noted, TRUE);
}

static void save(fixture *self, enum phase phase, bool final)
{
	self->state->phase = phase;
	ownership_save(self->ownership, self->state, final);
}

static void test_as_it_was_when_it_was_pushed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	save(self, PHASE_ARMED, false);
	g_assert_true(ownership_is_pending(self->ownership));
	self->state->phase = PHASE_SERVING;
	do_job();
	assert_noted("armed saved! ");
	g_assert_false(ownership_is_pending(self->ownership));
}

/* One save runs after the other. Of the states that come in the meantime, only the newest is
 * saved. */
static void test_the_newest_follows(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	save(self, PHASE_ARMED, false);
	save(self, PHASE_RECLAIMING, false);
	save(self, PHASE_SERVING, false);
	do_job();
	assert_noted("armed again! ");
	g_assert_true(ownership_is_pending(self->ownership));
	g_assert_false(ownership_is_due(self->ownership));
	do_job();
	assert_noted("serving saved! ");
}

/* As soon as this state is in the store, another node can take the group. */
static void test_final_snapshot_before_released(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	save(self, PHASE_RELEASED, true);
	do_job();
	assert_noted("snapshot+released handed-over:released! saved! ");
	self->options.unlock_on_stop = true;
	save(self, PHASE_FROZEN, true);
	do_job();
	assert_noted("snapshot+frozen handed-over:frozen! saved! ");
	save(self, PHASE_RELEASED, true);
	do_job();
	assert_noted("snapshot+unlock+released handed-over:released! saved! ");
}

static void test_a_disk_that_fails(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	disk.error = LF_ERROR_FAILED;
	save(self, PHASE_FROZEN, true);
	do_job();
	assert_noted("snapshot+frozen failed! ");
	g_assert_nonnull(self->problems.texts[PROBLEM_STORE]);
	g_assert_true(ownership_is_pending(self->ownership));
	g_assert_true(ownership_is_due(self->ownership));
	disk.error = 0;
	save(self, PHASE_FROZEN, true);
	g_assert_false(ownership_is_due(self->ownership));
	do_job();
	assert_noted("snapshot+frozen handed-over:frozen! saved! ");
	g_assert_null(self->problems.texts[PROBLEM_STORE]);
}

/* Its own server was told to end: from then on what is held says nothing. */
static void test_own_server_ends(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->options.own_server = true;
	save(self, PHASE_FROZEN, true);
	do_job();
	assert_noted("snapshot+frozen handed-over:frozen! saved! ");
	disk.error = LF_ERROR_FAILED;
	save(self, PHASE_RELEASED, true);
	do_job();
	assert_noted("snapshot+end+released failed! ");
	disk.error = 0;
	save(self, PHASE_RELEASED, true);
	do_job();
	assert_noted("again+end+released handed-over:released! saved! ");
}

/* It was of an epoch that ended: nothing older is put over what is newer. */
static void test_taken_over_meanwhile(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	save(self, PHASE_SERVING, false);
	self->state->phase = PHASE_ARMED;
	disk.error = LF_ERROR_OUTDATED;

	do_job();
	assert_noted("serving again! ");
	disk.error = 0;
	do_job();
	assert_noted("armed saved! ");
	g_assert_null(self->problems.texts[PROBLEM_STORE]);
}

static void test_lost_to_another_node(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	disk.error = LF_ERROR_NOT_OWNER;
	save(self, PHASE_SERVING, false);
	save(self, PHASE_FROZEN, true);
	do_job();
	assert_noted("serving lost! ");
	g_assert_null(self->problems.texts[PROBLEM_STORE]);
}

static bool looks_after(fixture *self, gint64 seconds)
{
	self->now.now_us += seconds * S;
	if (!ownership_look(self->ownership, &self->now))
		return false;
	do_job();
	return true;
}

static void test_looks(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(looks_after(self, 0));
	g_assert_cmpuint(disk.clients_looks, ==, 1);
	g_assert_false(looks_after(self, 4));
	g_assert_true(looks_after(self, 1));
	g_assert_cmpuint(disk.clients_looks, ==, 1);
	disk.alarm = "somebody wrote there";
	disk.clients_changed = true;
	g_assert_true(looks_after(self, 6));
	g_assert_cmpuint(disk.clients_looks, ==, 2);
	assert_noted("alarm:101! ");
	disk.alarm = NULL;
	disk.texts_changed = 1;
	g_assert_true(looks_after(self, 5));
	assert_noted("alarm:010! ");
	disk.error = LF_ERROR_NOT_OWNER;
	g_assert_true(looks_after(self, 5));
	assert_noted("lost! ");
}

/* A disk that hangs is noticed by a write. */
static void test_own_server_writes(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(looks_after(self, 5));
	g_assert_cmpuint(disk.proofs, ==, 0);
	self->options.own_server = true;
	g_assert_true(looks_after(self, 5));
	g_assert_cmpuint(disk.proofs, ==, 1);
	g_assert_null(self->problems.texts[PROBLEM_PLACE]);
	disk.cannot_write = true;
	g_assert_true(looks_after(self, 5));
	g_assert_cmpstr(self->problems.texts[PROBLEM_PLACE], ==, "read-only");
	disk.cannot_write = false;
	g_assert_true(looks_after(self, 5));
	g_assert_null(self->problems.texts[PROBLEM_PLACE]);
}

#define ADD(name, test) g_test_add("/ownership/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("as it was when it was pushed", test_as_it_was_when_it_was_pushed);
	ADD("the newest follows", test_the_newest_follows);
	ADD("final snapshot before released", test_final_snapshot_before_released);
	ADD("a disk that fails", test_a_disk_that_fails);
	ADD("own server ends", test_own_server_ends);
	ADD("taken over meanwhile", test_taken_over_meanwhile);
	ADD("lost to another node", test_lost_to_another_node);
	ADD("looks", test_looks);
	ADD("own server writes", test_own_server_writes);
	return g_test_run();
}
