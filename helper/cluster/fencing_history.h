/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_FENCING_HISTORY_H
#define LOCKFERRY_CLUSTER_FENCING_HISTORY_H

/*
 * Which nodes the cluster has fenced, and when. Pure: text in, answers out. Source: what
 * `stonith_admin --history '*' --verbose --output-as=xml` prints, by Pacemaker's
 * stonith_admin-2.23.rng and fence-event-2.15.rng. (Without --verbose it prints one event only, and
 * of several the oldest: pcmk__fence_history() in lib/pacemaker/pcmk_fence.c.)
 */

#include "group/state.h"

typedef struct fencing_history fencing_history;

/*
 * NULL with `error` (failed) when that is no such text, it was cut off, or it says that the history
 * cannot be had; the message is Pacemaker's own reason then. An event whose time cannot be read is
 * an error as well: a history that is known in part only proves nothing.
 */
fencing_history *fencing_history_parse(const char *text, gsize length, GError **error);
void fencing_history_free(fencing_history *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fencing_history, fencing_history_free)

/*
 * The successful fencings of that node, whatever the case of its name is: those that ended what
 * ran there ("off" and "reboot"; "on" is unfencing). Zero of them where it never was fenced.
 */
struct fencings fencing_history_of(const fencing_history *self, const char *node);

#endif
