/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_PROBLEMS_H
#define LOCKFERRY_SERVICE_PROBLEMS_H

/*
 * What is wrong with a group right now, in words for an admin; each kind has one text at a time.
 * All zero at first; problems_set() as things go wrong and are mended -> problems_clear(). Both
 * ways are logged.
 */

enum problem {
	PROBLEM_ADOPTION,  /* the group could not be taken over again, after lockd was restarted */
	PROBLEM_RECORDING, /* records can't be stored */
	PROBLEM_STORE,     /* the state can't */
	PROBLEM_GRACE,     /* clients can't be told */
	PROBLEM_COUNT
};

struct problems {
	char *texts[PROBLEM_COUNT]; /* owned; NULL: nothing is wrong */
};

/* `text` is copied; NULL: mended. */
void problems_set(struct problems *self, enum problem which, const char *text);

void problems_clear(struct problems *self);

#endif
