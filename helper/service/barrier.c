/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The barrier between a client's first lock and its record. statd runs lockferry-callout after it
 * wrote the record and before it answers lockd, which grants the lock only then (nfs-utils
 * utils/statd/monitor.c; Linux fs/lockd/svclock.c). So until we answer the callout, the lock isn't
 * granted; and we answer when the record is durable.
 *
 * statd waits for one callout at a time. So a disk that hangs holds up one client for the whole
 * time-out; the clients after it are answered at once until the disk has answered.
 */

#include "nsm/statd_rights.h"
#include "service/internal.h"

#include <qb/qblog.h>

/* How long status shows that the callout missed clients: several monitor intervals. */
#define MISSED_SHOWN_US ((gint64)600 * G_USEC_PER_SEC)

/* How often statd's rights are looked at: once in a monitor interval. */
#define STATD_LOOK_US ((gint64)10 * G_USEC_PER_SEC)

struct barrier {
	struct service *self;
	control_call *call; /* NULL: answered */
	char *mon_name;
	guint timeout_source;
	gint64 begun_us; /* monotonic */
};

static void answer(control_call *call, const char *member, bool value)
{
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_boolean_member(object, member, value);
	control_answer(call, object);
}

static void barrier_free(struct barrier *barrier)
{
	g_clear_handle_id(&barrier->timeout_source, g_source_remove);
	g_free(barrier->mon_name);
	g_free(barrier);
}

static void note_late(struct service *self, const char *mon_name)
{
	g_autofree char *text = NULL;

	self->barriers.late++;
	if (self->barriers.late == 1)
		text = g_strdup_printf("client '%s' may have got a lock before its record was on "
				       "the disk, which took "
				       "more than %u ms: look at the disk of the store",
			mon_name, self->options->record_timeout_ms);
	else
		text = g_strdup_printf("%u clients, the last of them '%s', may have got locks "
				       "before their records were on the disk, which took more "
				       "than %u ms: look at the disk of the store",
			self->barriers.late, mon_name, self->options->record_timeout_ms);
	problems_set(&self->problems, PROBLEM_LATE, text);
}

static gboolean too_late(gpointer data)
{
	struct barrier *barrier = data;

	barrier->timeout_source = 0;
	note_late(barrier->self, barrier->mon_name);
	answer(g_steal_pointer(&barrier->call), "recorded", false);
	return G_SOURCE_REMOVE;
}

static void durable(void *data, const GError *error)
{
	struct barrier *barrier = data;
	struct service *self = barrier->self;

	if (error == NULL) {
		histogram_observe(&self->latency,
			(double)(g_get_monotonic_time() - barrier->begun_us) / G_USEC_PER_SEC);
		problems_set(&self->problems, PROBLEM_LATE, NULL);
		self->barriers.late = 0;
	}
	if (barrier->call != NULL)
		answer(g_steal_pointer(&barrier->call), "recorded", error == NULL);
	barrier_free(barrier);
}

void service_record(struct service *self, const char *mon_name, control_call *call)
{
	struct barrier *barrier;

	self->callouts++;
	/* Adopting the group reads all records, and before its address is here none of its locks
	 * can be taken here. */
	if (!self->barriers.open && !addresses_any_here(self->here)) {
		answer(call, "served", false);
		return;
	}
	if (self->clients != NULL && client_list_find(self->clients, mon_name) == NULL) {
		intake_note(&self->intake, 1, g_get_monotonic_time());
		/* That is said by status, not for each of them. */
		if (intake_is_full(client_list_size(self->clients))) {
			answer(call, "recorded", false);
			return;
		}
	}
	/* Whoever was late waits for the disk, for all. */
	if (self->barriers.late > 0) {
		note_late(self, mon_name);
		answer(call, "recorded", false);
		return;
	}
	barrier = g_new0(struct barrier, 1);
	barrier->self = self;
	barrier->call = call;
	barrier->mon_name = g_strdup(mon_name);
	barrier->begun_us = g_get_monotonic_time();
	barrier->timeout_source =
		g_timeout_add(self->options->record_timeout_ms, too_late, barrier);
	if (self->barriers.open)
		recorder_sync(self->records, durable, barrier);
	else
		g_queue_push_tail(&self->barriers.early, barrier);
}

void service_open_barriers(struct service *self)
{
	struct barrier *barrier;

	self->barriers.open = true;
	while ((barrier = g_queue_pop_head(&self->barriers.early)) != NULL)
		recorder_sync(self->records, durable, barrier);
}

void service_clear_barriers(struct service *self)
{
	struct barrier *barrier;

	while ((barrier = g_queue_pop_head(&self->barriers.early)) != NULL) {
		if (barrier->call != NULL)
			answer(g_steal_pointer(&barrier->call), "recorded", false);
		barrier_free(barrier);
	}
}

void service_watch_missed(struct service *self)
{
	struct barriers *barriers = &self->barriers;
	gint64 now_us = g_get_monotonic_time();
	g_autofree char *last = NULL;
	g_autofree char *text = NULL;
	guint count = missed_look(barriers->missed, &last);

	if (count == 0) {
		if (now_us - barriers->missed_us > MISSED_SHOWN_US)
			problems_set(&self->problems, PROBLEM_MISSED, NULL);
		return;
	}
	barriers->missed_us = now_us;
	barriers->missed_count += count;
	text = g_strdup_printf("lockferry-callout could not hand over %" G_GUINT64_FORMAT
			       " clients, the last of them '%s': they may have got locks before "
			       "their records were on the disk; the system's log has the reason",
		barriers->missed_count, last != NULL ? last : "unknown");
	problems_set(&self->problems, PROBLEM_MISSED, text);
}

/* The text for status, the caller frees it; NULL: nothing is wrong. Users by number: to ask for
 * their names can take long. */
static char *what_bars(const struct service *self, const struct statd_rights *rights)
{
	if (rights->barred != NULL)
		return g_strdup_printf("rpc.statd runs as user %u, whom '%s' (owner %u, mode "
				       "%03o) keeps from recording clients: no client gets its "
				       "first NFSv3 lock; 'lockferry check' has the cure",
			(unsigned)rights->user, rights->barred, (unsigned)rights->owner,
			(unsigned)rights->mode);
	if (rights->user == 0 || rights->user == self->recording_user)
		return NULL;
	return g_strdup_printf("rpc.statd runs as user %u, but '%s' belonged to user %u when this "
			       "process began: its callout can't hand over clients; 'lockferry "
			       "check' has the cure",
		(unsigned)rights->user, self->options->sm_dir, (unsigned)self->recording_user);
}

void service_watch_statd(struct service *self)
{
	struct barriers *barriers = &self->barriers;
	gint64 now_us = g_get_monotonic_time();
	struct statd_rights rights;
	g_autofree char *text = NULL;

	if (now_us < barriers->statd_due_us)
		return;
	barriers->statd_due_us = now_us + STATD_LOOK_US;
	if (statd_rights_look(self->options->kernel.proc_dir, service_statd(self),
		    self->options->sm_dir, &rights)) {
		text = what_bars(self, &rights);
		statd_rights_clear(&rights);
	}
	problems_set(&self->problems, PROBLEM_STATD, text);
}
