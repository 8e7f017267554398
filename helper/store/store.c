/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

#include "base/durable.h"
#include "base/error.h"
#include "store/group_files.h"
#include "store/internal.h"
#include "store/may_have_lost.h"
#include "store/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says which kind of store this is. Written last when a store is made, so that a crash leaves none
 * or a whole one. */
#define KIND_FILE "kind"
#define KIND_MAX_BYTES 64
#define LOCK_FILE ".lock"

/* How long to wait for a writer that ends. */
#define LOCK_WAIT_MS 1000

const struct backend_ops *const store_backends[] = {&backend_files, &backend_sqlite, NULL};

const struct backend_ops *store_find_backend(const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (gsize i = 0; store_backends[i] != NULL; i++) {
		if (g_str_equal(store_backends[i]->name, name))
			return store_backends[i];
		g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", store_backends[i]->name);
	}
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"'%s' is no kind of store this lockferry knows: take one of %s", name, known->str);
	return NULL;
}

static bool sync_directory(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced;

	if (fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't open '%s'", path);
		return false;
	}
	synced = durable_sync(fd, error);
	if (!synced)
		g_prefix_error(error, "'%s': ", path);
	close(fd);
	return synced;
}

static bool make_directory(const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);

	/* Also when it was there: who made it may have been killed before he got to the sync. */
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return sync_directory(parent, error);
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no '%s' to make the store in: mount the group's filesystem, or "
			"create the directory",
			parent);
	else
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't make the store '%s'", path);
	return false;
}

static bool open_directory(store *self, enum store_mode mode, GError **error)
{
	struct stat st;

	if (!g_path_is_absolute(self->path)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is not an absolute path: begin it with a slash",
			self->path);
		return false;
	}
	/* Who only reads, reads whatever is there. */
	if (mode != STORE_READ && !trust_way(self->path, error))
		return false;
	if (mode == STORE_CREATE && !make_directory(self->path, error))
		return false;
	self->dir_fd = open(self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (self->dir_fd >= 0 && fstat(self->dir_fd, &st) == 0) {
		self->device = st.st_dev;
		return true;
	}
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no store '%s': mount the group's filesystem, or check the path",
			self->path);
	else
		lf_error_set_errno(
			error, LF_ERROR_ARGUMENT, "can't open the store '%s'", self->path);
	return false;
}

/* One that was just killed lets go of the lock when its files are closed, which may be after all
 * else that tells of it has gone. */
static bool lock_within(int fd, guint max_ms)
{
	gint64 end_us = g_get_monotonic_time() + (gint64)max_ms * 1000;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || g_get_monotonic_time() >= end_us)
			return false;
		g_usleep(20000);
	}
	return true;
}

static bool lock_directory(store *self, GError **error)
{
	self->lock_fd =
		openat(self->dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (self->lock_fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't lock the store '%s'", self->path);
		return false;
	}
	if (lock_within(self->lock_fd, LOCK_WAIT_MS))
		return true;
	if (errno == EWOULDBLOCK)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"another process is writing the store '%s': stop it first ('lockferry "
			"status' shows it)",
			self->path);
	else
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't lock the store '%s'", self->path);
	return false;
}

/* After a process that was killed: what it left half done goes, and what it did without getting to
 * the sync is on the disk before anything relies on it. */
static bool tidy_directory(store *self, GError **error)
{
	durable_tidy(self->dir_fd);
	if (durable_sync(self->dir_fd, error))
		return true;
	g_prefix_error(error, "store '%s': ", self->path);
	return false;
}

/* The kind written in the store, NULL where it has none yet. */
static bool read_kind(store *self, char **kind, GError **error)
{
	GError *local_error = NULL;
	g_autoptr(GBytes) bytes =
		durable_read(self->dir_fd, KIND_FILE, KIND_MAX_BYTES, &local_error);

	*kind = NULL;
	if (bytes != NULL) {
		gsize length;
		const char *text = g_bytes_get_data(bytes, &length);

		/* The data of nothing is NULL. */
		*kind = g_strstrip(g_strndup(length > 0 ? text : "", length));
		return true;
	}
	if (g_error_matches(local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		g_clear_error(&local_error);
		return true;
	}
	g_propagate_error(error, local_error);
	return false;
}

/* A crash while a store was made leaves none of this. */
static bool is_blank(store *self, GError **error)
{
	static const char *const names[] = {
		"state", "account", "locks", "locks.recorded", "connections", "may_have_lost"};
	const char *found = NULL;

	for (gsize i = 0; found == NULL && i < G_N_ELEMENTS(names); i++) {
		if (faccessat(self->dir_fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			found = names[i];
	}
	for (gsize i = 0; found == NULL && store_backends[i] != NULL; i++)
		found = store_backends[i]->holds_clients(self->dir_fd);
	if (found == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the store '%s' has no '" KIND_FILE "' file, but '%s' has the data of one: bring "
		"the file back ('echo files >%s/" KIND_FILE "', or sqlite), or move the directory "
		"away to begin with an empty store",
		self->path, found, self->path);
	return false;
}

/* Asked before anything is written: the mount point of a filesystem that isn't there stays empty.
 */
static bool find_kind(store *self, enum store_mode mode, char **kind, GError **error)
{
	if (!read_kind(self, kind, error)) {
		g_prefix_error(error, "can't tell what kind of store '%s' is: ", self->path);
		return false;
	}
	if (*kind != NULL)
		return true;
	if (mode == STORE_CREATE)
		return is_blank(self, error);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"'%s' holds no store: mount the group's filesystem, or check the path", self->path);
	return false;
}

bool store_write_kind(store *self, const struct backend_ops *ops, GError **error)
{
	g_autofree char *line = g_strconcat(ops->name, "\n", NULL);

	return durable_replace(self->dir_fd, KIND_FILE, line, strlen(line), error);
}

static bool choose_backend(store *self, enum store_mode mode, const char *wanted, GError **error)
{
	g_autofree char *kind = NULL;

	if (!find_kind(self, mode, &kind, error))
		return false;
	if (kind != NULL && wanted != NULL && !g_str_equal(kind, wanted)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is of kind '%s', not '%s': set the backend to '%s', or "
			"change the store by 'lockferry convert'",
			self->path, kind, wanted, kind);
		return false;
	}
	self->ops = store_find_backend(kind != NULL     ? kind
				       : wanted != NULL ? wanted
							: "files",
		error);
	if (self->ops == NULL) {
		g_prefix_error(error, "store '%s': ", self->path);
		return false;
	}
	/* One that was made whole is not made again where a part of it is missing. */
	if (kind != NULL && mode == STORE_CREATE)
		mode = STORE_WRITE;
	self->backend = self->ops->open(self->path, self->dir_fd, mode, error);
	if (self->backend == NULL) {
		g_prefix_error(error, "can't open the store '%s': ", self->path);
		return false;
	}
	if (kind != NULL || store_write_kind(self, self->ops, error))
		return true;
	g_prefix_error(error, "can't make the store '%s': ", self->path);
	return false;
}

store *store_open(const char *path, enum store_mode mode, const char *backend, GError **error)
{
	g_autoptr(store) self = g_new0(store, 1);
	g_autofree char *kind = NULL;

	self->path = g_strdup(path);
	self->dir_fd = -1;
	self->lock_fd = -1;
	self->mended = g_ptr_array_new_with_free_func(g_free);
	self->alarms = g_ptr_array_new_with_free_func(g_free);
	if (!open_directory(self, mode, error))
		return NULL;
	if (!find_kind(self, mode, &kind, error))
		return NULL;
	if (mode != STORE_READ && !trust_store(self->dir_fd, self->path, self->mended, error))
		return NULL;
	if (mode != STORE_READ && (!lock_directory(self, error) || !tidy_directory(self, error)))
		return NULL;
	if (!choose_backend(self, mode, backend, error))
		return NULL;
	return g_steal_pointer(&self);
}

void store_close(store *self)
{
	if (self == NULL)
		return;
	if (self->backend != NULL)
		self->ops->close(self->backend);
	group_state_free(self->claim);
	g_ptr_array_unref(self->mended);
	g_ptr_array_unref(self->alarms);
	for (int i = 0; i < STORE_TEXT_COUNT; i++)
		g_free(self->texts[i]);
	if (self->lock_fd >= 0)
		close(self->lock_fd);
	if (self->dir_fd >= 0)
		close(self->dir_fd);
	g_free(self->path);
	g_free(self);
}

const char *store_path(const store *self)
{
	return self->path;
}

const char *store_backend(const store *self)
{
	return self->ops->name;
}

dev_t store_device(const store *self)
{
	return self->device;
}

GPtrArray *store_mended(const store *self)
{
	return self->mended;
}

bool store_check_place(store *self, GError **error)
{
	struct stat by_path, by_fd;

	if (stat(self->path, &by_path) == 0 && fstat(self->dir_fd, &by_fd) == 0 &&
		by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the store '%s' was moved, removed or covered by a mount while it was in use: what "
		"is recorded now is lost with the next failover; put it back in its place",
		self->path);
	return false;
}

static void prefix_path(const store *self, GError **error)
{
	g_prefix_error(error, "store '%s': ", self->path);
}

group_state *store_load_state(store *self, GError **error)
{
	GError *local_error = NULL;
	group_state *state = group_files_load_state(self->dir_fd, &local_error);

	if (local_error != NULL) {
		prefix_path(self, &local_error);
		g_propagate_error(error, local_error);
	}
	return state;
}

/* Asked before every first lock's record: the file is read again only where it is another one. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec && a->st_size == b->st_size;
}

static bool claim_holds(const store *self, const group_state *state)
{
	return state != NULL && state->epoch == self->claim->epoch &&
	       g_str_equal(state->node, self->claim->node) &&
	       g_str_equal(state->boot, self->claim->boot);
}

static void raise_alarm(store *self, const char *name, const char *what)
{
	g_ptr_array_add(self->alarms,
		g_strdup_printf("'%s' in the store '%s' was changed or removed by somebody else "
				"while the group is served%s: find out who can write there; a "
				"client of a no_root_squash export can",
			name, self->path, what));
}

static bool same_state(const group_state *a, const group_state *b)
{
	g_autofree char *first = group_state_format(a);
	g_autofree char *second = group_state_format(b);

	return g_str_equal(first, second);
}

/* Nobody who takes the group over leaves that behind. */
static bool restore_state(store *self, GError **error)
{
	raise_alarm(self, "state", ", and was set right");
	memset(&self->claimed, 0, sizeof(self->claimed));
	if (group_files_save_state(self->dir_fd, self->claim, error))
		return true;
	prefix_path(self, error);
	return false;
}

bool store_check_claim(store *self, GError **error)
{
	GError *local_error = NULL;
	struct stat identity;
	bool identified;
	g_autoptr(group_state) state = NULL;

	if (self->claim == NULL)
		return true;
	identified = group_files_identify_state(self->dir_fd, &identity);
	if (identified && is_same_file(&identity, &self->claimed))
		return true;
	state = store_load_state(self, &local_error);
	if (state == NULL && !self->claim_doubtful && group_files_state_is_broken(self->dir_fd)) {
		g_clear_error(&local_error);
		return restore_state(self, error);
	}
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	if (claim_holds(self, state)) {
		if (!self->claim_doubtful && !same_state(state, self->claim))
			return restore_state(self, error);
		/* The one that was read, or one before it, which is not there any more. */
		if (identified)
			self->claimed = identity;
		return true;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_OWNER,
		"the store '%s' has been taken over by node '%s' since: this node must not serve "
		"its group any more",
		self->path, state != NULL ? state->node : "unknown");
	return false;
}

/* Jobs wait in a queue: what was decided before a take-over may come to be written after it. */
static bool is_of_epoch(const store *self, guint64 epoch, GError **error)
{
	if (self->claim == NULL || epoch == self->claim->epoch)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_OUTDATED,
		"store '%s': what was to be written is of epoch %" G_GUINT64_FORMAT
		", and the group is in epoch %" G_GUINT64_FORMAT ": it is left out",
		self->path, epoch, self->claim->epoch);
	return false;
}

bool store_save_state(store *self, const group_state *state, GError **error)
{
	/* The epoch that is saved may be a new one: the one before it is what must still be there.
	 */
	if (!store_check_claim(self, error))
		return false;
	if (self->claim != NULL && state->epoch < self->claim->epoch)
		return is_of_epoch(self, state->epoch, error);
	self->claim_doubtful = true;
	if (!group_files_save_state(self->dir_fd, state, error)) {
		prefix_path(self, error);
		return false;
	}
	self->claim_doubtful = false;
	group_state_free(self->claim);
	self->claim = group_state_copy(state);
	memset(&self->claimed, 0, sizeof(self->claimed));
	return true;
}

/* Without it they are lost, which is worse, and no less true as far as is known. */
static void take_may_have_lost(store *self, GPtrArray *clients)
{
	g_autoptr(GBytes) text = group_files_load_text(self->dir_fd, STORE_MAY_HAVE_LOST, NULL);
	g_autoptr(group_state) state =
		text != NULL ? group_files_load_state(self->dir_fd, NULL) : NULL;

	if (state != NULL)
		may_have_lost_apply(text, state->epoch, clients);
}

GPtrArray *store_load_clients(store *self, enum store_raw raw, GPtrArray *problems, GError **error)
{
	GPtrArray *clients = self->ops->load_clients(self->backend, raw, problems, error);

	if (clients != NULL)
		take_may_have_lost(self, clients);
	else
		prefix_path(self, error);
	return clients;
}

GBytes *store_load_record(store *self, const char *file, GError **error)
{
	GBytes *raw = self->ops->load_record(self->backend, file, error);

	if (raw == NULL)
		prefix_path(self, error);
	return raw;
}

bool store_has(store *self, const char *file, GBytes *raw)
{
	return self->ops->has(self->backend, file, raw);
}

/* Of the clients in one file one has it, raw. */
static GPtrArray *of_files(GPtrArray *clients)
{
	GPtrArray *files = g_ptr_array_sized_new(clients->len);

	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (entry->raw != NULL)
			g_ptr_array_add(files, entry);
	}
	return files;
}

bool store_put_clients(store *self, GPtrArray *clients, GError **error)
{
	g_autoptr(GPtrArray) files = NULL;

	if (!store_check_claim(self, error))
		return false;
	files = of_files(clients);
	if (files->len == 0 || self->ops->put_clients(self->backend, files, error))
		return true;
	prefix_path(self, error);
	return false;
}

bool store_remove_clients(store *self, guint64 epoch, GPtrArray *files, GError **error)
{
	if (!store_check_claim(self, error) || !is_of_epoch(self, epoch, error))
		return false;
	if (files->len == 0 || self->ops->remove_clients(self->backend, files, error))
		return true;
	prefix_path(self, error);
	return false;
}

/* How far it is, for the account: never further than what is known. A client that asked for a lock
 * before it was told from every address is still to be told. */
static enum recovery recovery_to_save(const client *entry)
{
	if (entry->recovery == RECOVERY_RECLAIMED && !client_has_heard(entry, entry->wanted))
		return RECOVERY_TOLD;
	return entry->recovery == RECOVERY_MAY_HAVE_LOST ? RECOVERY_LOST : entry->recovery;
}

static client *account_of(const client *entry)
{
	client *copy = client_copy(entry);

	copy->recovery = recovery_to_save(entry);
	return copy;
}

/* One entry a file, of the clients in it that one that is least far: they are next to each other.
 */
static GPtrArray *accounts_of(GPtrArray *clients)
{
	GPtrArray *accounts = g_ptr_array_new_full(clients->len, (GDestroyNotify)client_free);
	client *last = NULL;

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		if (last == NULL || !g_str_equal(last->file, entry->file)) {
			last = account_of(entry);
			g_ptr_array_add(accounts, last);
			continue;
		}
		last->recovery = MIN(last->recovery, recovery_to_save(entry));
		last->first_recorded = MIN(last->first_recorded, entry->first_recorded);
		last->last_seen = MAX(last->last_seen, entry->last_seen);
	}
	return accounts;
}

GBytes *store_load_text(store *self, enum store_text which, GError **error)
{
	GError *local_error = NULL;
	GBytes *text = group_files_load_text(self->dir_fd, which, &local_error);

	if (local_error != NULL) {
		prefix_path(self, &local_error);
		g_propagate_error(error, local_error);
	}
	return text;
}

static void remember_text(store *self, enum store_text which, GBytes *text)
{
	if (text == NULL)
		return;
	self->texts[which] = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, text);
	if (!group_files_identify_text(self->dir_fd, which, &self->text_files[which]))
		memset(&self->text_files[which], 0, sizeof(self->text_files[which]));
}

bool store_save_text(
	store *self, guint64 epoch, enum store_text which, GBytes *text, GError **error)
{
	if (!store_check_claim(self, error) || !is_of_epoch(self, epoch, error))
		return false;
	g_clear_pointer(&self->texts[which], g_free);
	if (group_files_save_text(self->dir_fd, which, text, error)) {
		remember_text(self, which, text);
		return true;
	}
	prefix_path(self, error);
	return false;
}

/* Nobody's is left as it is: whoever is named there counts only where the account calls it lost. */
static bool save_may_have_lost(store *self, guint64 epoch, GPtrArray *clients, GError **error)
{
	g_autoptr(GBytes) text = may_have_lost_format(epoch, clients);
	g_autofree char *checksum = NULL;

	if (text == NULL)
		return true;
	checksum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, text);
	return g_strcmp0(checksum, self->texts[STORE_MAY_HAVE_LOST]) == 0 ||
	       store_save_text(self, epoch, STORE_MAY_HAVE_LOST, text, error);
}

/* The account last: cut short, nobody is called lost who may have lost nothing. */
bool store_save_account(store *self, guint64 epoch, GPtrArray *clients, GError **error)
{
	g_autoptr(GPtrArray) accounts = accounts_of(clients);

	if (!store_check_claim(self, error) || !is_of_epoch(self, epoch, error) ||
		!save_may_have_lost(self, epoch, clients, error))
		return false;
	if (self->ops->save_account(self->backend, accounts, error))
		return true;
	prefix_path(self, error);
	return false;
}

static bool text_is_ours(store *self, enum store_text which)
{
	g_autoptr(GBytes) found = NULL;
	g_autofree char *checksum = NULL;
	struct stat identity;

	if (self->texts[which] == NULL)
		return true;
	if (!group_files_identify_text(self->dir_fd, which, &identity))
		return false;
	if (is_same_file(&identity, &self->text_files[which]))
		return true;
	found = group_files_load_text(self->dir_fd, which, NULL);
	if (found != NULL)
		checksum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, found);
	self->text_files[which] = identity;
	return g_strcmp0(checksum, self->texts[which]) == 0;
}

guint store_check_texts(store *self)
{
	guint changed = 0;

	for (int i = 0; i < STORE_TEXT_COUNT; i++) {
		if (text_is_ours(self, (enum store_text)i))
			continue;
		changed |= 1U << i;
		raise_alarm(self, group_files_text_name((enum store_text)i), "");
		/* Said once. */
		g_clear_pointer(&self->texts[i], g_free);
	}
	return changed;
}

static void check_kind(store *self)
{
	g_autofree char *kind = NULL;

	if (!read_kind(self, &kind, NULL) || g_strcmp0(kind, self->ops->name) == 0)
		return;
	raise_alarm(self, KIND_FILE, ", and was set right");
	store_write_kind(self, self->ops, NULL);
}

bool store_check_clients(store *self)
{
	g_autoptr(GPtrArray) changed = g_ptr_array_new();

	if (self->claim == NULL)
		return true;
	check_kind(self);
	self->ops->find_changed(self->backend, changed);
	for (guint i = 0; i < changed->len; i++)
		raise_alarm(self, g_ptr_array_index(changed, i),
			", and what statd and this process know is recorded again");
	return changed->len == 0;
}

GPtrArray *store_take_alarms(store *self)
{
	GPtrArray *alarms = self->alarms;

	self->alarms = g_ptr_array_new_with_free_func(g_free);
	return alarms;
}
