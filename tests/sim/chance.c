/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chance.h"

#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

struct chance world;

/* Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators. */
guint64 chance_next(struct chance *self)
{
	guint64 z = self->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

guint chance_below(guint below)
{
	return (guint)((chance_next(&world) >> 33) % below);
}

bool chance_one_in(guint n)
{
	return chance_below(n) == 0;
}

gint64 chance_us(gint64 least, gint64 most)
{
	gint64 span = most - least;
	gint64 once = (gint64)(chance_next(&world) >> 2) % (span + 1);
	gint64 twice = (gint64)(chance_next(&world) >> 2) % (span + 1);

	return least + MIN(once, twice);
}

/* What the product asks for. */

guint32 g_random_int(void)
{
	return (guint32)(chance_next(&world) >> 32);
}

gint32 g_random_int_range(gint32 begin, gint32 end)
{
	return begin + (gint32)chance_below((guint)MAX(end - begin, 1));
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags G_GNUC_UNUSED)
{
	for (gsize done = 0; done < length; done += sizeof(guint64)) {
		guint64 next = chance_next(&world);

		memcpy((char *)buffer + done, &next, MIN(sizeof(next), length - done));
	}
	return (ssize_t)length;
}
