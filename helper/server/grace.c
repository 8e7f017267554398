/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/grace.h"

/* A client that is told at once may take that long until its kernel tries to connect again
 * (net/sunrpc/xprtsock.c; 40 s were measured). */
#define LEFT_ENOUGH_S 45

/* Whether that is too little to be left of the one that runs. */
bool grace_is_short(guint seconds, guint left)
{
	return left > 0 && left < MIN(LEFT_ENOUGH_S, seconds / 2);
}

void grace_warn_if_short(const struct kernel *kernel, GPtrArray *warnings)
{
	guint seconds = kernel_grace_seconds(kernel);
	guint left = kernel_grace_left(kernel, NULL);

	if (grace_is_short(seconds, left))
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

/* What new locks wait for, now that lockd's grace period is over. */
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

bool grace_end_now(const struct kernel *kernel, const char *lock_manager, struct grace_end *result,
	GError **error)
{
	/* Right before: what was found out is about this one only. */
	if (!kernel_lock_manager_is(kernel, lock_manager) ||
		kernel_grace(kernel) != KERNEL_GRACE_RUNS)
		return true;
	if (!kernel_end_grace(kernel, error))
		return false;
	result->ended = true;
	result->awaited = end_nfs4(kernel);
	return true;
}

void grace_end_clear(struct grace_end *self)
{
	g_clear_pointer(&self->needed_by, g_free);
	g_clear_pointer(&self->awaited, g_free);
}
