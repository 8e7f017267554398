/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_MISSED_H
#define LOCKFERRY_SERVICE_MISSED_H

/*
 * Clients that lockferry-callout could not hand to the group's process: because the process did not
 * run or did not answer. The callout runs as statd's user and ends, and statd ignores how; so it
 * leaves a line, the client's name, in the file RUNDIR/GROUP.missed. The file is statd's, 0600, and
 * stays when the process ends.
 *
 * missed_open() -> missed_look() now and then -> missed_close().
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define MISSED_SUFFIX ".missed"

/* The callout adds no line to a file of that size; nothing beyond is looked at. */
#define MISSED_MAX_BYTES (64 * 1024)

typedef struct missed missed;

/* `recorder` is statd's user. Error: failed. */
missed *missed_open(const char *run_dir, const char *group, uid_t recorder, GError **error);

/*
 * How many clients were missed since the last look; 0 as a rule. `last` gets the name of the last
 * (the caller frees it), NULL when its line is none. Never blocks: what cannot be read now is for
 * the next look.
 */
guint missed_look(missed *self, char **last);

/* The same from the file's bytes, which are whatever statd's user wrote. */
guint missed_parse(const char *bytes, gsize length, char **last);

void missed_close(missed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(missed, missed_close)

#endif
