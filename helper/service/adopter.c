/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/adopter.h"

#include <qb/qblog.h>

/* How long the warning about a new store is shown. It passes by itself, because a new store is
 * normal at the first start of a group. */
#define NEW_STORE_WARNING_S 300

struct adopter {
	const struct group_options *options;
	sm_dir *sm_dir;
	worker *writes;
	struct capture *capture;
	struct cautions *cautions;
	const struct adopter_events *events;
	void *data;
	store *store;              /* owned; used by the worker's thread */
	struct takeover_wait wait; /* shared with the job */
	GArray *filesystems;       /* owned */
	char *fencing;             /* owned */
	struct grace_length grace;
	bool fencing_known;
	guint unreadable;
};

struct adoption_job {
	adopter *self;
	GPtrArray *known; /* owned */
	struct takeover takeover;
};

adopter *adopter_new(const struct group_options *options, sm_dir *live, worker *writes,
	struct capture *capture, struct cautions *cautions, const struct adopter_events *events,
	void *data)
{
	adopter *self = g_new0(adopter, 1);

	self->options = options;
	self->sm_dir = live;
	self->writes = writes;
	self->capture = capture;
	self->cautions = cautions;
	self->events = events;
	self->data = data;
	g_mutex_init(&self->wait.lock);
	return self;
}

static bool run_adoption_job(void *data, GError **error)
{
	struct adoption_job *job = data;
	struct capture *capture = job->self->capture;

	if (!takeover_run(&job->takeover, error))
		return false;
	capture->sm_dir = job->takeover.sm_dir;
	capture->store = job->takeover.store;
	return true;
}

static void use_cautions(adopter *self, const struct takeover *takeover)
{
	cautions_clear(self->cautions);
	self->unreadable = takeover->unreadable;
	for (guint i = 0; i < takeover->cautions->len; i++)
		cautions_add(self->cautions, g_ptr_array_index(takeover->cautions, i));
	if (takeover->new_store != NULL)
		cautions_add_passing(self->cautions, takeover->new_store, NEW_STORE_WARNING_S);
}

static const char *adoption_text(const struct takeover *takeover)
{
	if (takeover->adoption == ADOPTION_RESUME && takeover->new_store != NULL)
		return "its store is new";
	switch (takeover->adoption) {
	case ADOPTION_RECOVER:
		return "its clients must reclaim their locks";
	case ADOPTION_CONTINUE:
		return "its recovery goes on";
	case ADOPTION_RESUME:
	case ADOPTION_REFUSED:
		break;
	}
	return "no lock was lost";
}

static void use_takeover(adopter *self, struct takeover *takeover)
{
	guint clients;

	g_clear_pointer(&self->filesystems, g_array_unref);
	self->filesystems = g_steal_pointer(&takeover->filesystems);
	g_free(self->fencing);
	self->fencing = g_steal_pointer(&takeover->fencing);
	self->fencing_known = takeover->fencing_known;
	use_cautions(self, takeover);
	if (takeover->server_began_us != 0)
		self->grace = takeover->grace;
	clients = self->events->taken(takeover, self->data);
	for (guint i = 0; i < takeover->warnings->len; i++)
		qb_log(LOG_WARNING, "%s", (const char *)g_ptr_array_index(takeover->warnings, i));
	qb_log(LOG_NOTICE, "group '%s' taken over with %u clients: %s", self->options->group,
		clients, adoption_text(takeover));
	qb_log(LOG_NOTICE, "this node in Pacemaker's fencing history: %s", self->fencing);
}

static void adoption_job_done(void *data, const GError *error)
{
	struct adoption_job *job = data;
	adopter *self = job->self;

	self->store = job->takeover.store;
	if (error == NULL)
		use_takeover(self, &job->takeover);
	else
		self->events->failed(error, self->data);
	takeover_clear(&job->takeover);
	g_clear_pointer(&job->known, g_ptr_array_unref);
	g_free(job);
}

void adopter_begin(adopter *self, bool address_is_here, GPtrArray *known)
{
	struct adoption_job *job = g_new0(struct adoption_job, 1);

	job->self = self;
	job->takeover.options = self->options;
	job->takeover.sm_dir = self->sm_dir;
	job->takeover.wait = &self->wait;
	job->known = known;
	job->takeover.known = known;
	job->takeover.address_is_here = address_is_here;
	job->takeover.store = self->store;
	worker_push(self->writes, run_adoption_job, adoption_job_done, job);
}

void adopter_give_up(adopter *self)
{
	g_atomic_int_set(&self->wait.given_up, true);
}

store *adopter_store(const adopter *self)
{
	return self->store;
}

gint64 adopter_disk_ms(adopter *self, gint64 now_us)
{
	gint64 waited_us = __atomic_load_n(&self->wait.ended_us, __ATOMIC_RELAXED);

	if (g_atomic_int_get(&self->wait.waits))
		return 0;
	return MIN(worker_busy_ms(self->writes), (now_us - waited_us) / 1000);
}

char *adopter_waits_for(adopter *self)
{
	return takeover_wait_text(&self->wait);
}

struct adopter_view adopter_view(const adopter *self)
{
	return (struct adopter_view){
		.filesystems = self->filesystems,
		.fencing = self->fencing,
		.grace = self->grace,
		.fencing_known = self->fencing_known,
		.unreadable = self->unreadable,
	};
}

void adopter_free(adopter *self)
{
	if (self == NULL)
		return;
	g_clear_pointer(&self->store, store_close);
	g_clear_pointer(&self->filesystems, g_array_unref);
	g_free(self->fencing);
	g_free(self->wait.why);
	g_mutex_clear(&self->wait.lock);
	g_free(self);
}
