/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_FENCING_HISTORY_H
#define LOCKFERRY_CLUSTER_FENCING_HISTORY_H

/*
 * Which nodes the cluster has fenced, and when. Pure. Source: the output of `stonith_admin
 * --history '*' --verbose --output-as=xml`, by Pacemaker's stonith_admin-2.23.rng and
 * fence-event-2.15.rng. (Without --verbose it prints only one event, the oldest:
 * pcmk__fence_history() in lib/pacemaker/pcmk_fence.c.)
 */

#include "group/state.h"

typedef struct fencing_history fencing_history;

/*
 * NULL with `error` (failed) if the text is not such output, was cut off, or says that the history
 * is not available; the message is then Pacemaker's own reason. An event whose time cannot be read
 * is also an error, because an incomplete history proves nothing.
 */
fencing_history *fencing_history_parse(const char *text, gsize length, GError **error);
void fencing_history_free(fencing_history *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fencing_history, fencing_history_free)

/*
 * The successful fencings of that node; the case of its name is ignored. Only "off" and "reboot"
 * count, because they end what ran there; "on" is unfencing. Zero if it was never fenced.
 */
struct fencings fencing_history_of(const fencing_history *self, const char *node);

#endif
