/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/grace.h"

#include "error.h"
#include "lockd/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* No group's name begins with a dot. */
#define LOCK_FILE ".lock-manager"

/* A client that is told of at once may take that long until its kernel tries to connect again
 * (net/sunrpc/xprtsock.c; 40 s were measured). */
#define LEFT_ENOUGH_S 45

static const char *const names[] = {
	[RECOVERY_BY_NEED] = "auto",
	[RECOVERY_NOTIFY_ONLY] = "notify",
	[RECOVERY_RESTART_LOCK_MANAGER] = "restart-lock-manager",
	[RECOVERY_RESTART_NFS] = "restart-nfs",
};

bool recovery_means_from_name(const char *name, enum recovery_means *means, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(name, names[i])) {
			*means = (enum recovery_means)i;
			return true;
		}
	}
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
		"--recovery takes auto, notify, restart-lock-manager or restart-nfs, not '%s'",
		name);
	return false;
}

int grace_lock(const char *run_dir, GError **error)
{
	g_autofree char *path = g_build_filename(run_dir, LOCK_FILE, NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int locked = -1;

	if (fd >= 0)
		while ((locked = flock(fd, LOCK_EX)) != 0 && errno == EINTR)
			;
	if (locked == 0)
		return fd;
	lf_error_set_errno(error, LF_ERROR_FAILED, "can't lock '%s'", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Whether that is too little to be left of the one that runs. */
static bool is_short(const struct kernel *kernel, guint left)
{
	return left > 0 && left < MIN(LEFT_ENOUGH_S, kernel_grace_seconds(kernel) / 2);
}

/*
 * One that runs is another group's, too, so only who just arrives may want a new one: were every
 * process to begin one anew that sees it begun by another, there would be no end.
 */
static bool is_to_begin(const struct service_options *options, const struct grace_need *need)
{
	if (options->recovery == RECOVERY_NOTIFY_ONLY)
		return false;
	switch (kernel_grace(&options->kernel)) {
	case KERNEL_GRACE_OVER:
		return true;
	case KERNEL_GRACE_RUNS:
		return need->first && !need->address_is_here &&
		       (options->recovery != RECOVERY_BY_NEED ||
			       is_short(&options->kernel, kernel_grace_left(&options->kernel)));
	case KERNEL_GRACE_NO_SERVER:
		break;
	}
	return false;
}

static bool begin(const struct service_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error)
{
	enum restart_as as = options->recovery == RECOVERY_RESTART_NFS ? RESTART_AS_CONFIGURED
								       : RESTART_AS_IT_WAS;

	if (need->address_is_here) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager is not in its grace period, and the group's address is "
			"here, so that others may have taken the locks since: take the address "
			"away first, or restart the NFS server by hand");
		return false;
	}
	g_ptr_array_add(warnings,
		g_strdup_printf("the lock manager of this node was restarted, for %u clients of "
				"group '%s' to reclaim their locks: every group here recovers",
			need->clients, options->group));
	return restart_lock_manager(&options->kernel, as, warnings, error) &&
	       kernel_prove_grace(&options->kernel, error);
}

static void warn_if_short(const struct kernel *kernel, GPtrArray *warnings)
{
	guint seconds = kernel_grace_seconds(kernel);
	guint left = kernel_grace_left(kernel);

	if (is_short(kernel, left))
		g_ptr_array_add(warnings,
			g_strdup_printf("only %u s are left of the lock manager's grace period: a "
					"client that takes longer to come back loses its locks",
				left));
	else if (seconds > 0 && seconds < KERNEL_GRACE_ENOUGH_S)
		g_ptr_array_add(warnings,
			g_strdup_printf("the lock manager's grace period is only %u s long: a "
					"client whose kernel takes longer than that to come back "
					"loses its locks; 'lockferry check' has the cure",
				seconds));
}

enum grace grace_have(const struct service_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error)
{
	enum grace grace = GRACE_RUNS;
	bool good;

	if (need->clients == 0)
		return GRACE_RUNS;
	if (is_to_begin(options, need)) {
		grace = GRACE_BEGUN;
		good = begin(options, need, warnings, error);
	} else {
		good = kernel_prove_grace(&options->kernel, error);
	}
	if (!good) {
		g_prefix_error(error, "%u clients have locks to reclaim, but ", need->clients);
		return GRACE_NONE;
	}
	/* Who has begun one asks once more. */
	if (grace == GRACE_RUNS)
		warn_if_short(&options->kernel, warnings);
	return grace;
}
