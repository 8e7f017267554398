/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/server.h"

#include "server/kind.h"

#include <unistd.h>

static const struct server_kind *kind_of(const struct group_options *options)
{
	return options->own_server ? &server_isolated : &server_shared;
}

bool server_take_turn(
	const struct group_options *options, int *turn, GPtrArray *warnings, GError **error)
{
	return kind_of(options)->take_turn(options, turn, warnings, error);
}

void server_end_turn(int turn)
{
	if (turn >= 0)
		close(turn);
}

enum grace server_have_grace(const struct group_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error)
{
	return kind_of(options)->have_grace(options, need, warnings, error);
}

bool server_start(const struct group_options *options, guint clients, guint grace_s, bool *is_new,
	GError **error)
{
	return kind_of(options)->start(options, clients, grace_s, is_new, error);
}

bool server_stop(const struct group_options *options, GError **error)
{
	return kind_of(options)->stop(options, error);
}

bool server_grace_runs_short(const struct group_options *options, const char *lock_manager)
{
	return kind_of(options)->grace_runs_short(options, lock_manager);
}

bool server_end_grace(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error)
{
	return kind_of(options)->end_grace(options, lock_manager, result, error);
}
