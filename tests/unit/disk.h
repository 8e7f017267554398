/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_DISK_H
#define LOCKFERRY_TESTS_DISK_H

/*
 * A disk that fails, takes the process with it, and knows what a power cut would lose.
 *
 * Linking this puts the calls that change files before those of the C library: for the program and
 * for the libraries it uses, SQLite too. Between disk_watch() and disk_let_be() they are counted.
 */

#include <stdbool.h>

/* Count from here; the call of that number (from 1; 0: none) fails with `fail_errno`, or is the
 * first that is not made because its process dies. All later ones fail as well with `for_good`. */
struct disk_plan {
	int fail_step;
	int fail_errno;
	bool for_good;
	int kill_step;
};

void disk_watch(const struct disk_plan *plan);

/* The number of calls since disk_watch(). */
int disk_let_be(void);

/*
 * How many files and directories were changed since disk_watch() and not synced since, those not
 * counted that are gone or empty. A power cut may take each of those changes.
 */
int disk_unsynced(void);

/* Whether the file or directory was synced since disk_watch(), whoever changed it. */
bool disk_was_synced(const char *path);

#endif
