/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/new_locks.h"

#define RUNS "runs"
#define OVER "over"

/* `left` is 0 if it is not known. */
static JsonObject *period_to_json(const char *state, guint left)
{
	JsonObject *period = json_object_new();

	json_object_set_string_member(period, "state", state);
	if (g_str_equal(state, OVER) || left > 0)
		json_object_set_int_member(period, "seconds_left", left);
	else
		json_object_set_null_member(period, "seconds_left");
	return period;
}

static const char *state_of(const struct kernel *kernel, const char *ended)
{
	if (kernel_nfsd_threads(kernel) == 0)
		return "no server";
	if (g_strcmp0(ended, "N") == 0)
		return RUNS;
	return g_strcmp0(ended, "Y") == 0 ? OVER : "unknown";
}

static void set_waits(JsonObject *object, const char *lockd, const char *nfs4)
{
	bool runs = g_str_equal(lockd, RUNS) || g_str_equal(nfs4, RUNS);
	bool over = g_str_equal(lockd, OVER) && g_str_equal(nfs4, OVER);

	if (runs || over)
		json_object_set_boolean_member(object, "new_locks_wait", runs);
	else
		json_object_set_null_member(object, "new_locks_wait");
}

JsonObject *new_locks_to_json(const struct kernel *kernel, const char *lock_manager)
{
	g_autofree char *lockd_ended = kernel_read(kernel->lockd_dir, "nlm_end_grace", NULL);
	g_autofree char *nfs4_ended = kernel_read(kernel->nfsd_dir, "v4_end_grace", NULL);
	const char *lockd = state_of(kernel, lockd_ended);
	const char *nfs4 = state_of(kernel, nfs4_ended);
	JsonObject *object = json_object_new();

	json_object_set_object_member(
		object, "lockd", period_to_json(lockd, kernel_grace_left(kernel, lock_manager)));
	json_object_set_object_member(object, "nfsv4",
		period_to_json(nfs4, kernel_nfs4_grace_left(kernel, lock_manager)));
	set_waits(object, lockd, nfs4);
	return object;
}
