/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The barrier between a client's first lock and its record. statd runs lockferry-callout after it
 * wrote the record and before it answers lockd, which grants the lock only then (nfs-utils
 * utils/statd/monitor.c; Linux fs/lockd/svclock.c). So until we answer the callout, the lock isn't
 * granted; and we answer when the record is durable.
 */

#include "service/internal.h"

struct barrier {
	struct service *self;
	control_call *call; /* NULL: answered */
	char *mon_name;
	guint timeout_source;
	gint64 begun_us; /* monotonic */
};

static void answer(struct barrier *barrier, bool recorded)
{
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_boolean_member(object, "recorded", recorded);
	control_answer(g_steal_pointer(&barrier->call), object);
}

static void note_late(struct service *self, const char *mon_name)
{
	g_autofree char *text = g_strdup_printf(
		"client '%s' may have got a lock before its record was on the disk, which took "
		"more than %u ms: look at the disk of the store",
		mon_name, self->options->record_timeout_ms);

	problems_set(&self->problems, PROBLEM_LATE, text);
}

/* A disk that hangs must not hang every client of the node for ever. */
static gboolean too_late(gpointer data)
{
	struct barrier *barrier = data;

	barrier->timeout_source = 0;
	note_late(barrier->self, barrier->mon_name);
	answer(barrier, false);
	return G_SOURCE_REMOVE;
}

static void durable(void *data, const GError *error)
{
	struct barrier *barrier = data;

	g_clear_handle_id(&barrier->timeout_source, g_source_remove);
	if (error == NULL) {
		histogram_observe(&barrier->self->latency,
			(double)(g_get_monotonic_time() - barrier->begun_us) / G_USEC_PER_SEC);
		problems_set(&barrier->self->problems, PROBLEM_LATE, NULL);
	}
	if (barrier->call != NULL)
		answer(barrier, error == NULL);
	g_free(barrier->mon_name);
	g_free(barrier);
}

void service_record(struct service *self, const char *mon_name, control_call *call)
{
	struct barrier *barrier = g_new0(struct barrier, 1);

	self->callouts++;
	barrier->self = self;
	barrier->call = call;
	barrier->mon_name = g_strdup(mon_name);
	barrier->begun_us = g_get_monotonic_time();
	/* Before the group is adopted none of its locks can be taken here, and adopting it reads
	 * all records. */
	if (!self->watching) {
		durable(barrier, NULL);
		return;
	}
	barrier->timeout_source =
		g_timeout_add(self->options->record_timeout_ms, too_late, barrier);
	recorder_sync(self->records, durable, barrier);
}
