/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/handover.h"

#include "base/clock.h"
#include "base/error.h"
#include "net/connections.h"
#include "node/addresses.h"
#include "node/filesystems.h"
#include "server/server.h"
#include "service/missed_grace.h"
#include "verify/group_look.h"
#include "verify/lock_proof.h"

/* The lock set noted at the freeze, if it was exact; otherwise NULL. */
static lock_set *exact_at_freeze(const struct handover *self, const group_state *before)
{
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(lock_set) noted = NULL;
	struct lock_set_note note;

	if (before == NULL || before->phase != PHASE_FROZEN)
		return NULL;
	bytes = store_load_text(self->capture->store, STORE_LOCKS_NOTED, NULL);
	noted = bytes != NULL ? lock_set_from_bytes(bytes, &note) : NULL;
	return noted != NULL && note.exact ? g_steal_pointer(&noted) : NULL;
}

/*
 * Clients that cannot reach the group cannot unlock either. So a lock that was noted at the freeze
 * and is no longer held was dropped on this node, for example because an export was stopped too
 * early. If the process died before a freeze, the lock set recorded last is compared instead: if
 * all its locks are still held, nothing was dropped. An empty recorded set proves nothing.
 */
static bool none_was_dropped(
	const struct handover *self, const group_state *before, const lock_set *held)
{
	g_autoptr(lock_set) noted = exact_at_freeze(self, before);

	if (noted != NULL)
		return lock_set_missing(noted, held) == 0;
	if (before == NULL || before->phase == PHASE_FROZEN)
		return false;
	if (self->state->phase == PHASE_FROZEN)
		return true;
	return before->phase == PHASE_SERVING &&
	       lock_proof_recorded_are_held(self->capture->store, before, held);
}

/* Whether clients hold exactly these locks: nobody can reach the group, and this lock manager has
 * not dropped any lock. */
static bool are_exact(
	const struct handover *self, const group_state *before, const struct group_look *seen)
{
	const group_state *state = self->state;

	return (state->phase == PHASE_FROZEN || state->phase == PHASE_RELEASED) &&
	       !state->recovery_due && group_look_is_whole(seen) &&
	       none_was_dropped(self, before, seen->held);
}

/* Locks that were noted already and are still held need no second look. If other locks are held as
 * well, look again without the noted set. */
static bool look(
	struct handover *self, const group_state *before, struct group_look *seen, GError **error)
{
	g_autoptr(lock_set) noted = exact_at_freeze(self, before);

	if (!group_look_run(
		    seen, self->options, self->state->lock_manager, noted, GROUP_LOOK_MS, error))
		return false;
	if (noted == NULL || lock_set_missing(seen->held, noted) == 0)
		return true;
	group_look_clear(seen);
	return group_look_run(
		seen, self->options, self->state->lock_manager, NULL, GROUP_LOOK_MS, error);
}

static bool note(struct handover *self, const group_state *before, const struct group_look *seen,
	GError **error)
{
	const struct lock_set_note note = {
		.exact = are_exact(self, before, seen),
		.partial = seen->doubts->len > 0,
		.noted_at = clock_now_s(),
	};
	g_autoptr(GBytes) bytes = lock_set_to_bytes(seen->held, &note);

	self->locks = lock_set_size(seen->held);
	self->doubt = group_look_doubt(seen);
	return store_save_text(
		self->capture->store, self->state->epoch, STORE_LOCKS_NOTED, bytes, error);
}

static bool store_locks(struct handover *self, GError **error)
{
	g_autoptr(group_state) before = store_load_state(self->capture->store, NULL);
	struct group_look seen = {0};
	bool good = look(self, before, &seen, error) && note(self, before, &seen, error);

	group_look_clear(&seen);
	return good;
}

/* Adds to the connections that are stored already. If the address was away for a while, the
 * connections on this node end one by one, and a new list alone would lack them. */
static bool store_connections(const struct handover *self, GError **error)
{
	const struct group_options *options = self->options;
	g_autoptr(GBytes) stored = store_load_text(self->capture->store, STORE_CONNECTIONS, NULL);
	g_autoptr(GArray) before = stored != NULL ? connections_from_bytes(stored) : NULL;
	g_autoptr(GArray) found = connections_now(&options->kernel, options->addresses);
	g_autoptr(GBytes) bytes = NULL;

	if (found == NULL)
		return true;
	if (before != NULL)
		g_array_append_vals(found, before->data, before->len);
	bytes = connections_to_bytes(found);

	return store_save_text(
		self->capture->store, self->state->epoch, STORE_CONNECTIONS, bytes, error);
}

/* An export that was renamed has no path any more. Its filesystem is that of another export, or
 * that of the store. */
static bool drop_locks(const struct group_options *options, GError **error)
{
	bool all = options->exports[0] != NULL;

	for (gsize i = 0; options->exports[i] != NULL; i++) {
		if (!g_file_test(options->exports[i], G_FILE_TEST_EXISTS))
			all = false;
		else if (!kernel_unlock_filesystem(&options->kernel, options->exports[i], error))
			return false;
	}
	return all || kernel_unlock_filesystem(&options->kernel, options->store, error);
}

static bool take_snapshot(struct handover *self, GError **error)
{
	return self->server_ends || (store_locks(self, error) && store_connections(self, error));
}

static bool end_server(struct handover *self, GError **error)
{
	if (!self->stop_server)
		return true;
	self->server_ends = true;
	return server_stop(self->options, error);
}

bool handover_run(struct handover *self, GError **error)
{
	gint64 now = clock_now_s();

	return capture_all(self->capture, now, &self->captured, error) &&
	       take_snapshot(self, error) && (!self->unlock || drop_locks(self->options, error)) &&
	       end_server(self, error) &&
	       store_save_state(self->capture->store, self->state, error);
}

void handover_clear(struct handover *self)
{
	captured_clear(&self->captured);
	g_clear_pointer(&self->doubt, g_free);
	g_clear_pointer(&self->state, group_state_free);
}

enum owner { OWNER_NONE, OWNER_US, OWNER_ANOTHER };

/* The boot id also identifies the node, whatever name the cluster gives it. */
static enum owner owner_of(const group_state *state, const struct group_options *options)
{
	g_autofree char *boot = kernel_boot_id(&options->kernel, NULL);

	if (state == NULL || boot == NULL || state->boot[0] == '\0' ||
		!g_str_equal(state->group, options->group))
		return OWNER_NONE;
	return g_str_equal(state->boot, boot) ? OWNER_US : OWNER_ANOTHER;
}

static bool hand_over_store(
	const struct group_options *options, bool address_is_here, bool *released, GError **error)
{
	g_autofree char *sm_path = options->sm_dir != NULL
					   ? g_strdup(options->sm_dir)
					   : sm_dir_find(options->kernel.proc_dir, error);
	g_autoptr(sm_dir) live = sm_path != NULL ? sm_dir_open(sm_path, error) : NULL;
	g_autoptr(store) to =
		live != NULL ? store_open(options->store, STORE_WRITE, NULL, error) : NULL;
	struct capture capture = {.sm_dir = live, .store = to};
	struct handover job = {.options = options, .capture = &capture};
	bool done;

	if (to == NULL)
		return false;
	job.state = store_load_state(to, error);
	if (job.state == NULL)
		return error == NULL || *error == NULL;
	if (kernel_lock_manager_is(&options->kernel, job.state->lock_manager) &&
		!missed_grace_note(to, job.state, kernel_grace(&options->kernel), error)) {
		handover_clear(&job);
		return false;
	}
	if (!address_is_here)
		job.state->phase = PHASE_RELEASED;
	job.unlock = options->unlock_on_stop && !address_is_here;
	job.stop_server = options->own_server && !address_is_here;
	done = handover_run(&job, error);
	*released = done && !address_is_here;
	handover_clear(&job);
	return done;
}

/* The state in the store. NULL without an error if the store has no state, or if there is no
 * store. */
static group_state *look_into_store(const struct group_options *options, GError **error)
{
	GError *local_error = NULL;
	g_autoptr(store) from = store_open(options->store, STORE_READ, NULL, &local_error);

	if (g_error_matches(local_error, LF_ERROR, LF_ERROR_NOT_INSTALLED)) {
		g_clear_error(&local_error);
		return NULL;
	}
	if (from == NULL) {
		g_propagate_error(error, local_error);
		return NULL;
	}
	return store_load_state(from, error);
}

/*
 * Drops the locks by filesystem. Dropping them by address does not work: the kernel finds none
 * (fs/lockd/svcsubs.c: nlmsvc_match_ip takes its two arguments in the wrong order). Locks of
 * another group on the same filesystem would be dropped too, so nothing is dropped in that case.
 */
static bool drop_locks_left(const struct group_options *options, GError **error)
{
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) own = filesystems_now(options, doubts, NULL);

	return own == NULL || kernel_nfsd_threads(&options->kernel) == 0 ||
	       filesystems_are_shared(own, options->run_dir, options->group) ||
	       drop_locks(options, error);
}

/* Only its keeper can tell that a server in another namespace has ended. */
static bool is_ours_to_end(
	const struct group_options *options, const group_state *state, GError **error)
{
	if (!kernel_lock_manager_is_elsewhere(&options->kernel, state->lock_manager))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"it has an NFS server of its own, which may still run: stop it with 'lockferry server stop --group %s'",
		options->group);
	return false;
}

bool handover_without_process(const struct group_options *options, bool *released, GError **error)
{
	g_autoptr(addresses) here = addresses_seen(options->addresses, error);
	g_autoptr(group_state) state = NULL;
	GError *local_error = NULL;
	*released = true;
	if (here == NULL)
		return false;
	state = look_into_store(options, &local_error);
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	switch (owner_of(state, options)) {
	case OWNER_US:
		return state->phase == PHASE_RELEASED ||
		       (is_ours_to_end(options, state, error) &&
			       hand_over_store(options, addresses_any_here(here), released, error));
	case OWNER_ANOTHER:
		return addresses_any_here(here) || drop_locks_left(options, error);
	case OWNER_NONE:
		break;
	}
	return true;
}
