/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_DISK_H
#define LOCKFERRY_TESTS_DISK_H

/*
 * A disk whose calls can fail or kill the process, and that knows what a power cut would lose.
 *
 * A program that links this file gets its own versions of the calls that change files, before those
 * of the C library. They also apply to the libraries of the program, such as SQLite. The calls are
 * counted between disk_watch() and disk_let_be().
 */

#include <stdbool.h>

/* disk_watch() begins to count. The calls are numbered from 1; 0 means no call. The call
 * `fail_step` fails with `fail_errno`, and with `for_good` all later ones fail as well. The process
 * dies before the call `kill_step` is made. */
struct disk_plan {
	int fail_step;
	int fail_errno;
	bool for_good;
	int kill_step;
};

void disk_watch(const struct disk_plan *plan);

/* Stops counting. Returns the number of calls since disk_watch(). */
int disk_let_be(void);

/* How many files and directories were changed since disk_watch() and were not synced after that.
 * Those that are gone or empty do not count. A power cut may take each of these changes. */
int disk_unsynced(void);

/* Whether the file or directory was synced since disk_watch(), whichever process changed it. */
bool disk_was_synced(const char *path);

#endif
