/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_KIND_H
#define LOCKFERRY_SERVER_KIND_H

/* The two kinds of server, for server.c only: each function is the one of server.h that is named
 * alike. Stateless. */

#include "server/server.h"

struct server_kind {
	bool (*take_turn)(const struct group_options *options, int *turn, GPtrArray *warnings,
		GError **error);
	enum grace (*have_grace)(const struct group_options *options, const struct grace_need *need,
		GPtrArray *warnings, GError **error);
	bool (*start)(const struct group_options *options, guint clients, guint grace_s,
		bool *is_new, GError **error);
	bool (*stop)(const struct group_options *options, GError **error);
	bool (*grace_runs_short)(const struct group_options *options, const char *lock_manager);
	bool (*end_grace)(const struct group_options *options, const char *lock_manager,
		struct grace_end *result, GError **error);
};

extern const struct server_kind server_shared, server_isolated;

#endif
