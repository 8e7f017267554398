/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The `files` store: everything can be read with ls and cat.
 *
 *	sm/FILE		a client's sm record, exactly as statd wrote it (nsm/record.h)
 *	account		times and recovery of every client (store/account.h)
 *
 * The files of the group itself are in addition (store/group_files.h).
 */

#include "base/durable.h"
#include "base/error.h"
#include "nsm/record.h"
#include "nsm/sm_dir.h"
#include "store/account.h"
#include "store/backend.h"
#include "store/file_clients.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNT_FILE "account"
#define ACCOUNT_MAX_BYTES (64 * 1024 * 1024)
#define RECORDS_DIR "sm"

/* The number of records that are written at once. */
#define BATCH 256

/* The number of files that are made in advance. So many first locks between two saves of the
 * account need not wait for a new file. */
#define SPARES 32

struct files {
	int dir_fd;
	int records_fd;
	sm_dir *records;
	int spare_fds[SPARES];
	guint spares;  /* the number of files in spare_fds */
	bool doubtful; /* a put failed, so a crash may still undo the rename of a record */

	/* The following members detect changes by other programs. */
	bool records_known;
	guint64 records_sum; /* the sum of their fingerprints */
	bool account_known;
	struct stat account; /* its file when it was saved */
};

/* A program that writes a file in place can keep everything except the time of change, which no
 * program can set. */
static guint64 fingerprint(const char *name, const struct stat *st)
{
	const guint64 facts[] = {g_str_hash(name), st->st_ino, (guint64)st->st_size,
		(guint64)st->st_ctim.tv_sec, (guint64)st->st_ctim.tv_nsec};
	guint64 hash = G_GUINT64_CONSTANT(0xcbf29ce484222325);

	for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
		hash = (hash ^ facts[i]) * G_GUINT64_CONSTANT(0x100000001b3);
		hash ^= hash >> 32;
	}
	return hash;
}

/* The fingerprint of a record now, or 0 if there is none. */
static guint64 fingerprint_of(const struct files *self, const char *name)
{
	struct stat st;

	return fstatat(self->records_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
		       ? fingerprint(name, &st)
		       : 0;
}

static void files_close(void *backend)
{
	struct files *self = backend;

	while (self->spares > 0)
		close(self->spare_fds[--self->spares]);
	sm_dir_close(self->records);
	if (self->records_fd >= 0)
		close(self->records_fd);
	g_free(self);
}

static bool make_records_dir(int dir_fd, GError **error)
{
	if (mkdirat(dir_fd, RECORDS_DIR, 0700) != 0 && errno != EEXIST) {
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot make its '" RECORDS_DIR "' directory");
		return false;
	}
	return durable_sync(dir_fd, error);
}

static void *files_open(const char *path, int dir_fd, enum store_mode mode, GError **error)
{
	g_autofree char *records_path = g_build_filename(path, RECORDS_DIR, NULL);
	struct files *self = g_new0(struct files, 1);

	self->dir_fd = dir_fd;
	self->records_fd = -1;
	if (mode == STORE_CREATE && !make_records_dir(dir_fd, error))
		goto fail;
	self->records_fd =
		openat(dir_fd, RECORDS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (self->records_fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", records_path);
		goto fail;
	}
	self->records = sm_dir_open(records_path, error);
	if (self->records == NULL)
		goto fail;
	if (mode == STORE_READ)
		return self;
	durable_tidy(self->records_fd);
	/* A killed process may have renamed records without a sync of the directory. Once we
	 * have read them, no process writes them again, so they are synced now. */
	if (!durable_sync(self->records_fd, error))
		goto fail;
	return self;
fail:
	files_close(self);
	return NULL;
}

static void apply_account(struct files *self, GHashTable *by_file, GPtrArray *problems)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes =
		durable_read_optional(self->dir_fd, ACCOUNT_FILE, ACCOUNT_MAX_BYTES, &error);

	if (bytes != NULL) {
		gsize length;
		const char *text = g_bytes_get_data(bytes, &length);

		account_apply(text, length, by_file, &error);
	}
	if (error != NULL && problems != NULL)
		g_ptr_array_add(problems, g_strdup(error->message));
}

/* The state of a scan for clients. */
struct loading {
	enum store_raw raw;
	GPtrArray *clients;
	GPtrArray *problems; /* may be NULL */
	GHashTable *by_file;
};

static void load_file(sm_file *file, void *data)
{
	g_autoptr(sm_file) found = file;
	struct loading *loading = data;
	client *first;
	guint added;

	if (found->problem != NULL) {
		if (loading->problems != NULL)
			g_ptr_array_add(loading->problems, g_strdup(found->problem));
		return;
	}
	if (found->damage != NULL && loading->problems != NULL)
		g_ptr_array_add(
			loading->problems, g_strdup_printf("'%s': %s", found->name, found->damage));
	added = file_clients_add(found->name, loading->raw == STORE_WITH_RAW ? found->raw : NULL,
		found->records, loading->clients);
	first = g_ptr_array_index(loading->clients, loading->clients->len - added);
	g_hash_table_insert(loading->by_file, first->file, first);
}

/* The account has one entry for each file. All clients of a file share the entry of the first
 * one. */
static void spread_account(GPtrArray *clients)
{
	for (guint i = 1; i < clients->len; i++) {
		const client *before = g_ptr_array_index(clients, i - 1);
		client *entry = g_ptr_array_index(clients, i);

		if (!g_str_equal(before->file, entry->file))
			continue;
		entry->first_recorded = before->first_recorded;
		entry->last_seen = before->last_seen;
		entry->recovery = before->recovery;
	}
}

static GPtrArray *files_load_clients(
	void *backend, enum store_raw raw, GPtrArray *problems, GError **error)
{
	struct files *self = backend;
	g_autoptr(GHashTable) by_file = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	struct loading loading = {
		.raw = raw, .clients = clients, .problems = problems, .by_file = by_file};

	if (!sm_dir_scan(self->records, load_file, &loading, error))
		return NULL;
	g_ptr_array_sort(clients, client_compare_files);
	apply_account(self, by_file, problems);
	spread_account(clients);
	return g_steal_pointer(&clients);
}

static GBytes *files_load_record(void *backend, const char *file, GError **error)
{
	const struct files *self = backend;

	return durable_read(self->records_fd, file, SM_FILE_MAX_BYTES, error);
}

static bool files_has(void *backend, const char *file, GBytes *raw)
{
	const struct files *self = backend;
	g_autoptr(GBytes) stored = NULL;

	if (self->doubtful || !sm_name_is_valid(file, NULL))
		return false;
	stored = durable_read(self->records_fd, file, g_bytes_get_size(raw), NULL);
	return stored != NULL && g_bytes_equal(stored, raw);
}

static bool check_names(GPtrArray *clients, GError **error)
{
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		const char *why = NULL;

		if (!sm_name_is_valid(entry->file, &why)) {
			g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
				"'%s' cannot name a record: %s", entry->file, why);
			return false;
		}
	}
	return true;
}

/* Stages up to BATCH clients, beginning with `first`. All writes are started before the first
 * one is waited for. */
static bool stage_batch(struct files *self, GPtrArray *clients, guint first, GError **error)
{
	guint end = MIN(first + BATCH, clients->len), begun;
	bool good = true;
	int fds[BATCH];

	for (begun = first; good && begun < end; begun++) {
		const client *entry = g_ptr_array_index(clients, begun);
		gsize length;
		const void *bytes = g_bytes_get_data(entry->raw, &length);
		int fd = durable_stage_begin(self->records_fd, entry->file, bytes, length, error);

		if (fd < 0) {
			good = false;
			break;
		}
		/* This is only a hint. The sync reports any error. */
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
		fds[begun - first] = fd;
	}
	for (guint i = first; i < begun; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		good = durable_stage_end(self->records_fd, fds[i - first], entry->file,
			       good ? error : NULL) &&
		       good;
	}
	return good;
}

/* If there is only one client, its first lock probably waits for this. Returns false if the
 * ordinary way must be used, for whatever reason. That way reports the errors. */
static bool put_by_spare(struct files *self, const client *entry)
{
	gsize length;
	const void *bytes = g_bytes_get_data(entry->raw, &length);

	return self->spares > 0 && !self->doubtful &&
	       durable_replace_by(self->spare_fds[--self->spares], self->records_fd, entry->file,
		       bytes, length, NULL);
}

static bool put_clients(struct files *self, GPtrArray *clients, GError **error)
{
	bool published = true;
	GError *first = NULL;

	if (clients->len == 1 && put_by_spare(self, g_ptr_array_index(clients, 0)))
		return true;
	self->doubtful = true;
	/* All records are on the disk before any of them gets its name. One sync of the
	 * directory then covers all of them. */
	for (guint i = 0; i < clients->len; i += BATCH) {
		if (!stage_batch(self, clients, i, error))
			return false;
	}
	/* If something blocks the name of one record, the other records must still get theirs. */
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		if (!durable_publish(self->records_fd, entry->file, first ? NULL : &first))
			published = false;
	}
	if (first != NULL)
		g_propagate_error(error, g_steal_pointer(&first));
	self->doubtful = !durable_sync(self->records_fd, published ? error : NULL);
	return published && !self->doubtful;
}

/* Whether or not the put succeeded, the records that exist now count as ours. Only earlier
 * changes by others remain a difference. */
static bool files_put_clients(void *backend, GPtrArray *clients, GError **error)
{
	struct files *self = backend;
	bool put;

	if (!check_names(clients, error))
		return false;
	for (guint i = 0; self->records_known && i < clients->len; i++)
		self->records_sum -=
			fingerprint_of(self, ((const client *)g_ptr_array_index(clients, i))->file);
	put = put_clients(self, clients, error);
	for (guint i = 0; self->records_known && i < clients->len; i++)
		self->records_sum +=
			fingerprint_of(self, ((const client *)g_ptr_array_index(clients, i))->file);
	return put;
}

static bool remove_clients(struct files *self, GPtrArray *names, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);

		if (sm_name_is_valid(name, NULL) && unlinkat(self->records_fd, name, 0) != 0 &&
			errno != ENOENT) {
			lf_error_set_errno(
				error, LF_ERROR_FAILED, "cannot remove the record '%s'", name);
			return false;
		}
	}
	return durable_sync(self->records_fd, error);
}

static bool files_remove_clients(void *backend, GPtrArray *names, GError **error)
{
	struct files *self = backend;
	bool removed;

	for (guint i = 0; self->records_known && i < names->len; i++)
		self->records_sum -= fingerprint_of(self, g_ptr_array_index(names, i));
	removed = remove_clients(self, names, error);
	for (guint i = 0; self->records_known && i < names->len; i++)
		self->records_sum += fingerprint_of(self, g_ptr_array_index(names, i));
	return removed;
}

/* Makes the spares here because no lock waits for a save of the account. */
static void make_spares(struct files *self)
{
	while (self->spares < SPARES) {
		int fd = durable_spare(self->records_fd);

		if (fd < 0)
			break;
		self->spare_fds[self->spares++] = fd;
	}
}

static bool files_save_account(void *backend, GPtrArray *clients, GError **error)
{
	struct files *self = backend;
	g_autofree char *text = account_format(clients);
	bool saved;

	make_spares(self);
	saved = durable_replace(self->dir_fd, ACCOUNT_FILE, text, strlen(text), error);
	self->account_known = saved && fstatat(self->dir_fd, ACCOUNT_FILE, &self->account,
					       AT_SYMLINK_NOFOLLOW) == 0;
	return saved;
}

/* Removes all files in the directory of records, including temporary ones. Directories are not
 * from Lockferry. They stay, and then the directory of records cannot be removed. */
static bool remove_files(int fd, DIR *entries, GError **error)
{
	const struct dirent *entry;

	while ((entry = readdir(entries)) != NULL) {
		if (unlinkat(fd, entry->d_name, 0) != 0 && errno != EISDIR && errno != ENOENT) {
			lf_error_set_errno(error, LF_ERROR_FAILED,
				"cannot remove the files in its '" RECORDS_DIR "' directory");
			return false;
		}
	}
	return true;
}

static bool remove_records_dir(int dir_fd, GError **error)
{
	int fd = openat(dir_fd, RECORDS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
	bool removed;

	if (entries == NULL) {
		if (fd < 0 && errno == ENOENT)
			return true;
		lf_error_set_errno(error, LF_ERROR_FAILED,
			"cannot open its '" RECORDS_DIR "' directory to remove it");
		if (fd >= 0)
			close(fd);
		return false;
	}
	removed = remove_files(fd, entries, error);
	closedir(entries);
	if (!removed)
		return false;
	if (unlinkat(dir_fd, RECORDS_DIR, AT_REMOVEDIR) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot remove its '" RECORDS_DIR "' directory");
	return false;
}

static const char *files_holds_clients(int dir_fd)
{
	int fd = openat(dir_fd, RECORDS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	bool some = false;

	if (entries == NULL) {
		some = fd >= 0 || errno != ENOENT;
		if (fd >= 0)
			close(fd);
		return some ? RECORDS_DIR : NULL;
	}
	while (!some && (entry = readdir(entries)) != NULL)
		some = entry->d_name[0] != '.';
	closedir(entries);
	return some ? RECORDS_DIR : NULL;
}

static bool files_destroy(int dir_fd, GError **error)
{
	return remove_records_dir(dir_fd, error) && durable_remove(dir_fd, ACCOUNT_FILE, error);
}

/* Adds up the fingerprints of all records. Returns false if they cannot be listed. */
static bool sum_records(const struct files *self, guint64 *sum)
{
	int fd = openat(self->records_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	*sum = 0;
	if (entries == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] != '.')
			*sum += fingerprint_of(self, entry->d_name);
	}
	closedir(entries);
	return true;
}

static bool account_is_ours(const struct files *self)
{
	struct stat found;

	return fstatat(self->dir_fd, ACCOUNT_FILE, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fingerprint("", &found) == fingerprint("", &self->account);
}

static void files_find_changed(void *backend, GPtrArray *names)
{
	struct files *self = backend;
	bool was_known = self->records_known;
	guint64 before = self->records_sum;

	self->records_known = sum_records(self, &self->records_sum);
	if (was_known && self->records_known && self->records_sum != before)
		g_ptr_array_add(names, (gpointer)RECORDS_DIR);
	/* The account is unknown until it is saved again. */
	if (self->account_known && !account_is_ours(self)) {
		self->account_known = false;
		g_ptr_array_add(names, (gpointer)ACCOUNT_FILE);
	}
}

const struct backend_ops backend_files = {
	.name = "files",
	.open = files_open,
	.close = files_close,
	.holds_clients = files_holds_clients,
	.destroy = files_destroy,
	.load_clients = files_load_clients,
	.load_record = files_load_record,
	.has = files_has,
	.put_clients = files_put_clients,
	.remove_clients = files_remove_clients,
	.save_account = files_save_account,
	.find_changed = files_find_changed,
};
