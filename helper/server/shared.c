/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "base/text.h"
#include "node/neighbours.h"
#include "server/grace.h"
#include "server/kind.h"
#include "server/own.h"
#include "server/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* No group's name begins with a dot. */
#define LOCK_FILE ".lock-manager"

/* `how` is LOCK_NB or 0; with LOCK_NB it does not wait for the lock. */
static int take_lock(const char *run_dir, int how, GError **error)
{
	g_autofree char *path = g_build_filename(run_dir, LOCK_FILE, NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int locked = -1;

	if (fd >= 0)
		while ((locked = flock(fd, LOCK_EX | how)) != 0 && errno == EINTR)
			;
	if (locked == 0)
		return fd;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot lock '%s'", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* lockd is one thread for all namespaces: while a group's own server uses it, it does not go when
 * the shared server is stopped, and no grace period begins. */
static bool check_alone(const struct group_options *options, GError **error)
{
	g_autofree char *other = own_server_find(options->run_dir, "");

	if (other == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"group '%s' is for the NFS server that groups share, but group '%s' has one of its own on this node: a shared group gets no grace period beside it: have all groups of a node served in one way",
		options->group, other);
	return false;
}

static bool take_turn(
	const struct group_options *options, int *turn, GPtrArray *warnings, GError **error)
{
	if (!check_alone(options, error))
		return false;
	*turn = take_lock(options->run_dir, 0, error);
	return *turn >= 0 && restart_finish(&options->kernel, options->run_dir, warnings, error);
}

static bool is_short(const struct kernel *kernel)
{
	return grace_is_short(kernel_grace_seconds(kernel), kernel_grace_left(kernel, NULL));
}

/* The lock manager that the state has may be one that is gone. */
static bool runs_short(const struct group_options *options, const char *lock_manager G_GNUC_UNUSED)
{
	return options->grace == GRACE_SOURCE_AUTO && is_short(&options->kernel) &&
	       restart_is_possible(&options->kernel, NULL) &&
	       !neighbours_any(options->run_dir, options->group);
}

/*
 * A running grace period also belongs to the other groups. So only a process that has just arrived,
 * or one that is alone on the node, may begin a new one. If every process began a new one whenever
 * another did, this would never end.
 */
static bool is_to_begin(const struct group_options *options, const struct grace_need *need)
{
	if (options->grace == GRACE_SOURCE_RUNNING)
		return false;
	switch (kernel_grace(&options->kernel)) {
	case KERNEL_GRACE_OVER:
		return true;
	case KERNEL_GRACE_RUNS:
		if (need->address_is_here)
			return false;
		if (!need->first)
			return runs_short(options, NULL);
		return options->grace != GRACE_SOURCE_AUTO || is_short(&options->kernel);
	case KERNEL_GRACE_NO_SERVER:
		break;
	}
	return false;
}

static bool begin(const struct group_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error)
{
	enum restart_as as = options->grace == GRACE_SOURCE_RESTART_NFS ? RESTART_AS_CONFIGURED
									: RESTART_AS_IT_WAS;
	g_autofree char *clients = text_count(need->clients, "client");

	if (need->address_is_here) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager is not in its grace period, and the group's address is on this node already, so other clients may have taken the locks: remove the address first, or restart the NFS server by hand");
		return false;
	}
	if (!restart_lock_manager(&options->kernel, options->run_dir, as, warnings, error))
		return false;
	g_ptr_array_add(warnings,
		g_strdup_printf(
			"the lock manager of this node was restarted, so that %s of group '%s' can reclaim locks: every group on this node recovers",
			clients, options->group));
	return kernel_prove_grace(&options->kernel, error);
}

/* If no new grace period can be begun, the rest of the running one is better than nothing. */
static bool begin_or_make_do(const struct group_options *options, const struct grace_need *need,
	enum grace *grace, GPtrArray *warnings, GError **error)
{
	g_autoptr(GError) refusal = NULL;

	if (begin(options, need, warnings, &refusal)) {
		*grace = GRACE_BEGUN;
		return true;
	}
	if (options->grace != GRACE_SOURCE_AUTO || !kernel_prove_grace(&options->kernel, NULL)) {
		g_propagate_error(error, g_steal_pointer(&refusal));
		return false;
	}
	g_ptr_array_add(warnings, g_strdup(refusal->message));
	return true;
}

static enum grace have(const struct group_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error)
{
	enum grace grace = GRACE_RUNS;
	bool good;

	if (need->clients == 0)
		return GRACE_RUNS;
	if (is_to_begin(options, need))
		good = begin_or_make_do(options, need, &grace, warnings, error);
	else
		good = kernel_prove_grace(&options->kernel, error);
	if (!good) {
		g_autofree char *clients = text_count(need->clients, "client");

		g_prefix_error(error, "%s must reclaim locks, but ", clients);
		return GRACE_NONE;
	}
	/* A caller that has begun one calls again, and is warned then. */
	if (grace == GRACE_RUNS)
		grace_warn_if_short(&options->kernel, warnings);
	return grace;
}

/* Whether a group may need the grace period. If its process does not answer, or is of another
 * version that does not report this, assume that it does. */
static bool needs_grace(JsonObject *status, void *data G_GNUC_UNUSED)
{
	return status == NULL ||
	       json_object_get_boolean_member_with_default(status, "needs_grace", true);
}

static bool end_in_turn(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error)
{
	result->needed_by = neighbours_find(options->run_dir, options->group, needs_grace, NULL);
	return result->needed_by != NULL ||
	       grace_end_now(&options->kernel, lock_manager, result, error);
}

static bool end(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error)
{
	/* A group that is being taken over may hold the lock for long, and needs the grace period.
	 */
	int lock_fd = take_lock(options->run_dir, LOCK_NB, NULL);
	bool good = lock_fd < 0 || end_in_turn(options, lock_manager, result, error);

	if (lock_fd >= 0)
		close(lock_fd);
	return good;
}

/* The server ran before the group came. */
static bool start(const struct group_options *options G_GNUC_UNUSED, guint clients G_GNUC_UNUSED,
	guint grace_s G_GNUC_UNUSED, bool *is_new, GError **error G_GNUC_UNUSED)
{
	*is_new = false;
	return true;
}

/* The server serves other groups. */
static bool stop(const struct group_options *options G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	return true;
}

const struct server_kind server_shared = {
	.take_turn = take_turn,
	.have_grace = have,
	.start = start,
	.stop = stop,
	.grace_runs_short = runs_short,
	.end_grace = end,
};
