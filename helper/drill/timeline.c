/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/timeline.h"

#include "group/phase.h"

static const struct {
	const char *name, *text;
} marks[TIMELINE_MARKS] = {
	[TIMELINE_ADDRESS_AWAY] = {"address_away", "its address is away"},
	[TIMELINE_STOPPED] = {"stopped", "it is stopped there"},
	[TIMELINE_ADOPTING] = {"adopting", "it is being adopted"},
	[TIMELINE_ARMED] = {"armed", "it is armed: its address may come"},
	[TIMELINE_ADDRESS_UP] = {"address_up", "its address is up"},
	[TIMELINE_RECLAIMING] = {"reclaiming", "clients are told, and reclaim"},
	[TIMELINE_LAST_RECLAIM] = {"last_reclaim", "the last lock came back"},
	[TIMELINE_SERVING] = {"serving", "it is served"},
	[TIMELINE_NEW_LOCKS] = {"new_locks", "new locks are granted"},
};

const char *timeline_name(enum timeline_mark mark)
{
	return marks[mark].name;
}

const char *timeline_text(enum timeline_mark mark)
{
	return marks[mark].text;
}

void timeline_begin(struct timeline *self)
{
	for (int i = 0; i < TIMELINE_MARKS; i++)
		self->at_ms[i] = -1;
	self->reclaimed = 0;
	self->missing = -1;
}

static guint note(struct timeline *self, enum timeline_mark mark, bool seen, gint64 now_ms)
{
	if (!seen || self->at_ms[mark] >= 0)
		return 0;
	self->at_ms[mark] = now_ms;
	return 1U << mark;
}

static bool is_in(const struct timeline_sample *sample, enum phase phase)
{
	return sample->phase != NULL && g_str_equal(sample->phase, phase_name(phase));
}

/* Unlike the other marks, this one is the time of the last event. */
static void note_reclaims(
	struct timeline *self, const struct timeline_sample *sample, gint64 now_ms)
{
	bool more = sample->reclaimed > self->reclaimed;
	bool fewer = sample->missing >= 0 && self->missing >= 0 && sample->missing < self->missing;

	if (more || fewer)
		self->at_ms[TIMELINE_LAST_RECLAIM] = now_ms;
	self->reclaimed = MAX(self->reclaimed, sample->reclaimed);
	if (sample->missing >= 0)
		self->missing = sample->missing;
}

/* A group cannot be served on both nodes: if it is served on the target, it has left the source. */
guint timeline_look(struct timeline *self, const struct timeline_sample *sample, gint64 now_ms)
{
	bool left = !sample->group_there || sample->phase != NULL;
	bool serving = is_in(sample, PHASE_SERVING);
	guint news = note(self, TIMELINE_ADDRESS_AWAY, left || !sample->address_there, now_ms);

	news |= note(self, TIMELINE_STOPPED, left, now_ms);
	news |= note(self, TIMELINE_ADOPTING, is_in(sample, PHASE_ADOPTING), now_ms);
	news |= note(self, TIMELINE_ARMED, is_in(sample, PHASE_ARMED), now_ms);
	news |= note(self, TIMELINE_ADDRESS_UP, left && sample->address_here, now_ms);
	news |= note(self, TIMELINE_RECLAIMING, is_in(sample, PHASE_RECLAIMING), now_ms);
	if (is_in(sample, PHASE_RECLAIMING) || serving)
		note_reclaims(self, sample, now_ms);
	news |= note(self, TIMELINE_SERVING, serving, now_ms);
	news |= note(self, TIMELINE_NEW_LOCKS, serving && sample->new_locks, now_ms);
	return news;
}

double timeline_seconds(const struct timeline *self, enum timeline_mark from, enum timeline_mark to)
{
	if (self->at_ms[from] < 0 || self->at_ms[to] < 0)
		return -1;
	return (double)(self->at_ms[to] - self->at_ms[from]) / 1000;
}
