/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_TELLER_H
#define LOCKFERRY_TESTS_TELLER_H

/*
 * Who tells a crowd that the server restarted: Lockferry, the bare minimum of system calls, and
 * sm-notify. Each is a process of its own, which ends when the last client that is alive has
 * answered, or is ended after a time. A failure ends the bench.
 */

#include "crowd.h"

#include <stdbool.h>

#define TELLER_SOURCE "10.1.0.9"

enum teller {
	/* Two packets a client, and two answers, in batches; cannot do with loss or dead clients.
	 */
	TELLER_BARE,
	/* recovery.h, as `lockferry notify` and `lockferry serve` use it. */
	TELLER_LOCKFERRY,
	/* Of nfs-utils; its files are in TMPDIR, and removed. */
	TELLER_SM_NOTIFY,
};

struct telling {
	double seconds;  /* until the last client that is alive had answered; the limit, else */
	guint told;      /* how many had answered by then */
	guint packets;   /* that it sent */
	guint overflows; /* packets that came while a receiver's buffer was full */
	double peak_mib; /* resident, at most */
};

/* Let it tell a crowd of those ways, `limit_s` at most. */
struct telling teller_tell(enum teller teller, const struct crowd_ways *ways, guint limit_s);

/* Whether it is installed. */
bool teller_exists(enum teller teller);

#endif
