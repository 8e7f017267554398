/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_PARAMETERS_H
#define LOCKFERRY_SERVICE_PARAMETERS_H

/*
 * What a service group may be given: the one place that says so, for `lockferry serve` and for the
 * agent, which asks it (`serve --validate`) and knows no rule of its own. Pure: nothing is looked
 * at but the texts. Messages name the agent's parameter, and what to set it to.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

struct parameters {
	const char *group, *store, *sm_dir, *metrics, *backend;
	const char *const *ips;     /* addresses, several to a word with commas between them */
	const char *const *names;   /* NULL-terminated lists, never NULL */
	const char *const *exports; /* decoded: parameters_decode_path() */
};

/* Error (usage): the first that is wrong. */
bool parameters_check(const struct parameters *self, GError **error);

/*
 * A directory as etab and /proc/mounts write it: a backslash and three octal digits are a byte, so
 * that a list with blanks between its members can have one with a blank in it (\040; \134 is the
 * backslash). Else as it is. The caller frees it.
 */
char *parameters_decode_path(const char *text);

/*
 * Whether the group's process, by its answer to "status", serves this `store` (compared as text,
 * for its disk may hang) at these addresses; where either is NULL it is not compared. Error (not
 * running): no, it serves another resource, which has the same group name.
 */
bool parameters_are_served(
	JsonObject *status, const char *store, const char *const *addresses, GError **error);

#endif
