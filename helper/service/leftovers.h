/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_LEFTOVERS_H
#define LOCKFERRY_SERVICE_LEFTOVERS_H

/*
 * Records that were conveyed into the sm directory, and whose client did not come back: it was
 * acknowledged or did not answer in the last recovery, and statd has not written its file since it
 * was put there. They are taken back out of the directory.
 *
 * leftovers_new() -> leftovers_renew() as another phase begins -> leftovers_look() each second ->
 * leftovers_free(), after the worker.
 *
 * Once in each time of being served, when for as long as a deletion takes there was no break in it:
 * grace is over, so nobody can reclaim any more; and statd is older than the lock manager, so it
 * was told by that of every client it monitors, and has emptied nothing since.
 */

#include "base/worker.h"
#include "group/client_list.h"
#include "group/options.h"
#include "nsm/sm_dir.h"
#include "service/situation.h"

typedef struct leftovers leftovers;

/* `writes` is the thread that writes into the sm directory. All is borrowed. */
leftovers *leftovers_new(const struct group_options *options, sm_dir *live, worker *writes);

void leftovers_look(leftovers *self, const struct situation *now, const client_list *clients);

/* Another phase begins: the time of being served begins again. */
void leftovers_renew(leftovers *self, gint64 now_us);

void leftovers_free(leftovers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(leftovers, leftovers_free)

#endif
