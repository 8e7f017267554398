/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lock_looks.h"

#include "base/clock.h"

#include <string.h>

/* This many looks in a row must add nothing. */
#define QUIET_LOOKS 2

/* How long to search for an expected lock, and the pause between looks after they agree that it
 * is missing. */
#define MISSED_FOR_MS 1000
#define REST_MS 20

/* How often a lock was listed. */
struct tally {
	guint first, second; /* the two highest counts in one look */
	guint current;       /* the count in the look that is being added */
	guint joined;        /* the count in the joined set */
};

struct lock_looks {
	GHashTable *tallies; /* owned line of the set -> owned struct tally */
	guint looks;
	guint quiet; /* how many of the last looks added nothing */
	guint elsewhere;
};

lock_looks *lock_looks_new(void)
{
	lock_looks *self = g_new0(lock_looks, 1);

	self->tallies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return self;
}

void lock_looks_free(lock_looks *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->tallies);
	g_free(self);
}

static struct tally *tally_of(lock_looks *self, const char *line)
{
	struct tally *tally = g_hash_table_lookup(self->tallies, line);

	if (tally != NULL)
		return tally;
	tally = g_new0(struct tally, 1);
	g_hash_table_insert(self->tallies, g_strdup(line), tally);
	return tally;
}

static void count_look(struct tally *self)
{
	if (self->current >= self->first) {
		self->second = self->first;
		self->first = self->current;
	} else if (self->current > self->second) {
		self->second = self->current;
	}
	self->current = 0;
}

/* Two looks are too few to tell which of them is wrong. */
static guint joined_count(const struct tally *self, const char *line, guint looks)
{
	if (lock_set_line_is_write(line) || looks <= QUIET_LOOKS)
		return self->first;
	return MAX(1, self->second);
}

void lock_looks_add(lock_looks *self, const lock_set *look)
{
	GHashTableIter iter;
	gpointer line, value;
	bool changed = self->looks == 0 || lock_set_elsewhere(look) > self->elsewhere;

	g_hash_table_iter_init(&iter, lock_set_lines(look));
	while (g_hash_table_iter_next(&iter, &line, &value))
		tally_of(self, line)->current = GPOINTER_TO_UINT(value);
	self->looks++;
	self->elsewhere = MAX(self->elsewhere, lock_set_elsewhere(look));
	g_hash_table_iter_init(&iter, self->tallies);
	while (g_hash_table_iter_next(&iter, &line, &value)) {
		struct tally *tally = value;
		guint before = tally->joined;

		count_look(tally);
		tally->joined = joined_count(tally, line, self->looks);
		changed = changed || tally->joined != before;
	}
	self->quiet = changed ? 0 : self->quiet + 1;
}

bool lock_looks_agree(const lock_looks *self)
{
	return self->quiet >= QUIET_LOOKS;
}

lock_set *lock_looks_join(const lock_looks *self)
{
	lock_set *set = lock_set_new();
	GHashTableIter iter;
	gpointer line, tally;

	g_hash_table_iter_init(&iter, self->tallies);
	while (g_hash_table_iter_next(&iter, &line, &tally))
		lock_set_put(set, line, ((const struct tally *)tally)->joined);
	lock_set_put_elsewhere(set, self->elsewhere);
	return set;
}

static bool has_all(const lock_looks *self, const lock_set *expected)
{
	g_autoptr(lock_set) joined = lock_looks_join(self);

	return lock_set_missing(expected, joined) == 0;
}

/* Whether more looks would add nothing. The first look was `passed_us` ago. Looks in quick
 * succession may all omit the same lock, so a missing lock is searched for some time. */
static bool is_enough(const lock_looks *self, const lock_set *expected, gint64 passed_us)
{
	if (expected == NULL)
		return lock_looks_agree(self);
	return has_all(self, expected) ||
	       (lock_looks_agree(self) && passed_us >= MISSED_FOR_MS * 1000);
}

lock_set *lock_looks_held(const struct kernel *kernel, const GArray *filesystems,
	const char *lock_manager, const lock_set *expected, guint max_ms, bool *agreed,
	GError **error)
{
	g_autoptr(lock_looks) self = lock_looks_new();
	const gint64 first_us = clock_now_us(), end_us = first_us + (gint64)max_ms * 1000;
	gint64 began_us, now_us;

	do {
		g_autoptr(lock_set) look = NULL;

		if (lock_looks_agree(self))
			clock_sleep_us(REST_MS * 1000);
		began_us = clock_now_us();
		look = lock_set_held(kernel, filesystems, lock_manager, error);
		if (look == NULL)
			return NULL;
		lock_looks_add(self, look);
		now_us = clock_now_us();
		*agreed = is_enough(self, expected, now_us - first_us);
	} while (!*agreed && now_us + (now_us - began_us) <= end_us);
	return lock_looks_join(self);
}
