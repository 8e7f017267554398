/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "server/grace.h"
#include "server/kind.h"
#include "server/own.h"

/* How long the keeper may take: it starts in 1 to 4 s on a slow machine, and a disk may hang. */
#define KEEPER_PATIENCE_US (60 * G_USEC_PER_SEC)

static gint64 deadline_us(void)
{
	return clock_now_us() + KEEPER_PATIENCE_US;
}

/* Nobody else has locks there. */
static bool take_turn(const struct group_options *options G_GNUC_UNUSED, int *turn,
	GPtrArray *warnings G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	*turn = -1;
	return true;
}

static bool runs_short(const struct group_options *options, const char *lock_manager)
{
	guint seconds = lock_manager != NULL ? kernel_lock_manager_grace(lock_manager) : 0;

	return seconds > 0 &&
	       grace_is_short(seconds, kernel_grace_left(&options->kernel, lock_manager));
}

static bool stop(const struct group_options *options, GError **error)
{
	return own_server_stop(options->run_dir, options->group, deadline_us(), error);
}

/* Whether clients can reclaim from the server, as it runs or once it is started. Of one that an
 * earlier process left nobody knows how much grace there is: a recovery begins with its own. */
static bool is_good(const struct group_options *options, const struct grace_need *need)
{
	switch (kernel_grace(&options->kernel)) {
	case KERNEL_GRACE_RUNS:
		return need->address_is_here ||
		       (!need->recover && !runs_short(options, need->lock_manager));
	case KERNEL_GRACE_NO_SERVER:
		return true;
	case KERNEL_GRACE_OVER:
		break;
	}
	return false;
}

static enum grace have(const struct group_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error)
{
	g_autofree char *clients = text_count(need->clients, "client");

	if (need->clients == 0 || is_good(options, need))
		return GRACE_RUNS;
	if (need->address_is_here) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"%s must reclaim locks, but the NFS server of group '%s' is not in its grace period, and the group's address is here, so that others may have taken the locks since: restart the group's resource",
			clients, options->group);
		return GRACE_NONE;
	}
	if (!stop(options, error))
		return GRACE_NONE;
	g_ptr_array_add(warnings,
		g_strdup_printf(
			"the NFS server of group '%s' is restarted, for %s to reclaim locks",
			options->group, clients));
	return GRACE_BEGUN;
}

/* What an earlier one left goes first: the lock manager keeps the locks of a server that only lost
 * its threads. */
static bool begin(const struct group_options *options, guint grace_s, GError **error)
{
	return stop(options, error) &&
	       own_server_start(options->run_dir, options->group, grace_s, deadline_us(), error);
}

static bool start(const struct group_options *options, guint clients, guint grace_s, bool *is_new,
	GError **error)
{
	const struct kernel *kernel = &options->kernel;
	g_autofree char *who = NULL;

	*is_new = kernel_nfsd_threads(kernel) == 0;
	if (*is_new && !begin(options, grace_s, error))
		return false;
	if (clients == 0)
		return true;
	if (kernel_prove_grace(kernel, error))
		return true;
	who = text_count(clients, "client");
	g_prefix_error(error, "%s must reclaim locks, but ", who);
	return false;
}

static bool end(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error)
{
	return grace_end_now(&options->kernel, lock_manager, result, error);
}

const struct server_kind server_isolated = {
	.take_turn = take_turn,
	.have_grace = have,
	.start = start,
	.stop = stop,
	.grace_runs_short = runs_short,
	.end_grace = end,
};
