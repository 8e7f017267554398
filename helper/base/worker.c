/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/worker.h"

#include "base/clock.h"
#include "base/error.h"

struct task {
	worker *owner;
	worker_job job;
	worker_done done;
	void *data;
	GError *error;
};

struct worker {
	GThread *thread;
	GAsyncQueue *queue; /* of struct task; a task without a job ends the thread */
	GMainContext *context;
	bool ending;
	guint owed; /* jobs whose `done` was not called yet; only used by the main thread */
	gint64 busy_since_us; /* monotonic; 0 if idle; atomic, because the main thread reads it */
};

static gboolean report_done(gpointer data)
{
	struct task *task = data;

	task->owner->owed--;
	task->done(task->data, task->error);
	return G_SOURCE_REMOVE;
}

static void task_free(gpointer data)
{
	struct task *task = data;

	g_clear_error(&task->error);
	g_free(task);
}

static gpointer work(gpointer data)
{
	worker *self = data;
	struct task *task;

	while ((task = g_async_queue_pop(self->queue))->job != NULL) {
		g_autoptr(GSource) source = g_idle_source_new();

		__atomic_store_n(&self->busy_since_us, clock_now_us(), __ATOMIC_RELAXED);
		task->job(task->data, &task->error);
		__atomic_store_n(&self->busy_since_us, 0, __ATOMIC_RELAXED);
		g_source_set_priority(source, G_PRIORITY_DEFAULT);
		g_source_set_callback(source, report_done, task, task_free);
		g_source_attach(source, self->context);
	}
	task_free(task);
	return NULL;
}

worker *worker_new(void)
{
	worker *self = g_new0(worker, 1);

	self->queue = g_async_queue_new();
	self->context = g_main_context_ref_thread_default();
	self->thread = g_thread_new("worker", work, self);
	return self;
}

static void queue(worker *self, worker_job job, worker_done done, void *data)
{
	struct task *task = g_new0(struct task, 1);

	task->owner = self;
	task->job = job;
	task->done = done;
	task->data = data;
	if (job != NULL)
		self->owed++;
	g_async_queue_push(self->queue, task);
}

/* The thread may have ended. Then the job would never run, and its `done` would be owed for
 * ever. */
static void refuse(worker_done done, void *data)
{
	g_autoptr(GError) error =
		g_error_new_literal(LF_ERROR, LF_ERROR_FAILED, "the process is ending");

	done(data, error);
}

void worker_push(worker *self, worker_job job, worker_done done, void *data)
{
	if (self->ending)
		refuse(done, data);
	else
		queue(self, job, done, data);
}

gint64 worker_busy_ms(worker *self)
{
	gint64 since_us = __atomic_load_n(&self->busy_since_us, __ATOMIC_RELAXED);

	return since_us == 0 ? 0 : (clock_now_us() - since_us) / 1000;
}

void worker_free(worker *self)
{
	if (self == NULL)
		return;
	self->ending = true;
	queue(self, NULL, NULL, NULL);
	g_thread_join(self->thread);
	/* Every `done` that is still owed is called now. Otherwise it could later use memory
	 * that its owner frees after this function. */
	while (self->owed > 0)
		g_main_context_iteration(self->context, FALSE);
	g_async_queue_unref(self->queue);
	g_main_context_unref(self->context);
	g_free(self);
}
