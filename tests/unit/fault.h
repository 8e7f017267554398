/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAULT_H
#define LOCKFERRY_TESTS_FAULT_H

/*
 * System calls that fail, or are the last of their process, when their turn comes. The test has the
 * linker wrap them (--wrap), and each of its wrappers asks here before the real call.
 */

#include <stdbool.h>
#include <stddef.h>

struct fault {
	bool resting;  /* nothing is counted, and nothing fails */
	int step;      /* calls so far */
	int fail_step; /* the call that fails, 0 for none */
	int fail_errno;
	int kill_step; /* the call before which the process dies, 0 for never */
	/* Called before each, where set; the calls that it makes are not counted. */
	void (*before)(int step);
	bool short_writes;
	bool interrupting; /* every other call that asks for it ends in EINTR */
	int interruptions;
};
extern struct fault fault;

/* Whether this call fails; errno is set then. */
bool fault_strikes(void);

/* Whether this call ends in EINTR; errno is set then. */
bool fault_interrupts(void);

/* How many of so many bytes this call takes. */
size_t fault_length(size_t length);

#endif
