/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/takeover.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "group/recovery_times.h"
#include "node/fencing.h"
#include "node/filesystems.h"
#include "nsm/record.h"
#include "server/server.h"
#include "service/missed_grace.h"
#include "service/owner_evidence.h"
#include "service/recorded_locks.h"
#include "store/convey.h"
#include "verify/lock_proof.h"

#include <qb/qblog.h>

/* How many unreadable records are named. */
#define NAMED_AT_MOST 10
#define EVIDENCE_PAUSE_US (2 * G_USEC_PER_SEC)

/* The locks noted when the group was stopped; NULL if they are not known. */
static lock_set *load_noted(struct takeover *self, struct lock_set_note *note)
{
	g_autoptr(GBytes) bytes = store_load_text(self->store, STORE_LOCKS_NOTED, NULL);

	return bytes != NULL ? lock_set_from_bytes(bytes, note) : NULL;
}

/*
 * Whether an empty lock set can be true. If groups share the server, each client is recorded in all
 * of them, so a group may have clients and no locks. If the server belongs to this group alone, its
 * clients had locks of this group: an empty set may mean that the locks were overlooked.
 */
static bool is_plausible(const struct takeover *self, const lock_set *noted)
{
	return lock_set_size(noted) > 0 || self->clients->len == 0 ||
	       !kernel_has_own_namespace(&self->options->kernel);
}

/* The locks that clients must reclaim after a clean handover, if nothing has happened to the group
 * since. `found` is the state before the takeover. */
static lock_set *locks_handed_over(struct takeover *self, const group_state *found, bool *exact)
{
	g_autoptr(lock_set) noted = NULL;
	struct lock_set_note note;

	if (self->adoption != ADOPTION_RECOVER || found->phase != PHASE_RELEASED ||
		found->recovery_due)
		return NULL;
	noted = load_noted(self, &note);
	*exact = noted != NULL && note.exact && is_plausible(self, noted);
	return noted != NULL && (note.exact || note.noted_at >= found->owned_since)
		       ? g_steal_pointer(&noted)
		       : NULL;
}

static void add_caution(struct takeover *self, char *text)
{
	g_ptr_array_add(self->cautions, text);
}

/* If a record cannot be read, its client may not be told. */
static bool load_clients(struct takeover *self, GError **error)
{
	GPtrArray *mended = store_mended(self->store);
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

	self->clients = store_load_clients(self->store, STORE_WITHOUT_RAW, problems, error);
	self->unreadable = problems->len;
	for (guint i = 0; i < mended->len; i++)
		add_caution(self, g_strdup(g_ptr_array_index(mended, i)));
	for (guint i = 0; i < MIN(problems->len, NAMED_AT_MOST); i++)
		add_caution(self,
			g_strdup_printf(
				"part of the store '%s' cannot be read (%s): the client may not be told to reclaim; restart its applications",
				self->options->store, (char *)g_ptr_array_index(problems, i)));
	if (problems->len > NAMED_AT_MOST)
		add_caution(self,
			g_strdup_printf(
				"%u more entries of the store '%s' cannot be read: 'lockferry list' names them",
				problems->len - NAMED_AT_MOST, self->options->store));
	if (self->clients != NULL && self->known != NULL)
		clients_add_missing(self->clients, self->known);
	return self->clients != NULL;
}

static void count_record(sm_file *file, void *data)
{
	g_autoptr(sm_file) found = file;
	guint *count = data;

	if (found->problem == NULL)
		(*count)++;
}

/* How many clients in statd's directory may have lost their locks. None outside a grace period: the
 * lock manager has held all its locks since then. */
static guint count_live(const struct takeover *self)
{
	guint count = 0;

	if (kernel_grace(&self->options->kernel) != KERNEL_GRACE_RUNS)
		return 0;
	return sm_dir_scan(self->sm_dir, count_record, &count, NULL) ? count : 0;
}

/* The store names no owner. This is normal at the first start of a group. It is also so if the
 * store or its state was lost. Recover what can be recovered, and warn about the rest. */
static void judge_unowned(struct takeover *self)
{
	const char *path = self->options->store;
	g_autofree char *recorded = NULL, *live = NULL;

	self->to_tell = count_live(self);
	self->records_unowned = self->clients->len > 0 || self->to_tell > 0;
	recorded = text_count(self->clients->len, "client");
	live = text_count(self->to_tell, "client");
	if (self->clients->len > 0)
		add_caution(self,
			g_strdup_printf(
				"the store '%s' has records of %s, but its 'state' does not say which node had the group: they are told to reclaim, because their locks may be lost",
				path, recorded));
	else if (self->to_tell > 0)
		add_caution(self,
			g_strdup_printf(
				"the store '%s' is new, but statd has records of %s on this node, and a grace period runs: they are told to reclaim; if the group was served before, its store is lost: restart the applications of all its other clients",
				path, live));
	else
		self->new_store = g_strdup_printf(
			"the store '%s' is new, and no client is known: if this is not the first start of the group, its store is lost, and its clients were not told to reclaim; restart their applications",
			path);
}

/* If locks were noted but no client is recorded, the records were lost. */
static void look_for_lost_records(struct takeover *self)
{
	struct lock_set_note note;
	g_autoptr(lock_set) noted = NULL;

	if (self->clients->len > 0)
		return;
	noted = load_noted(self, &note);
	if (noted != NULL && lock_set_size(noted) > 0)
		add_caution(self,
			g_strdup_printf(
				"the store '%s' has no record of any client, but %u locks were noted in it: its records are lost; restart the applications of the group's clients",
				self->options->store, lock_set_size(noted)));
}

static bool load(struct takeover *self, GError **error)
{
	const struct group_options *options = self->options;
	gint64 now = clock_now_s();
	GError *local_error = NULL;
	bool is_new;

	if (self->store == NULL)
		self->store = store_open(options->store, STORE_CREATE, options->backend, error);
	/* This process may have taken the group over before: it must not take it back from another
	 * node. */
	if (self->store == NULL || !store_check_claim(self->store, error))
		return false;
	self->state = store_load_state(self->store, &local_error);
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	is_new = self->state == NULL || self->state->node[0] == '\0';
	if (self->state == NULL)
		self->state = group_state_new(options->group, now);
	if (!group_state_check_group(self->state, options->store, options->group, error))
		return false;
	g_free(self->state->group);
	self->state->group = g_strdup(options->group);
	if (!load_clients(self, error))
		return false;
	if (is_new)
		judge_unowned(self);
	else
		look_for_lost_records(self);
	return true;
}

/* Collects all evidence that needs a disk or a daemon, so without the lock manager's
 * incarnation. */
static void collect(struct takeover *self, struct adoption_evidence *evidence)
{
	const struct group_options *options = self->options;
	const group_state *found = self->state;
	bool is_ours = g_ascii_strcasecmp(found->node, options->node) == 0;

	evidence->node = options->node;
	evidence->locks_held = is_ours && lock_proof_holds(self->store, found, options,
						  self->address_is_here, self->warnings);
	evidence->require_fencing = options->require_fencing;
}

/* A cluster that can be asked may get to know it yet: the fencing is under way, or the node boots.
 */
static bool may_wait(const struct takeover *self, const struct owner_evidence *owner)
{
	return self->wait != NULL && !g_atomic_int_get(&self->wait->given_up) &&
	       (owner->history != NULL || owner->boot_error == NULL) &&
	       clock_now_us() + EVIDENCE_PAUSE_US < self->options->evidence_until_us;
}

static void begin_wait(struct takeover_wait *self)
{
	if (self != NULL)
		g_atomic_int_set(&self->waits, true);
}

static void end_wait(struct takeover_wait *self)
{
	if (self == NULL)
		return;
	__atomic_store_n(&self->ended_us, clock_now_us(), __ATOMIC_RELAXED);
	g_atomic_int_set(&self->waits, false);
}

/* Takes ownership of `why`; NULL: the wait is over. */
static void tell_wait(struct takeover_wait *self, char *why)
{
	if (self == NULL)
		return;
	g_mutex_lock(&self->lock);
	g_free(self->why);
	self->why = why;
	g_mutex_unlock(&self->lock);
}

char *takeover_wait_text(struct takeover_wait *self)
{
	char *why;

	g_mutex_lock(&self->lock);
	why = g_strdup(self->why);
	g_mutex_unlock(&self->lock);
	return why;
}

static bool load_again(struct takeover *self, GError **error)
{
	g_clear_pointer(&self->state, group_state_free);
	g_clear_pointer(&self->clients, g_ptr_array_unref);
	g_clear_pointer(&self->new_store, g_free);
	g_ptr_array_set_size(self->warnings, 0);
	g_ptr_array_set_size(self->cautions, 0);
	self->records_unowned = false;
	self->to_tell = 0;
	return load(self, error);
}

/* Pacemaker's answer may take seconds, for which the store's disk is not to blame. */
static void ask_cluster(
	struct takeover *self, struct owner_evidence *owner, struct adoption_evidence *evidence)
{
	begin_wait(self->wait);
	owner_evidence_ask(owner, self->state, evidence);
	end_wait(self->wait);
}

static void ask_for_history(struct takeover *self, struct owner_evidence *owner)
{
	begin_wait(self->wait);
	owner->history = fencing_ask(&owner->history_error);
	end_wait(self->wait);
}

/* In the meantime the owner may also come back and release the group, so the state is loaded
 * again. */
static bool await_evidence(struct takeover *self, struct owner_evidence *owner,
	struct adoption_evidence *evidence, GError **error)
{
	bool loaded = true;

	collect(self, evidence);
	ask_cluster(self, owner, evidence);
	while (loaded && adoption_lacks_evidence(self->state, evidence) && may_wait(self, owner)) {
		tell_wait(self->wait, owner_evidence_wait_text(owner, self->state));
		begin_wait(self->wait);
		clock_sleep_us(EVIDENCE_PAUSE_US);
		end_wait(self->wait);
		loaded = load_again(self, error);
		if (loaded) {
			collect(self, evidence);
			ask_cluster(self, owner, evidence);
		}
	}
	tell_wait(self->wait, NULL);
	if (loaded && adoption_lacks_evidence(self->state, evidence))
		return owner_evidence_refuse(owner, self->state, self->options->node, error);
	/* Of ourselves; and now, while no grace period runs for us. */
	if (loaded && owner->history == NULL && owner->history_error == NULL)
		ask_for_history(self, owner);
	return loaded;
}

/* How many clients have not answered yet, and so need a grace period. */
static guint count_waiting(const struct takeover *self)
{
	guint waiting = self->adoption == ADOPTION_RECOVER ? self->to_tell : 0;

	for (guint i = 0; self->adoption != ADOPTION_RESUME && i < self->clients->len; i++) {
		const client *entry = g_ptr_array_index(self->clients, i);

		if (self->adoption == ADOPTION_RECOVER || entry->recovery < RECOVERY_ACKNOWLEDGED)
			waiting++;
	}
	return waiting;
}

/* A group without an earlier owner has nothing to recover, unless there are records. */
static enum adoption decide(const struct takeover *self, const struct adoption_evidence *evidence)
{
	enum adoption adoption = adoption_decide(self->state, evidence);

	return adoption == ADOPTION_RESUME && self->records_unowned ? ADOPTION_RECOVER : adoption;
}

/* As long as this process has kept the group frozen, nobody could take locks. */
static void look_for_missed_grace(struct takeover *self)
{
	const struct kernel *kernel = &self->options->kernel;
	bool is_known = kernel_lock_manager_is(kernel, self->state->lock_manager);
	char *text;

	if (self->known != NULL && self->state->phase == PHASE_FROZEN)
		return;
	text = missed_grace_text(self->state, self->clients,
		is_known ? kernel_grace(kernel) : KERNEL_GRACE_NO_SERVER);

	if (text != NULL)
		add_caution(self, text);
}

/* Decides how the group goes on, and provides a grace period if clients need one. If a new grace
 * period was begun, the old locks are gone with the old lock manager, so the decision is made
 * again. */
static bool settle(struct takeover *self, struct adoption_evidence *evidence, bool first,
	char **lock_manager, GError **error)
{
	struct grace_need need = {.first = first, .address_is_here = self->address_is_here};
	enum grace grace;

	look_for_missed_grace(self);
	do {
		bool is_known =
			kernel_lock_manager_is(&self->options->kernel, self->state->lock_manager);

		g_free(*lock_manager);
		/* Only the state has when a server of its own began. */
		*lock_manager = self->options->own_server && is_known
					? g_strdup(self->state->lock_manager)
					: kernel_lock_manager(&self->options->kernel);
		/* Which may be in another version's words. */
		evidence->lock_manager = is_known ? self->state->lock_manager : *lock_manager;
		need.lock_manager = is_known ? *lock_manager : NULL;
		self->adoption = decide(self, evidence);
		need.clients = count_waiting(self);
		need.recover = self->adoption == ADOPTION_RECOVER;
		grace = server_have_grace(self->options, &need, self->warnings, error);
		need.first = false;
	} while (grace == GRACE_BEGUN);
	return grace != GRACE_NONE;
}

static bool settle_in_turn(struct takeover *self, struct adoption_evidence *evidence, bool first,
	char **lock_manager, GError **error)
{
	int turn = -1;
	bool settled;

	/* The lock manager may be restarted now, or another group may be doing that. */
	begin_wait(self->wait);
	settled = server_take_turn(self->options, &turn, self->warnings, error) &&
		  settle(self, evidence, first, lock_manager, error);
	server_end_turn(turn);
	end_wait(self->wait);
	return settled;
}

/*
 * The account is saved before the state. After a crash in between, some clients are told once more.
 * In the other order, a client that acknowledged the last recovery would count as told in this one.
 */
static bool begin_recovery(struct takeover *self, GError **error)
{
	for (guint i = 0; i < self->clients->len; i++) {
		client *entry = g_ptr_array_index(self->clients, i);

		/* Only a client with a sign of using the group is marked `lost`. (Before
		 * `may_have_lost` existed, every silent client was; these stay marked, to be
		 * safe.) */
		entry->uses_group = entry->recovery == RECOVERY_LOST;
		client_forget_facts(entry);
	}
	self->state->state_number =
		group_state_next_number(self->state->state_number, clock_now_s());
	self->state->recovery_due = self->clients->len > 0 || self->to_tell > 0;
	return store_save_account(self->store, self->state->epoch, self->clients, error);
}

static char *fencings_text(const struct fencings *self)
{
	g_autoptr(GDateTime) last = g_date_time_new_from_unix_utc(self->last_us / G_USEC_PER_SEC);

	return self->count == 0 ? g_strdup("never fenced")
				: g_date_time_format(last, "last fenced %Y-%m-%d %H:%M:%S UTC");
}

/*
 * Notes the fencings of this node. All known ones are over, because the node is running. If the
 * history cannot be asked: what was known in this boot is still true; in another boot, nothing is
 * known.
 */
static void note_fencings(struct takeover *self, struct owner_evidence *owner, const char *boot)
{
	group_state *state = self->state;
	const char *node = self->options->node;

	if (owner->history != NULL)
		state->fencings = fencing_history_of(owner->history, node);
	if (owner->history != NULL || g_ascii_strcasecmp(state->node, node) != 0 ||
		!g_str_equal(state->boot, boot))
		state->fencings_known = owner->history != NULL;
	self->fencing_known = owner->history != NULL;
	self->fencing = owner->history == NULL ? g_strdup_printf("cannot be asked: %s",
							 owner->history_error->message)
					       : fencings_text(&state->fencings);
}

/* After a crash. False: the set must stay where it is. */
static bool use_recorded_locks(struct takeover *self)
{
	bool good = recorded_locks_use(
		self->store, self->state->epoch, &self->to_reclaim, self->warnings);

	self->after_crash = self->to_reclaim != NULL;
	return good;
}

static bool take_ownership(
	struct takeover *self, char *boot, char *lock_manager, gint64 now, GError **error)
{
	group_state *state = self->state;

	bool is_new = self->adoption == ADOPTION_RECOVER || state->node[0] == '\0';

	if (is_new && (state->phase != PHASE_SERVING || use_recorded_locks(self)))
		recorded_locks_retire(self->store, state->epoch, self->warnings);
	if (self->adoption == ADOPTION_RECOVER && !begin_recovery(self, error))
		return false;
	if (is_new) {
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
	return store_save_state(self->store, state, error);
}

/* On a resume, the connections of this node still work. Without the stored connections, clients
 * take longer to come back. */
static void load_connections(struct takeover *self)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = NULL;

	if (self->adoption == ADOPTION_RESUME)
		return;
	bytes = store_load_text(self->store, STORE_CONNECTIONS, &error);
	if (bytes != NULL)
		self->connections = connections_from_bytes(bytes);
	if (error != NULL)
		g_ptr_array_add(self->warnings,
			g_strdup_printf(
				"cannot read which connections clients had: %s", error->message));
}

struct conveyance {
	guint failed;
	GError *first; /* the first failure */
};

static void conveyance_failed(const client *entry G_GNUC_UNUSED, const GError *error, void *data)
{
	struct conveyance *conveyance = data;

	if (conveyance->failed++ == 0)
		conveyance->first = g_error_copy(error);
}

/* The server's name as the lock manager on this node uses it. */
static char *name_of_server(const struct takeover *self)
{
	char *name = kernel_host_name(&self->options->kernel);

	if (name != NULL && sm_name_is_valid(name, NULL))
		return name;
	g_free(name);
	return sm_name_is_valid(self->options->node, NULL) ? g_strdup(self->options->node) : NULL;
}

static void convey_records(struct takeover *self)
{
	g_autofree char *my_name = name_of_server(self);
	struct conveyance conveyance = {0};

	self->conveyed = convey(
		self->store, self->clients, self->sm_dir, my_name, conveyance_failed, &conveyance);
	if (conveyance.failed > 0)
		g_ptr_array_add(
			self->warnings, g_strdup_printf("%u records could not be put into '%s': %s",
						conveyance.failed, sm_dir_path(self->sm_dir),
						conveyance.first->message));
	g_clear_error(&conveyance.first);
}

/* Warns now about places where locks may be held and Lockferry will not look, so that this can be
 * corrected before a failover. */
static void doubt_filesystems(struct takeover *self)
{
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) now = filesystems_now(self->options, doubts, NULL);

	for (guint i = 0; now != NULL && i < doubts->len; i++)
		g_ptr_array_add(self->warnings, g_strdup(g_ptr_array_index(doubts, i)));
}

/* Clients that were out of reach for longer wait longer between their tries to connect. Both nodes'
 * clocks are asked, so one that is wrong only makes grace longer. */
#define SHORT_OUTAGE_S 60

/* Whether clients can still reach the group within moments: `state` is as it was found. */
static bool was_out_of_reach_shortly(struct takeover *self)
{
	g_autoptr(GBytes) bytes = store_load_text(self->store, STORE_CONNECTIONS, NULL);
	g_autoptr(GArray) connections = bytes != NULL ? connections_from_bytes(bytes) : NULL;
	struct lock_set_note note;
	g_autoptr(lock_set) noted = load_noted(self, &note);

	return self->state->phase == PHASE_RELEASED && !self->state->recovery_due &&
	       connections != NULL && noted != NULL &&
	       ABS(clock_now_s() - note.noted_at) <= SHORT_OUTAGE_S;
}

/* What the administrator says wins. */
static struct grace_length grace_needed(struct takeover *self, guint clients)
{
	g_autoptr(GBytes) bytes = store_load_text(self->store, STORE_RECOVERIES, NULL);
	gsize length = 0;
	const char *text = bytes != NULL ? g_bytes_get_data(bytes, &length) : NULL;
	g_autoptr(GArray) times = text != NULL ? recovery_times_parse(text, length) : NULL;
	const struct grace_facts facts = {
		.clients = clients,
		.was_short = was_out_of_reach_shortly(self),
		.lease_s = self->options->lease_s,
		.times = times,
	};

	if (self->options->grace_s > 0)
		return (struct grace_length){.seconds = self->options->grace_s};
	return grace_length_for(&facts);
}

/* It did not serve anybody yet, and nobody else will end it. */
static void stop_server(struct takeover *self)
{
	g_autoptr(GError) error = NULL;

	if (!server_stop(self->options, &error))
		qb_log(LOG_WARNING, "after a takeover that failed: %s", error->message);
}

/*
 * The group's own server starts when it is certain that the group may be taken, as its daemons
 * write to the group's disk, and with the records, as statd reads them once. The store says so when
 * it runs: so a start that fails leaves the group as it was, for another node to take. A crash in
 * between leaves a server that the state does not know, and that the next start restarts.
 */
static bool start_server(struct takeover *self, char **lock_manager, bool *is_new, GError **error)
{
	const struct kernel *kernel = &self->options->kernel;
	double began = kernel_uptime(kernel);
	gint64 began_us = clock_now_us();
	guint clients = count_waiting(self);
	bool good;

	sm_dir_tidy(self->sm_dir);
	if (self->adoption != ADOPTION_RESUME)
		convey_records(self);
	self->grace = grace_needed(self, clients);
	begin_wait(self->wait);
	good = server_start(self->options, clients, self->grace.seconds, is_new, error);
	end_wait(self->wait);
	if (!good || !*is_new)
		return good;
	self->server_began_us = began_us;
	g_free(*lock_manager);
	*lock_manager = kernel_lock_manager_begun(kernel, began, self->grace.seconds);
	return true;
}

/* `now`: seconds since the epoch. */
static bool serve_and_take(struct takeover *self, char *boot, bool first, char **lock_manager,
	gint64 now, GError **error)
{
	bool is_new = false;
	bool taken =
		(!self->options->own_server || start_server(self, lock_manager, &is_new, error)) &&
		take_ownership(self, boot, *lock_manager, now, error);

	if (!taken && is_new && first && !self->address_is_here)
		stop_server(self);
	return taken;
}

static bool prove_and_take(struct takeover *self, char *boot, bool first, GError **error)
{
	const struct group_options *options = self->options;
	struct adoption_evidence evidence = {.boot = boot};
	struct owner_evidence owner = {0};
	g_autofree char *lock_manager = NULL;
	gint64 now;

	self->filesystems = filesystems_find(options->store, options->exports, error);
	if (self->filesystems == NULL || !load(self, error))
		return false;
	if (!await_evidence(self, &owner, &evidence, error) ||
		!settle_in_turn(self, &evidence, first, &lock_manager, error)) {
		owner_evidence_clear(&owner);
		return false;
	}
	self->to_reclaim = locks_handed_over(self, self->state, &self->to_reclaim_exact);
	note_fencings(self, &owner, boot);
	owner_evidence_clear(&owner);
	now = clock_now_s();
	return serve_and_take(self, boot, first, &lock_manager, now, error);
}

bool takeover_run(struct takeover *self, GError **error)
{
	g_autofree char *boot = kernel_boot_id(&self->options->kernel, error);
	bool first = self->store == NULL;

	if (boot == NULL)
		return false;
	self->warnings = g_ptr_array_new_with_free_func(g_free);
	self->cautions = g_ptr_array_new_with_free_func(g_free);
	self->conveyed = 0;
	self->server_began_us = 0;
	if (!prove_and_take(self, boot, first, error)) {
		takeover_clear(self);
		return false;
	}
	doubt_filesystems(self);
	load_connections(self);
	if (self->options->own_server)
		return true;
	sm_dir_tidy(self->sm_dir);
	if (self->adoption != ADOPTION_RESUME)
		convey_records(self);
	return true;
}

void takeover_clear(struct takeover *self)
{
	g_clear_pointer(&self->state, group_state_free);
	g_clear_pointer(&self->clients, g_ptr_array_unref);
	g_clear_pointer(&self->warnings, g_ptr_array_unref);
	g_clear_pointer(&self->cautions, g_ptr_array_unref);
	g_clear_pointer(&self->new_store, g_free);
	g_clear_pointer(&self->filesystems, g_array_unref);
	g_clear_pointer(&self->to_reclaim, lock_set_free);
	g_clear_pointer(&self->connections, g_array_unref);
	g_clear_pointer(&self->fencing, g_free);
}
