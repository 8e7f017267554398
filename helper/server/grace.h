/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_GRACE_H
#define LOCKFERRY_SERVER_GRACE_H

/* The kernel's grace periods, as both kinds of server (server.h) judge and end them. Stateless. */

#include "kernel/kernel.h"

/* Whether `left` of the `seconds` of the grace period that runs are too few to begin to tell
 * clients in. 0 is what nobody can tell, and is not short. Pure. */
bool grace_is_short(guint seconds, guint left);

/* Say so, or that even the whole one is short. `warnings`: of owned char *. */
void grace_warn_if_short(const struct kernel *kernel, GPtrArray *warnings);

struct grace_end {
	bool ended;      /* now */
	char *needed_by; /* owned; the group that still needs it; NULL: none is known of */
	char *awaited;   /* owned; when ended: what new locks still wait for; NULL: for nothing */
};

void grace_end_clear(struct grace_end *self);

/* End the one that runs under that incarnation of the lock manager, and NFSv4's where the server
 * speaks no version 4; nothing where it does not run. False with `error`: the kernel refuses. */
bool grace_end_now(const struct kernel *kernel, const char *lock_manager, struct grace_end *result,
	GError **error);

#endif
