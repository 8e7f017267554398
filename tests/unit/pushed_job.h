/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_PUSHED_JOB_H
#define LOCKFERRY_TESTS_PUSHED_JOB_H

/* Workers whose jobs run when the test says so. A test that links this file has the linker wrap
 * worker_push(). One job may wait at a time; a second one ends the test. */

#include "base/worker.h"

/* Whether a job of any worker waits. */
bool pushed_job_waits(void);

/* Whether the waiting job was pushed to this worker. */
bool pushed_job_is_of(const worker *thread);

/* Runs the waiting job, and reports that it is done. Returns false if no job waits. */
bool pushed_job_do(void);

#endif
