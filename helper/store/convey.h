/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_CONVEY_H
#define LOCKFERRY_STORE_CONVEY_H

/* Conveying: records of a store become files in statd's sm directory, for the statd and the lock
 * manager of an adoptive node. Stateless. */

#include "nsm/sm_dir.h"
#include "store/store.h"

/* Called for each record that could not be conveyed. */
typedef void (*convey_failed)(const client *entry, const GError *error, void *data);

/*
 * Put the records of `clients` (of client, sorted by file), which are in the store `from`, into
 * `to`: durably, and beside those of statd's that are there, as sm_dir_put(). One that fails
 * doesn't keep the others. How many were made.
 *
 * `my_name`: the name of the server in each line, NULL: the one that it has. statd
 * takes out only lines with the name by which the lock manager beside it calls the server, so
 * under another they would stay for ever (nfs-utils utils/statd/monitor.c: sm_mon_1_svc(),
 * sm_unmon_1_svc()).
 */
guint convey(store *from, GPtrArray *clients, sm_dir *to, const char *my_name, convey_failed failed,
	void *data);

#endif
