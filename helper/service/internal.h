/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_INTERNAL_H
#define LOCKFERRY_SERVICE_INTERNAL_H

/*
 * The insides of a group's process, shared by the files it is made of: service.c (its life and its
 * phases), persist.c (what it writes into the store), records.c (the client list as records come
 * and go), conveyed.c (conveyed records whose client did not come back), barrier.c (first locks
 * that wait for their records), reclaims.c (locks that come back), held.c (what is to be known
 * after a crash: locks and connections), tickles.c (connections that ended with another node),
 * status.c (what it tells of itself) and figures.c (the same in figures).
 */

#include "group/client_list.h"
#include "group/progress.h"
#include "lockd/lock_set.h"
#include "recorder/recorder.h"
#include "report/exposition.h"
#include "service/addresses.h"
#include "service/control.h"
#include "service/deletions.h"
#include "service/metrics.h"
#include "service/problems.h"
#include "service/recovery.h"
#include "service/service.h"

/* The very locks that clients have to reclaim, where they are known (reclaims.c). */
struct reclaims {
	bool known;      /* so they are, and grace runs */
	lock_set *locks; /* owned; NULL while a job has it */
	guint noted;     /* how many they are */
	guint missing;   /* how many of them were not back yet when last looked for */
	bool all_back;
	char *needed_by;    /* owned; the group for which grace goes on all the same */
	char *awaited;      /* owned; what new locks wait for, now that grace was ended */
	gint64 began_us;    /* when the group was taken over, monotonic */
	gint64 look_due_us; /* when to look next */
};

/* What is recorded while the group is served (held.c). */
struct held {
	guint turn;    /* how often the phase changed: what was begun in another is of no use */
	bool busy;     /* a job is at it */
	gint64 due_us; /* when to look next, monotonic */
	char *recorded[STORE_TEXT_COUNT]; /* owned; a checksum of each text that is recorded, as it
					     is in the store; NULL: not known */
};

/* Connections that clients had with the group where it was before (tickles.c). */
struct tickles {
	GArray *connections; /* owned; of struct connection; NULL where there's none to tell of */
	GHashTable *started; /* owned address of the group -> owned tickle; NULL until one was */
};

struct service {
	const struct service_options *options;
	service_ready ready;
	void *ready_data;
	GMainLoop *loop;
	GError *failure; /* why the first take-over failed */

	sm_dir *live;
	store *to;              /* of the writer's thread, once taken over */
	struct capture capture; /* likewise */
	writer *thread;
	recorder *records;
	addresses *here;
	control *socket;
	recovery_run *recovery;
	deletions *away; /* records whose file left the sm directory */

	group_state *state;  /* NULL until taken over */
	GArray *filesystems; /* likewise; of struct lock_filesystem */
	client_list *clients;
	struct problems problems;
	GHashTable *unusable; /* files in the sm directory that are no records: owned name -> owned
				 text */
	char *statd;          /* owned; the incarnation that ran when it was asked for last */
	guint64 callouts;     /* how often statd's callout asked to record */
	guint locks_at_freeze;
	gint64 recovery_began; /* seconds since the epoch; of the last recovery */
	gint64 recovery_ended;
	struct progress progress; /* of that recovery */
	guint recoveries;         /* how many this process began or took up */
	struct histogram latency; /* from a callout's request to its record being durable */
	metrics *metrics;         /* NULL: none are wanted */
	writer *looks; /* the thread that looks at /proc/locks; NULL until there's need of it */
	struct reclaims reclaims;
	struct held held;
	struct tickles tickles;

	bool checking_claim;  /* so is a job that looks whether the store is ours */
	gint64 claim_due_us;  /* when to look next, monotonic */
	bool dropping;        /* a job that removes records is with the writer */
	gint64 calm_since_us; /* since when conveyed records could be taken back, monotonic */
	bool took_back;       /* they were, or a job that does it is with the writer */
	bool watching;        /* the recorder has been started */
	bool taking_over;     /* the job is with the writer */
	bool saving;          /* so is one that saves the state */
	bool save_again;      /* the state changed meanwhile */
	guint account_source;
	guint tick_source;
	control_call *stop_call; /* whom to tell that we stopped */
	bool memory_freed; /* much of it, as all clients were looked at: the system may have it */
	bool stopping;
	bool stop_regardless; /* SIGTERM: stop even if the state can't be saved */
};

/* Save the state as it is now, and before it what has to be; when the service is stopping, quit
 * afterwards. */
void service_save(struct service *self);

/* Save the account of clients, soon. For call-backs: `data` is the service. */
void service_account_changed(void *data);

/* Save it now, if it has changed. */
void service_account_now(struct service *self);

/* Look now and then whether the store still is ours; quit when it isn't. */
void service_watch_claim(struct service *self);

/* Take what was captured into the client list. */
void service_merge(struct service *self, const struct captured *what);

/* Remove the records of which it is proven that they may go. */
void service_watch_deletions(struct service *self);

/* The incarnation of statd that runs now, "none" when none does. Owned by the service. */
const char *service_statd(struct service *self);

/* Another phase begins: conveyed records are to be looked at anew. */
void service_conveyed_anew(struct service *self);

/*
 * Take records that were conveyed back out of the sm directory, whose client did not come back: it
 * was acknowledged or lost in the last recovery, and statd has not written its file since it was
 * put there. Once in each time of being served, when for as long as a deletion takes there was no
 * break in it: grace is over, so nobody can reclaim any more; and statd is older than the lock
 * manager, so it was told by that of every client it monitors, and has emptied nothing since.
 */
void service_watch_conveyed(struct service *self);

extern const struct recorder_events service_recorder_events;

/* Answer a request to record the client `mon_name`: when its record is durable, or late. */
void service_record(struct service *self, const char *mon_name, control_call *call);

/* The group was taken over, and clients have to reclaim these locks (taken): NULL when nobody can
 * tell which. */
void service_expect_reclaims(struct service *self, lock_set *locks);

/* Look now and then how many of them are back, and end the grace period with the last. */
void service_watch_reclaims(struct service *self);

/* Go on with the recovery, and end it when grace is over. */
void service_watch_recovery(struct service *self);

/* Whether clients of the group may still have to reclaim locks under the lock manager that runs. */
bool service_needs_grace(const struct service *self);

void service_clear_reclaims(struct service *self);

/* The thread for looks at /proc/locks, which take long where many are held. */
writer *service_looks(struct service *self);

/*
 * While the group is served, record which locks are held and which connections clients have: should
 * this node crash, it can be told which locks did not come back, and the connections can be
 * renewed. As it begins to be served, and then every ten seconds at most, if they changed; a look
 * and the write together take a hundredth of the time at most. The record of a client waits for the
 * write at worst, never for a look; a stop waits for a look that is under way, as it takes one
 * itself.
 */
void service_watch_held(struct service *self);

/* Another phase begins: what is in the store may be of another time. */
void service_held_anew(struct service *self);

/* The group was taken over, and clients had these connections with it before (taken); NULL: none
 * that has to be renewed. */
void service_expect_connections(struct service *self, GArray *connections);

/* Have them renewed at each of the group's addresses that is here now, once. */
void service_tickle(struct service *self);

void service_clear_tickles(struct service *self);

/* What the verb `status` is answered. The caller unrefs it. */
JsonObject *service_status(const struct service *self);

/* Whether there is a warning in that. */
bool service_warns(const struct service *self);

/* The metrics, as text. The caller frees it. */
char *service_figures(const struct service *self);

#endif
