/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_BARRIER_H
#define LOCKFERRY_SERVICE_BARRIER_H

/*
 * The barrier between a client's first lock and its record. statd runs lockferry-callout after it
 * wrote the record and before it answers lockd, which grants the lock only then (nfs-utils
 * utils/statd/monitor.c; Linux fs/lockd/svclock.c). So until we answer the callout, the lock isn't
 * granted; and we answer when the record is durable.
 *
 * statd waits for one callout at a time. So a disk that hangs holds up one client for the whole
 * timeout; the clients after it are answered at once until the disk has answered.
 *
 * barrier_new() -> barrier_wait() for each callout -> barrier_open() when the group is adopted ->
 * barrier_free() after the recorder. An answer is {"recorded": BOOLEAN}.
 */

#include "recorder/recorder.h"
#include "report/exposition.h"
#include "control/server.h"
#include "service/problems.h"

typedef struct barrier barrier;

/* All is borrowed. The problem is PROBLEM_LATE: a client was answered before its record was
 * durable, which took more than `timeout_ms`; until the disk has answered. */
barrier *barrier_new(recorder *records, guint timeout_ms, struct problems *problems);

/* The group is adopted, and all records that statd had by then are in the store: from now on the
 * recorder tells when a record is durable. Who came before that waited for it. */
void barrier_open(barrier *self);
bool barrier_is_open(const barrier *self);

/* Answer the call, by which the client of that name gets its first lock: when its record is
 * durable, or late. */
void barrier_wait(barrier *self, const char *mon_name, control_call *call);

/* Answer it at once: that is not so. */
void barrier_refuse(control_call *call, const char *word);

/* From a call to its record being durable. */
const struct histogram *barrier_latency(const barrier *self);

/* Who still waits for the group to be adopted is refused. */
void barrier_free(barrier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(barrier, barrier_free)

#endif
