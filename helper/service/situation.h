/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_SITUATION_H
#define LOCKFERRY_SERVICE_SITUATION_H

/*
 * What is so, as service.c sees it once at each tick: the parts of a group's process are told this,
 * and ask neither the service nor the kernel nor the clock themselves. Plain values; texts are
 * borrowed, for as long as the call.
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
	bool recovery_due;   /* clients have yet to reclaim their locks */
	bool stopping;       /* nothing new begins */
	bool telling;        /* clients are being told */
	bool all_have_heard; /* every client has answered, or there is none */

	const char *lock_manager; /* the incarnation that the group's locks are of */
	bool lock_manager_runs;   /* it still does */
	double server_began;      /* seconds since the boot; negative: nobody can tell */
	const char *statd; /* the incarnation that runs, "none"; asked for in `serving` only */
	enum kernel_grace grace;
	bool grace_runs_short; /* too little is left of it for clients that have not been told;
				  asked for only while they wait for the address */
	bool nfs4_grace_runs;
};

#endif
