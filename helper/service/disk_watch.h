/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_DISK_WATCH_H
#define LOCKFERRY_SERVICE_DISK_WATCH_H

/*
 * Whether the disk of the store hangs: PROBLEM_DISK after five seconds.
 *
 * A group with an NFS server of its own keeps other groups waiting then, and only fencing the node
 * helps them. So after five seconds it is a warning, PROBLEM_SLOW_DISK. PROBLEM_DISK, for which the
 * monitor fails, comes with `hang_timeout_s`, and not at all if that is 0. Such a group writes to
 * its disk every five seconds at least (store_prove_disk()).
 */

#include "group/options.h"
#include "service/problems.h"

/* Each second. `busy_ms`: how long the job has taken that is at work on the disk; 0: none is. */
void disk_watch_look(
	const struct group_options *options, gint64 busy_ms, struct problems *problems);

#endif
