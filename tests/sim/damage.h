/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_DAMAGE_H
#define LOCKFERRY_TESTS_SIM_DAMAGE_H

/*
 * Somebody damages the store of a group while it is served: removes a record, or fills one with
 * something else. Only in a store of kind `files`: in a database no client has a file.
 */

#include "client.h"
#include "cluster.h"

void damage_store(struct service_group *group, bool remove, guint which);

/* Whether the record of a client that was damaged is still not there as it was. */
bool damage_lasts(const struct service_group *group, const struct nfs_client *client);

#endif
