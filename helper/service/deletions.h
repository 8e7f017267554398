/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_DELETIONS_H
#define LOCKFERRY_SERVICE_DELETIONS_H

/*
 * Which records may leave the store, because their file left statd's sm directory.
 *
 * That alone proves nothing: a client that was idle is un-monitored, but so are, on newer kernels,
 * clients that hold locks when nfsd is stopped; and a statd that is restarted may empty the
 * directory. So a record is due only when its file has been away for a time in which, without a
 * break, the group was being served: its address here, nfsd running outside grace, lockd and statd
 * running, and the same as when the file was last seen. Measured and read: Linux fs/lockd/host.c
 * (nlm_gc_hosts, 300 s), nfs-utils utils/statd/monitor.c (sm_unmon_1_svc).
 *
 * deletions_back() and deletions_gone() as the recorder finds files -> deletions_interrupted()
 * whenever the group is not served as above -> deletions_due(). In memory only: a process that is
 * restarted begins to watch again, with the files it finds.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct deletions deletions;

/* `delay_s`: how long a file must have been away. */
deletions *deletions_new(guint delay_s);

/* The file is there. */
void deletions_back(deletions *self, const char *file);

/* The file of a record is not there, which was seen last under the statd of that incarnation; 0:
 * not by this process, so it is never due. */
void deletions_gone(deletions *self, const char *file, GQuark statd, gint64 now_us);

/* The proof is broken: for every file that is away the time begins again. */
void deletions_interrupted(deletions *self, gint64 now_us);

/* The files (owned char *, the caller frees the array) that are due, under the statd that runs now.
 * They are forgotten. */
GPtrArray *deletions_due(deletions *self, const char *statd, gint64 now_us);

/* Whether any file is away. */
bool deletions_any(const deletions *self);

void deletions_free(deletions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(deletions, deletions_free)

#endif
