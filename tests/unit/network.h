/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_NETWORK_H
#define LOCKFERRY_TESTS_NETWORK_H

/*
 * A network namespace of the test's own, in which addresses come and go. network_enter() first;
 * every failure of the others ends the test. Source: rtnetlink(7).
 */

#include <glib.h>
#include <stdbool.h>

/* How a test ends that may not have one, for automake's sake. */
#define EXIT_SKIP 77

/* False with errno where there's none to be had. Its loopback is up. */
bool network_enter(void);

/* The same; ends the test as skipped, and says why, where there's none. */
void network_enter_or_skip(void);

/* Give the loopback an address of either family, or take it away by network_remove(). */
void network_add(const char *address);

/* The same with every IPv4 address that shares its first `prefix` bits: all of them are on this
 * node then. */
void network_add_range(const char *address, guint8 prefix);

void network_remove(const char *address);

#endif
