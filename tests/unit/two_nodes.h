/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_TWO_NODES_H
#define LOCKFERRY_TESTS_TWO_NODES_H

/*
 * Two nodes that a service group moves between: each has a kernel and a statd of files (scratch.h),
 * and both see the group's filesystem. What sleeps does so on the clock that skips (quick_time.h).
 *
 * two_nodes_set_up() -> any of the others -> two_nodes_tear_down(), as a fixture of g_test_add().
 */

#include "scratch.h"
#include "service/takeover.h"

#define GROUP "files"
#define ADDRESS "192.0.2.10"
#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define RECORD_B SCRATCH_RECORD("10.99.0.22")

/* RECORD_B as that node's statd takes it out again: with the node's name. */
#define RECORD_OF(node)                                                                            \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 10.99.0.22 " node "\n"
#define RECORD_B_CONVEYED RECORD_OF("node2")

struct node {
	scratch *scratch;
	sm_dir *sm_dir;
	struct group_options options;
	store *store; /* while it has the group */
	bool address_is_here;
};

typedef struct two_nodes {
	scratch *shared; /* the group's filesystem is in `fs`, the store in `fs/.lockferry` */
	const char *store_path;
	const char *exports[2];
	struct node a, b;
} two_nodes;

extern const char *const no_list[];
extern const char *const addresses_list_of_group[];

void two_nodes_set_up(two_nodes *self, gconstpointer data);
void two_nodes_tear_down(two_nodes *self, gconstpointer data);

#define TWO_NODES_ADD(path, data, function)                                                        \
	g_test_add(path, two_nodes, data, two_nodes_set_up, function, two_nodes_tear_down)

bool take_over(struct node *node, struct takeover *result, GError **error);

/* Take over, and be left with the store only. */
group_state *must_take_over(struct node *node, enum adoption expected, guint clients);

/* Refused with that exit status: the message says why, and the store is to the letter what it was.
 */
void must_be_refused(two_nodes *self, struct node *node, int code, const char *says);

/* What the process does with the state as it serves. */
void set_phase(struct node *node, group_state *state, enum phase phase);

/* The process is gone. */
void crash(struct node *node);

/* Freeze or release, with what statd and the kernel have now; how many locks were noted. */
guint hand_over_at_once(struct node *node, group_state *state, enum phase phase, bool unlock);

/* As the process does it: frozen before it is released. Then it is gone. */
guint hand_over(struct node *node, group_state *state, enum phase phase, bool unlock);

/* Locks on so many files of the group's filesystem. */
void hold_locks(two_nodes *self, struct node *node, guint count);

/* The text of that file in the node's sm directory; NULL: there is none. */
void assert_record(struct node *node, const char *file, const char *text);

/* Node A has served with two clients and three locks, and released the group or crashed in that
 * phase. Returns the state number. */
gint32 serve_on_a(two_nodes *self, enum phase last);

#endif
