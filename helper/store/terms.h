/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_TERMS_H
#define LOCKFERRY_STORE_TERMS_H

/* Words that the store and its parts share: how a store is opened, what is loaded, and the texts
 * in it. */

enum store_mode {
	STORE_READ,   /* it must exist; nothing is written */
	STORE_WRITE,  /* it must exist */
	STORE_CREATE, /* it is made if it does not exist; its parent directory must exist */
};

/* Whether clients are loaded with their raw records, which need several times as much memory as
 * the rest. */
enum store_raw { STORE_WITHOUT_RAW, STORE_WITH_RAW };

/* The texts that a store has besides the state and the clients. Their forms are in
 * kernel/lock_set.h, net/connections.h, store/may_have_lost.h and store/answers.h. */
enum store_text {
	STORE_LOCKS_NOTED,    /* when the group was last frozen or stopped; after a crash, what had
				 been recorded */
	STORE_LOCKS_RECORDED, /* from time to time while it is served */
	STORE_CONNECTIONS,   /* both when it was last frozen or stopped, and while it is served: the
				newest */
	STORE_MAY_HAVE_LOST, /* of the clients that the account calls lost, those that may have lost
				nothing: saved and loaded with the clients, by store.c alone */
	STORE_ANSWERS,       /* who answered in the last recovery, and at which address: the same */
	STORE_RECOVERIES, /* how long the last recoveries of a group with a server of its own took
			   */
	STORE_TEXT_COUNT
};

#endif
