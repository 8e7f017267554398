/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/roster.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/slot.h"
#include "service/deletions.h"
#include "service/memory.h"
#include "service/untold.h"
#include "service/users.h"

#include <qb/qblog.h>

/* The account is saved at most this often. It is only a convenience, see store.h. */
#define ACCOUNT_INTERVAL_MS 500

/* If more clients come together, the log does not name each of them. */
#define NAMED_AT_ONCE 10

struct roster {
	const struct group_options *options;
	worker *writes;
	struct capture *capture; /* used by the worker's thread */
	struct problems *problems;
	roster_changed changed;
	void *data;
	store *store; /* used by the worker's thread */
	guint64 epoch;
	client_list *clients;  /* owned */
	gint64 grace_ended_us; /* of the last recovery; 0: none ended in this process */
	GHashTable *users;     /* owned; who was connected before the takeover (users.h) */
	struct untold untold;
	deletions *absent; /* records whose file left the sm directory */
	struct slot dropping;
	guint account_timer;
	bool stopped;
};

roster *roster_new(const struct group_options *options, worker *writes, struct capture *capture,
	struct problems *problems, roster_changed changed, void *data)
{
	roster *self = g_new0(roster, 1);

	self->options = options;
	self->writes = writes;
	self->capture = capture;
	self->problems = problems;
	self->changed = changed;
	self->data = data;
	self->absent = deletions_new(options->deletion_delay_s);
	untold_init(&self->untold, HOSTS_FILE, options->addresses);
	return self;
}

client_list *roster_clients(const roster *self)
{
	return self->clients;
}

bool roster_all_have_heard(const roster *self)
{
	guint waiting = 0;

	for (int i = 0; i < RECOVERY_ACKNOWLEDGED; i++)
		waiting += client_list_count(self->clients, (enum recovery)i);
	return waiting == 0;
}

static void note(roster *self, enum problem which, const char *what, const GError *error)
{
	g_autofree char *text = NULL;

	/* Not a problem: the job was of an epoch before the last takeover, and is no longer
	 * needed. */
	if (error != NULL && !g_error_matches(error, LF_ERROR, LF_ERROR_OUTDATED))
		text = g_strdup_printf("%s: %s: look at its disk", what, error->message);
	problems_set(self->problems, which, text);
}

/* The account */

struct account_job {
	roster *self;
	store *store;
	guint64 epoch;
	GPtrArray *clients;
};

static bool run_account_job(void *data, GError **error)
{
	struct account_job *job = data;

	return store_save_account(job->store, job->epoch, job->clients, error);
}

static void account_job_done(void *data, const GError *error)
{
	struct account_job *job = data;

	/* The next change tries again. */
	note(job->self, PROBLEM_ACCOUNT, "cannot save the account of clients", error);
	memory_freed();
	g_ptr_array_unref(job->clients);
	g_free(job);
}

static void save_account(void *data)
{
	roster *self = data;
	struct account_job *job = g_new(struct account_job, 1);

	self->account_timer = 0;
	job->self = self;
	job->store = self->store;
	job->epoch = self->epoch;
	job->clients = client_list_copy(self->clients);
	worker_push(self->writes, run_account_job, account_job_done, job);
}

void roster_account(void *data)
{
	roster *self = data;

	self->changed(self->data);
	if (self->account_timer == 0 && !self->stopped)
		self->account_timer = clock_timer_ms(ACCOUNT_INTERVAL_MS, save_account, self);
}

void roster_account_now(roster *self)
{
	if (self->account_timer == 0)
		return;
	clock_timer_clear(&self->account_timer);
	save_account(self);
}

/* Clients that cannot be told */

static void say_untold(roster *self)
{
	g_autofree char *text = untold_text(&self->untold);

	problems_set(self->problems, PROBLEM_UNTOLD, text);
}

static void begin_untold(roster *self)
{
	untold_begin(&self->untold, self->clients);
	say_untold(self);
}

/* The first such client is logged as a problem. Each later one gets a line of its own, as long as
 * status has room for its name. */
static bool note_new_client(roster *self, const char *mon_name)
{
	bool more = self->problems->texts[PROBLEM_UNTOLD] != NULL;

	if (!untold_add(&self->untold, mon_name))
		return false;
	if (more && g_hash_table_size(self->untold.names) <= NAMED_AT_ONCE)
		qb_log(LOG_WARNING, "client '%s' cannot be told to reclaim after a failover either",
			mon_name);
	return true;
}

/* Deletions */

static void note_gone(roster *self, const client *entry, gint64 now_us)
{
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	deletions_gone(self->absent, key, entry->seen_by, now_us);
}

struct presence {
	roster *self;
	GHashTable *seen; /* set of char * */
	gint64 now_us;
};

static void note_unseen(client *entry, void *data)
{
	struct presence *presence = data;
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	if (!g_hash_table_contains(presence->seen, key))
		note_gone(presence->self, entry, presence->now_us);
}

/* The whole directory was scanned: a client of the list that was not seen has no file. */
static void note_all_unseen(roster *self, GPtrArray *seen, gint64 now_us)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	struct presence presence = {.self = self, .seen = names, .now_us = now_us};

	for (guint i = 0; i < seen->len; i++)
		g_hash_table_add(names, g_ptr_array_index(seen, i));
	client_list_each(self->clients, note_unseen, &presence);
}

static void note_seen(roster *self, GPtrArray *seen, const struct situation *now)
{
	GQuark statd = g_quark_from_string(now->statd);

	for (guint i = 0; i < seen->len; i++) {
		client *known = client_list_get(self->clients, g_ptr_array_index(seen, i));

		deletions_back(self->absent, g_ptr_array_index(seen, i));
		if (known == NULL)
			continue;
		known->last_seen = now->now_s;
		known->seen_by = statd;
	}
}

static void note_presence(roster *self, const struct captured *what, const struct situation *now)
{
	note_seen(self, what->seen, now);
	for (guint i = 0; i < what->absent->len; i++) {
		const client *known =
			client_list_get(self->clients, g_ptr_array_index(what->absent, i));

		if (known != NULL)
			note_gone(self, known, now->now_us);
	}
	if (what->whole) {
		note_all_unseen(self, what->seen, now->now_us);
		memory_freed();
	}
}

struct drop_job {
	roster *self;
	guint ticket;
	guint64 epoch;
	GPtrArray *files;
	GPtrArray *removed;
};

static bool run_drop_job(void *data, GError **error)
{
	struct drop_job *job = data;

	return capture_drop(job->self->capture, job->epoch, job->files, &job->removed, error);
}

static void forget_client(roster *self, const char *key)
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
	roster *self = job->self;

	slot_return(&self->dropping, job->ticket);
	/* Does no harm: a record too many costs a packet or two in the next recovery. */
	note(self, PROBLEM_REMOVAL, "cannot remove records that are no longer needed", error);
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
		roster_account(self);
	g_ptr_array_unref(job->files);
	g_clear_pointer(&job->removed, g_ptr_array_unref);
	g_free(job);
}

/* A client that lost its locks, or may have lost them, stays until it is recorded again, so that an
 * administrator can see it. */
static GPtrArray *droppable(roster *self, GPtrArray *due)
{
	for (guint i = due->len; i-- > 0;) {
		const client *known = client_list_get(self->clients, g_ptr_array_index(due, i));

		if (known != NULL &&
			recovery_is_unheard(client_list_recovery(self->clients, known->mon_name)))
			g_ptr_array_remove_index_fast(due, i);
	}
	return due;
}

/* service/deletions.h says what proves that a client without a record holds no lock. */
static void watch_deletions(roster *self, const struct situation *now)
{
	struct drop_job *job;

	if (!deletions_any(self->absent) || self->dropping.busy)
		return;
	if (now->phase != PHASE_SERVING || now->grace != KERNEL_GRACE_OVER ||
		g_str_equal(now->statd, "none")) {
		deletions_interrupted(self->absent, now->now_us);
		return;
	}
	job = g_new0(struct drop_job, 1);
	job->self = self;
	job->epoch = now->epoch;
	job->files = droppable(self, deletions_due(self->absent, now->statd, now->now_us));
	if (job->files->len == 0) {
		g_ptr_array_unref(job->files);
		g_free(job);
		return;
	}
	job->ticket = slot_take(&self->dropping);
	worker_push(self->writes, run_drop_job, drop_job_done, job);
}

void roster_look(roster *self, const struct situation *now)
{
	if (untold_is_stale(&self->untold))
		begin_untold(self);
	watch_deletions(self, now);
}

/* Recording */

/* A client that was told near the end of grace may reclaim after it. lockd has it monitored, and
 * then refuses: what the administrator knows about it is still true. */
#define LATE_RECLAIMS_S 60

static bool is_right_after_grace(const roster *self, const struct situation *now)
{
	return self->grace_ended_us != 0 &&
	       now->now_us - self->grace_ended_us < LATE_RECLAIMS_S * G_USEC_PER_SEC;
}

/* The lock manager began with this recovery, so a record from statd means that the client is back.
 * These do not count: records that prove nothing (struct captured); those that statd may have from
 * before, of an earlier boot of this node; and clients that come when grace is over, and do not get
 * their locks back. */
static bool is_back(
	const struct captured *what, const char *key, bool is_new, const struct situation *now)
{
	return now->phase == PHASE_RECLAIMING && now->grace == KERNEL_GRACE_RUNS &&
	       !g_hash_table_contains(what->unproven, key) && !(what->whole && is_new);
}

static void merge_client(roster *self, client *entry, bool is_new, const struct captured *what,
	const struct situation *now)
{
	g_autofree char *key = client_key(entry->file, entry->mon_name);
	const client *known = client_list_get(self->clients, key);

	if (known != NULL) {
		entry->first_recorded = known->first_recorded;
		entry->recovery = known->recovery;
		client_copy_facts(entry, known);
	}
	if (now->phase == PHASE_SERVING && !is_right_after_grace(self, now))
		client_forget_facts(entry);
	client_list_put(self->clients, entry);
	if (is_back(what, key, is_new, now))
		client_list_set_recovery(self->clients, entry->mon_name, RECOVERY_RECLAIMED);
}

guint roster_merge(roster *self, const struct captured *what, const struct situation *now)
{
	guint added = 0;
	bool untold = false;

	for (guint i = 0; i < what->clients->len; i++) {
		client *entry = client_copy(g_ptr_array_index(what->clients, i));
		bool is_new = client_list_find(self->clients, entry->mon_name) == NULL;

		added += is_new;
		untold = (is_new && note_new_client(self, entry->mon_name)) || untold;
		merge_client(self, entry, is_new, what, now);
	}
	if (untold)
		say_untold(self);
	note_presence(self, what, now);
	if (what->clients->len > 0)
		roster_account(self);
	return added;
}

guint roster_captured(roster *self, const struct captured *what, const struct situation *now)
{
	guint added = roster_merge(self, what, now);

	for (guint i = 0; i < what->clients->len && what->clients->len <= NAMED_AT_ONCE; i++) {
		const client *entry = g_ptr_array_index(what->clients, i);

		qb_log(LOG_INFO, "client '%s' recorded", entry->mon_name);
	}
	if (what->clients->len > NAMED_AT_ONCE)
		qb_log(LOG_INFO, "%u clients recorded", what->clients->len);
	return added;
}

/* Taking over, and the end of a recovery */

void roster_use(roster *self, const struct roster_origin *origin, gint64 now_s)
{
	self->store = origin->store;
	self->epoch = origin->epoch;
	g_clear_pointer(&self->clients, client_list_free);
	self->clients = client_list_new();
	for (guint i = 0; i < origin->clients->len; i++) {
		client *entry = g_ptr_array_index(origin->clients, i);

		if (entry->first_recorded == 0)
			entry->first_recorded = now_s;
		client_list_put(self->clients, entry);
	}
	/* The list owns the clients now. */
	g_ptr_array_set_free_func(origin->clients, NULL);
	begin_untold(self);
	g_clear_pointer(&self->users, g_hash_table_unref);
	self->users = users_of(origin->connections);
}

void roster_end_recovery(roster *self, gint64 now_us)
{
	self->grace_ended_us = now_us;
	users_mark(self->users, self->clients, self->untold.known, self->options->addresses);
}

void roster_stop(roster *self)
{
	self->stopped = true;
	clock_timer_clear(&self->account_timer);
}

void roster_free(roster *self)
{
	if (self == NULL)
		return;
	roster_stop(self);
	g_clear_pointer(&self->clients, client_list_free);
	g_clear_pointer(&self->users, g_hash_table_unref);
	deletions_free(self->absent);
	untold_clear(&self->untold);
	g_free(self);
}
