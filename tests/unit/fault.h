/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAULT_H
#define LOCKFERRY_TESTS_FAULT_H

/* System calls that fail, or before which the process dies. The test has the linker wrap the calls
 * (--wrap), and each wrapper asks here before it makes the real call. */

#include <stdbool.h>
#include <stddef.h>

struct fault {
	bool resting;  /* do not count calls, and let none fail */
	int step;      /* number of calls so far */
	int fail_step; /* number of the call that fails; 0: none */
	int fail_errno;
	int kill_step; /* number of the call before which the process dies; 0: none */
	/* If set, called before each call. The calls that it makes are not counted. */
	void (*before)(int step);
	bool short_writes;
	bool interrupting; /* every second call that can be interrupted ends in EINTR */
	int interruptions;
};
extern struct fault fault;

/* Whether this call fails; errno is set then. */
bool fault_strikes(void);

/* Whether this call ends in EINTR; errno is set then. */
bool fault_interrupts(void);

/* How many of `length` bytes this call writes. */
size_t fault_length(size_t length);

#endif
