/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_LEFTOVERS_H
#define LOCKFERRY_SERVICE_LEFTOVERS_H

/*
 * Takes conveyed records back out of the sm directory if their client did not come back. Such a
 * client was acknowledged or did not answer in the last recovery, and statd has not written its
 * file since the takeover put it there.
 *
 * Order of calls: leftovers_new() -> leftovers_renew() when another phase begins ->
 * leftovers_look() each second -> leftovers_free(), after the worker was freed.
 *
 * This is done once in each time of `serving`, after the following was true without a break for as
 * long as a deletion takes: grace is over, so no client can reclaim any more; and statd is older
 * than the lock manager, so statd was asked to monitor each client that this lock manager monitors,
 * and has not emptied the directory since.
 */

#include "base/worker.h"
#include "group/client_list.h"
#include "group/options.h"
#include "nsm/sm_dir.h"
#include "service/situation.h"

typedef struct leftovers leftovers;

/* `writes` is the thread that writes into the sm directory. All arguments are borrowed. */
leftovers *leftovers_new(const struct group_options *options, sm_dir *live, worker *writes);

void leftovers_look(leftovers *self, const struct situation *now, const client_list *clients);

/* Another phase begins, so the waiting time starts again. */
void leftovers_renew(leftovers *self, gint64 now_us);

void leftovers_free(leftovers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(leftovers, leftovers_free)

#endif
