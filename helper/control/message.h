/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_MESSAGE_H
#define LOCKFERRY_CONTROL_MESSAGE_H

/*
 * Parses the messages of the control socket (control/server.h). Pure, because every user of the
 * node may be able to write to that socket.
 *
 * A request is one line of printable ASCII. Anything after it is ignored:
 *
 *	status
 *	stop
 *	record MON_NAME
 *
 * An unknown line is still a complete request; the server answers that it does not know it. The
 * answer is one JSON object, followed by the end of the stream.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* The longest request, including its newline. */
#define CONTROL_REQUEST_MAX_BYTES 512

/* Precedes a client's name: see lockferry-callout. */
#define CONTROL_RECORD "record "

/* An answer that is longer, or has more objects and arrays, is invalid. */
#define CONTROL_ANSWER_MAX_BYTES (1024 * 1024)
#define CONTROL_ANSWER_MAX_PARTS 4096

enum control_progress {
	CONTROL_PART,    /* incomplete, more may come */
	CONTROL_WHOLE,   /* complete */
	CONTROL_REFUSED, /* invalid, whatever follows */
};

/*
 * Checks the `length` bytes of a request that have arrived so far. If it is complete, `line_length`
 * is the length of its line without the newline. A request is refused if it is too long, contains a
 * byte that is not printable, or asks to record something that cannot be the name of a client.
 */
enum control_progress control_read_request(const char *bytes, gsize length, gsize *line_length);

/* Whether `peer` may make any request at all. The other arguments are as for control_allows(). */
bool control_knows(uid_t peer, uid_t own, uid_t recorder);

/* Whether `peer` may make the request `line` to a process that runs as the user `own`. Root and
 * that user may make any request, `recorder` only record. */
bool control_allows(const char *line, uid_t peer, uid_t own, uid_t recorder);

/*
 * Parses an answer. The caller unrefs it. `group` is for the message. The error is LF_ERROR_FAILED
 * if the answer is incomplete or invalid, and LF_ERROR_PRIVILEGE if it says that we may not ask.
 */
JsonObject *control_parse_answer(const char *text, gsize length, const char *group, GError **error);

#endif
