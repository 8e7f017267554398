/* SPDX-License-Identifier: GPL-2.0-or-later */

/* base/worker.h with a fiber in the place of the thread. */

#include "base/worker.h"

#include "base/error.h"
#include "chance.h"
#include "scheduler.h"

#define LATENCY_MAX_US 500

struct task {
	worker_job job;
	worker_done done;
	void *data;
	GError *error;
};

struct worker {
	struct actor *whose;
	GQueue pushed;   /* of struct task */
	GQueue finished; /* the same; whose `done` has not run */
	bool active;
	bool ending;
	fiber *joiner; /* waits for the end; NULL: nobody */
	gint64 busy_since_us;
};

static void report_first(void *data)
{
	worker *self = data;
	struct task *task = g_queue_pop_head(&self->finished);

	if (task == NULL)
		return;
	task->done(task->data, task->error);
	g_clear_error(&task->error);
	g_free(task);
}

static void work(void *data)
{
	worker *self = data;
	struct task *task;

	while ((task = g_queue_pop_head(&self->pushed)) != NULL) {
		fiber_sleep(chance_us(0, LATENCY_MAX_US));
		self->busy_since_us = sim_now() + 1;
		task->job(task->data, &task->error);
		self->busy_since_us = 0;
		g_queue_push_tail(&self->finished, task);
		if (!self->ending)
			sim_after(chance_us(0, LATENCY_MAX_US), self->whose, report_first, self);
	}
	self->active = false;
	if (self->joiner != NULL)
		fiber_wake(self->joiner);
}

worker *worker_new(void)
{
	worker *self = g_new0(worker, 1);

	self->whose = sim_actor;
	return self;
}

void worker_push(worker *self, worker_job job, worker_done done, void *data)
{
	struct task *task;

	if (self->ending) {
		g_autoptr(GError) error =
			g_error_new_literal(LF_ERROR, LF_ERROR_FAILED, "the process is ending");

		done(data, error);
		return;
	}
	task = g_new0(struct task, 1);
	task->job = job;
	task->done = done;
	task->data = data;
	g_queue_push_tail(&self->pushed, task);
	if (self->active)
		return;
	self->active = true;
	fiber_start(self->whose, work, self);
}

gint64 worker_busy_ms(worker *self)
{
	return self->busy_since_us == 0 ? 0 : (sim_now() - self->busy_since_us) / 1000;
}

void worker_free(worker *self)
{
	if (self == NULL)
		return;
	self->ending = true;
	while (self->active) {
		self->joiner = fiber_self();
		if (actor_is_dead())
			fiber_yield_to_the_dead();
		else
			fiber_park();
	}
	while (!g_queue_is_empty(&self->finished))
		report_first(self);
	g_free(self);
}
