/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_INTERNAL_H
#define LOCKFERRY_SERVICE_INTERNAL_H

/*
 * The insides of a group's process, shared by the files it is made of: service.c (its life and its
 * phases), records.c (the client list as records come
 * and go), status.c (what it tells of
 * itself) and figures.c (the same in figures).
 */

#include "control/server.h"
#include "group/client_list.h"
#include "group/intake.h"
#include "node/addresses.h"
#include "recorder/recorder.h"
#include "service/barrier.h"
#include "service/cautions.h"
#include "service/deletions.h"
#include "service/leftovers.h"
#include "service/lock_recorder.h"
#include "service/metrics.h"
#include "service/ownership.h"
#include "service/problems.h"
#include "service/reclaim_watch.h"
#include "service/service.h"
#include "service/statd_watch.h"
#include "service/takeover.h"
#include "service/telling.h"
#include "service/tickler.h"
#include "service/untold.h"
#include "service/users.h"

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
	deletions *away; /* records whose file left the sm directory */

	group_state *state;  /* NULL until taken over */
	GQueue events;       /* of enum phase_event: what is still to happen to it */
	bool handling;       /* one of them */
	GArray *filesystems; /* likewise; of struct lock_filesystem */
	client_list *clients;
	GHashTable *users; /* owned; who was connected where the group was before (users.h) */
	struct problems problems;
	struct cautions cautions;
	guint unreadable;     /* entries of the store that could not be read as it was taken over */
	GHashTable *unusable; /* files in the sm directory that are no records: owned name -> owned
				 text */
	struct untold untold; /* clients that can't be told after a failover */
	char *statd;          /* owned; the incarnation that ran when it was asked for last */
	struct intake intake; /* new clients */
	guint64 callouts;     /* how often statd's callout asked to record */
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
	guint account_source;
	guint tick_source;
	guint graces_missed; /* how many grace periods in a row the address did not come in */
	bool dropping;       /* a job that removes records is with the worker */
	bool watching;       /* the recorder has been started */
	bool taking_over;    /* so is the job for that */
	bool stopping;
	bool stop_regardless; /* SIGTERM: stop even if the state can't be saved */
};

/* Save the account of clients, soon. For call-backs: `data` is the service. */
void service_account_changed(void *data);

/* Save it now, if it has changed. */
void service_account_now(struct service *self);

/* Take what was captured into the client list. */
void service_merge(struct service *self, const struct captured *what);

/* Name the clients that can't be told: of all, as the group was taken over or /etc/hosts changed.
 */
void service_begin_untold(struct service *self);
void service_watch_untold(struct service *self);

/* Remove the records of which it is proven that they may go. */
void service_watch_deletions(struct service *self);

/* The incarnation of statd that runs now, "none" when none does. Owned by the service. */
const char *service_statd(struct service *self);

/* Whatever statd has is to be in the store: look at all of it. */
void service_rescan(struct service *self);

/* Look whether too many new clients came, or there is no room for more: warnings. */
void service_watch_intake(struct service *self);

/* Whether the record of that client is taken; notes it where the client is new. */
bool service_has_room_for(struct service *self, const char *mon_name);

extern const struct recorder_events service_recorder_events;

/* What the verb `status` is answered. The caller unrefs it. */
JsonObject *service_status(struct service *self);

/* Whether there is a warning in that. */
bool service_warns(const struct service *self);

/* The metrics, as text. The caller frees it. */
char *service_figures(const struct service *self);

#endif
