/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_PROBLEMS_H
#define LOCKFERRY_SERVICE_PROBLEMS_H

/*
 * What is wrong with a group now, in words for an administrator. Each kind of problem has one text
 * at a time.
 *
 * Order of calls: all zero at first -> problems_set() when something goes wrong, and again when it
 * is mended -> problems_clear().
 *
 * The log gets one line when a problem begins, with its cure, and one line when it is mended. In
 * between the text may change (another file that cannot be written, another second of waiting):
 * `status` shows the newest text, and the log does not.
 */

#include <stdbool.h>

enum problem {
	PROBLEM_SERVER,    /* the keeper of the group's own NFS server has one, or there is none */
	PROBLEM_ADOPTION,  /* the group could not be taken over again, after lockd was restarted */
	PROBLEM_RECORDING, /* records cannot be stored */
	PROBLEM_STORE,     /* the state cannot be stored */
	PROBLEM_GRACE,     /* clients cannot be told */
	PROBLEM_PLACE,     /* the store's path leads somewhere else now */
	PROBLEM_DISK,      /* the store's disk hangs */

	/* All following kinds are warnings: the group is served all the same. */
	PROBLEM_LATE,      /* a lock was granted before its record was durable */
	PROBLEM_KEEPER,    /* the keeper of the group's own NFS server has a warning */
	PROBLEM_SLOW_DISK, /* the store's disk does not answer; it may yet */
	PROBLEM_FULL,      /* no new clients are taken */
	PROBLEM_FLOOD,     /* more new clients came than is usual */
	PROBLEM_MISSED,    /* statd's callout could not hand over clients */
	PROBLEM_STATD,     /* statd cannot record clients, or its callout cannot hand them over */
	PROBLEM_UNTOLD,    /* clients cannot be told after a failover */
	PROBLEM_UNUSABLE,  /* files in the sm directory are not records */
	PROBLEM_ACCOUNT,   /* the account of clients cannot be saved */
	PROBLEM_REMOVAL,   /* records that are no longer needed cannot be removed */
	PROBLEM_LOCKS,     /* the locks that are held cannot be recorded */
	PROBLEM_LOCK_SET,  /* locks of the group may be held where Lockferry does not look */
	PROBLEM_METRICS,   /* the metrics cannot be written */
	PROBLEM_COUNT
};

struct problems {
	char *texts[PROBLEM_COUNT]; /* owned; NULL: nothing is wrong */
};

bool problem_is_warning(enum problem which);

/* `text` is copied; NULL: mended. */
void problems_set(struct problems *self, enum problem which, const char *text);

/* Whether there is a warning, or whether there is a problem that is not a warning. */
bool problems_any(const struct problems *self, bool warnings);

void problems_clear(struct problems *self);

#endif
