/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/worker.h"

#include "base/error.h"
#include "scratch.h"

#include <string.h>

typedef struct fixture {
	worker *worker;
	GThread *main_thread;
	GString *heard; /* what jobs and `done`s reported, in their order; guarded by `lock` */
	GMutex lock;
	GMutex gate; /* a waiting job waits for this */
	guint done;
} fixture;

struct task {
	fixture *fixture;
	const char *name;
	bool fails;
	bool waits;
	struct task *next; /* pushed by `done` */
};

static void say(fixture *self, const char *what, const char *name)
{
	g_mutex_lock(&self->lock);
	g_string_append_printf(self->heard, "%s%s ", what, name);
	g_mutex_unlock(&self->lock);
}

static bool job(void *data, GError **error)
{
	struct task *task = data;

	g_assert_true(g_thread_self() != task->fixture->main_thread);
	if (task->waits) {
		g_mutex_lock(&task->fixture->gate);
		g_mutex_unlock(&task->fixture->gate);
	}
	say(task->fixture, "", task->name);
	if (task->fails)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "%s went wrong", task->name);
	return !task->fails;
}

static void done(void *data, const GError *error);

static void push(struct task *task)
{
	worker_push(task->fixture->worker, job, done, task);
}

static void done(void *data, const GError *error)
{
	struct task *task = data;

	g_assert_true(g_thread_self() == task->fixture->main_thread);
	g_assert_true((error != NULL) == task->fails);
	say(task->fixture, error != NULL ? "!" : "+", task->name);
	task->fixture->done++;
	if (task->next != NULL)
		push(task->next);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->main_thread = g_thread_self();
	self->heard = g_string_new(NULL);
	self->done = 0;
	g_mutex_init(&self->lock);
	g_mutex_init(&self->gate);
	self->worker = worker_new();
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_clear_pointer(&self->worker, worker_free);
	g_string_free(self->heard, TRUE);
	g_mutex_clear(&self->lock);
	g_mutex_clear(&self->gate);
}

static bool three_done(void *data)
{
	return ((fixture *)data)->done == 3;
}

/* Jobs run in their order, and each `done` in the same order, however many jobs are ahead. */
static void test_order(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct task tasks[] = {
		{.fixture = self, .name = "a"},
		{.fixture = self, .name = "b", .fails = true},
		{.fixture = self, .name = "c"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(tasks); i++)
		push(&tasks[i]);
	/* `done` runs only from the main context. */
	while (!g_main_context_pending(NULL))
		g_thread_yield();
	g_assert_cmpuint(self->done, ==, 0);
	g_assert_true(scratch_run_until(three_done, self));

	const char *a = strstr(self->heard->str, "+a"), *b = strstr(self->heard->str, "!b");
	const char *c = strstr(self->heard->str, "+c");
	g_assert_true(a != NULL && a < b && b < c);
	g_assert_true(g_str_has_prefix(self->heard->str, "a "));
	g_assert_true(strstr(self->heard->str, "b ") < strstr(self->heard->str, "c "));
}

static void test_from_done(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct task third = {.fixture = self, .name = "c"};
	struct task second = {.fixture = self, .name = "b", .next = &third};
	struct task first = {.fixture = self, .name = "a", .next = &second};

	push(&first);
	g_assert_true(scratch_run_until(three_done, self));
	g_assert_cmpstr(self->heard->str, ==, "a +a b +b c +c ");
}

/* Pushed jobs are done and reported before worker_free() returns. */
static void test_free_waits(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct task tasks[] = {
		{.fixture = self, .name = "a", .waits = true},
		{.fixture = self, .name = "b", .fails = true},
		{.fixture = self, .name = "c"},
	};

	g_mutex_lock(&self->gate);
	for (gsize i = 0; i < G_N_ELEMENTS(tasks); i++)
		push(&tasks[i]);
	g_mutex_unlock(&self->gate);
	g_clear_pointer(&self->worker, worker_free);
	g_assert_cmpuint(self->done, ==, 3);
	/* Nothing is left to run later. */
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(self->done, ==, 3);
}

static void done_too_late(void *data, const GError *error)
{
	fixture *self = data;

	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	self->done++;
}

static bool never(void *data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

struct late {
	fixture *fixture;
	worker *worker;
};

static bool nothing(void *data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	return true;
}

static void push_one_more(void *data, const GError *error G_GNUC_UNUSED)
{
	struct late *late = data;

	late->fixture->done++;
	worker_push(late->worker, never, done_too_late, late->fixture);
}

/* A process that ends because another node has its store would save its state again. */
static void test_free_takes_no_more(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct late late = {.fixture = self, .worker = self->worker};

	worker_push(self->worker, nothing, push_one_more, &late);
	g_clear_pointer(&self->worker, worker_free);
	g_assert_cmpuint(self->done, ==, 2);
}

static bool is_busy(void *data)
{
	return worker_busy_ms(data) > 0;
}

/* The disk hangs: the main loop continues, and can report it. */
static void test_busy(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct task task = {.fixture = self, .name = "a", .waits = true};

	self->done = 2;
	g_assert_cmpint(worker_busy_ms(self->worker), ==, 0);
	g_mutex_lock(&self->gate);
	push(&task);
	g_assert_true(scratch_run_until(is_busy, self->worker));
	g_mutex_unlock(&self->gate);
	g_assert_true(scratch_run_until(three_done, self));
	g_assert_cmpint(worker_busy_ms(self->worker), ==, 0);
}

/* `done` runs in the context that was the thread's default. */
static void test_context(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	struct task task = {.fixture = self, .name = "a"};

	g_clear_pointer(&self->worker, worker_free);
	g_main_context_push_thread_default(context);
	self->worker = worker_new();
	push(&task);
	while (self->done == 0)
		g_main_context_iteration(context, TRUE);
	g_clear_pointer(&self->worker, worker_free);
	g_main_context_pop_thread_default(context);
}

#define ADD(name, function) g_test_add("/worker/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("order", test_order);
	ADD("from-done", test_from_done);
	ADD("free-waits", test_free_waits);
	ADD("free-takes-no-more", test_free_takes_no_more);
	ADD("busy", test_busy);
	ADD("context", test_context);
	return g_test_run();
}
