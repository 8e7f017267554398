/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_UNTOLD_H
#define LOCKFERRY_SERVICE_UNTOLD_H

/*
 * Clients that cannot be told after a failover (nsm/hosts.h): named while there is time to give
 * them an address.
 *
 * untold_init() -> untold_begin() with the clients that there are -> untold_add() as they come,
 * untold_remove() as they go -> untold_text() -> untold_clear().
 */

#include "group/client_list.h"
#include "nsm/hosts.h"

#include <sys/stat.h>

struct untold {
	const char *path;             /* of hosts(5); lives longer */
	const char *const *addresses; /* the group's; borrowed */
	hosts *known;                 /* owned */
	struct stat identity;         /* of the file that was read */
	GHashTable *names;            /* set of owned mon_name */
};

void untold_init(struct untold *self, const char *path, const char *const *addresses);

/* The clients of a list, and no other; the file is read. */
void untold_begin(struct untold *self, const client_list *clients);

/* Whether the file is another one by now: time for untold_begin(). */
bool untold_is_stale(const struct untold *self);

/* Whether that client cannot be told, and was not known for that. */
bool untold_add(struct untold *self, const char *mon_name);
void untold_remove(struct untold *self, const char *mon_name);

/* What to say of them: the first ten by name. NULL where there is none; the caller frees it. */
char *untold_text(const struct untold *self);

void untold_clear(struct untold *self);

#endif
