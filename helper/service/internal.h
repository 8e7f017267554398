/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_INTERNAL_H
#define LOCKFERRY_SERVICE_INTERNAL_H

/*
 * The insides of a group's process, shared by the files it is made of: service.c (its life and its
 * phases), status.c (what it tells of itself) and figures.c (the same in figures). Each of its
 * parts has a header of its own, and knows neither this nor another part.
 */

#include "control/server.h"
#include "group/client_list.h"
#include "node/addresses.h"
#include "recorder/recorder.h"
#include "service/barrier.h"
#include "service/cautions.h"
#include "service/intake_watch.h"
#include "service/leftovers.h"
#include "service/lock_recorder.h"
#include "service/metrics.h"
#include "service/ownership.h"
#include "service/problems.h"
#include "service/reclaim_watch.h"
#include "service/roster.h"
#include "service/service.h"
#include "service/statd_watch.h"
#include "service/takeover.h"
#include "service/telling.h"
#include "service/tickler.h"
#include "service/unusable.h"

struct service {
	const struct group_options *options;
	service_ready ready;
	void *ready_data;
	GMainLoop *loop;
	GError *failure; /* why the first take-over failed */

	sm_dir *live;
	store *to;              /* of the writer's thread, once taken over */
	struct capture capture; /* likewise */
	worker *thread;
	recorder *records;
	addresses *here;
	control *socket;
	telling *telling;
	tickler *tickler;
	ownership *ownership;
	roster *roster;
	unusable *unusable;
	intake_watch *intake_watch;

	group_state *state;  /* NULL until taken over */
	GQueue events;       /* of enum phase_event: what is still to happen to it */
	bool handling;       /* one of them */
	GArray *filesystems; /* likewise; of struct lock_filesystem */
	struct problems problems;
	struct cautions cautions;
	guint unreadable; /* entries of the store that could not be read as it was taken over */
	char *statd;      /* owned; the incarnation that ran when it was asked for last */
	guint locks_at_freeze;
	metrics *metrics; /* NULL: none are wanted */
	worker *looks;    /* the thread that looks at /proc/locks, which takes long where
			     many are held */
	reclaim_watch *reclaim_watch;
	lock_recorder *lock_recorder;
	leftovers *leftovers;
	barrier *barrier;
	statd_watch *statd_watch;

	struct takeover_wait wait; /* shared with the job that takes over */
	char *fencing;             /* owned; takeover.h has it; NULL until taken over */
	control_call *stop_call;   /* whom to tell that we stopped */
	guint tick_source;
	guint graces_missed; /* how many grace periods in a row the address did not come in */
	bool watching;       /* the recorder has been started */
	bool taking_over;    /* the job is with the worker */
	bool stopping;
	bool stop_regardless; /* SIGTERM: stop even if the state can't be saved */
};

/* What the verb `status` is answered. The caller unrefs it. */
JsonObject *service_status(struct service *self);

/* Whether there is a warning in that. */
bool service_warns(const struct service *self);

/* The metrics, as text. The caller frees it. */
char *service_figures(const struct service *self);

#endif
