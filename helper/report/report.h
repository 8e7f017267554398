/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REPORT_REPORT_H
#define LOCKFERRY_REPORT_REPORT_H

/*
 * Prints the result of a command on stdout: as text for people, or as JSON or XML for programs.
 *
 * A command builds its result once, as a JSON tree, and supplies a function that prints it as text.
 * The XML is made from the same tree: a member becomes an element of its name, and an array becomes
 * an element with one `item` for each of its elements.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

enum report_format {
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_XML,
};

/* Parses the value of --output-as. Error: usage. */
bool report_format_parse(const char *name, enum report_format *format, GError **error);

/* Prints `result` on stdout, for people. */
typedef void (*report_text)(JsonObject *result);

/* Prints `result` (borrowed); `command` names the root element in XML. Returns false with `error`
 * if stdout cannot be written. */
bool report_print(enum report_format format, const char *command, JsonObject *result,
	report_text text, GError **error);

/* Prints into the new file `path`, durably, either completely or not at all. The file must not
 * exist. Redirects stdout in the meantime, so no other thread may write to it. */
bool report_save(enum report_format format, const char *command, JsonObject *result,
	report_text text, const char *path, GError **error);

/* The tree as XML; the caller frees it. */
char *report_to_xml(const char *root, JsonObject *result);

/* The tree as JSON; the caller frees it. */
char *report_to_json(JsonObject *result, bool pretty);

/* A time in seconds since the epoch as local time, "2026-11-21 07:25:01", or "never" for 0. The
 * caller frees it. */
char *report_time(gint64 seconds);

#endif
