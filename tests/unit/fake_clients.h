/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAKE_CLIENTS_H
#define LOCKFERRY_TESTS_FAKE_CLIENTS_H

/*
 * NFS clients that are sockets of this process, in a network namespace of its own (network.h):
 * there, every 127.x.y.z, and every address that the loopback was given, is a client that has an
 * rpcbind on port 111 and a statd. What a client does is in its `struct host`; one that was never
 * mentioned is alive.
 *
 * fake_clients_start() -> host_at() -> the default main context answers -> fake_clients_stop()
 */

#include <glib.h>

#define FOREVER G_MAXUINT
#define PACKETS_KEPT 16

/* How many packets a forgery is, each of which must change nothing. */
#define FORGERIES 4

struct host {
	guint lose_questions; /* how many of the first packets it doesn't get, FOREVER for a dead
				 one */
	guint lose_notices;
	guint unregistered; /* how many of the first answers are that there is no statd */
	guint moves_after;  /* how many of the first answers name OTHER_STATD_PORT, where nobody is
			     */
	guint forgeries; /* how many of the first packets of each kind are answered by others only
			  */

	/* Over TCP, where fake_streams.h serves it: */
	enum tcp {
		TCP_RESETS, /* as if nobody were there */
		TCP_ALIVE,
		TCP_FRAGMENTS, /* alive, and answers in fragments of one byte, one at a time */
		TCP_SILENT,    /* accepts, and never answers */
		TCP_LEAVES,    /* hears the call, and closes the connection */
		TCP_CUTS,      /* closes it in the middle of its answer */
		TCP_GARBAGE,   /* answers what is not RPC */
		TCP_OVERSIZE,  /* begins an answer that is too long */
		TCP_WRONG_ID,  /* answers another call */
		TCP_NO_STATD,  /* has an rpcbind that knows of no statd */
		TCP_HEARS_ONE, /* resets after the first name that it was told */
	} tcp;

	guint questions;
	guint notices;
	guint tcp_calls;
	GString *heard; /* "name=state " of each SM_NOTIFY that was answered, over TCP
			   "name=state/tcp " */
	gint64 question_times[PACKETS_KEPT];
	guint16 caller_port;
	char *caller;
};

/* Every client that was mentioned or heard anything, by address. */
extern GHashTable *hosts;

/* Called for each SM_NOTIFY that is answered, where set: who heard it, by which name, and from
 * where.
 */
struct heard {
	const char *host;
	const char *name;
	guint32 state;
	const char *caller;
	guint16 caller_port;
};
extern void (*fake_clients_listener)(const struct heard *heard);

void fake_clients_start(void);
void fake_clients_stop(void);

/* The client of that address; owned by `hosts`. */
struct host *host_at(const char *address);

/* The same, that answers nothing. */
struct host *dead_host_at(const char *address);

#endif
