/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The client list as statd's records come and go. */

#include "service/internal.h"

#include <qb/qblog.h>

/* The account of clients is saved at most this often: it is a matter of convenience, see store.h.
 */
#define ACCOUNT_INTERVAL_MS 500

/* A line for each of so many clients, when they come together. */
#define NAMED_AT_ONCE 16

static void note(struct service *self, enum problem which, const char *what, const GError *error)
{
	g_autofree char *text = NULL;

	if (error != NULL)
		text = g_strdup_printf("%s: %s: look at its disk", what, error->message);
	problems_set(&self->problems, which, text);
}

/* The account */

struct account_job {
	struct service *self;
	GPtrArray *clients;
};

static bool run_account_job(void *data, GError **error)
{
	struct account_job *job = data;

	return store_save_account(job->self->to, job->clients, error);
}

static void account_job_done(void *data, const GError *error)
{
	struct account_job *job = data;

	/* The next change tries again. */
	note(job->self, PROBLEM_ACCOUNT, "can't save the account of clients", error);
	job->self->memory_freed = true;
	g_ptr_array_unref(job->clients);
	g_free(job);
}

static gboolean save_account(gpointer data)
{
	struct service *self = data;
	struct account_job *job = g_new(struct account_job, 1);

	self->account_source = 0;
	job->self = self;
	job->clients = client_list_copy(self->clients);
	writer_push(self->thread, run_account_job, account_job_done, job);
	return G_SOURCE_REMOVE;
}

void service_account_changed(void *data)
{
	struct service *self = data;

	if (self->recovery != NULL)
		progress_look(&self->progress, self->clients, g_get_monotonic_time());
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

/* Deletions */

static void note_gone(struct service *self, const client *entry)
{
	deletions_gone(self->away, entry->file, entry->seen_by, g_get_monotonic_time());
}

struct presence {
	struct service *self;
	GHashTable *seen; /* set of char * */
};

static void note_unseen(client *entry, void *data)
{
	struct presence *presence = data;

	if (!g_hash_table_contains(presence->seen, entry->file))
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
	if (what->whole)
		note_all_unseen(self, what->seen);
	self->memory_freed = self->memory_freed || what->whole;
}

struct drop_job {
	struct service *self;
	GPtrArray *files;
	GPtrArray *removed;
};

static bool run_drop_job(void *data, GError **error)
{
	struct drop_job *job = data;

	return capture_drop(&job->self->capture, job->files, &job->removed, error);
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

		qb_log(LOG_INFO, "record '%s' removed: its client holds no lock any more", file);
		client_list_remove(self->clients, file);
	}
	if (job->removed != NULL && job->removed->len > 0)
		service_account_changed(self);
	g_ptr_array_unref(job->files);
	g_clear_pointer(&job->removed, g_ptr_array_unref);
	g_free(job);
}

/* A client that lost its locks stays, for whoever looks later, until it is recorded anew. */
static GPtrArray *droppable(struct service *self, GPtrArray *due)
{
	for (guint i = due->len; i-- > 0;) {
		const client *known = client_list_get(self->clients, g_ptr_array_index(due, i));

		if (known != NULL &&
			client_list_recovery(self->clients, known->mon_name) == RECOVERY_LOST)
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
	job->files = droppable(self, deletions_due(self->away, statd, now_us));
	if (job->files->len == 0) {
		g_ptr_array_unref(job->files);
		g_free(job);
		return;
	}
	self->dropping = true;
	writer_push(self->thread, run_drop_job, drop_job_done, job);
}

/* Recording */

void service_merge(struct service *self, const struct captured *what)
{
	for (guint i = 0; i < what->clients->len; i++) {
		client *entry = client_copy(g_ptr_array_index(what->clients, i));
		const client *known = client_list_get(self->clients, entry->file);

		if (known != NULL) {
			entry->first_recorded = known->first_recorded;
			entry->recovery = known->recovery;
		}
		if (self->state->phase == PHASE_SERVING)
			entry->recovery = RECOVERY_RECORDED;
		client_list_put(self->clients, entry);
		/* statd watches it anew, for a lock manager that only began with this recovery. */
		if (self->state->phase == PHASE_RECLAIMING)
			client_list_set_recovery(
				self->clients, entry->mon_name, RECOVERY_RECLAIMED);
	}
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
	forget_unusable(self, what->seen);
	forget_unusable(self, what->absent);
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
