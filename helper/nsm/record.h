/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_RECORD_H
#define LOCKFERRY_NSM_RECORD_H

/*
 * The sm record: what rpc.statd writes about one monitored client.
 *
 * A file in statd's `sm` directory holds one or more lines of
 *
 *	ADDRESS PROGRAM VERSION PROCEDURE PRIVATE MON_NAME MY_NAME\n
 *
 * ADDRESS to PROCEDURE are eight lower-case hexadecimal digits each and PRIVATE is thirty-two:
 *where statd reports a restart of MON_NAME (always the local lockd), and the cookie lockd
 *wants to hear then. MON_NAME is the client as lockd knows it, MY_NAME the server as it named
 *itself. ADDRESS is an IPv4 address in memory order, so 127.0.0.1 reads 0100007f on a little-endian
 *machine. Source: nfs-utils support/nsm/file.c (nsm_create_monitor_record, nsm_parse_line).
 */

#include <glib.h>
#include <stdbool.h>

/* The longest file that is taken for one of statd's, which has a line for each client of one
 * reverse name: 40,000 of them. */
#define SM_FILE_MAX_BYTES (4 * 1024 * 1024)

#define SM_NAME_MAX_BYTES 255

#define SM_RECORD_COOKIE_BYTES 16

typedef struct sm_record {
	guint32 address; /* in network order, as s_addr of struct in_addr */
	guint32 program;
	guint32 version;
	guint32 procedure;
	guint8 cookie[SM_RECORD_COOKIE_BYTES];
	char *mon_name; /* owned; valid by sm_name_is_valid() */
	char *my_name;  /* owned; the same, or empty */
} sm_record;

void sm_record_free(sm_record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_record, sm_record_free)

/*
 * Parse the contents of an sm file, line by line. What statd's own parser takes is taken: capital
 * digits, several blanks before MY_NAME, no MY_NAME, blanks and a CR behind it, a last line without
 * its end (nsm_parse_line()).
 *
 * Returns the records in their order (an array of sm_record that frees its elements), never empty.
 * Lines of another form are left out, and `damage` (may be NULL) gets a text about the first of
 * them, which the caller frees; NULL when there is none. NULL with `error` (failed) when no line is
 * a record, or the text as a whole cannot be one: empty, longer than SM_FILE_MAX_BYTES. The message
 * begins with what is wrong ("it is empty", "line 2: the program is not ..."); put the file's name
 * in front.
 */
GPtrArray *sm_records_parse(const char *text, gsize length, char **damage, GError **error);

/* All of them as statd writes them: sm_records_parse() of it gives them again. */
GBytes *sm_records_format(GPtrArray *records);

/* Whether two are of one registration with a lock manager, by whatever name the server bore. */
bool sm_record_same(const sm_record *a, const sm_record *b);

/* Whether `records` has any of this client; with `like`, that very one. */
bool sm_records_have(GPtrArray *records, const char *mon_name, const sm_record *like);

/*
 * Append the line of a record, as statd writes it. sm_records_parse() of it gives the record again,
 * provided that its names are valid, which is not checked here: names from elsewhere than the
 * parser go through sm_name_is_valid() first.
 */
void sm_record_format(const sm_record *record, GString *to);

/*
 * Whether statd could have given this name to a file or a host: 1 to 255 bytes of printable ASCII,
 * no blank, no slash, no leading dot (which also keeps "." and ".." out, and the temporary files of
 * statd and of Lockferry). `why` gets a static text when it is not; may be NULL.
 */
bool sm_name_is_valid(const char *name, const char **why);

#endif
