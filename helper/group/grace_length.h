/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_GRACE_LENGTH_H
#define LOCKFERRY_GROUP_GRACE_LENGTH_H

/*
 * How long the grace period of a group's own NFS server must be, so that all of its clients can
 * reclaim in it. Pure. While it runs nobody gets a new lock, so it should not be longer than that;
 * but a client that comes too late loses its locks. So every part that is measured counts twice,
 * every part that is not is taken for long, and the early end of grace is what makes it short.
 *
 * The parts, one after the other:
 *
 * - the address comes: grace begins with the server, and clients are told when the address is here;
 * - clients are told, and each is recorded again before its first lock comes back: statd runs one
 *   callout at a time, so this grows with their number;
 * - the last client connects. Its kernel tries again after pauses that double from 3 s on, up to 5
 *   minutes (Linux net/sunrpc/xprtsock.c, XS_TCP_INIT_REEST_TO, XS_TCP_MAX_REEST_TO; and TCP's own
 *   SYN, which is repeated after 1, 2, 4 s and so on). So a pause is about as long as the server
 *   was out of reach, and 40 s were measured after a crash. Where the group was released moments
 *   ago and its connections are known, they are renewed by a tickle (net/tickle.h), and clients
 *   were back 1.0 s after the address: there it is enough that a first SYN is lost twice (7 s) and
 *   a first pause is waited for (3 s).
 */

#include <glib.h>
#include <stdbool.h>

/* The least that nfsd takes (fs/nfsd/nfsctl.c), and the most that lockd does (fs/lockd/svc.c,
 * nlm_grace_period_max); lockd rounds up to tens (nlm_timeout). */
#define GRACE_LENGTH_MIN_S 10
#define GRACE_LENGTH_MAX_S 240

struct grace_facts {
	guint clients;       /* that have NFSv3 locks to reclaim */
	bool was_short;      /* the group was released moments ago, and the connections that its
			      clients had are known */
	guint lease_s;       /* of NFSv4; 0: it is not served, or nobody can tell */
	const GArray *times; /* of the last recoveries (recovery_times.h); NULL: none is known */
};

/* In seconds. */
struct grace_length {
	guint seconds; /* the sum, rounded up, and the lease at least */
	guint arrival; /* its parts */
	guint telling;
	guint retry;
	guint lease;
	guint clients;    /* for how many */
	guint recoveries; /* how many were measured */
};

struct grace_length grace_length_for(const struct grace_facts *facts);

/* What it rests on, for people. The caller frees it. */
char *grace_length_text(const struct grace_length *self);

#endif
