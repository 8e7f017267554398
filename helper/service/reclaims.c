/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The locks that clients have to reclaim: after a clean hand-over, how many are back, and the grace
 * period ended with the last one; and as it is over, whether some are not back. A look at
 * /proc/locks takes time, and the other groups that are asked may not answer, so both are jobs of a
 * thread of their own.
 */

#include "server/grace.h"
#include "service/internal.h"
#include "service/memory.h"
#include "verify/group_look.h"

#include <qb/qblog.h>

/* While the kernel lists locks it grants none: so looks take a fifth of the time at most (3 s for
 * one where 100,000 are held). */
#define REST_PER_LOOK 4

struct look_job {
	struct service *self;
	const struct group_options *options;
	lock_set *locks;    /* owned */
	guint64 epoch;      /* of the state, when they were to be reclaimed */
	char *lock_manager; /* owned; likewise */
	bool wait;          /* grace goes on, even with all of them back */
	bool last;          /* grace is over: what is missing now stays so */
	guint missing;      /* out */
	bool all_back;      /* out; in two looks in a row */
	gint64 took_us;     /* out */
	struct grace_end end;
};

/* What the job may take for each of its two looks. */
#define LOOKS_MS 10000

/*
 * Whether every lock is back, in looks that were joined for it. A lock that was left out of a look
 * counts as missing until the next one, and what is far from complete is not worth more of them.
 */
static bool look(struct look_job *job, bool *all, GError **error)
{
	struct group_look seen = {0};
	bool good =
		group_look_run(&seen, job->options, job->lock_manager, job->locks, LOOKS_MS, error);

	/* After a restart every lock has to be reclaimed once more: none is lost yet. */
	if (good)
		job->missing =
			job->last && seen.restarted ? 0 : lock_set_missing(job->locks, seen.held);
	/* In grace only locks that were held before are granted: so the set lacked some. */
	if (good && lock_set_size(job->locks) == 0 && lock_set_size(seen.held) > 0)
		job->wait = true;
	*all = good && job->missing == 0 && !seen.restarted;
	group_look_clear(&seen);
	return good;
}

/* It takes two complete looks in a row: one alone may list a lock twice that two clients share. */
static bool run_look_job(void *data, GError **error)
{
	struct look_job *job = data;
	gint64 began_us = g_get_monotonic_time();
	bool all;
	bool good = look(job, &all, error) && (!all || look(job, &all, error));

	job->took_us = g_get_monotonic_time() - began_us;
	job->all_back = good && all;
	if (!good || !all || job->wait)
		return good;
	return grace_end(job->options, job->lock_manager, &job->end, error);
}

static void forget_locks(struct reclaims *self)
{
	self->known = false;
	self->expected = false;
	self->all_back = false;
	g_clear_pointer(&self->locks, lock_set_free);
	g_clear_pointer(&self->needed_by, g_free);
}

static void say_ended(const struct reclaims *self)
{
	double seconds = (double)(g_get_monotonic_time() - self->began_us) / G_USEC_PER_SEC;

	if (self->noted > 0)
		qb_log(LOG_NOTICE,
			"every one of the %u locks noted at the hand-over is back: grace is ended "
			"after %.1f s",
			self->noted, seconds);
	else
		qb_log(LOG_NOTICE, "no lock was held at the hand-over: grace is ended after %.1f s",
			seconds);
	if (self->awaited != NULL)
		qb_log(LOG_WARNING, "%s", self->awaited);
}

static void use_look(struct reclaims *self, struct look_job *job)
{
	self->locks = g_steal_pointer(&job->locks);
	self->missing = job->missing;
	self->all_back = job->all_back && !job->wait;
	self->look_due_us = g_get_monotonic_time() + job->took_us * REST_PER_LOOK;
	if (job->end.needed_by != NULL && g_strcmp0(self->needed_by, job->end.needed_by) != 0)
		qb_log(LOG_NOTICE,
			"every one of the %u locks noted at the hand-over is back, but group '%s' "
			"may still need the grace period",
			self->noted, job->end.needed_by);
	g_free(self->needed_by);
	self->needed_by = g_steal_pointer(&job->end.needed_by);
	if (!job->end.ended)
		return;
	g_free(self->awaited);
	self->awaited = g_steal_pointer(&job->end.awaited);
	say_ended(self);
}

/* How long it shows: until somebody has looked, who may sleep. */
#define LOST_WARNING_S (12 * 3600)

/* Clients that were told, and heard, may still have been too slow for some of their locks. */
static void say_lost(struct service *self, guint missing)
{
	g_autofree char *text = NULL;

	if (missing == 0)
		return;
	text = g_strdup_printf(
		"%u of the %u locks %s were not reclaimed before the grace period ended: unless "
		"%s, they are lost: 'lockferry verify --store %s' names them; restart their "
		"applications",
		missing, self->reclaims.noted,
		self->reclaims.after_crash ? "recorded before the crash" : "noted at the hand-over",
		self->reclaims.after_crash
			? "they were unlocked right before it, or their processes have ended"
			: "the processes that held them have ended",
		self->options->store);
	cautions_add_passing(&self->cautions, text, LOST_WARNING_S);
}

/* At once: a process that is started in our place now would find a recovery that is due, and no
 * grace. */
static void end_recovery(struct service *self)
{
	if (self->state->phase == PHASE_RECLAIMING && !self->stopping)
		service_watch_recovery(self);
	forget_locks(&self->reclaims);
}

static void use_result(struct service *self, struct look_job *job)
{
	if (job->last) {
		say_lost(self, job->missing);
		forget_locks(&self->reclaims);
		return;
	}
	use_look(&self->reclaims, job);
	memory_freed();
	if (job->end.ended)
		end_recovery(self);
}

static void look_job_done(void *data, const GError *error)
{
	struct look_job *job = data;
	struct service *self = job->self;

	if (error != NULL) {
		/* That it runs its full length is no problem. */
		qb_log(LOG_WARNING, "%s: %s",
			job->last ? "whether every lock is back is not known"
				  : "the grace period is not ended early",
			error->message);
		forget_locks(&self->reclaims);
	} else if (self->reclaims.expected && self->state->epoch == job->epoch) {
		use_result(self, job);
	}
	grace_end_clear(&job->end);
	lock_set_free(job->locks);
	g_free(job->lock_manager);
	g_free(job);
}

/* A set of no locks looks the same where locks were held that nobody noticed: so where there are
 * clients, it takes them all to have heard first. */
static bool is_proof(const struct service *self)
{
	return self->reclaims.noted > 0 || service_all_have_heard(self);
}

static void push_look(struct service *self, bool last)
{
	struct look_job *job = g_new0(struct look_job, 1);

	job->self = self;
	job->options = self->options;
	job->locks = g_steal_pointer(&self->reclaims.locks);
	job->epoch = self->state->epoch;
	job->lock_manager = g_strdup(self->state->lock_manager);
	job->last = last;
	job->wait = last || !is_proof(self);
	worker_push(service_looks(self), run_look_job, look_job_done, job);
}

/* Clients are being told; or there are none, and so nobody to wait for. */
static bool is_reclaiming(const struct service *self)
{
	enum phase phase = self->state->phase;

	return (phase == PHASE_RECLAIMING && self->recovery != NULL) ||
	       (!self->state->recovery_due && (phase == PHASE_ARMED || phase == PHASE_SERVING));
}

static void watch_nfs4(struct service *self)
{
	if (self->reclaims.awaited == NULL || kernel_nfs4_grace_runs(&self->options->kernel))
		return;
	g_clear_pointer(&self->reclaims.awaited, g_free);
	qb_log(LOG_NOTICE, "the grace period of NFSv4 is over as well: new locks are granted");
}

void service_watch_reclaims(struct service *self)
{
	struct reclaims *reclaims = &self->reclaims;
	bool last = kernel_grace(&self->options->kernel) != KERNEL_GRACE_RUNS;

	watch_nfs4(self);
	if (reclaims->locks == NULL || !is_reclaiming(self) || !(last || reclaims->known) ||
		g_get_monotonic_time() < reclaims->look_due_us)
		return;
	push_look(self, last);
}

void service_expect_reclaims(struct service *self, struct takeover *takeover)
{
	struct reclaims *reclaims = &self->reclaims;

	forget_locks(reclaims);
	g_clear_pointer(&reclaims->awaited, g_free);
	reclaims->locks = g_steal_pointer(&takeover->to_reclaim);
	reclaims->expected = reclaims->locks != NULL;
	reclaims->known =
		reclaims->expected && takeover->to_reclaim_exact && self->options->early_grace_end;
	reclaims->after_crash = takeover->after_crash;
	reclaims->noted = reclaims->locks != NULL ? lock_set_size(reclaims->locks) : 0;
	reclaims->missing = reclaims->noted;
	reclaims->began_us = g_get_monotonic_time();
	reclaims->look_due_us = 0;
}

bool service_needs_grace(const struct service *self)
{
	const group_state *state = self->state;

	/* One that was restarted a moment ago may not have been noticed. */
	if (state == NULL || self->taking_over ||
		!kernel_lock_manager_is(&self->options->kernel, state->lock_manager))
		return true;
	return !self->reclaims.all_back && (state->phase != PHASE_SERVING || state->recovery_due);
}

void service_clear_reclaims(struct service *self)
{
	forget_locks(&self->reclaims);
	g_clear_pointer(&self->reclaims.awaited, g_free);
}
