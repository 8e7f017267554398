/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/takeover.h"

#include "error.h"
#include "service/fencing.h"
#include "service/filesystems.h"
#include "service/grace.h"
#include "store/convey.h"

#include <unistd.h>

/* The locks noted when the group was stopped; NULL when nobody can tell. */
static lock_set *load_noted(struct takeover *self, struct lock_set_note *note)
{
	g_autoptr(GBytes) bytes = store_load_text(self->to, STORE_LOCKS_NOTED, NULL);

	return bytes != NULL ? lock_set_from_bytes(bytes, note) : NULL;
}

/* Whether every lock noted when the group was frozen on this node is held here still. */
static bool locks_are_held(struct takeover *self, const group_state *found)
{
	g_autoptr(lock_set) before = NULL;
	g_autoptr(lock_set) now = NULL;
	guint missing;

	/* In every other phase no stop went before, and what could drop locks is stopped after us
	 * only. */
	if (found->phase != PHASE_FROZEN && found->phase != PHASE_RELEASED)
		return true;
	before = load_noted(self, NULL);
	now = lock_set_held(&self->options->kernel, self->filesystems, found->lock_manager, NULL);
	if (before == NULL || now == NULL)
		return false;
	missing = lock_set_missing(before, now);
	if (missing > 0)
		g_ptr_array_add(
			self->warnings, g_strdup_printf("%u of the %u locks held when the group "
							"was stopped here are gone since",
						missing, lock_set_size(before)));
	return missing == 0;
}

/*
 * The locks that clients have to reclaim, all of them and no other: known only if the group was
 * handed over in good order, and nothing has happened to it since. `found` is the state before the
 * take-over.
 */
static lock_set *locks_to_reclaim(struct takeover *self, const group_state *found)
{
	g_autoptr(lock_set) noted = NULL;
	struct lock_set_note note;

	if (self->adoption != ADOPTION_RECOVER || found->phase != PHASE_RELEASED ||
		found->recovery_due)
		return NULL;
	noted = load_noted(self, &note);
	return noted != NULL && note.exact ? g_steal_pointer(&noted) : NULL;
}

static bool refuse(const group_state *found, const char *node, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"group '%s' belongs to node '%s' (phase %s), which has neither released it nor "
		"been fenced since, so it may "
		"still be serving: make sure that '%s' is down, fence it ('stonith_admin --fence "
		"%s'), or, if "
		"you are certain, start once with require_fencing=no on '%s'",
		found->group, found->node, phase_name(found->phase), found->node, found->node,
		node);
	return false;
}

/* All evidence but the lock manager's incarnation: what takes a disk or a daemon to answer. */
static void collect(struct takeover *self, struct adoption_evidence *evidence)
{
	const struct service_options *options = self->options;
	const group_state *found = self->state;
	bool is_ours = g_str_equal(found->node, options->node);

	evidence->node = options->node;
	evidence->locks_held = is_ours && locks_are_held(self, found);
	evidence->require_fencing = options->require_fencing;
	if (!is_ours && found->node[0] != '\0' && found->phase != PHASE_RELEASED &&
		options->require_fencing)
		evidence->fenced_at = fencing_last(found->node);
}

/* How many clients have not been told yet, and so need a grace period. */
static guint count_waiting(const struct takeover *self)
{
	guint waiting = 0;

	for (guint i = 0; self->adoption != ADOPTION_RESUME && i < self->clients->len; i++) {
		const client *entry = g_ptr_array_index(self->clients, i);

		if (self->adoption == ADOPTION_RECOVER || entry->recovery < RECOVERY_ACKNOWLEDGED)
			waiting++;
	}
	return waiting;
}

/* What is to become of the group, and a grace period where clients need one. Where that had to be
 * begun, locks that this lock manager held have gone with the one before: decide anew. */
static bool settle(struct takeover *self, struct adoption_evidence *evidence, bool first,
	char **lock_manager, GError **error)
{
	struct grace_need need = {.first = first, .address_is_here = self->address_is_here};
	enum grace grace;

	do {
		g_free(*lock_manager);
		*lock_manager = kernel_lock_manager(&self->options->kernel);
		evidence->lock_manager = *lock_manager;
		self->adoption = adoption_decide(self->state, evidence);
		if (self->adoption == ADOPTION_REFUSED)
			return refuse(self->state, self->options->node, error);
		need.clients = count_waiting(self);
		grace = grace_have(self->options, &need, self->warnings, error);
		need.first = false;
	} while (grace == GRACE_BEGUN);
	return grace != GRACE_NONE;
}

static bool settle_in_turn(struct takeover *self, struct adoption_evidence *evidence, bool first,
	char **lock_manager, GError **error)
{
	int lock_fd = grace_lock(self->options->run_dir, error);
	bool settled = lock_fd >= 0 && settle(self, evidence, first, lock_manager, error);

	if (lock_fd >= 0)
		close(lock_fd);
	return settled;
}

/*
 * The account goes first: should we crash in between, some client is told once more. The other way
 * round a client that acknowledged the last recovery would pass for one that has heard of this one.
 */
static bool begin_recovery(struct takeover *self, GError **error)
{
	for (guint i = 0; i < self->clients->len; i++) {
		client *entry = g_ptr_array_index(self->clients, i);

		entry->recovery = RECOVERY_RECORDED;
	}
	self->state->state_number = group_state_next_number(self->state->state_number);
	self->state->recovery_due = self->clients->len > 0;
	return store_save_account(self->to, self->clients, error);
}

/*
 * After a crash, what was recorded while the group was served is the newest that is known. What is
 * older than its owner's time was left by another: a version that records nothing served it since.
 * All of it only serves to tell what is missing afterwards: so a failure keeps nobody from taking
 * over, and it never passes for exact.
 */
static void note_recorded_locks(struct takeover *self)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = store_load_text(self->to, STORE_LOCKS_RECORDED, &error);
	struct lock_set_note note;
	g_autoptr(lock_set) recorded = bytes != NULL ? lock_set_from_bytes(bytes, &note) : NULL;
	g_autoptr(GBytes) noted = NULL;

	if (recorded != NULL && note.noted_at >= self->state->owned_since) {
		note.exact = false;
		noted = lock_set_to_bytes(recorded, &note);
		store_save_text(self->to, STORE_LOCKS_NOTED, noted, &error);
	}
	if (error != NULL)
		g_ptr_array_add(self->warnings,
			g_strdup_printf("the locks recorded before the crash are not known: %s",
				error->message));
}

static bool take_ownership(
	struct takeover *self, char *boot, char *lock_manager, gint64 now, GError **error)
{
	group_state *state = self->state;

	if (self->adoption == ADOPTION_RECOVER && state->phase == PHASE_SERVING)
		note_recorded_locks(self);
	if (self->adoption == ADOPTION_RECOVER && !begin_recovery(self, error))
		return false;
	if (self->adoption == ADOPTION_RECOVER || state->node[0] == '\0') {
		state->epoch++;
		state->owned_since = now;
	}
	g_free(state->node);
	g_free(state->boot);
	g_free(state->lock_manager);
	state->node = g_strdup(self->options->node);
	state->boot = g_strdup(boot);
	state->lock_manager = g_strdup(lock_manager);
	state->phase = PHASE_ADOPTING;
	return store_save_state(self->to, state, error);
}

/* Those that this node has are well. Without them it takes longer until clients are back. */
static void load_connections(struct takeover *self)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = NULL;

	if (self->adoption == ADOPTION_RESUME)
		return;
	bytes = store_load_text(self->to, STORE_CONNECTIONS, &error);
	if (bytes != NULL)
		self->connections = connections_from_bytes(bytes);
	if (error != NULL)
		g_ptr_array_add(self->warnings,
			g_strdup_printf(
				"which connections clients had is not known: %s", error->message));
}

struct conveyance {
	guint failed;
	GError *first; /* of those that failed */
};

static void conveyance_failed(const client *entry G_GNUC_UNUSED, const GError *error, void *data)
{
	struct conveyance *conveyance = data;

	if (conveyance->failed++ == 0)
		conveyance->first = g_error_copy(error);
}

static void convey_records(struct takeover *self)
{
	struct conveyance conveyance = {0};

	self->conveyed =
		convey(self->to, self->clients, self->live, conveyance_failed, &conveyance);
	if (conveyance.failed > 0)
		g_ptr_array_add(
			self->warnings, g_strdup_printf("%u records could not be put into '%s': %s",
						conveyance.failed, sm_dir_path(self->live),
						conveyance.first->message));
	g_clear_error(&conveyance.first);
}

static bool load(struct takeover *self, GError **error)
{
	const struct service_options *options = self->options;
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	GError *local_error = NULL;

	if (self->to == NULL)
		self->to = store_open(options->store, STORE_CREATE, options->backend, error);
	/* Of an earlier take-over by this very process: it must not take back what another node has
	 * taken. */
	if (self->to == NULL || !store_check_claim(self->to, error))
		return false;
	self->state = store_load_state(self->to, &local_error);
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	if (self->state == NULL)
		self->state = group_state_new(options->group, now);
	if (!group_state_check_group(self->state, options->store, options->group, error))
		return false;
	g_free(self->state->group);
	self->state->group = g_strdup(options->group);
	self->clients = store_load_clients(self->to, STORE_WITHOUT_RAW, self->warnings, error);
	return self->clients != NULL;
}

static bool prove_and_take(struct takeover *self, char *boot, bool first, GError **error)
{
	const struct service_options *options = self->options;
	struct adoption_evidence evidence = {.boot = boot};
	g_autofree char *lock_manager = NULL;
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	self->filesystems = filesystems_find(options->store, options->exports, error);
	if (self->filesystems == NULL || !load(self, error))
		return false;
	collect(self, &evidence);
	if (!settle_in_turn(self, &evidence, first, &lock_manager, error))
		return false;
	self->to_reclaim = locks_to_reclaim(self, self->state);
	return take_ownership(self, boot, lock_manager, now, error);
}

bool takeover_run(struct takeover *self, GError **error)
{
	g_autofree char *boot = kernel_boot_id(&self->options->kernel, error);
	bool first = self->to == NULL;

	if (boot == NULL)
		return false;
	self->warnings = g_ptr_array_new_with_free_func(g_free);
	self->conveyed = 0;
	if (!prove_and_take(self, boot, first, error)) {
		takeover_clear(self);
		return false;
	}
	load_connections(self);
	sm_dir_tidy(self->live);
	if (self->adoption != ADOPTION_RESUME)
		convey_records(self);
	return true;
}

void takeover_clear(struct takeover *self)
{
	g_clear_pointer(&self->state, group_state_free);
	g_clear_pointer(&self->clients, g_ptr_array_unref);
	g_clear_pointer(&self->warnings, g_ptr_array_unref);
	g_clear_pointer(&self->filesystems, g_array_unref);
	g_clear_pointer(&self->to_reclaim, lock_set_free);
	g_clear_pointer(&self->connections, g_array_unref);
}
