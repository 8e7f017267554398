/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_CAUTIONS_H
#define LOCKFERRY_SERVICE_CAUTIONS_H

/*
 * What a takeover found wrong with the store, and could not mend or be sure of: warnings that
 * nothing ends but the next takeover, except those that pass by themselves. Each is logged when it
 * is added, and shown by status as long as it lasts.
 *
 * All zero at first; cautions_add() -> cautions_to_json() -> cautions_clear().
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

struct cautions {
	GPtrArray *texts;    /* owned; of char *; NULL: none */
	char *passing;       /* owned; NULL: none */
	gint64 passes_at_us; /* monotonic */
};

/* Texts that last are copied. */
void cautions_add(struct cautions *self, const char *text);

/* One that passes after so long, in the place of the last. */
void cautions_add_passing(struct cautions *self, const char *text, guint seconds);

/* Whether there is any now. */
bool cautions_any(const struct cautions *self);

void cautions_to_json(const struct cautions *self, JsonArray *array);
void cautions_clear(struct cautions *self);

#endif
