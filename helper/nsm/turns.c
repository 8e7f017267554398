/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/turns.h"

struct turns {
	gint64 longest_us;
	gpointer holder; /* NULL: nobody has the turn */
	gint64 until_us; /* how long the holder has it */
	GQueue waiting;
};

turns *turns_new(void)
{
	turns *self = g_new0(turns, 1);

	g_queue_init(&self->waiting);
	return self;
}

void turns_limit(turns *self, gint64 longest_us)
{
	self->longest_us = longest_us;
}

static bool is_free(const turns *self, gint64 now_us)
{
	return self->holder == NULL || now_us >= self->until_us;
}

static void give(turns *self, gpointer who, gint64 now_us)
{
	self->holder = who;
	self->until_us = now_us + self->longest_us;
}

bool turns_take(turns *self, gpointer who, gint64 now_us)
{
	if (self->longest_us == 0 || who == self->holder)
		return true;
	if (is_free(self, now_us) && g_queue_is_empty(&self->waiting)) {
		give(self, who, now_us);
		return true;
	}
	g_queue_push_tail(&self->waiting, who);
	return false;
}

gpointer turns_holder(const turns *self)
{
	return self->holder;
}

void turns_end(turns *self, gpointer who)
{
	if (who == self->holder)
		self->holder = NULL;
}

gpointer turns_next(turns *self, gint64 now_us)
{
	gpointer who = is_free(self, now_us) ? g_queue_pop_head(&self->waiting) : NULL;

	if (who != NULL)
		give(self, who, now_us);
	return who;
}

gint64 turns_due(const turns *self)
{
	if (g_queue_is_empty((GQueue *)&self->waiting))
		return -1;
	return self->holder != NULL ? self->until_us : 0;
}

void turns_free(turns *self)
{
	if (self == NULL)
		return;
	g_queue_clear(&self->waiting);
	g_free(self);
}
