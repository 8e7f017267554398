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
 *where statd is to report a restart of MON_NAME (always the local lockd), and the cookie lockd
 *wants to hear then. MON_NAME is the client as lockd knows it, MY_NAME the server as it named
 *itself. ADDRESS is an IPv4 address in memory order, so 127.0.0.1 reads 0100007f on a little-endian
 *machine. Source: nfs-utils support/nsm/file.c (nsm_create_monitor_record, nsm_parse_line).
 */

#include <glib.h>
#include <stdbool.h>

/* The longest file that is taken for one of statd's. A client has one line for each lock manager
 * that watches it, one on Linux; a line is well under a kilobyte. */
#define SM_FILE_MAX_BYTES (64 * 1024)

#define SM_NAME_MAX_BYTES 255

#define SM_RECORD_COOKIE_BYTES 16

typedef struct sm_record {
	guint32 address; /* in network order, as s_addr of struct in_addr */
	guint32 program;
	guint32 version;
	guint32 procedure;
	guint8 cookie[SM_RECORD_COOKIE_BYTES];
	char *mon_name; /* owned; valid by sm_name_is_valid() */
	char *my_name;  /* owned; the same */
} sm_record;

void sm_record_free(sm_record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_record, sm_record_free)

/*
 * Parse the whole contents of an sm file.
 *
 * Returns the records in their order (an array of sm_record that frees its elements), never empty.
 * NULL with `error` (failed) when `text` isn't whole lines of the form above: empty, cut off,
 * foreign, longer than SM_FILE_MAX_BYTES, with a NUL byte, or naming a host that sm_name_is_valid()
 * refuses. The message begins with what is wrong ("it is empty", "line 2: the program is not ...");
 * put the file's name in front.
 */
GPtrArray *sm_records_parse(const char *text, gsize length, GError **error);

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
