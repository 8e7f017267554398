/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_RECORD_H
#define LOCKFERRY_NSM_RECORD_H

/*
 * The sm record: what rpc.statd writes about one monitored client.
 *
 * A file in statd's `sm` directory contains one or more lines of this form:
 *
 *	ADDRESS PROGRAM VERSION PROCEDURE PRIVATE MON_NAME MY_NAME\n
 *
 * ADDRESS, PROGRAM, VERSION and PROCEDURE have eight lower-case hexadecimal digits each, and
 * PRIVATE has thirty-two. The first four say where statd reports a restart of MON_NAME (always the
 * local lockd). PRIVATE is the cookie that lockd expects in that report. MON_NAME is lockd's name
 * for the client. MY_NAME is the server's name for itself. ADDRESS is an IPv4 address in memory
 * order, so 127.0.0.1 is 0100007f on a little-endian machine. Source: nfs-utils support/nsm/file.c
 * (nsm_create_monitor_record, nsm_parse_line).
 */

#include <glib.h>
#include <stdbool.h>

/* The size limit for a file of statd. A file has a line for each client with the same reverse
 * name, so there is room for 40,000. */
#define SM_FILE_MAX_BYTES (4 * 1024 * 1024)

#define SM_NAME_MAX_BYTES 255

#define SM_RECORD_COOKIE_BYTES 16

typedef struct sm_record {
	guint32 address; /* in network order, as s_addr of struct in_addr */
	guint32 program;
	guint32 version;
	guint32 procedure;
	guint8 cookie[SM_RECORD_COOKIE_BYTES];
	char *mon_name; /* owned; sm_name_is_valid() accepts it */
	char *my_name;  /* owned; the same, or empty */
} sm_record;

void sm_record_free(sm_record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_record, sm_record_free)

/*
 * Parses the contents of an sm file, line by line. It accepts everything that statd's own parser
 * accepts: capital digits, several blanks before MY_NAME, no MY_NAME, blanks and a CR after it, and
 * a last line without a newline (nsm_parse_line()).
 *
 * Returns the records in their order, in an array that owns them and is never empty. Lines of
 * another form are skipped. If there are any, `damage` (may be NULL) is set to a text about the
 * first of them, which the caller frees; otherwise it is set to NULL. Returns NULL with
 * LF_ERROR_FAILED if no line is a record, or if the text as a whole cannot be a file of statd
 * (empty, or longer than SM_FILE_MAX_BYTES). The message begins with the problem ("it is empty",
 * "line 2: the program is not ..."), so the caller puts the file's name in front.
 */
GPtrArray *sm_records_parse(const char *text, gsize length, char **damage, GError **error);

/* Formats the records as statd writes them. sm_records_parse() of the result returns the same
 * records. */
GBytes *sm_records_format(GPtrArray *records);

/* Whether both records belong to the same registration with a lock manager. The server's name
 * does not matter. */
bool sm_record_same(const sm_record *a, const sm_record *b);

/* Whether `records` has any record of this client. With `like`, whether it has that one. */
bool sm_records_have(GPtrArray *records, const char *mon_name, const sm_record *like);

/*
 * Appends the line of a record, as statd writes it. sm_records_parse() of it returns the record
 * again if its names are valid. This function does not check them, so names from elsewhere than the
 * parser must go through sm_name_is_valid() first.
 */
void sm_record_format(const sm_record *record, GString *to);

/*
 * Whether statd could have given this name to a file or a host: 1 to 255 bytes of printable ASCII,
 * without blanks and slashes, and without a leading dot. The last rule also excludes "." and "..",
 * and the temporary files of statd and of Lockferry. If the name is invalid, `why` (may be NULL) is
 * set to a static text.
 */
bool sm_name_is_valid(const char *name, const char **why);

#endif
