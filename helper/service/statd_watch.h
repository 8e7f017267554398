/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_STATD_WATCH_H
#define LOCKFERRY_SERVICE_STATD_WATCH_H

/*
 * Checks whether statd can record clients, and whether its callout can hand them over. Sets two
 * warnings. PROBLEM_MISSED: the callout did not reach this process or an earlier one (missed.h);
 * shown for some minutes. PROBLEM_STATD: statd's user may not write records (nsm/statd_rights.h),
 * or is not the user whose callout this process accepts.
 *
 * Order of calls: statd_watch_new() -> statd_watch_look_at_missed() each second;
 * statd_watch_look_at_rights() only when statd_watch_is_due(), because it needs statd's incarnation
 * -> statd_watch_free().
 */

#include "group/options.h"
#include "service/problems.h"

#include <sys/types.h>

typedef struct statd_watch statd_watch;

/* `user` is the user whose callout may hand over clients. All other arguments are borrowed. Error:
 * failed. */
statd_watch *statd_watch_new(
	const struct group_options *options, uid_t user, struct problems *problems, GError **error);

void statd_watch_look_at_missed(statd_watch *self, gint64 now_us);

bool statd_watch_is_due(const statd_watch *self, gint64 now_us);

/* `statd` is the incarnation of the running statd. */
void statd_watch_look_at_rights(statd_watch *self, const char *statd, gint64 now_us);

/* The number of clients that the callout could not hand over. */
guint64 statd_watch_missed(const statd_watch *self);

void statd_watch_free(statd_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(statd_watch, statd_watch_free)

#endif
