/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/barrier.h"

#include "base/clock.h"

struct barrier {
	recorder *records;
	guint timeout_ms;
	struct problems *problems;
	bool open;
	GQueue early; /* owned waiters that came before the barrier was opened */
	guint late;   /* clients answered before their record was durable, since the disk last
			 answered */
	struct histogram latency;
};

struct waiter {
	barrier *barrier;
	control_call *call; /* NULL: answered */
	char *mon_name;
	guint timer;
	gint64 begun_us; /* monotonic */
};

barrier *barrier_new(recorder *records, guint timeout_ms, struct problems *problems)
{
	barrier *self = g_new0(barrier, 1);

	self->records = records;
	self->timeout_ms = timeout_ms;
	self->problems = problems;
	return self;
}

static void answer(control_call *call, const char *member, bool value)
{
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_boolean_member(object, member, value);
	control_answer(call, object);
}

void barrier_refuse(control_call *call, const char *word)
{
	answer(call, word, false);
}

static void waiter_free(struct waiter *waiter)
{
	clock_timer_clear(&waiter->timer);
	g_free(waiter->mon_name);
	g_free(waiter);
}

static void note_late(barrier *self, const char *mon_name)
{
	g_autofree char *text = NULL;

	self->late++;
	if (self->late == 1)
		text = g_strdup_printf(
			"client '%s' may have got a lock before its record was on the disk, which took more than %u ms: look at the disk of the store",
			mon_name, self->timeout_ms);
	else
		text = g_strdup_printf(
			"%u clients, the last of them '%s', may have got locks before their records were on the disk, which took more than %u ms: look at the disk of the store",
			self->late, mon_name, self->timeout_ms);
	problems_set(self->problems, PROBLEM_LATE, text);
}

static void too_late(void *data)
{
	struct waiter *waiter = data;

	waiter->timer = 0;
	note_late(waiter->barrier, waiter->mon_name);
	answer(g_steal_pointer(&waiter->call), "recorded", false);
}

static void durable(void *data, const GError *error)
{
	struct waiter *waiter = data;
	barrier *self = waiter->barrier;

	if (error == NULL) {
		histogram_observe(&self->latency,
			(double)(clock_now_us() - waiter->begun_us) / G_USEC_PER_SEC);
		problems_set(self->problems, PROBLEM_LATE, NULL);
		self->late = 0;
	}
	if (waiter->call != NULL)
		answer(g_steal_pointer(&waiter->call), "recorded", error == NULL);
	waiter_free(waiter);
}

void barrier_wait(barrier *self, const char *mon_name, control_call *call)
{
	struct waiter *waiter;

	/* An earlier client was answered late, and the disk has not answered since. Do not let
	 * statd wait again. */
	if (self->late > 0) {
		note_late(self, mon_name);
		answer(call, "recorded", false);
		return;
	}
	waiter = g_new0(struct waiter, 1);
	waiter->barrier = self;
	waiter->call = call;
	waiter->mon_name = g_strdup(mon_name);
	waiter->begun_us = clock_now_us();
	waiter->timer = clock_timer_ms(self->timeout_ms, too_late, waiter);
	if (self->open)
		recorder_sync(self->records, durable, waiter);
	else
		g_queue_push_tail(&self->early, waiter);
}

void barrier_open(barrier *self)
{
	struct waiter *waiter;

	self->open = true;
	while ((waiter = g_queue_pop_head(&self->early)) != NULL)
		recorder_sync(self->records, durable, waiter);
}

bool barrier_is_open(const barrier *self)
{
	return self->open;
}

const struct histogram *barrier_latency(const barrier *self)
{
	return &self->latency;
}

void barrier_free(barrier *self)
{
	struct waiter *waiter;

	if (self == NULL)
		return;
	while ((waiter = g_queue_pop_head(&self->early)) != NULL) {
		if (waiter->call != NULL)
			answer(g_steal_pointer(&waiter->call), "recorded", false);
		waiter_free(waiter);
	}
	g_free(self);
}
