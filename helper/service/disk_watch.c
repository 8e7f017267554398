/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disk_watch.h"

/* If the disk takes longer for one job, it is reported. */
#define PATIENCE_MS 5000

static void set_late(const struct group_options *options, gint64 busy_ms, struct problems *problems)
{
	g_autofree char *text = NULL;

	if (busy_ms > PATIENCE_MS)
		text = g_strdup_printf("the store '%s' has not answered for %" G_GINT64_FORMAT
				       " s: look at its disk%s",
			options->store, busy_ms / 1000,
			options->own_server
				? "; the NFSv3 locks of every group on this node may wait for it"
				: "");
	problems_set(problems, options->own_server ? PROBLEM_SLOW_DISK : PROBLEM_DISK, text);
}

static void set_hanging(
	const struct group_options *options, gint64 busy_ms, struct problems *problems)
{
	g_autofree char *text = NULL;

	if (options->hang_timeout_s > 0 && busy_ms >= (gint64)options->hang_timeout_s * 1000)
		text = g_strdup_printf(
			"the disk of group '%s' hangs, its store has not answered for %" G_GINT64_FORMAT
			" s: the NFSv3 locks of every group on this node may wait for it, and if it does not answer, only fencing this node releases it",
			options->group, busy_ms / 1000);
	problems_set(problems, PROBLEM_DISK, text);
}

void disk_watch_look(const struct group_options *options, gint64 busy_ms, struct problems *problems)
{
	set_late(options, busy_ms, problems);
	if (options->own_server)
		set_hanging(options, busy_ms, problems);
}
