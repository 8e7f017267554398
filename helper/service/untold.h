/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_UNTOLD_H
#define LOCKFERRY_SERVICE_UNTOLD_H

/*
 * Clients that cannot be told after a failover (nsm/hosts.h). They are named now, while there is
 * time to give them an address.
 *
 * Order of calls: untold_init() -> untold_begin() with the present clients -> untold_add() as
 * clients come, untold_remove() as they go -> untold_text() -> untold_clear().
 */

#include "group/client_list.h"
#include "nsm/hosts.h"

#include <sys/stat.h>

struct untold {
	const char *path;             /* the hosts(5) file; borrowed */
	const char *const *addresses; /* the group's; borrowed */
	hosts *known;                 /* owned */
	struct stat identity;         /* of the file when it was read */
	GHashTable *names;            /* set of owned mon_name */
};

void untold_init(struct untold *self, const char *path, const char *const *addresses);

/* Reads the file, and begins again with the clients of this list. */
void untold_begin(struct untold *self, const client_list *clients);

/* Whether the file has changed, so that untold_begin() must be called. */
bool untold_is_stale(const struct untold *self);

/* Adds a client if it cannot be told. Returns whether it was added. */
bool untold_add(struct untold *self, const char *mon_name);
void untold_remove(struct untold *self, const char *mon_name);

/* The warning, with the first ten names; NULL if there is none. The caller frees it. */
char *untold_text(const struct untold *self);

void untold_clear(struct untold *self);

#endif
