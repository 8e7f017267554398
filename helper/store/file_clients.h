/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_FILE_CLIENTS_H
#define LOCKFERRY_STORE_FILE_CLIENTS_H

/* The clients of one sm file, each once, however many records it has in that file. Pure. */

#include "group/client.h"

/*
 * Appends the clients of `records` (of sm_record, at least one) in the file `file` to `clients`, in
 * the order of client_compare_files(). The first of them gets a reference to `raw`, the contents of
 * the file, which may be NULL. Returns how many were appended.
 */
guint file_clients_add(const char *file, GBytes *raw, GPtrArray *records, GPtrArray *clients);

#endif
