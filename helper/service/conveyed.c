/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Conveyed records whose client did not come back. */

#include "service/internal.h"
#include "service/memory.h"

#include <qb/qblog.h>

struct take_back_job {
	struct service *self;
	char *lock_manager;
	char *statd;
	GPtrArray *files;
	GPtrArray *taken;
};

static bool is_proven(const struct kernel *kernel, const char *lock_manager, const char *statd)
{
	return kernel_grace(kernel) == KERNEL_GRACE_OVER &&
	       kernel_lock_manager_is(kernel, lock_manager) && kernel_statd_is(kernel, statd) &&
	       kernel_is_older(statd, lock_manager);
}

/* The writer may have been busy for long. */
static bool run_take_back_job(void *data, GError **error)
{
	struct take_back_job *job = data;

	if (!is_proven(&job->self->options->kernel, job->lock_manager, job->statd))
		return true;
	return sm_dir_take_back(job->self->live, job->files, job->taken, error);
}

static void take_back_job_done(void *data, const GError *error)
{
	struct take_back_job *job = data;
	struct service *self = job->self;

	/* They stay until the next recovery: each costs a packet or two in it. */
	if (error != NULL)
		qb_log(LOG_WARNING, "can't take back records of clients that did not come back: %s",
			error->message);
	if (job->taken->len == 1)
		qb_log(LOG_INFO, "record '%s' taken back from '%s': its client did not come back",
			(const char *)g_ptr_array_index(job->taken, 0), self->options->sm_dir);
	else if (job->taken->len > 1)
		qb_log(LOG_INFO, "%u records taken back from '%s': their clients did not come back",
			job->taken->len, self->options->sm_dir);
	memory_freed();
	g_ptr_array_unref(job->files);
	g_ptr_array_unref(job->taken);
	g_free(job->lock_manager);
	g_free(job->statd);
	g_free(job);
}

static void add_if_not_back(client *entry, void *data)
{
	if (entry->recovery == RECOVERY_ACKNOWLEDGED || recovery_is_unheard(entry->recovery))
		g_ptr_array_add(data, g_strdup(entry->file));
}

static void take_back(struct service *self, const char *statd)
{
	struct take_back_job *job = g_new0(struct take_back_job, 1);

	job->self = self;
	job->lock_manager = g_strdup(self->state->lock_manager);
	job->statd = g_strdup(statd);
	job->files = g_ptr_array_new_with_free_func(g_free);
	job->taken = g_ptr_array_new_with_free_func(g_free);
	client_list_each(self->clients, add_if_not_back, job->files);
	worker_push(self->thread, run_take_back_job, take_back_job_done, job);
}

void service_conveyed_anew(struct service *self)
{
	self->calm_since_us = g_get_monotonic_time();
	self->took_back = false;
}

void service_watch_conveyed(struct service *self)
{
	gint64 delay_us = (gint64)self->options->deletion_delay_s * G_USEC_PER_SEC;
	gint64 now_us = g_get_monotonic_time();
	const char *statd;

	if (self->state->phase != PHASE_SERVING || self->took_back)
		return;
	statd = service_statd(self);
	if (!is_proven(&self->options->kernel, self->state->lock_manager, statd)) {
		self->calm_since_us = now_us;
		return;
	}
	if (now_us - self->calm_since_us < delay_us)
		return;
	self->took_back = true;
	take_back(self, statd);
}
