/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_DELETIONS_H
#define LOCKFERRY_SERVICE_DELETIONS_H

/*
 * Decides which records may leave the store because their file left statd's sm directory.
 *
 * A missing file alone proves nothing. statd un-monitors a client that is idle. But newer kernels
 * also un-monitor clients that hold locks when nfsd is stopped, and a restarted statd may empty the
 * directory. So a record is due only if its file has been away for `delay_s`, and the group was
 * served all this time: its address was here, nfsd ran outside its grace period, and lockd and
 * statd ran, the same statd as when the file was last seen. Sources, measured and read: Linux
 * fs/lockd/host.c (nlm_gc_hosts, 300 s), nfs-utils utils/statd/monitor.c (sm_unmon_1_svc).
 *
 * Order of calls: deletions_back() and deletions_gone() as the recorder finds or misses files ->
 * deletions_interrupted() whenever the group is not served as described above -> deletions_due().
 * All of this is in memory only. A restarted process begins again, with the files that it finds.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct deletions deletions;

/* `delay_s`: how long a file must have been away. */
deletions *deletions_new(guint delay_s);

/* The file is there. */
void deletions_back(deletions *self, const char *file);

/* The file of a record is missing. `statd` is the incarnation of statd under which this process
 * last saw the file; 0 means that this process never saw it, and then the record is never due. */
void deletions_gone(deletions *self, const char *file, GQuark statd, gint64 now_us);

/* The group was not served for a moment. The time starts again for every missing file. */
void deletions_interrupted(deletions *self, gint64 now_us);

/* Returns the files that are due under the running statd, and forgets them. The array owns the
 * texts; the caller frees the array. */
GPtrArray *deletions_due(deletions *self, const char *statd, gint64 now_us);

/* Whether any file is missing. */
bool deletions_any(const deletions *self);

void deletions_free(deletions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(deletions, deletions_free)

#endif
