/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_NOTIFIER_H
#define LOCKFERRY_NSM_NOTIFIER_H

/*
 * Tells clients, from one address of a service group, that the server restarted.
 *
 * Order of calls: notifier_new() -> notifier_add() for each client -> notifier_start() -> `changed`
 * is called for each step of each client -> notifier_free(). notifier_free() may be called at any
 * time, even before all clients are done, and from within `changed`. `changed` is not called again
 * after it. If it is called from within `changed`, the memory is freed when `changed` returns.
 *
 * A notifier belongs to the GMainContext that is the thread's default during notifier_start(). Only
 * iterations of that context call `changed`. It never blocks and never asks a name server: it
 * reaches clients at the numeric address in their record.
 *
 * It asks each client for the port of its status monitor. Then it sends one SM_NOTIFY for each
 * name, one after the other, and waits for the answer to each. Without an answer it sends again,
 * first after 0.25 s, then after twice the previous delay, up to 8 s, as long as the notifier
 * exists. After three SM_NOTIFYs without an answer it asks for the port again, because statd may
 * have restarted. All clients are handled at the same time, so a dead client does not delay a live
 * one.
 *
 * If a client did not answer three packets, the notifier also tries TCP (notifier_tcp.h), again
 * with each further packet. UDP continues. The client's rpcbind and status monitor may accept only
 * TCP.
 *
 * Packets leave from `source`, from a port below 1024 if the process may have one. A packet that
 * the network refuses (no route, a firewall) counts as lost. A reply counts only if it is complete,
 * comes from the client's address and port, and has the id of a call in progress. Other packets are
 * counted and dropped.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct notifier notifier;

enum notifier_step {
	NOTIFIER_TOLD,         /* the first SM_NOTIFY was sent to the client */
	NOTIFIER_ACKNOWLEDGED, /* the client has answered every SM_NOTIFY */
	NOTIFIER_SILENT, /* the client has not answered within ten seconds after it was added, or
			    after the start; the notifier still tries; reported at most once for
			    each client */
};

/* `mon_name` is the client. `data` is the value given to notifier_new(). */
typedef void (*notifier_changed)(const char *mon_name, enum notifier_step step, void *data);

/*
 * `source` is the group's address, numeric, IPv4 or IPv6. `names` are the names of the server,
 * NULL-terminated, at least one. `state` is the state number, which is the same for the whole
 * recovery. Everything is copied. Returns NULL with LF_ERROR_ARGUMENT if the source is not a
 * numeric address, if a name is empty or longer than 255 bytes, if there is no name, or if the
 * state is even.
 */
notifier *notifier_new(const char *source, const char *const *names, gint32 state,
	notifier_changed changed, void *data, GError **error);

/*
 * Adds a client by the address in its record. Returns false with LF_ERROR_ARGUMENT if the name is
 * not a numeric address of one host, or if that address cannot be reached from `source` (another
 * family, or link-local without an interface). Such a client cannot be notified from here. Adding a
 * client twice has no effect. May also be called after notifier_start().
 */
bool notifier_add(notifier *self, const char *mon_name, GError **error);

/* Does the same for a client whose record has a host name. The client is notified at the numeric
 * address `at`. */
bool notifier_add_at(notifier *self, const char *mon_name, const char *at, GError **error);

/*
 * From now on one client after the other gets its first SM_NOTIFY: the next one when
 * notifier_settled() ends the turn of the former, or after `longest_us`. Each client that answers
 * makes lockd wait for the record of its first lock, and with it the clients of all NFS servers of
 * the node. Clients that do not answer the question for their port take no turn.
 */
void notifier_take_turns(notifier *self, gint64 longest_us);

/* The client whose turn it is, or was last; NULL: none. Valid until the notifier is freed. */
const char *notifier_turn(const notifier *self);

/* Ends its turn: it has a lock again. */
void notifier_settled(notifier *self);

/*
 * Binds the socket; the main loop then sends the packets. Returns false with LF_ERROR_FAILED if
 * `source` is not on this node (yet). Then it may be called again. After a success it must not be
 * called again.
 */
bool notifier_start(notifier *self, GError **error);

/* Returns how many clients have not acknowledged yet. */
guint notifier_pending(const notifier *self);

/* Returns how many packets did not answer a call in progress. This includes second answers to
 * the same call. */
guint notifier_stray_replies(const notifier *self);

void notifier_free(notifier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(notifier, notifier_free)

#endif
