/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rehearsal/course.h"

#include "group/phase.h"

static const struct {
	const char *name, *text;
} marks[COURSE_MARKS] = {
	[COURSE_ADDRESS_AWAY] = {"address_away", "its address is away"},
	[COURSE_STOPPED] = {"stopped", "it is stopped there"},
	[COURSE_ADOPTING] = {"adopting", "it is being adopted"},
	[COURSE_ARMED] = {"armed", "it is armed: its address may come"},
	[COURSE_ADDRESS_UP] = {"address_up", "its address is up"},
	[COURSE_RECLAIMING] = {"reclaiming", "clients are told, and reclaim"},
	[COURSE_LAST_RECLAIM] = {"last_reclaim", "the last lock came back"},
	[COURSE_SERVING] = {"serving", "it is served"},
	[COURSE_NEW_LOCKS] = {"new_locks", "new locks are granted"},
};

const char *course_name(enum course_mark mark)
{
	return marks[mark].name;
}

const char *course_text(enum course_mark mark)
{
	return marks[mark].text;
}

void course_begin(struct course *self)
{
	for (int i = 0; i < COURSE_MARKS; i++)
		self->at_ms[i] = -1;
	self->reclaimed = 0;
	self->missing = -1;
}

static guint note(struct course *self, enum course_mark mark, bool seen, gint64 now_ms)
{
	if (!seen || self->at_ms[mark] >= 0)
		return 0;
	self->at_ms[mark] = now_ms;
	return 1U << mark;
}

static bool is_in(const struct course_sight *sight, enum phase phase)
{
	return sight->phase != NULL && g_str_equal(sight->phase, phase_name(phase));
}

/* Unlike the others, it is when something was seen last. */
static void note_reclaims(struct course *self, const struct course_sight *sight, gint64 now_ms)
{
	bool more = sight->reclaimed > self->reclaimed;
	bool fewer = sight->missing >= 0 && self->missing >= 0 && sight->missing < self->missing;

	if (more || fewer)
		self->at_ms[COURSE_LAST_RECLAIM] = now_ms;
	self->reclaimed = MAX(self->reclaimed, sight->reclaimed);
	if (sight->missing >= 0)
		self->missing = sight->missing;
}

/* It can't be served here and there. */
guint course_look(struct course *self, const struct course_sight *sight, gint64 now_ms)
{
	bool left = !sight->group_there || sight->phase != NULL;
	bool serving = is_in(sight, PHASE_SERVING);
	guint news = note(self, COURSE_ADDRESS_AWAY, left || !sight->address_there, now_ms);

	news |= note(self, COURSE_STOPPED, left, now_ms);
	news |= note(self, COURSE_ADOPTING, is_in(sight, PHASE_ADOPTING), now_ms);
	news |= note(self, COURSE_ARMED, is_in(sight, PHASE_ARMED), now_ms);
	news |= note(self, COURSE_ADDRESS_UP, left && sight->address_here, now_ms);
	news |= note(self, COURSE_RECLAIMING, is_in(sight, PHASE_RECLAIMING), now_ms);
	if (is_in(sight, PHASE_RECLAIMING) || serving)
		note_reclaims(self, sight, now_ms);
	news |= note(self, COURSE_SERVING, serving, now_ms);
	news |= note(self, COURSE_NEW_LOCKS, serving && sight->new_locks, now_ms);
	return news;
}

double course_seconds(const struct course *self, enum course_mark from, enum course_mark to)
{
	if (self->at_ms[from] < 0 || self->at_ms[to] < 0)
		return -1;
	return (double)(self->at_ms[to] - self->at_ms[from]) / 1000;
}
