/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/handover.h"

#include "error.h"
#include "lockd/lock_set.h"
#include "service/addresses.h"
#include "service/takeover.h"

static bool store_locks(struct handover *self, GError **error)
{
	const struct service_options *options = self->options;
	g_autoptr(GArray) devices = takeover_devices(options->store, options->exports, error);
	g_autoptr(GHashTable) held = NULL;
	g_autoptr(GBytes) bytes = NULL;

	if (devices == NULL)
		return false;
	held = lock_set_held(
		&options->kernel, (const dev_t *)(const void *)devices->data, devices->len, error);
	if (held == NULL)
		return false;
	self->locks = g_hash_table_size(held);
	bytes = lock_set_to_bytes(held);
	return store_save_locks(self->capture->to, bytes, error);
}

static bool drop_locks(const struct service_options *options, GError **error)
{
	for (gsize i = 0; options->exports[i] != NULL; i++) {
		if (!kernel_unlock_filesystem(&options->kernel, options->exports[i], error))
			return false;
	}
	return options->exports[0] != NULL ||
	       kernel_unlock_filesystem(&options->kernel, options->store, error);
}

bool handover_run(struct handover *self, GError **error)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	return capture_all(self->capture, now, &self->captured, error) &&
	       store_locks(self, error) && (!self->unlock || drop_locks(self->options, error)) &&
	       store_save_state(self->capture->to, self->state, error);
}

void handover_clear(struct handover *self)
{
	captured_clear(&self->captured);
	g_clear_pointer(&self->state, group_state_free);
}

static bool is_left_to_us(const group_state *state, const struct service_options *options)
{
	g_autofree char *boot = kernel_boot_id(&options->kernel, NULL);

	/* The boot's id tells the node, too, by whatever name the cluster knows it. */
	return state != NULL && state->phase != PHASE_RELEASED && boot != NULL &&
	       g_str_equal(state->boot, boot) && g_str_equal(state->group, options->group);
}

static bool hand_over_store(const struct service_options *options, store *to, bool address_is_here,
	bool *released, GError **error)
{
	g_autofree char *sm_path =
		options->sm_dir != NULL ? g_strdup(options->sm_dir) : sm_dir_find(error);
	g_autoptr(sm_dir) live = sm_path != NULL ? sm_dir_open(sm_path, error) : NULL;
	struct capture capture = {.live = live, .to = to};
	struct handover job = {.options = options, .capture = &capture};
	bool done;

	if (live == NULL)
		return false;
	job.state = store_load_state(to, error);
	if (!address_is_here)
		job.state->phase = PHASE_RELEASED;
	job.unlock = options->unlock_on_stop && !address_is_here;
	done = handover_run(&job, error);
	*released = done && !address_is_here;
	handover_clear(&job);
	return done;
}

bool handover_after_crash(const struct service_options *options, bool *released, GError **error)
{
	g_autoptr(addresses) here = addresses_new(options->addresses, NULL, NULL, error);
	g_autoptr(group_state) state = NULL;
	g_autoptr(store) to = NULL;
	GError *local_error = NULL;

	*released = true;
	if (here == NULL)
		return false;
	addresses_look(here);
	to = store_open(options->store, STORE_WRITE, NULL, &local_error);
	if (g_error_matches(local_error, LF_ERROR, LF_ERROR_NOT_INSTALLED)) {
		g_clear_error(&local_error);
		return true;
	}
	if (to != NULL)
		state = store_load_state(to, &local_error);
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	return !is_left_to_us(state, options) ||
	       hand_over_store(options, to, addresses_any_here(here), released, error);
}
