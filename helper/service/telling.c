/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/telling.h"

#include "server/own.h"
#include "service/recovery.h"

#include <qb/qblog.h>

/* How long one client may keep the others waiting, and all of them together, for the sake of the
 * other groups: one takes 5 ms, or 0.3 s on a slow machine; and the grace period is 10 s at least.
 */
#define TURN_US (G_USEC_PER_SEC / 2)
#define TURNS_US (4 * G_USEC_PER_SEC)

struct telling {
	const struct group_options *options;
	struct problems *problems;
	struct cautions *cautions;
	telling_changed changed;
	void *data;
	recovery_run *run;    /* owned; NULL: no clients are being told */
	client_list *clients; /* borrowed while `run` exists */
	gint64 began;
	gint64 ended;
	guint count;
	struct progress progress;
};

telling *telling_new(const struct group_options *options, struct problems *problems,
	struct cautions *cautions, telling_changed changed, void *data)
{
	telling *self = g_new0(telling, 1);

	self->options = options;
	self->problems = problems;
	self->cautions = cautions;
	self->changed = changed;
	self->data = data;
	return self;
}

bool telling_is_on(const telling *self)
{
	return self->run != NULL;
}

void telling_arrived(telling *self, const struct situation *now, const addresses *here)
{
	const char *const *list = addresses_list(here);
	g_autoptr(GError) first = NULL;

	/* An address may come after the end of grace, before the next look ends the recovery. A
	 * client that is told from it then would reclaim in vain, and forget its locks. */
	if (self->run == NULL || now->grace != KERNEL_GRACE_RUNS)
		return;
	/* If one address cannot be used, the others still can. */
	for (guint i = 0; list[i] != NULL; i++) {
		if (addresses_is_here(here, i))
			recovery_tell_from(self->run, list[i], first == NULL ? &first : NULL);
	}
	problems_set(self->problems, PROBLEM_GRACE, first != NULL ? first->message : NULL);
}

static bool prove_grace(telling *self, const struct situation *now)
{
	g_autoptr(GError) error = NULL;

	if (kernel_grace_allows(&self->options->kernel, now->grace, &error))
		return true;
	g_prefix_error(&error, "clients are not told to reclaim: ");
	problems_set(self->problems, PROBLEM_GRACE, error->message);
	return false;
}

/*
 * For each client that comes back, lockd asks statd, and waits for the answer, and it is one thread
 * for all servers of the node: if all clients come at once, another group's lock waits for all of
 * them. On a shared server the locks of the other groups are lost anyway.
 */
static gint64 turn_us(const telling *self, const client_list *clients)
{
	const struct group_options *options = self->options;
	g_autofree char *other =
		options->own_server ? own_server_find(options->run_dir, options->group) : NULL;

	return other != NULL ? MIN(TURN_US, TURNS_US / MAX(client_list_size(clients), 1)) : 0;
}

static void begin(
	telling *self, const struct situation *now, const addresses *here, client_list *clients)
{
	self->clients = clients;
	self->run = recovery_new(clients, addresses_list(here), self->options->names,
		now->state_number, self->changed, self->data);
	recovery_take_turns(self->run, turn_us(self, clients));
	progress_begin(&self->progress, clients, now->now_us);
	self->began = now->now_s;
	self->ended = 0;
	self->count++;
}

static void say_late(const telling *self, const client_list *clients)
{
	g_autofree char *text = recovery_late_text(clients);

	if (text != NULL)
		cautions_add_passing(self->cautions, text, CAUTION_LOST_S);
}

/* In seconds; 0: not known. */
static guint length_of_grace(const struct situation *now)
{
	return now->lock_manager != NULL ? kernel_lock_manager_grace(now->lock_manager) : 0;
}

enum telling_result telling_look(
	telling *self, const struct situation *now, const addresses *here, client_list *clients)
{
	bool is_over = now->grace == KERNEL_GRACE_OVER;

	if (self->run != NULL && is_over)
		return TELLING_ENDS;
	/* After a restart of this process, or after the address was away: all clients have
	 * answered, so no grace period is needed. */
	if (self->run == NULL && is_over && now->all_have_heard) {
		say_late(self, clients);
		return TELLING_NEEDLESS;
	}
	if (self->run == NULL && prove_grace(self, now))
		begin(self, now, here, clients);
	if (self->run != NULL && now->grace_left_s > 0)
		recovery_expect_end(self->run,
			now->now_us + (gint64)now->grace_left_s * G_USEC_PER_SEC,
			length_of_grace(now));
	telling_arrived(self, now, here);
	return TELLING_GOES_ON;
}

void telling_note(telling *self, gint64 now_us)
{
	if (self->run == NULL)
		return;
	progress_look(&self->progress, self->clients, now_us);
	recovery_note(self->run);
}

static void say_over(const telling *self, guint lost)
{
	guint may_have_lost = client_list_count(self->clients, RECOVERY_MAY_HAVE_LOST);

	qb_log(lost + may_have_lost > 0 ? LOG_WARNING : LOG_NOTICE,
		"grace is over after %" G_GINT64_FORMAT
		" s: of %u clients %u reclaimed (the last one after %.1f s), %u answered and were not recorded again, %u lost, %u may have lost locks",
		self->ended - self->began, client_list_size(self->clients),
		client_list_count(self->clients, RECOVERY_RECLAIMED),
		progress_seconds(&self->progress, RECOVERY_RECLAIMED),
		client_list_count(self->clients, RECOVERY_ACKNOWLEDGED), lost, may_have_lost);
}

void telling_finish(
	telling *self, const struct situation *now, bool locks_are_back, bool other_groups)
{
	guint lost;

	if (!locks_are_back)
		say_late(self, self->clients);
	lost = recovery_finish(self->run, locks_are_back, other_groups);
	g_clear_pointer(&self->run, recovery_free);
	self->ended = now->now_s;
	say_over(self, lost);
}

void telling_abandon(telling *self)
{
	g_clear_pointer(&self->run, recovery_free);
}

struct telling_view telling_view(const telling *self)
{
	return (struct telling_view){
		.began = self->began,
		.ended = self->ended,
		.count = self->count,
		.progress = &self->progress,
	};
}

void telling_free(telling *self)
{
	if (self == NULL)
		return;
	telling_abandon(self);
	g_free(self);
}
