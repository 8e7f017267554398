/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_MEMORY_H
#define LOCKFERRY_SERVICE_MEMORY_H

/*
 * A look at all clients or all locks takes memory that nobody needs afterwards: the system gets it
 * back within a second.
 *
 * memory_set_up() before the first thread is started -> memory_freed() where much was freed ->
 * memory_give_back() now and then. The heap is the process's, so this has no handle. Of the main
 * thread.
 */

void memory_set_up(void);
void memory_freed(void);

/* Costs nothing where nothing was freed. */
void memory_give_back(void);

#endif
