/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_EXPORT_CLIENTS_H
#define LOCKFERRY_KEEPER_EXPORT_CLIENTS_H

/*
 * The clients that lines of exports(5) name, for a firewall, which knows them by their addresses
 * only. Pure. The lines are as in export_lines.h.
 */

#include <glib.h>

typedef struct export_clients {
	GPtrArray *v4,
		*v6; /* of owned char *, each "ADDRESS/PREFIX", in order, without repetition */
	char *any;   /* owned; the first client that may have any address: a name, a pattern,
		      * a netgroup, everybody ("*"). NULL: there is none */
} export_clients;

/* export_clients_free() frees it. */
export_clients *export_clients_of(const char *text);
void export_clients_free(export_clients *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(export_clients, export_clients_free)

/* All of their networks, with blanks between them. The caller frees it. */
char *export_clients_to_text(const export_clients *self);

#endif
