/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAKE_STREAMS_H
#define LOCKFERRY_TESTS_FAKE_STREAMS_H

/*
 * The TCP side of the fake clients (fake_clients.h): what a client does there is the `tcp` of its
 * `struct host`. One that was never mentioned resets every connection.
 *
 * fake_clients_start() -> fake_streams_start() -> the default main context answers ->
 * fake_streams_stop() -> fake_clients_stop()
 */

#include "fake_clients.h"

void fake_streams_start(void);
void fake_streams_stop(void);

/* How many connections there are, and how many there were at a time at most. */
extern guint fake_streams_open, fake_streams_most;

#endif
