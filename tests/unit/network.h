/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_NETWORK_H
#define LOCKFERRY_TESTS_NETWORK_H

/*
 * A network namespace for the test alone, in which addresses are added and removed. Call
 * network_enter() first. Each failure of the other functions ends the test. Source: rtnetlink(7).
 */

#include <glib.h>
#include <stdbool.h>

/* The exit status of a test that has no right to create a namespace; automake counts it as
 * skipped. */
#define EXIT_SKIP 77

/* Enters a new namespace, and brings its loopback up. Returns false with errno if it cannot. */
bool network_enter(void);

/* The same. If it cannot, says why and ends the test as skipped. */
void network_enter_or_skip(void);

/* Adds an address of either family to the loopback; network_remove() removes it. */
void network_add(const char *address);

/* Adds every IPv4 address that has the same first `prefix` bits, so that all of them are on this
 * node. */
void network_add_range(const char *address, guint8 prefix);

void network_remove(const char *address);

#endif
