/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_CAUTIONS_H
#define LOCKFERRY_SERVICE_CAUTIONS_H

/*
 * Warnings about the store that a takeover found and could not repair or verify, and about locks
 * that were not reclaimed. A warning lasts until the next takeover, unless it has a time limit.
 * Each warning is logged when it is added, and `status` shows it as long as it lasts.
 *
 * Order of calls: all zero at first -> cautions_add() -> cautions_to_json() -> cautions_clear().
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

struct cautions {
	GPtrArray *all; /* owned; of struct caution; NULL: none */
};

struct caution {
	char *text;          /* owned */
	gint64 passes_at_us; /* monotonic; G_MAXINT64: it lasts */
};

/* How long a warning about lost locks is shown: an administrator may be asleep. */
#define CAUTION_LOST_S (12 * 3600)

/* Adds a warning that lasts. The text is copied. */
void cautions_add(struct cautions *self, const char *text);

/* Adds a warning that ends after `seconds`. The text is copied. */
void cautions_add_passing(struct cautions *self, const char *text, guint seconds);

/* Whether any warning is shown now. */
bool cautions_any(const struct cautions *self);

void cautions_to_json(const struct cautions *self, JsonArray *array);
void cautions_clear(struct cautions *self);

#endif
