/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_TWO_NODES_H
#define LOCKFERRY_TESTS_TWO_NODES_H

/*
 * Two nodes between which a service group moves. Each has a kernel and a statd made of files
 * (scratch.h), and both see the group's filesystem. Sleeps are skipped (quick_time.h).
 *
 * Order of calls: two_nodes_set_up() -> any of the others -> two_nodes_tear_down(), as a fixture of
 * g_test_add().
 */

#include "scratch.h"
#include "service/takeover.h"

#define GROUP "files"
#define ADDRESS "192.0.2.10"
#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define RECORD_B SCRATCH_RECORD("10.99.0.22")

/* RECORD_B with the name of `node`, by which the statd of this node finds it. */
#define RECORD_OF(node)                                                                            \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 10.99.0.22 " node "\n"
#define RECORD_B_CONVEYED RECORD_OF("node2")

struct node {
	scratch *scratch;
	sm_dir *sm_dir;
	struct group_options options;
	store *store;           /* while the node has the group */
	const GPtrArray *known; /* the clients that its process knows from before; NULL: none */
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

/* Takes the group over, which must succeed. Keeps the store, and returns the state. */
group_state *must_take_over(struct node *node, enum adoption expected, guint clients);

/* A takeover must be refused with exit status `code`, and the message must contain `says`. The
 * store's state and account, and the node's sm directory, must stay as they were. */
void must_be_refused(two_nodes *self, struct node *node, int code, const char *says);

/* Saves the state with this phase, as the process does while it serves. */
void set_phase(struct node *node, group_state *state, enum phase phase);

/* The group's process on this node dies. */
void crash(struct node *node);

/* Freezes or releases the group, with the present records and locks. Returns how many locks were
 * noted. */
guint hand_over_at_once(struct node *node, group_state *state, enum phase phase, bool unlock);

/* Hands over as the process does: freezes the group before it releases it. The process is gone
 * afterwards. */
guint hand_over(struct node *node, group_state *state, enum phase phase, bool unlock);

/* The node's lock manager holds locks on `count` files of the group's filesystem. */
void hold_locks(two_nodes *self, struct node *node, guint count);

/* The file must have this text in the node's sm directory; NULL: it must not exist. */
void assert_record(struct node *node, const char *file, const char *text);

/* Node A has served the group with two clients and three locks, and then released it, or crashed in
 * the phase `last`. Returns the state number. */
gint32 serve_on_a(two_nodes *self, enum phase last);

#endif
