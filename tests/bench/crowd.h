/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_CROWD_H
#define LOCKFERRY_TESTS_CROWD_H

/*
 * Many NFS clients in one process of their own, as fast as the machine allows: each has an address,
 * an rpcbind and a statd. For figures; tests/unit/fake_clients.h has clients that check what they
 * hear.
 *
 * network_enter() -> network_add_range(CROWD_RANGE) once -> crowd_start() -> crowd_stop(). A
 * failure ends the bench.
 */

#include <glib.h>
#include <netinet/in.h>
#include <sys/types.h>

#define CROWD_RANGE "10.128.0.0"
#define CROWD_PREFIX 9
#define CROWD_MAX 8000000

/* How the clients are. Which of them are dead, and what is lost, is the same each time. */
struct crowd_ways {
	guint count;
	guint dead_percent; /* of the clients, which answer nothing */
	guint loss_percent; /* of the packets to them, and of those from them */
};

/* What happened so far; written by the clients' process. */
struct crowd_counts {
	guint answers; /* packets that were sent */
	guint told;    /* clients whose answer to an SM_NOTIFY was sent */
};

typedef struct crowd {
	struct crowd_ways ways;
	volatile struct crowd_counts *counts;
	pid_t pid;
} crowd;

/* They answer as soon as this returns. They end with the bench, if not before. */
crowd *crowd_start(const struct crowd_ways *ways);
void crowd_stop(crowd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(crowd, crowd_stop)

/* The address of the client of that number. */
struct in_addr crowd_address(guint number);

/* How many of the clients are alive. */
guint crowd_alive(const struct crowd_ways *ways);

#endif
