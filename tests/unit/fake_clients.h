/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAKE_CLIENTS_H
#define LOCKFERRY_TESTS_FAKE_CLIENTS_H

/*
 * NFS clients that are sockets of this process, in a network namespace of its own (network.h). In
 * it, every address 127.x.y.z, and every address that was added to the loopback, is a client with
 * an rpcbind on port 111 and a statd. The `struct host` of a client says how it behaves. A client
 * without one answers normally.
 *
 * Order of calls: fake_clients_start() -> host_at() -> run the default main context, which answers
 * -> fake_clients_stop().
 */

#include <glib.h>

#define FOREVER G_MAXUINT
#define PACKETS_KEPT 16

/* How many packets a forgery has. None of them may change anything. */
#define FORGERIES 4

struct host {
	/* how many of the first packets are lost; FOREVER: the client is dead */
	guint lose_questions;
	guint lose_notices;
	guint unregistered; /* how many of the first answers say that there is no statd */
	/* how many of the first answers name OTHER_STATD_PORT, on which nothing listens */
	guint moves_after;
	/* how many of the first packets of each kind are answered only by a forger */
	guint forgeries;

	/* Behaviour over TCP, if fake_streams.h serves the client: */
	enum tcp {
		TCP_RESETS, /* resets the connection, as if no program listened */
		TCP_ALIVE,
		TCP_FRAGMENTS, /* answers normally, in fragments of one byte, one at a time */
		TCP_SILENT,    /* accepts the connection, and never answers */
		TCP_LEAVES,    /* reads the call, and closes the connection */
		TCP_CUTS,      /* closes the connection in the middle of its answer */
		TCP_GARBAGE,   /* sends an answer that is not RPC */
		TCP_OVERSIZE,  /* begins an answer that is too long */
		TCP_WRONG_ID,  /* answers with the id of another call */
		TCP_NO_STATD,  /* its rpcbind has no entry for statd */
		TCP_HEARS_ONE, /* resets the connection after the first name that it was told */
	} tcp;

	guint questions;
	guint notices;
	guint tcp_calls;
	/* "name=state " for each SM_NOTIFY that was answered; over TCP "name=state/tcp " */
	GString *heard;
	gint64 question_times[PACKETS_KEPT];
	guint16 caller_port;
	char *caller;
};

/* By address: each client that host_at() returned or that got a packet. */
extern GHashTable *hosts;

/* If set, called for each SM_NOTIFY that is answered: which client got it, by which name, and from
 * where. */
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

/* The client of this address; owned by `hosts`. */
struct host *host_at(const char *address);

/* The same, but the client answers nothing. */
struct host *dead_host_at(const char *address);

#endif
