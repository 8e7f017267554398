/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_TERMS_H
#define LOCKFERRY_STORE_TERMS_H

/* The words that the store has in common with what it is made of: how it is opened, what is loaded,
 * and the texts in it. */

enum store_mode {
	STORE_READ,   /* it must be there; nothing is written */
	STORE_WRITE,  /* it must be there */
	STORE_CREATE, /* made if it isn't there: the directory's parent must be */
};

/* Whether clients come with their raw records, several times as large as the rest of them. */
enum store_raw { STORE_WITHOUT_RAW, STORE_WITH_RAW };

/* What a store holds beside the state and the clients: texts of kernel/lock_set.h,
 * net/connections.h, store/may_have_lost.h, store/answers.h and group/recovery_times.h. */
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
