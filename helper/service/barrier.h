/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_BARRIER_H
#define LOCKFERRY_SERVICE_BARRIER_H

/*
 * The barrier between a client's first lock and its record. statd writes the record, then runs
 * lockferry-callout, and then answers lockd. lockd grants the lock only after this answer
 * (nfs-utils utils/statd/monitor.c; Linux fs/lockd/svclock.c). So the lock is not granted before
 * the callout gets its answer, and the barrier answers the callout when the record is durable.
 *
 * statd waits for one callout at a time. If a disk hangs, one client waits for the whole timeout.
 * All later clients are answered at once, until the disk has answered.
 *
 * Order of calls: barrier_new() -> barrier_wait() for each callout -> barrier_open() when the group
 * is adopted -> barrier_free(), after the recorder was freed. An answer is {"recorded": BOOLEAN}.
 */

#include "recorder/recorder.h"
#include "report/exposition.h"
#include "control/server.h"
#include "service/problems.h"

typedef struct barrier barrier;

/* All arguments are borrowed. Sets PROBLEM_LATE if a client was answered before its record was
 * durable, because that took more than `timeout_ms`. The problem ends when the disk has
 * answered. */
barrier *barrier_new(recorder *records, guint timeout_ms, struct problems *problems);

/* The group is adopted, and all records that statd had at that time are in the store. From now on
 * the recorder reports when a record is durable. Callouts that came earlier were waiting for this
 * call. */
void barrier_open(barrier *self);
bool barrier_is_open(const barrier *self);

/* Answers `call` when the record of client `mon_name` is durable, or after the timeout. The client
 * gets its first lock then. */
void barrier_wait(barrier *self, const char *mon_name, control_call *call);

/* Answers the call at once with {`word`: false}. */
void barrier_refuse(control_call *call, const char *word);

/* The time from a call until its record was durable. */
const struct histogram *barrier_latency(const barrier *self);

/* Answers the callouts that still wait for the adoption: not recorded. */
void barrier_free(barrier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(barrier, barrier_free)

#endif
