/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_CONVEY_H
#define LOCKFERRY_STORE_CONVEY_H

/* Conveying: records of a store become files in statd's sm directory, for the statd and the lock
 * manager of an adoptive node. Stateless. */

#include "nsm/sm_dir.h"
#include "store/store.h"

/* Told of each record that could not be conveyed. */
typedef void (*convey_failed)(const client *entry, const GError *error, void *data);

/*
 * Put the records of `clients` (of client), which are in the store `from`, into `to`: durably, and
 * none in the place of one that is there, as sm_dir_put(). One that fails doesn't keep the others.
 * How many were made.
 */
guint convey(store *from, GPtrArray *clients, sm_dir *to, convey_failed failed, void *data);

#endif
