/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CHECK_FINDINGS_H
#define LOCKFERRY_CHECK_FINDINGS_H

/*
 * What a check found out: texts in their order, each with a level and a cure, and the exit status
 * of it all. findings_init() -> finding_add() and its like -> findings_clear().
 */

#include <glib.h>
#include <json-glib/json-glib.h>

enum finding_level {
	FINDING_OK,
	FINDING_NOTE,    /* as it may well be */
	FINDING_WARNING, /* it works, but locks can be lost */
	FINDING_MISSING, /* an error: something is missing on this node (exit status 5) */
	FINDING_WRONG,   /* an error: the group is configured wrongly, on every node (6) */
};

struct findings {
	JsonArray *list; /* owned; of objects with the members level, finding and cure */
	int status;      /* 0, or the gravest of the errors */
};

void findings_init(struct findings *self);
void findings_clear(struct findings *self);

/* `cure`: what to do about it, best what to type; "" where nothing is to be done. */
void finding_add(struct findings *self, enum finding_level level, const char *cure,
	const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The same with an error's message, which has its cure in it. */
void finding_add_error(struct findings *self, const GError *error);

/* The last error with its cure, the reason to give; NULL when there's none. The caller frees it. */
char *findings_reason(const struct findings *self);

#endif
