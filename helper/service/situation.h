/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_SITUATION_H
#define LOCKFERRY_SERVICE_SITUATION_H

/*
 * The present situation, which service.c finds out once at each tick. The parts of a group's
 * process get this struct, and do not ask the service, the kernel or the clock themselves. Plain
 * values; the texts are borrowed for the length of the call.
 */

#include "group/phase.h"
#include "kernel/kernel.h"

#include <glib.h>

struct situation {
	gint64 now_us; /* monotonic */
	gint64 now_s;  /* since the epoch */
	enum phase phase;
	guint64 epoch;
	gint32 state_number;
	bool recovery_due;   /* clients still have to reclaim their locks */
	bool stopping;       /* nothing new may begin */
	bool telling;        /* clients are being told */
	bool all_have_heard; /* every client has answered; also true without clients */

	const char *lock_manager; /* the incarnation that granted the group's locks */
	bool lock_manager_runs;   /* that incarnation still runs */
	double server_began;      /* seconds since the boot; negative: not known */
	const char *statd; /* the running incarnation or "none"; looked up only in `serving` */
	enum kernel_grace grace;
	/* of lockd's grace period; 0: not known; looked up only while clients reclaim */
	guint grace_left_s;
	/* too little of the grace period is left for clients that have not been told; looked up
	 * only while they wait for the address */
	bool grace_runs_short;
	bool nfs4_grace_runs;
};

#endif
