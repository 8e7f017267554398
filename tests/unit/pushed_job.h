/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_PUSHED_JOB_H
#define LOCKFERRY_TESTS_PUSHED_JOB_H

/*
 * Workers whose jobs are done when the test says so. A test that links this has the linker wrap
 * worker_push(). One job may wait at a time: a second one ends the test.
 */

#include "base/worker.h"

/* Whether one waits, of any worker. */
bool pushed_job_waits(void);

/* Whether the one that waits was pushed to that worker. */
bool pushed_job_is_of(const worker *thread);

/* Do the job that waits, and tell that it is done. False where none waits. */
bool pushed_job_do(void);

#endif
