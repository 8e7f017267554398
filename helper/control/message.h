/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_MESSAGE_H
#define LOCKFERRY_CONTROL_MESSAGE_H

/*
 * What goes over the control socket (control/server.h), taken apart: pure, for everyone on the
 * node may write to that socket.
 *
 * A request is one line of printable ASCII, and what comes behind it is ignored:
 *
 *	status
 *	stop
 *	record MON_NAME
 *
 * Any other line is whole as well: whoever answers it says that he doesn't know it. The answer is
 * one JSON object, and then the end of the stream.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* The longest request, with its newline. */
#define CONTROL_REQUEST_MAX_BYTES 512

/* Before a client's name: see lockferry-callout. */
#define CONTROL_RECORD "record "

/* An answer that is longer, or of more objects and arrays, is none of ours. */
#define CONTROL_ANSWER_MAX_BYTES (1024 * 1024)
#define CONTROL_ANSWER_MAX_PARTS 4096

enum control_progress {
	CONTROL_PART,    /* more may come */
	CONTROL_WHOLE,   /* it is there */
	CONTROL_REFUSED, /* whatever comes, it is no request */
};

/*
 * Look at the `length` bytes of a request that have come so far. When it is whole, `line_length` is
 * that of its line, without the newline. Refused is what is too long, has a byte that isn't
 * printable, or asks to record what can't be the name of a client.
 */
enum control_progress control_read_request(const char *bytes, gsize length, gsize *line_length);

/* Whether `peer` may make any request at all. The others as below. */
bool control_knows(uid_t peer, uid_t own, uid_t recorder);

/* Whether `peer` may make the request `line` of a process that runs as `own`: root and that user
 * everything, `recorder` only to record. */
bool control_allows(const char *line, uid_t peer, uid_t own, uid_t recorder);

/*
 * Take an answer apart; the caller unrefs it. `group` is for the error: failed when it is cut off
 * or foreign, privilege when it says that we may not ask.
 */
JsonObject *control_parse_answer(const char *text, gsize length, const char *group, GError **error);

#endif
