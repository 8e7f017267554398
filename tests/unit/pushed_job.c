/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pushed_job.h"

void __wrap_worker_push(worker *self, worker_job job, worker_done done, void *data);

static struct {
	const worker *thread;
	worker_job job;
	worker_done done;
	void *data;
} pushed;

void __wrap_worker_push(worker *self, worker_job job, worker_done done, void *data)
{
	g_assert_null(pushed.job);
	pushed.thread = self;
	pushed.job = job;
	pushed.done = done;
	pushed.data = data;
}

bool pushed_job_waits(void)
{
	return pushed.job != NULL;
}

bool pushed_job_is_of(const worker *thread)
{
	return pushed.job != NULL && pushed.thread == thread;
}

bool pushed_job_do(void)
{
	g_autoptr(GError) error = NULL;
	worker_job job = pushed.job;

	if (job == NULL)
		return false;
	/* `done` may push the next job. */
	pushed.job = NULL;
	job(pushed.data, &error);
	pushed.done(pushed.data, error);
	return true;
}
