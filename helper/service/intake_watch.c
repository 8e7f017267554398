/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/intake_watch.h"

#include "group/intake.h"

struct intake_watch {
	struct problems *problems;
	gint *full;
	struct intake intake;
	guint64 callouts;
};

intake_watch *intake_watch_new(struct problems *problems, gint *full)
{
	intake_watch *self = g_new0(intake_watch, 1);

	self->problems = problems;
	self->full = full;
	return self;
}

bool intake_watch_admits(
	intake_watch *self, const client_list *clients, const char *mon_name, gint64 now_us)
{
	if (clients == NULL || client_list_find(clients, mon_name) != NULL)
		return true;
	intake_note(&self->intake, 1, now_us);
	return !intake_is_full(client_list_size(clients));
}

void intake_watch_callout(intake_watch *self)
{
	self->callouts++;
}

void intake_watch_note(intake_watch *self, guint clients, gint64 now_us)
{
	if (self->callouts == 0)
		intake_note(&self->intake, clients, now_us);
}

static void say_flood(intake_watch *self, gint64 now_us)
{
	guint most = intake_flood(&self->intake, now_us);
	g_autofree char *text = NULL;

	if (most > INTAKE_PER_MINUTE_MAX)
		text = g_strdup_printf(
			"%u new clients came within a minute: if you do not expect so many, somebody may send forged lock requests; check who can reach the NFS ports of this node",
			most);
	problems_set(self->problems, PROBLEM_FLOOD, text);
}

static void say_full(intake_watch *self, bool full, guint clients)
{
	g_autofree char *text = NULL;

	if (full)
		text = g_strdup_printf(
			"the client list is full, with %u clients: a new client that takes a lock now loses it in a failover; check who can reach the NFS ports of this node",
			clients);
	problems_set(self->problems, PROBLEM_FULL, text);
}

bool intake_watch_look(intake_watch *self, const client_list *clients, gint64 now_us)
{
	guint size = clients != NULL ? client_list_size(clients) : 0;
	bool full = intake_is_full(size);
	bool was_full = g_atomic_int_get(self->full);

	say_flood(self, now_us);
	say_full(self, full, size);
	g_atomic_int_set(self->full, full);
	return was_full && !full;
}

guint64 intake_watch_callouts(const intake_watch *self)
{
	return self->callouts;
}

void intake_watch_free(intake_watch *self)
{
	g_free(self);
}
