/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/leftovers.h"

#include "service/memory.h"

#include <qb/qblog.h>

struct leftovers {
	const struct group_options *options;
	sm_dir *sm_dir;
	worker *writes;
	gint64 calm_since_us; /* since when the conditions have been true, monotonic */
	bool taken_back;      /* done, or the job is with the worker */
};

struct take_back_job {
	const struct group_options *options;
	sm_dir *sm_dir;
	char *lock_manager; /* owned */
	char *statd;        /* owned */
	GPtrArray *files;   /* owned; of owned char * */
	GPtrArray *taken;   /* out; the ones taken back, owned in the same way */
};

leftovers *leftovers_new(const struct group_options *options, sm_dir *live, worker *writes)
{
	leftovers *self = g_new0(leftovers, 1);

	self->options = options;
	self->sm_dir = live;
	self->writes = writes;
	return self;
}

/* Checks the conditions again: the worker may have been busy for a long time. */
static bool is_proven_still(const struct take_back_job *job)
{
	const struct kernel *kernel = &job->options->kernel;

	return kernel_grace(kernel) == KERNEL_GRACE_OVER &&
	       kernel_lock_manager_is(kernel, job->lock_manager) &&
	       kernel_statd_is(kernel, job->statd);
}

static bool run_take_back_job(void *data, GError **error)
{
	struct take_back_job *job = data;

	return !is_proven_still(job) ||
	       sm_dir_take_back(job->sm_dir, job->files, job->taken, error);
}

static void take_back_job_done(void *data, const GError *error)
{
	struct take_back_job *job = data;
	const char *directory = job->options->sm_dir;

	/* The records stay until the next recovery, where each costs a packet or two. */
	if (error != NULL)
		qb_log(LOG_WARNING,
			"cannot take back records of clients that did not come back: %s",
			error->message);
	if (job->taken->len == 1)
		qb_log(LOG_INFO, "record '%s' taken back from '%s': its client did not come back",
			(const char *)g_ptr_array_index(job->taken, 0), directory);
	else if (job->taken->len > 1)
		qb_log(LOG_INFO, "%u records taken back from '%s': their clients did not come back",
			job->taken->len, directory);
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

static void take_back(
	const leftovers *self, const struct situation *now, const client_list *clients)
{
	struct take_back_job *job = g_new0(struct take_back_job, 1);

	job->options = self->options;
	job->sm_dir = self->sm_dir;
	job->lock_manager = g_strdup(now->lock_manager);
	job->statd = g_strdup(now->statd);
	job->files = g_ptr_array_new_with_free_func(g_free);
	job->taken = g_ptr_array_new_with_free_func(g_free);
	client_list_each(clients, add_if_not_back, job->files);
	worker_push(self->writes, run_take_back_job, take_back_job_done, job);
}

static bool is_calm(const struct situation *now)
{
	return now->grace == KERNEL_GRACE_OVER && now->lock_manager_runs &&
	       kernel_is_older(now->statd, now->server_began);
}

void leftovers_look(leftovers *self, const struct situation *now, const client_list *clients)
{
	gint64 delay_us = (gint64)self->options->deletion_delay_s * G_USEC_PER_SEC;

	if (now->phase != PHASE_SERVING || self->taken_back)
		return;
	if (!is_calm(now)) {
		self->calm_since_us = now->now_us;
		return;
	}
	if (now->now_us - self->calm_since_us < delay_us)
		return;
	self->taken_back = true;
	take_back(self, now, clients);
}

void leftovers_renew(leftovers *self, gint64 now_us)
{
	self->calm_since_us = now_us;
	self->taken_back = false;
}

void leftovers_free(leftovers *self)
{
	g_free(self);
}
