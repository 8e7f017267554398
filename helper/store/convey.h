/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_CONVEY_H
#define LOCKFERRY_STORE_CONVEY_H

/* Conveying makes files in statd's sm directory from the records of a store, for statd and the
 * lock manager of an adoptive node. These functions keep no state. */

#include "nsm/sm_dir.h"
#include "store/store.h"

/* Called for each record that could not be conveyed. */
typedef void (*convey_failed)(const client *entry, const GError *error, void *data);

/*
 * Puts the records of `clients` (of client, sorted by file), which are in the store `from`, into
 * `to`. They are durable, and statd's own records stay (see sm_dir_put()). If one record fails, the
 * others are still conveyed. Returns how many files were made.
 *
 * `my_name` replaces the server's name in each line; NULL keeps the name that the line has. statd
 * removes only lines that have the name which the lock manager on its node uses for the server. So
 * lines with any other name would stay for ever (nfs-utils utils/statd/monitor.c: sm_mon_1_svc(),
 * sm_unmon_1_svc()).
 */
guint convey(store *from, GPtrArray *clients, sm_dir *to, const char *my_name, convey_failed failed,
	void *data);

#endif
