/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_STATE_H
#define LOCKFERRY_GROUP_STATE_H

/*
 * What the store says about a service group: its owner, its phase, and its state number. Pure: it
 * converts a text to a struct and back. docs/on-disk-format.md describes the text.
 */

#include "group/phase.h"

#include <glib.h>
#include <stdbool.h>

/* The version of the store's format that this program reads and writes. */
#define GROUP_STATE_FORMAT 1

/*
 * The fencings of a node that the cluster knows. Two nodes may know the same fencing by two times,
 * each from its own clock. So their number is needed as well, to see whether there was another one.
 */
struct fencings {
	guint count;
	gint64 last_us; /* microseconds since the epoch, from Pacemaker; 0 if there is none */
};

typedef struct group_state {
	char *group; /* owned; the name of the service group; empty if no group has claimed the
			store yet */
	char *node;  /* owned; the owner, by the name that the cluster uses */
	char *boot;  /* owned; the owner's boot id */
	char *lock_manager;  /* owned; the incarnation of lockd that holds the group's locks */
	gint64 owned_since;  /* seconds since the epoch, by the owner's clock; only for display */
	bool fencings_known; /* whether the owner could ask for its own fencings when it took the
				group */
	struct fencings fencings; /* the answer */
	guint64 epoch;            /* grows by one with each change of owner or of lock manager */
	gint32 state_number;      /* odd; sent in SM_NOTIFY */
	enum phase phase;
	bool recovery_due; /* clients must still reclaim the locks of an earlier epoch */
	bool other_groups; /* other groups were served on a node that had this one, so recorded
			      clients may belong only to them; also false if this is unknown */
} group_state;

void group_state_free(group_state *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(group_state, group_state_free)

group_state *group_state_copy(const group_state *from);

/*
 * Returns the state of a group that nobody has owned. `now` (seconds since the epoch) is the basis
 * of its state number. If a store was lost and made again, it must not repeat numbers that clients
 * heard from the old one, because they would ignore them.
 */
group_state *group_state_new(const char *group, gint64 now);

/*
 * Returns the number for the next recovery. It is larger by at least two, odd and positive. If it
 * would be more than a minute behind the number from the clock (`now`, seconds since the epoch), it
 * is the clock's number: a store from a backup must not repeat what clients have heard since. At
 * the end of 31 bits it starts again at the clock's number.
 */
gint32 group_state_next_number(gint32 state_number, gint64 now);

/* Whether the state in the store at that path belongs to that group, or to nobody yet. Otherwise
 * returns false with LF_ERROR_NOT_CONFIGURED. */
bool group_state_check_group(
	const group_state *self, const char *store_path, const char *group, GError **error);

/*
 * Returns NULL with `error` if the text is incomplete, has another format version (the message says
 * which), or has an invalid value. group_state_parse() of the result of group_state_format()
 * returns the same state.
 */
group_state *group_state_parse(const char *text, gsize length, GError **error);
char *group_state_format(const group_state *self);

/* Whether a service group may have this name: at most 64 letters, digits, `_`, `-` and `.`, and
 * the first one is not `.` or `-`. */
bool group_name_is_valid(const char *name);

/* Whether the owner of a group may have this name: valid text that is not empty (which means
 * nobody) and has no control characters. */
bool node_name_is_valid(const char *name);

#endif
