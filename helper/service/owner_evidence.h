/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_OWNER_EVIDENCE_H
#define LOCKFERRY_SERVICE_OWNER_EVIDENCE_H

/*
 * What the cluster knows of a node that has the group and did not release it: whether it was fenced
 * since, or booted. Blocks on the cluster; for the worker thread.
 *
 * All zero -> owner_evidence_ask() as often as is wanted -> the texts -> owner_evidence_clear().
 */

#include "cluster/fencing_history.h"
#include "group/adoption.h"

/* It goes with the answers' reasons. */
struct owner_evidence {
	fencing_history *history; /* NULL: it cannot be asked */
	GError *history_error;    /* why */
	struct fencings fencings; /* of the owner */
	char *boot;               /* the boot id that it has published; NULL: none */
	GError *boot_error;       /* why the cluster cannot be asked for it */
};

/* Asks the cluster for what is missing in `evidence`, which borrows the answers. `found`: the state
 * in the store. */
void owner_evidence_ask(
	struct owner_evidence *self, const group_state *found, struct adoption_evidence *evidence);

/* Why the group cannot be taken; always false. `node`: this one. */
bool owner_evidence_refuse(const struct owner_evidence *self, const group_state *found,
	const char *node, GError **error);

/* What the start waits for. The caller frees it. */
char *owner_evidence_wait_text(const struct owner_evidence *self, const group_state *found);

void owner_evidence_clear(struct owner_evidence *self);

#endif
