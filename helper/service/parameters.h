/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_PARAMETERS_H
#define LOCKFERRY_SERVICE_PARAMETERS_H

/*
 * Checks the parameters of a service group. This is the only place with the rules: `lockferry
 * serve` uses it, and the agent asks it (`serve --validate`) and has no rules of its own. Pure:
 * looks at nothing but the texts. Each message names the agent's parameter, and says what to set it
 * to.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

struct parameters {
	const char *group, *store, *sm_dir, *metrics, *backend;
	const char *const *ips;     /* addresses; a text may contain several, separated by commas */
	const char *const *names;   /* NULL-terminated lists, never NULL */
	const char *const *exports; /* decoded: parameters_decode_path() */
};

/* Error (usage): the first parameter that is wrong. */
bool parameters_check(const struct parameters *self, GError **error);

/*
 * Decodes a directory as etab and /proc/mounts write it: a backslash and three octal digits stand
 * for one byte. So a list that is separated by blanks can contain a path with a blank (\040; \134
 * is the backslash). All other characters stay as they are. The caller frees the text.
 */
char *parameters_decode_path(const char *text);

/*
 * Whether the group's process serves this `store` at these addresses, according to its answer to
 * "status". The paths are compared as texts, because the store's disk may hang. An argument that is
 * NULL is not compared. Error (not running): it serves another resource with the same group name.
 */
bool parameters_are_served(
	JsonObject *status, const char *store, const char *const *addresses, GError **error);

#endif
