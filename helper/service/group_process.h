/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_GROUP_PROCESS_H
#define LOCKFERRY_SERVICE_GROUP_PROCESS_H

/*
 * A group's process, made of three files: service.c (its life: what it is made of,
 * the tick, what it is asked), phases.c (what happens to the group) and events.c (what its parts
 * tell). Each part has a header of its own, and knows neither this nor another part.
 */

#include "control/server.h"
#include "node/addresses.h"
#include "recorder/recorder.h"
#include "service/adopter.h"
#include "service/barrier.h"
#include "service/cautions.h"
#include "service/intake_watch.h"
#include "service/leftovers.h"
#include "service/lock_recorder.h"
#include "service/metrics_file.h"
#include "service/ownership.h"
#include "service/problems.h"
#include "service/reclaim_watch.h"
#include "service/recoveries.h"
#include "service/roster.h"
#include "service/server_watch.h"
#include "service/service.h"
#include "service/statd_watch.h"
#include "service/telling.h"
#include "service/tickler.h"
#include "service/unusable.h"

struct service {
	const struct group_options *options;
	const struct service_events *calls;
	void *data;
	bool is_ready;
	bool has_ended;
	GError *failure; /* why the first takeover failed */

	sm_dir *sm_dir;
	worker *thread;         /* the store's */
	struct capture capture; /* of that thread, once taken over */
	recorder *recorder;
	addresses *addresses;
	control *socket;
	telling *telling;
	tickler *tickler;
	adopter *adopter;
	ownership *ownership;
	roster *roster;
	unusable *unusable;
	intake_watch *intake_watch;

	group_state *state; /* NULL until taken over */
	GQueue events;      /* of enum phase_event: what is still to happen to the group */
	bool handling;      /* one of them */
	struct problems problems;
	struct cautions cautions;
	char *statd; /* owned; the incarnation that ran when it was asked for last */
	guint locks_at_freeze;
	metrics_file *metrics; /* NULL: none are wanted */
	worker *looks;         /* the thread that looks at /proc/locks, which takes long where
				  many are held */
	reclaim_watch *reclaim_watch;
	lock_recorder *lock_recorder;
	leftovers *leftovers;
	recoveries *recoveries;
	server_watch *server_watch;
	barrier *barrier;
	statd_watch *statd_watch;

	control_call *stop_call; /* whom to tell that we stopped */
	guint tick_timer;
	guint graces_missed; /* how many grace periods in a row the address did not come in */
	bool watching;       /* the recorder has been started */
	bool taking_over;    /* the job is with the worker */
	bool stopping;
	bool stop_regardless; /* SIGTERM: stop even if the state cannot be saved */
};

/* The one look at the kernel and the clock for all parts, once the group was taken over. */
struct situation service_situation(struct service *self);

/* There is nothing more to do: the process ends. */
void service_quit(struct service *self);

/* The incarnation of statd that runs now, "none" when none does. The service's. */
const char *service_statd(struct service *self);

/* Of phases.c */

/* Something happened to the group. One event to its end before the next: what comes of an event
 * while it is handled waits for that. */
void service_post(struct service *self, enum phase_event event);

/* Begin to take the group over, from statd's records in the store to those in its directory. */
void service_take_over(struct service *self);

/* What is asked of us is done when the state has been saved; the loop quits then. */
void service_begin_stop(struct service *self);

void service_look_at_addresses(void *data);

/* Has the recovery begun, gone on, or ended with grace? */
void service_watch_recovery(struct service *self);

/* Grace was ended before its time, as all locks are back. */
void service_grace_ended(void *data);

void service_watch_grace(struct service *self, const struct situation *now);
void service_watch_lock_manager(struct service *self, const struct situation *now);

extern const struct adopter_events service_adopter_events;

/* Of events.c */

/* Save the state as it is now, and before it all that must be stored first; when the service is
 * stopping, quit afterwards. */
void service_save(struct service *self);

/* Note in the state that other groups are served here, too: whether that is new. For good, as the
 * records of their clients stay in the store. */
bool service_note_others(struct service *self);
void service_watch_others(struct service *self);

/* Look whether too many new clients came, or there is no room for more. */
void service_watch_intake(struct service *self);

/* For the roster. */
void service_clients_changed(void *data);

extern const struct recorder_events service_recorder_events;
extern const struct ownership_events service_ownership_events;

#endif
