/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/grace.h"

#include "base/error.h"
#include "node/neighbours.h"
#include "server/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* No group's name begins with a dot. */
#define LOCK_FILE ".lock-manager"

/* A client may take this long until its kernel tries to connect again, even if it is told at once
 * (net/sunrpc/xprtsock.c; 40 s were measured). */
#define LEFT_ENOUGH_S 45

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

int grace_lock(const char *run_dir, GError **error)
{
	return take_lock(run_dir, 0, error);
}

/* Whether the rest of the running grace period is too short for clients. */
static bool is_short(const struct kernel *kernel, guint left)
{
	return left > 0 && left < MIN(LEFT_ENOUGH_S, kernel_grace_seconds(kernel) / 2);
}

bool grace_runs_short(const struct group_options *options)
{
	return options->grace == GRACE_SOURCE_AUTO &&
	       is_short(&options->kernel, kernel_grace_left(&options->kernel)) &&
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
			return grace_runs_short(options);
		return options->grace != GRACE_SOURCE_AUTO ||
		       is_short(&options->kernel, kernel_grace_left(&options->kernel));
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

	if (need->address_is_here) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager is not in its grace period, and the group's address is on this node already, so other clients may have taken the locks: remove the address first, or restart the NFS server by hand");
		return false;
	}
	if (!restart_lock_manager(&options->kernel, options->run_dir, as, warnings, error))
		return false;
	g_ptr_array_add(warnings,
		g_strdup_printf(
			"the lock manager of this node was restarted, so that %u clients of group '%s' can reclaim their locks: every group on this node recovers",
			need->clients, options->group));
	return kernel_prove_grace(&options->kernel, error);
}

static void warn_if_short(const struct kernel *kernel, GPtrArray *warnings)
{
	guint seconds = kernel_grace_seconds(kernel);
	guint left = kernel_grace_left(kernel);

	if (is_short(kernel, left))
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"only %u s are left of the lock manager's grace period: a client that takes longer to come back loses its locks",
				left));
	else if (seconds > 0 && seconds < KERNEL_GRACE_ENOUGH_S)
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"the lock manager's grace period is only %u s long: a client whose kernel takes longer than that to come back loses its locks; 'lockferry check' has the cure",
				seconds));
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

enum grace grace_have(const struct group_options *options, const struct grace_need *need,
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
		g_prefix_error(error, "%u clients have locks to reclaim, but ", need->clients);
		return GRACE_NONE;
	}
	/* A caller that has begun one calls again, and is warned then. */
	if (grace == GRACE_RUNS)
		warn_if_short(&options->kernel, warnings);
	return grace;
}

/* Whether a group may need the grace period. If its process does not answer, or is of another
 * version that does not report this, assume that it does. */
static bool needs_grace(JsonObject *status, void *data G_GNUC_UNUSED)
{
	return status == NULL ||
	       json_object_get_boolean_member_with_default(status, "needs_grace", true);
}

/* What new locks still wait for after the end of lockd's grace period; NULL: nothing. The caller
 * frees it. */
static char *what_is_awaited(const struct kernel *kernel)
{
	if (!kernel_nfs4_grace_runs(kernel))
		return NULL;
	return g_strdup_printf(
		"new locks still wait for the NFS server's own grace period (NFSv4): %s",
		kernel_nfsdcld_runs(kernel)
			? "it ends when all recorded NFSv4 clients have reclaimed"
			: "to shorten it, start nfsdcld on every node before the NFS server; it then ends when all recorded NFSv4 clients have reclaimed");
}

/*
 * Ends NFSv4's grace period if no client can need it. Returns what new locks still wait for.
 * lockd's grace period is over already and cannot be restored, so a failure here is not an error.
 * EBUSY says that NFSv4's grace period is over already, or that nothing tracks clients
 * (fs/nfsd/nfsctl.c, write_v4_end_grace). The kernel acts on the write a moment later.
 */
static char *end_nfs4(const struct kernel *kernel)
{
	if (kernel_nfs4_grace_runs(kernel) && kernel_nfs4(kernel) == KERNEL_NFS4_NOT_SERVED &&
		kernel_end_nfs4_grace(kernel, NULL))
		return NULL;
	return what_is_awaited(kernel);
}

static bool end_in_turn(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error)
{
	const struct kernel *kernel = &options->kernel;

	result->needed_by = neighbours_find(options->run_dir, options->group, needs_grace, NULL);
	/* Check this right before the end: what was found out is only true for this lock
	 * manager. */
	if (result->needed_by != NULL || !kernel_lock_manager_is(kernel, lock_manager) ||
		kernel_grace(kernel) != KERNEL_GRACE_RUNS)
		return true;
	if (!kernel_end_grace(kernel, error))
		return false;
	result->ended = true;
	result->awaited = end_nfs4(kernel);
	return true;
}

bool grace_end(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error)
{
	/* If another process has the lock, do not wait: a takeover may hold it for long, and needs
	 * the grace period. */
	int lock_fd = take_lock(options->run_dir, LOCK_NB, NULL);
	bool good = lock_fd < 0 || end_in_turn(options, lock_manager, result, error);

	if (lock_fd >= 0)
		close(lock_fd);
	return good;
}

void grace_end_clear(struct grace_end *self)
{
	g_clear_pointer(&self->needed_by, g_free);
	g_clear_pointer(&self->awaited, g_free);
}
