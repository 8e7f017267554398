/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAKE_STREAMS_H
#define LOCKFERRY_TESTS_FAKE_STREAMS_H

/*
 * The TCP side of the fake clients (fake_clients.h). The member `tcp` of a client's `struct host`
 * says what it does. A client without one resets every connection.
 *
 * Order of calls: fake_clients_start() -> fake_streams_start() -> run the default main context,
 * which answers -> fake_streams_stop() -> fake_clients_stop().
 */

#include "fake_clients.h"

void fake_streams_start(void);
void fake_streams_stop(void);

/* How many connections are open now, and how many were open at the same time at most. */
extern guint fake_streams_open, fake_streams_most;

#endif
