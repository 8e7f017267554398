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
	STORE_LOCKS_NOTED,    /* the locks when the group was last frozen or stopped; after a crash,
				 those recorded before */
	STORE_LOCKS_RECORDED, /* the locks that are recorded from time to time while the group is
				 served */
	STORE_CONNECTIONS, /* the connections, noted while the group is served and when it is frozen
			      or stopped: the newest ones */
	STORE_MAY_HAVE_LOST, /* clients that the account calls lost, but that may have lost nothing;
				only store.c saves and loads it, with the clients */
	STORE_ANSWERS, /* the clients that answered in the last recovery, and at which addresses;
			  handled in the same way */
	STORE_TEXT_COUNT
};

#endif
