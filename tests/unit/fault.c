/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fault.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>

#define SHORT_BYTES 7

struct fault fault;

bool fault_strikes(void)
{
	if (fault.resting)
		return false;
	fault.step++;
	if (fault.before != NULL) {
		fault.resting = true;
		fault.before(fault.step);
		fault.resting = false;
	}
	if (fault.step == fault.kill_step)
		raise(SIGKILL);
	if (fault.step != fault.fail_step)
		return false;
	errno = fault.fail_errno;
	return true;
}

bool fault_interrupts(void)
{
	static bool turn;

	turn = fault.interrupting && !turn;
	if (!turn)
		return false;
	fault.interruptions++;
	errno = EINTR;
	return true;
}

size_t fault_length(size_t length)
{
	return fault.short_writes ? MIN(length, SHORT_BYTES) : length;
}
