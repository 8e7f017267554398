/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_NOTIFIER_H
#define LOCKFERRY_NSM_NOTIFIER_H

/*
 * Tells clients, from one address of a service group, that the server restarted.
 *
 * notifier_new() -> notifier_add() for each client -> notifier_start() -> the `changed` call-back
 * for each step of each client -> notifier_free(), at any time, also before all are done and from
 * within `changed` (the call-back is not called again, and the free is carried out when it
 * returns).
 *
 * A notifier lives in the GMainContext that is the thread's default at notifier_start(), and
 * `changed` is called from its iterations only. It never blocks and never asks a name server:
 * clients are reached at the numeric address in their record. Each client is asked for its status
 * monitor's port and then sent one SM_NOTIFY for each name, one after the other, until every one is
 * answered; no answer means again, after 0.25 s at first and 8 s at most (doubling), as long as the
 * notifier lives. After three SM_NOTIFYs without an answer the port is asked for again, as statd
 * may have been restarted. All clients are under way at once, so a dead client does not delay a
 * live one.
 *
 * A client from which three packets had no answer is also tried over TCP (notifier_tcp.h), again
 * with each further packet, beside UDP: its rpcbind and its status monitor may be there only.
 *
 * Packets leave from `source`, from a port below 1024 where the process may have one. What the
 * network refuses to take (no route, a firewall) counts as lost on the way. A reply counts only
 * when it is whole, comes from the client's address and port and bears the id of a call under way;
 * others are counted and dropped.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct notifier notifier;

enum notifier_step {
	NOTIFIER_TOLD,         /* the first SM_NOTIFY has been sent to the client */
	NOTIFIER_ACKNOWLEDGED, /* it answered every one */
	NOTIFIER_SILENT, /* not acknowledged within ten seconds of being added, or of the start;
			    still being tried. Once for each client at most */
};

/* `mon_name` is the client; `data` what was given to notifier_new(). */
typedef void (*notifier_changed)(const char *mon_name, enum notifier_step step, void *data);

/*
 * `source`: the group's address, numeric, IPv4 or IPv6; `names`: what to call the server,
 * NULL-terminated, at least one; `state`: the state number, the same for the whole recovery.
 * Everything is copied. NULL with `error` (argument) where the source isn't a numeric address, a
 * name is empty or over 255 bytes or there is none, or the state isn't odd.
 */
notifier *notifier_new(const char *source, const char *const *names, gint32 state,
	notifier_changed changed, void *data, GError **error);

/*
 * Add a client by the address in its record. False with `error` (argument) where that is not a
 * numeric address of one host, or one that cannot be reached from `source` (of the other family, or
 * link-local without an interface): the client cannot be told from here. A client that was added
 * before is not added twice. Also allowed after notifier_start().
 */
bool notifier_add(notifier *self, const char *mon_name, GError **error);

/* The same for a client whose record has a host name: it is told at the numeric address `at`. */
bool notifier_add_at(notifier *self, const char *mon_name, const char *at, GError **error);

/*
 * Bind the socket; the packets follow from the main loop. Fails (failed) when `source` is not on
 * this node (yet): it can be called again then. Once, else.
 */
bool notifier_start(notifier *self, GError **error);

/* How many clients are not acknowledged yet. */
guint notifier_pending(const notifier *self);

/* How many packets came that did not answer a call under way, second answers to one included. */
guint notifier_stray_replies(const notifier *self);

void notifier_free(notifier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(notifier, notifier_free)

#endif
