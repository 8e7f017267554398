/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_STATD_WATCH_H
#define LOCKFERRY_SERVICE_STATD_WATCH_H

/*
 * Whether statd can record clients, and its callout hand them over: two warnings. PROBLEM_MISSED is
 * that the callout did not reach this process or one before it (missed.h), and shows for some
 * minutes; PROBLEM_STATD is that statd's user may not write (nsm/statd_rights.h), or is not the one
 * whose callout this process listens to.
 *
 * statd_watch_new() -> statd_watch_look_at_missed() each second, and statd_watch_look_at_rights()
 * when it is due, as it takes statd's incarnation -> statd_watch_free().
 */

#include "group/options.h"
#include "service/problems.h"

#include <sys/types.h>

typedef struct statd_watch statd_watch;

/* `user`: whose callout may hand over clients. All else is borrowed. Error: failed. */
statd_watch *statd_watch_new(
	const struct group_options *options, uid_t user, struct problems *problems, GError **error);

void statd_watch_look_at_missed(statd_watch *self, gint64 now_us);

bool statd_watch_is_due(const statd_watch *self, gint64 now_us);

/* Of the statd of that incarnation. */
void statd_watch_look_at_rights(statd_watch *self, const char *statd, gint64 now_us);

/* How many clients the callout could not hand over. */
guint64 statd_watch_missed(const statd_watch *self);

void statd_watch_free(statd_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(statd_watch, statd_watch_free)

#endif
