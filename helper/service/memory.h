/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_MEMORY_H
#define LOCKFERRY_SERVICE_MEMORY_H

/*
 * Gives memory back to the system. A look at all clients or all locks needs much memory for a
 * moment; the system gets it back within a second.
 *
 * Order of calls: memory_set_up() before the first thread is started -> memory_freed() after much
 * was freed -> memory_give_back() from time to time. The heap belongs to the whole process, so
 * there is no handle. For the main thread only.
 */

void memory_set_up(void);
void memory_freed(void);

/* Does nothing if memory_freed() was not called since the last time. */
void memory_give_back(void);

#endif
