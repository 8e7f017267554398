/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The client list as statd's records come and go. */

#include "base/error.h"
#include "service/internal.h"
#include "service/memory.h"

#include <qb/qblog.h>

/* The account of clients is saved at most this often: it is a matter of convenience, see store.h.
 */
#define ACCOUNT_INTERVAL_MS 500

/* A line for each of so many clients, when they come together. */
#define NAMED_AT_ONCE 10

static void note(struct service *self, enum problem which, const char *what, const GError *error)
{
	g_autofree char *text = NULL;

	/* What was decided before a take-over is of no use after it: nothing is wrong. */
	if (error != NULL && !g_error_matches(error, LF_ERROR, LF_ERROR_OUTDATED))
		text = g_strdup_printf("%s: %s: look at its disk", what, error->message);
	problems_set(&self->problems, which, text);
}

/* The account */

struct account_job {
	struct service *self;
	guint64 epoch;
	GPtrArray *clients;
};

static bool run_account_job(void *data, GError **error)
{
	struct account_job *job = data;

	return store_save_account(job->self->to, job->epoch, job->clients, error);
}

static void account_job_done(void *data, const GError *error)
{
	struct account_job *job = data;

	/* The next change tries again. */
	note(job->self, PROBLEM_ACCOUNT, "can't save the account of clients", error);
	memory_freed();
	g_ptr_array_unref(job->clients);
	g_free(job);
}

static gboolean save_account(gpointer data)
{
	struct service *self = data;
	struct account_job *job = g_new(struct account_job, 1);

	self->account_source = 0;
	job->self = self;
	job->epoch = self->state->epoch;
	job->clients = client_list_copy(self->clients);
	worker_push(self->thread, run_account_job, account_job_done, job);
	return G_SOURCE_REMOVE;
}

void service_account_changed(void *data)
{
	struct service *self = data;

	telling_note(self->telling, g_get_monotonic_time());
	if (self->account_source == 0)
		self->account_source = g_timeout_add(ACCOUNT_INTERVAL_MS, save_account, self);
}

void service_account_now(struct service *self)
{
	if (self->account_source == 0)
		return;
	g_source_remove(self->account_source);
	save_account(self);
}

/* Clients that cannot be told */

static void say_untold(struct service *self)
{
	g_autofree char *text = untold_text(&self->untold);

	problems_set(&self->problems, PROBLEM_UNTOLD, text);
}

void service_begin_untold(struct service *self)
{
	untold_begin(&self->untold, self->clients);
	say_untold(self);
}

void service_watch_untold(struct service *self)
{
	if (untold_is_stale(&self->untold))
		service_begin_untold(self);
}

/* The log has a line for the first, as for each problem, and one for each that comes later, while
 * status has room for its name. */
static bool note_new_client(struct service *self, const char *mon_name)
{
	bool more = self->problems.texts[PROBLEM_UNTOLD] != NULL;

	if (!untold_add(&self->untold, mon_name))
		return false;
	if (more && g_hash_table_size(self->untold.names) <= NAMED_AT_ONCE)
		qb_log(LOG_WARNING, "client '%s' cannot be told after a failover either", mon_name);
	return true;
}

/* Deletions */

static void note_gone(struct service *self, const client *entry)
{
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	deletions_gone(self->away, key, entry->seen_by, g_get_monotonic_time());
}

struct presence {
	struct service *self;
	GHashTable *seen; /* set of char * */
};

static void note_unseen(client *entry, void *data)
{
	struct presence *presence = data;
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	if (!g_hash_table_contains(presence->seen, key))
		note_gone(presence->self, entry);
}

/* Of the whole directory: what we have and was not seen is not there. */
static void note_all_unseen(struct service *self, GPtrArray *seen)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	struct presence presence = {.self = self, .seen = names};

	for (guint i = 0; i < seen->len; i++)
		g_hash_table_add(names, g_ptr_array_index(seen, i));
	client_list_each(self->clients, note_unseen, &presence);
}

/* Asked for at each first lock: all processes are looked at only when it isn't the same. */
const char *service_statd(struct service *self)
{
	const struct kernel *kernel = &self->options->kernel;

	if (self->statd == NULL || !kernel_statd_is(kernel, self->statd)) {
		g_free(self->statd);
		self->statd = kernel_statd(kernel);
	}
	return self->statd;
}

static void note_seen(struct service *self, GPtrArray *seen)
{
	GQuark statd = g_quark_from_string(service_statd(self));
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	for (guint i = 0; i < seen->len; i++) {
		client *known = client_list_get(self->clients, g_ptr_array_index(seen, i));

		deletions_back(self->away, g_ptr_array_index(seen, i));
		if (known == NULL)
			continue;
		known->last_seen = now;
		known->seen_by = statd;
	}
}

static void note_presence(struct service *self, const struct captured *what)
{
	note_seen(self, what->seen);
	for (guint i = 0; i < what->absent->len; i++) {
		const client *known =
			client_list_get(self->clients, g_ptr_array_index(what->absent, i));

		if (known != NULL)
			note_gone(self, known);
	}
	if (what->whole) {
		note_all_unseen(self, what->seen);
		memory_freed();
	}
}

struct drop_job {
	struct service *self;
	guint64 epoch;
	GPtrArray *files;
	GPtrArray *removed;
};

static bool run_drop_job(void *data, GError **error)
{
	struct drop_job *job = data;

	return capture_drop(&job->self->capture, job->epoch, job->files, &job->removed, error);
}

static void forget_client(struct service *self, const char *key)
{
	const client *known = client_list_get(self->clients, key);
	g_autofree char *mon_name = known != NULL ? g_strdup(known->mon_name) : NULL;

	client_list_remove(self->clients, key);
	if (mon_name != NULL && client_list_find(self->clients, mon_name) == NULL)
		untold_remove(&self->untold, mon_name);
}

static void drop_job_done(void *data, const GError *error)
{
	struct drop_job *job = data;
	struct service *self = job->self;

	self->dropping = false;
	/* A record too many costs a packet or two in the next recovery. */
	note(self, PROBLEM_REMOVAL, "can't remove records that are no longer needed", error);
	for (guint i = 0; job->removed != NULL && i < job->removed->len; i++) {
		const char *file = g_ptr_array_index(job->removed, i);

		if (i < NAMED_AT_ONCE)
			qb_log(LOG_INFO, "record '%s' removed: its client holds no lock any more",
				file);
		forget_client(self, file);
	}
	say_untold(self);
	if (job->removed != NULL && job->removed->len > NAMED_AT_ONCE)
		qb_log(LOG_INFO, "%u more records removed", job->removed->len - NAMED_AT_ONCE);
	if (job->removed != NULL && job->removed->len > 0)
		service_account_changed(self);
	g_ptr_array_unref(job->files);
	g_clear_pointer(&job->removed, g_ptr_array_unref);
	g_free(job);
}

/* A client that lost its locks, or may have, stays, for whoever looks later, until it is recorded
 * anew. */
static GPtrArray *droppable(struct service *self, GPtrArray *due)
{
	for (guint i = due->len; i-- > 0;) {
		const client *known = client_list_get(self->clients, g_ptr_array_index(due, i));

		if (known != NULL &&
			recovery_is_unheard(client_list_recovery(self->clients, known->mon_name)))
			g_ptr_array_remove_index_fast(due, i);
	}
	return due;
}

/* See service/deletions.h for what proves that a client whose record is gone holds no lock. */
void service_watch_deletions(struct service *self)
{
	const struct kernel *kernel = &self->options->kernel;
	gint64 now_us = g_get_monotonic_time();
	const char *statd;
	struct drop_job *job;

	if (!deletions_any(self->away) || self->dropping)
		return;
	statd = service_statd(self);
	if (self->state->phase != PHASE_SERVING || kernel_grace(kernel) != KERNEL_GRACE_OVER ||
		g_str_equal(statd, "none")) {
		deletions_interrupted(self->away, now_us);
		return;
	}
	job = g_new0(struct drop_job, 1);
	job->self = self;
	job->epoch = self->state->epoch;
	job->files = droppable(self, deletions_due(self->away, statd, now_us));
	if (job->files->len == 0) {
		g_ptr_array_unref(job->files);
		g_free(job);
		return;
	}
	self->dropping = true;
	worker_push(self->thread, run_drop_job, drop_job_done, job);
}

/* Recording */

/* Nobody waits for them: their callouts have been answered. */
static void retaken(void *data G_GNUC_UNUSED, const GError *error G_GNUC_UNUSED)
{
}

void service_rescan(struct service *self)
{
	if (self->watching)
		recorder_rescan(self->records, retaken, self);
}

static void say_flood(struct service *self)
{
	guint most = intake_flood(&self->intake, g_get_monotonic_time());
	g_autofree char *text = NULL;

	if (most > INTAKE_PER_MINUTE_MAX)
		text = g_strdup_printf("%u new clients came within a minute: if so many are not "
				       "expected, somebody may send forged lock requests; see who "
				       "may reach the NFS ports of this node",
			most);
	problems_set(&self->problems, PROBLEM_FLOOD, text);
}

static void say_full(struct service *self, bool full)
{
	g_autofree char *text = NULL;

	if (full)
		text = g_strdup_printf("%u clients are recorded, and no new one is taken: one that "
				       "locks now loses its locks in a failover; see who may reach "
				       "the NFS ports of this node",
			client_list_size(self->clients));
	problems_set(&self->problems, PROBLEM_FULL, text);
}

void service_watch_intake(struct service *self)
{
	bool full = self->clients != NULL && intake_is_full(client_list_size(self->clients));
	bool was_full = g_atomic_int_get(&self->capture.full);

	say_flood(self);
	say_full(self, full);
	g_atomic_int_set(&self->capture.full, full);
	if (was_full && !full)
		service_rescan(self);
}

/*
 * What statd had before is nothing new. Records that were conveyed for another group are new to
 * this one, too, and no flood: so where the callout tells of new clients, only it counts.
 */
static void note_new(struct service *self, guint clients)
{
	if (barrier_is_open(self->barrier) && self->callouts == 0)
		intake_note(&self->intake, clients, g_get_monotonic_time());
}

bool service_has_room_for(struct service *self, const char *mon_name)
{
	if (self->clients == NULL || client_list_find(self->clients, mon_name) != NULL)
		return true;
	intake_note(&self->intake, 1, g_get_monotonic_time());
	return !intake_is_full(client_list_size(self->clients));
}

void service_merge(struct service *self, const struct captured *what)
{
	guint added = 0;
	bool untold = false;

	for (guint i = 0; i < what->clients->len; i++) {
		client *entry = client_copy(g_ptr_array_index(what->clients, i));
		g_autofree char *key = client_key(entry->file, entry->mon_name);
		const client *known = client_list_get(self->clients, key);

		added += client_list_find(self->clients, entry->mon_name) == NULL;
		if (known == NULL)
			untold = note_new_client(self, entry->mon_name) || untold;
		if (known != NULL) {
			entry->first_recorded = known->first_recorded;
			entry->recovery = known->recovery;
			client_copy_facts(entry, known);
		}
		if (self->state->phase == PHASE_SERVING)
			client_forget_facts(entry);
		client_list_put(self->clients, entry);
		/* statd monitors it for a lock manager that only began with this recovery. But
		 * after an error the records that we conveyed ourselves are reported again. */
		if (self->state->phase == PHASE_RECLAIMING &&
			!g_hash_table_contains(what->conveyed, key))
			client_list_set_recovery(
				self->clients, entry->mon_name, RECOVERY_RECLAIMED);
	}
	note_new(self, added);
	service_watch_intake(self);
	if (untold)
		say_untold(self);
	note_presence(self, what);
	if (what->clients->len > 0)
		service_account_changed(self);
}

/* A file of these names is a record now, or gone. */
static void forget_unusable(struct service *self, GPtrArray *files)
{
	for (guint i = 0; i < files->len; i++)
		g_hash_table_remove(self->unusable, g_ptr_array_index(files, i));
}

static void note_unusable(struct service *self, const struct captured *what)
{
	g_autofree char *text = NULL;
	GHashTableIter iter;
	gpointer example;

	if (what->whole)
		g_hash_table_remove_all(self->unusable);
	forget_unusable(self, what->seen_files);
	forget_unusable(self, what->absent_files);
	for (guint i = 0; i < what->unusable->len; i++)
		g_hash_table_replace(self->unusable,
			g_strdup(g_ptr_array_index(what->unusable_files, i)),
			g_strdup(g_ptr_array_index(what->unusable, i)));
	g_hash_table_iter_init(&iter, self->unusable);
	if (g_hash_table_iter_next(&iter, NULL, &example))
		text = g_strdup_printf("in '%s': %s", self->options->sm_dir, (char *)example);
	problems_set(&self->problems, PROBLEM_UNUSABLE, text);
}

static void captured(const struct captured *what, void *data)
{
	struct service *self = data;

	service_merge(self, what);
	for (guint i = 0; i < what->clients->len && what->clients->len <= NAMED_AT_ONCE; i++) {
		const client *entry = g_ptr_array_index(what->clients, i);

		qb_log(LOG_INFO, "client '%s' recorded", entry->mon_name);
	}
	if (what->clients->len > NAMED_AT_ONCE)
		qb_log(LOG_INFO, "%u clients recorded", what->clients->len);
	note_unusable(self, what);
}

static void problem(const char *text, void *data)
{
	struct service *self = data;

	problems_set(&self->problems, PROBLEM_RECORDING, text);
}

const struct recorder_events service_recorder_events = {
	.captured = captured,
	.problem = problem,
};
