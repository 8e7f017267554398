/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_CAUTIONS_H
#define LOCKFERRY_SERVICE_CAUTIONS_H

/*
 * Warnings about the store that a takeover found and could not repair or verify. A warning lasts
 * until the next takeover, unless it has a time limit. Each warning is logged when it is added, and
 * `status` shows it as long as it lasts.
 *
 * Order of calls: all zero at first -> cautions_add() -> cautions_to_json() -> cautions_clear().
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

struct cautions {
	GPtrArray *texts;    /* owned; of char *; NULL: none */
	char *passing;       /* owned; NULL: none */
	gint64 passes_at_us; /* monotonic */
};

/* Adds a warning that lasts. The text is copied. */
void cautions_add(struct cautions *self, const char *text);

/* Sets the warning that ends after `seconds`; there is one such warning, and the new one replaces
 * it. The text is copied. */
void cautions_add_passing(struct cautions *self, const char *text, guint seconds);

/* Whether any warning is shown now. */
bool cautions_any(const struct cautions *self);

void cautions_to_json(const struct cautions *self, JsonArray *array);
void cautions_clear(struct cautions *self);

#endif
