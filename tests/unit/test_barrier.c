/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/barrier.h"

#include "scratch.h"

#define TIMEOUT_MS 20

/* The recorder reports durable records when the test says so. The answers are noted. */
void __wrap_recorder_sync(recorder *self, worker_done done, void *data);
void __wrap_control_answer(control_call *call, JsonObject *answer);

struct asked {
	worker_done done;
	void *data;
};

typedef struct fixture {
	barrier *barrier;
	struct problems problems;
} fixture;

static GArray *asked;    /* of struct asked */
static GString *answers; /* one word for each: the call, the member, and its value */

void __wrap_recorder_sync(recorder *self G_GNUC_UNUSED, worker_done done, void *data)
{
	struct asked entry = {.done = done, .data = data};

	g_array_append_val(asked, entry);
}

void __wrap_control_answer(control_call *call, JsonObject *answer)
{
	g_autoptr(GList) members = json_object_get_members(answer);
	const char *word = members->data;

	g_string_append_printf(answers, "%u:%s=%d ", GPOINTER_TO_UINT(call), word,
		json_object_get_boolean_member(answer, word));
}

static void assert_answers(const char *expected)
{
	g_assert_cmpstr(answers->str, ==, expected);
	g_string_truncate(answers, 0);
}

/* Reports to the caller that has waited for the recorder longest. */
static void say_durable(const GError *error)
{
	struct asked first = g_array_index(asked, struct asked, 0);

	g_array_remove_index(asked, 0);
	first.done(first.data, error);
}

static void wait_for(fixture *self, guint call)
{
	barrier_wait(self->barrier, "10.0.0.9", GUINT_TO_POINTER(call));
}

static bool any_answer(void *data G_GNUC_UNUSED)
{
	return answers->len > 0;
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	asked = g_array_new(FALSE, FALSE, sizeof(struct asked));
	answers = g_string_new(NULL);
	self->barrier = barrier_new(NULL, TIMEOUT_MS, &self->problems);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	barrier_free(self->barrier);
	problems_clear(&self->problems);
	g_assert_cmpuint(asked->len, ==, 0);
	assert_answers("");
	g_array_unref(asked);
	g_string_free(answers, TRUE);
}

static guint64 measured(const fixture *self)
{
	const struct histogram *latency = barrier_latency(self->barrier);
	guint64 count = 0;

	for (guint i = 0; i < G_N_ELEMENTS(latency->counts); i++)
		count += latency->counts[i];
	return count;
}

static void test_answered_when_durable(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	barrier_open(self->barrier);
	wait_for(self, 1);
	wait_for(self, 2);
	assert_answers("");
	say_durable(NULL);
	assert_answers("1:recorded=1 ");
	say_durable(NULL);
	assert_answers("2:recorded=1 ");
	g_assert_cmpuint(measured(self), ==, 2);
}

/* The recorder has not seen all earlier records of statd yet, so its answer would prove nothing. */
static void test_waits_for_adoption(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	wait_for(self, 1);
	g_assert_cmpuint(asked->len, ==, 0);
	g_assert_false(barrier_is_open(self->barrier));
	barrier_open(self->barrier);
	g_assert_true(barrier_is_open(self->barrier));
	assert_answers("");
	say_durable(NULL);
	assert_answers("1:recorded=1 ");
}

/* It is enough if one client waits in vain, because statd serves one client at a time. */
static void test_a_disk_that_hangs(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	barrier_open(self->barrier);
	wait_for(self, 1);
	g_assert_true(scratch_run_until(any_answer, NULL));
	assert_answers("1:recorded=0 ");
	g_assert_nonnull(self->problems.texts[PROBLEM_LATE]);
	wait_for(self, 2);
	assert_answers("2:recorded=0 ");
	g_assert_cmpuint(asked->len, ==, 1);
	say_durable(NULL);
	assert_answers("");
	g_assert_null(self->problems.texts[PROBLEM_LATE]);
	wait_for(self, 3);
	assert_answers("");
	say_durable(NULL);
	assert_answers("3:recorded=1 ");
}

/* A record that was not durable at the stop is reported as not recorded. */
static void test_ends(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	GError error = {.message = (char *)"stopped"};

	barrier_open(self->barrier);
	wait_for(self, 1);
	say_durable(&error);
	assert_answers("1:recorded=0 ");
	g_assert_cmpuint(measured(self), ==, 0);
}

static void test_ends_before_adoption(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	wait_for(self, 1);
	g_clear_pointer(&self->barrier, barrier_free);
	assert_answers("1:recorded=0 ");
}

#define ADD(name, test) g_test_add("/barrier/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("answered when durable", test_answered_when_durable);
	ADD("waits for adoption", test_waits_for_adoption);
	ADD("a disk that hangs", test_a_disk_that_hangs);
	ADD("ends", test_ends);
	ADD("ends before adoption", test_ends_before_adoption);
	return g_test_run();
}
