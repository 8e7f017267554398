/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_MISSED_H
#define LOCKFERRY_SERVICE_MISSED_H

/*
 * Clients that lockferry-callout could not hand to the group's process, because the process did not
 * run or did not answer. statd ignores the exit status of the callout. So the callout, which runs
 * as statd's user, adds a line with the client's name to the file RUNDIR/GROUP.missed. The file
 * belongs to statd's user, has mode 0600, and stays when the process ends.
 *
 * Order of calls: missed_open() -> missed_look() from time to time -> missed_close().
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define MISSED_SUFFIX ".missed"

/* The callout adds no line to a file of this size, and missed_look() reads no more than this. */
#define MISSED_MAX_BYTES (64 * 1024)

typedef struct missed missed;

/* `recorder` is statd's user. Error: failed. */
missed *missed_open(const char *run_dir, const char *group, uid_t recorder, GError **error);

/*
 * Returns how many clients were missed since the last look; usually 0. Sets `last` to the name of
 * the last one (the caller frees it), or to NULL if its line is not a valid name. Never blocks:
 * what cannot be read now is left for the next look.
 */
guint missed_look(missed *self, char **last);

/* Parses the file's contents in the same way. The bytes are untrusted: statd's user wrote them. */
guint missed_parse(const char *bytes, gsize length, char **last);

void missed_close(missed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(missed, missed_close)

#endif
