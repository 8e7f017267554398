/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_STATE_H
#define LOCKFERRY_GROUP_STATE_H

/*
 * What the store says of a service group: who owns it, in which phase it is, and its state number.
 * Pure: text in, struct out, and back. docs/on-disk-format.md describes the text.
 */

#include "group/phase.h"

#include <glib.h>
#include <stdbool.h>

/* The version of the store's format that this program reads and writes. */
#define GROUP_STATE_FORMAT 1

/* The fencings of a node that the cluster knows of. Two nodes may know the same one by two times,
 * each by its own clock: so it takes the number of them, too, to tell whether there was another. */
struct fencings {
	guint count;
	gint64 last_us; /* microseconds since the epoch, as Pacemaker has it; 0: there is none */
};

typedef struct group_state {
	char *group; /* owned; the service group's name; empty: no group has claimed the store yet
		      */
	char *node;  /* owned; the owner: the node as the cluster names it */
	char *boot;  /* owned; the owner's boot id */
	char *lock_manager;  /* owned; which incarnation of lockd holds the group's locks */
	gint64 owned_since;  /* seconds since the epoch, by the owner's clock; for people */
	bool fencings_known; /* whether the owner could ask for its own fencings, as it took the
				group */
	struct fencings fencings; /* what it was told */
	guint64 epoch;            /* grows by one with each change of owner or of lock manager */
	gint32 state_number;      /* odd; what SM_NOTIFY says */
	enum phase phase;
	bool recovery_due; /* clients have yet to reclaim the locks of an earlier epoch */
	bool other_groups; /* others were served on a node that had this one: clients recorded may
			      be theirs alone. False where that is not known, too */
} group_state;

void group_state_free(group_state *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(group_state, group_state_free)

group_state *group_state_copy(const group_state *from);

/*
 * A group nobody has owned. `now` (seconds since the epoch) seeds the state number: a store that
 * was lost and made again must not repeat the numbers that its clients heard of the old one, for
 * they would ignore them.
 */
group_state *group_state_new(const char *group, gint64 now);

/*
 * The number for the next recovery: at least two more, odd and positive. Where that is behind
 * what the clock gives (`now`, seconds since the epoch) by more than a minute, it is the clock's: a
 * store that came back from a backup must not repeat what clients heard since. At the end of 31
 * bits it begins at the clock's.
 */
gint32 group_state_next_number(gint32 state_number, gint64 now);

/* Whether the state in the store at that path is that group's, or nobody's yet. Error: not
 * configured. */
bool group_state_check_group(
	const group_state *self, const char *store_path, const char *group, GError **error);

/*
 * Error where the text is cut off, of another format version (the message says which), or holds a
 * value that cannot be. group_state_parse() of what group_state_format() returns gives the state
 * again.
 */
group_state *group_state_parse(const char *text, gsize length, GError **error);
char *group_state_format(const group_state *self);

/* Whether a service group may have this name: letters, digits, `_`, `-`, `.` (not first), at
 * most 64. */
bool group_name_is_valid(const char *name);

/* Whether a node can be owner of a group by this name: a text, not empty (which is nobody), and
 * without control characters. */
bool node_name_is_valid(const char *name);

#endif
