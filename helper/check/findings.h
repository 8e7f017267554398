/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CHECK_FINDINGS_H
#define LOCKFERRY_CHECK_FINDINGS_H

/*
 * The findings of a check, in their order: each has a text, a level and a cure. Also holds the exit
 * status of the whole check.
 *
 * Order of calls: findings_init() -> finding_add() and similar -> findings_clear().
 */

#include <glib.h>
#include <json-glib/json-glib.h>

enum finding_level {
	FINDING_OK,
	FINDING_NOTE,    /* for information; it may well be normal */
	FINDING_WARNING, /* it works, but locks can be lost */
	FINDING_MISSING, /* an error: something is missing on this node (exit status 5) */
	FINDING_WRONG,   /* an error: the group is configured wrongly, on every node (6) */
};

struct findings {
	JsonArray *list; /* owned; of objects with the members level, finding and cure */
	int status;      /* 0, or the most severe of the errors */
};

void findings_init(struct findings *self);
void findings_clear(struct findings *self);

/* `cure`: what to do about it, if possible the command to type; "" if nothing needs to be done. */
void finding_add(struct findings *self, enum finding_level level, const char *cure,
	const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Adds the message of an error; it includes its cure. */
void finding_add_error(struct findings *self, const GError *error);

/* The last error with its cure, for the exit reason; NULL if there is no error. The caller frees
 * it. */
char *findings_reason(const struct findings *self);

#endif
