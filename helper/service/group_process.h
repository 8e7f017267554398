/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_GROUP_PROCESS_H
#define LOCKFERRY_SERVICE_GROUP_PROCESS_H

/*
 * The inside of a group's process, shared by three files: service.c (start, tick, requests, end),
 * phases.c (phases and their transitions) and events.c (events of the parts). Each part has its own
 * header, and includes neither this one nor that of another part.
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
	struct capture capture; /* used by that thread only, after the first takeover */
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

	group_state *state; /* NULL before the first takeover */
	GQueue events;      /* of enum phase_event; not handled yet */
	bool handling;      /* an event is being handled */
	struct problems problems;
	struct cautions cautions;
	char *statd; /* owned; the incarnation that ran when it was last looked up */
	guint locks_at_freeze;
	metrics_file *metrics; /* NULL: not wanted */
	worker *looks; /* the thread that reads /proc/locks, which is slow if many locks are held */
	reclaim_watch *reclaim_watch;
	lock_recorder *lock_recorder;
	leftovers *leftovers;
	recoveries *recoveries;
	server_watch *server_watch;
	barrier *barrier;
	statd_watch *statd_watch;

	control_call *stop_call; /* gets the answer when the process has stopped; NULL: nobody */
	guint tick_timer;
	guint graces_missed; /* how many grace periods in a row passed without the address */
	bool watching;       /* the recorder has been started */
	bool taking_over;    /* the takeover job is running */
	bool stopping;
	bool stop_regardless; /* SIGTERM: stop even if the state cannot be saved */
};

/* Reads the kernel's state and the clock, once for all parts. Only after the first takeover. */
struct situation service_situation(struct service *self);

/* Ends the process: reports `ended`, once. */
void service_quit(struct service *self);

/* The incarnation of the running statd, or "none". Owned by the service. */
const char *service_statd(struct service *self);

/* Of phases.c */

/* Reports an event of the group. Events are handled one after the other: an event that is posted
 * while another is being handled waits in the queue. */
void service_post(struct service *self, enum phase_event event);

/* Begins the takeover: from the records in the store to those in statd's directory. */
void service_take_over(struct service *self);

/* Begins the stop. The process ends when the state has been saved. */
void service_begin_stop(struct service *self);

void service_look_at_addresses(void *data);

/* Checks whether the recovery can begin, goes on, or has ended with the grace period. */
void service_watch_recovery(struct service *self);

/* The grace period was ended early, because all locks are back. */
void service_grace_ended(void *data);

void service_watch_grace(struct service *self, const struct situation *now);
void service_watch_lock_manager(struct service *self, const struct situation *now);

extern const struct adopter_events service_adopter_events;

/* Of events.c */

/* Saves the present state, and before it everything that must be stored first. If the service is
 * stopping, the process ends afterwards. */
void service_save(struct service *self);

/* Notes in the state that this node also serves other groups. Returns whether this is new. The note
 * is never removed, because the records of their clients stay in the store. */
bool service_note_others(struct service *self);
void service_watch_others(struct service *self);

/* Checks whether too many new clients came, and whether there is room for more. */
void service_watch_intake(struct service *self);

/* Called by the roster when a client changes. */
void service_clients_changed(void *data);

extern const struct recorder_events service_recorder_events;
extern const struct ownership_events service_ownership_events;

#endif
