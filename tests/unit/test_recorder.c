/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder/recorder.h"

#include "base/error.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define RECORD_B SCRATCH_RECORD("10.99.0.22")

/* The store's disk: the calls are wrapped by the linker, and the disk is full while `full` is set.
 * The worker thread reads `full`. */
static bool full;

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	if (!__atomic_load_n(&full, __ATOMIC_SEQ_CST))
		return __real_renameat(from_dir, from, to_dir, to);
	errno = ENOSPC;
	return -1;
}

static void set_full(bool is_full)
{
	__atomic_store_n(&full, is_full, __ATOMIC_SEQ_CST);
}

typedef struct fixture {
	scratch *scratch;
	sm_dir *sm_dir;
	store *store;
	struct capture capture;
	worker *worker;
	recorder *recorder;
	GHashTable *captured; /* set of the files that were reported as stored */
	GHashTable *absent;
	bool whole;
	guint seen;
	guint tellings;
	guint unusable;
	char *problem;
	guint problems; /* how often a problem was reported */
	guint mended;
	guint done; /* how many rescans and syncs are done */
	GError *done_error;
} fixture;

static void note_names(GHashTable *set, GPtrArray *names)
{
	for (guint i = 0; i < names->len; i++)
		g_hash_table_add(set, g_strdup(g_ptr_array_index(names, i)));
}

static void captured(const struct captured *what, void *data)
{
	fixture *self = data;

	self->tellings++;
	self->unusable = what->unusable->len;
	note_names(self->absent, what->absent);
	self->whole = what->whole;
	self->seen = what->seen->len;
	for (guint i = 0; i < what->clients->len; i++) {
		const client *entry = g_ptr_array_index(what->clients, i);
		g_autofree char *path = g_build_filename("store/sm", entry->file, NULL);

		/* A record that is reported is in the store. */
		g_assert_true(scratch_has(self->scratch, path));
		g_assert_cmpint(entry->first_recorded, >, 0);
		g_hash_table_add(self->captured, g_strdup(entry->file));
	}
}

static void problem(const char *text, void *data)
{
	fixture *self = data;

	self->problems += text != NULL && self->problem == NULL;
	self->mended += text == NULL;
	g_free(self->problem);
	self->problem = g_strdup(text);
}

static void done(void *data, const GError *error)
{
	fixture *self = data;

	self->done++;
	g_clear_error(&self->done_error);
	self->done_error = error != NULL ? g_error_copy(error) : NULL;
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct recorder_events events = {.captured = captured, .problem = problem};
	g_autoptr(GError) error = NULL;

	memset(self, 0, sizeof(*self));
	set_full(false);
	self->scratch = scratch_new();
	self->captured = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->absent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->sm_dir = sm_dir_open(scratch_mkdir(self->scratch, "sm"), &error);
	g_assert_no_error(error);
	self->store = store_open(scratch_path(self->scratch, "store"), STORE_CREATE, NULL, &error);
	g_assert_no_error(error);
	self->capture.sm_dir = self->sm_dir;
	self->capture.store = self->store;
	self->worker = worker_new();
	self->recorder = recorder_new(&self->capture, self->worker, &events, self);
}

/* Frees everything in the same order as the service. */
static void end_recording(fixture *self)
{
	recorder_stop(self->recorder);
	g_clear_pointer(&self->worker, worker_free);
	g_clear_pointer(&self->recorder, recorder_free);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	set_full(false);
	if (self->recorder != NULL)
		end_recording(self);
	store_close(self->store);
	sm_dir_close(self->sm_dir);
	g_hash_table_unref(self->captured);
	g_hash_table_unref(self->absent);
	g_free(self->problem);
	g_clear_error(&self->done_error);
	scratch_free(self->scratch);
}

static void start(fixture *self)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(recorder_start(self->recorder, &error));
	g_assert_no_error(error);
}

/* Conditions to wait for. */

static bool one_is_done(void *data)
{
	return ((fixture *)data)->done == 1;
}

static bool one_is_captured(void *data)
{
	return g_hash_table_size(((fixture *)data)->captured) == 1;
}

static bool three_are_captured(void *data)
{
	return g_hash_table_size(((fixture *)data)->captured) == 3;
}

static bool has_problem(void *data)
{
	return ((fixture *)data)->problem != NULL;
}

static bool is_mended(void *data)
{
	return ((fixture *)data)->mended > 0;
}

static bool one_is_absent(void *data)
{
	return g_hash_table_size(((fixture *)data)->absent) == 1;
}

static void assert_stored(fixture *self, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename("store/sm", file, NULL);
	g_autofree char *stored = scratch_read(self->scratch, path);

	g_assert_cmpstr(stored, ==, text);
}

/* Writes as statd does: a new file is made in place, another line comes by a temporary file. */
static void rename_over(fixture *self, const char *file, const char *text)
{
	g_autofree char *temporary = g_strdup_printf("sm/.%s.new", file);
	g_autofree char *path = g_build_filename("sm", file, NULL);

	scratch_write(self->scratch, temporary, text);
	g_assert_cmpint(
		rename(scratch_path(self->scratch, temporary), scratch_path(self->scratch, path)),
		==, 0);
}

static void test_rescan(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, "sm/a", RECORD_A);
	scratch_write(self->scratch, "sm/b", RECORD_B);
	scratch_write(self->scratch, "sm/c", RECORD_A RECORD_B);
	scratch_write(self->scratch, "sm/bad", "no record");
	recorder_rescan(self->recorder, done, self);
	g_assert_true(scratch_run_until(one_is_done, self));
	g_assert_no_error(self->done_error);
	g_assert_true(three_are_captured(self));
	g_assert_cmpuint(self->unusable, ==, 1);
	assert_stored(self, "a", RECORD_A);
	assert_stored(self, "c", RECORD_A RECORD_B);
	assert_stored(self, "bad", NULL);
}

static void test_new_files(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(scratch_run_until(one_is_captured, self));
	assert_stored(self, "a", RECORD_A);
	scratch_write(self->scratch, "sm/.b.new", RECORD_B);
	scratch_write(self->scratch, "sm/b", RECORD_B);
	scratch_write(self->scratch, "sm/c", RECORD_A);
	g_assert_true(scratch_run_until(three_are_captured, self));
	assert_stored(self, "b", RECORD_B);
	assert_stored(self, ".b.new", NULL);
	g_assert_cmpuint(self->problems, ==, 0);
}

static void test_changed_file(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(scratch_run_until(one_is_captured, self));
	g_hash_table_remove_all(self->captured);
	rename_over(self, "a", RECORD_A RECORD_B);
	g_assert_true(scratch_run_until(one_is_captured, self));
	assert_stored(self, "a", RECORD_A RECORD_B);

	/* The record is written again without a change: it is seen, but nothing is stored. */
	g_hash_table_remove_all(self->captured);
	rename_over(self, "a", RECORD_A RECORD_B);
	scratch_write(self->scratch, "sm/b", RECORD_B);
	g_assert_true(scratch_run_until(one_is_captured, self));
	g_assert_true(g_hash_table_contains(self->captured, "b"));
}

static bool a_is_absent(void *data)
{
	return g_hash_table_contains(((fixture *)data)->absent, "a 10.99.0.21");
}

/* Each line is a record. A line that is removed from its file stays in the store, beside the new
 * one, until it is dropped. */
static void test_lines(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new();
	g_autoptr(GPtrArray) removed = NULL;
	g_autoptr(GError) error = NULL;

	start(self);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(scratch_run_until(one_is_captured, self));
	rename_over(self, "a", RECORD_B);
	g_assert_true(scratch_run_until(a_is_absent, self));
	assert_stored(self, "a", RECORD_B RECORD_A);
	g_clear_pointer(&self->worker, worker_free);
	g_ptr_array_add(keys, (char *)"a 10.99.0.21");
	g_ptr_array_add(keys, (char *)"a 10.99.0.22");
	g_assert_true(capture_drop(&self->capture, 0, keys, &removed, &error));
	g_assert_no_error(error);
	/* The other line is still there. */
	g_assert_cmpuint(removed->len, ==, 1);
	assert_stored(self, "a", RECORD_B);
}

/* A record that is removed stays in the store, and its removal is reported. */
static void test_deleted_file(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(scratch_run_until(one_is_captured, self));
	scratch_remove(self->scratch, "sm/a");
	g_assert_true(scratch_run_until(one_is_absent, self));
	g_assert_true(g_hash_table_contains(self->absent, "a 10.99.0.21"));
	g_assert_false(self->whole);
	assert_stored(self, "a", RECORD_A);

	/* The same for a record that was removed while the directory was not watched. */
	recorder_rescan(self->recorder, done, self);
	g_assert_true(scratch_run_until(one_is_done, self));
	g_assert_true(self->whole);
	g_assert_cmpuint(self->seen, ==, 0);
	assert_stored(self, "a", RECORD_A);
}

static void test_hostile_file(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	scratch_write(self->scratch, "sm/with blank", RECORD_A);
	g_assert_cmpint(mkfifo(scratch_path(self->scratch, "sm/fifo"), 0600), ==, 0);
	g_assert_cmpint(symlink("/etc/passwd", scratch_path(self->scratch, "sm/link")), ==, 0);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(scratch_run_until(one_is_captured, self));
	assert_stored(self, "with blank", NULL);
	g_assert_cmpuint(self->problems, ==, 0);
}

/* More events come than inotify keeps: even if some are lost, every record is stored. */
static void test_overflow(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *a = scratch_path(self->scratch, "sm/a");
	const char *b = scratch_path(self->scratch, "sm/b");
	g_autofree char *limit = NULL;
	guint64 kept = 0;

	g_assert_true(
		g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &limit, NULL, NULL));
	kept = g_ascii_strtoull(limit, NULL, 10);
	if (kept > 100000) {
		g_test_skip("inotify keeps too many events here");
		return;
	}
	start(self);
	/* inotify merges two equal events in a row, but not those of two files in turn. */
	scratch_write(self->scratch, "sm/a", RECORD_A);
	scratch_write(self->scratch, "sm/b", RECORD_B);
	for (guint64 i = 0; i <= kept; i++)
		close(open(i % 2 ? a : b, O_WRONLY | O_CLOEXEC));
	scratch_write(self->scratch, "sm/c", RECORD_A);
	g_assert_true(scratch_run_until(three_are_captured, self));
	assert_stored(self, "c", RECORD_A);
}

static void test_failing_store(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	set_full(true);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(scratch_run_until(has_problem, self));
	g_assert_nonnull(strstr(self->problem, "No space left"));
	scratch_write(self->scratch, "sm/b", RECORD_B);
	rename_over(self, "c", RECORD_A);
	g_assert_cmpuint(g_hash_table_size(self->captured), ==, 0);

	/* Waiting records are written as soon as possible, and then the problem is mended. */
	set_full(false);
	g_assert_true(scratch_run_until(is_mended, self));
	g_assert_true(scratch_run_until(three_are_captured, self));
	g_assert_null(self->problem);
	g_assert_cmpuint(self->mended, ==, 1);
	assert_stored(self, "a", RECORD_A);
	assert_stored(self, "b", RECORD_B);
	assert_stored(self, "c", RECORD_A);
}

/* The same if the whole directory could not be stored. */
static void test_failing_rescan(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, "sm/a", RECORD_A);
	start(self);
	set_full(true);
	recorder_rescan(self->recorder, done, self);
	g_assert_true(scratch_run_until(one_is_done, self));
	g_assert_error(self->done_error, LF_ERROR, LF_ERROR_FAILED);
	set_full(false);
	g_assert_true(scratch_run_until(one_is_captured, self));
	assert_stored(self, "a", RECORD_A);
	g_assert_true(scratch_run_until(is_mended, self));
	g_assert_null(self->problem);
}

/* A directory that was removed is never reported as mended, because nothing in it is seen any
 * more. */
static void test_directory_gone(fixture *self, gconstpointer data)
{
	bool moves = data != NULL;

	start(self);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(scratch_run_until(one_is_captured, self));
	scratch_write(self->scratch, "sm/b", RECORD_B);
	if (moves) {
		g_assert_cmpint(rename(scratch_path(self->scratch, "sm"),
					scratch_path(self->scratch, "moved")),
			==, 0);
		scratch_write(self->scratch, "moved/c", RECORD_A);
		g_assert_true(scratch_run_until(three_are_captured, self));
	} else {
		scratch_remove(self->scratch, "sm/a");
		scratch_remove(self->scratch, "sm/b");
		scratch_remove(self->scratch, "sm");
	}
	g_assert_true(scratch_run_until(has_problem, self));
	g_assert_nonnull(strstr(self->problem, "restart the group's resource"));
	recorder_sync(self->recorder, done, self);
	g_assert_true(scratch_run_until(one_is_done, self));
	g_assert_cmpuint(self->mended, ==, 0);
	g_assert_nonnull(self->problem);
}

static void test_no_directory(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	scratch_remove(self->scratch, "sm");
	g_assert_false(recorder_start(self->recorder, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "/sm'"));
}

/* The barrier: when it opens, all earlier records are in the store. */
static void test_sync(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	recorder_sync(self->recorder, done, self);
	g_assert_cmpuint(self->done, ==, 1);
	for (guint i = 0; i < 50; i++) {
		g_autofree char *name = g_strdup_printf("client%u", i);
		g_autofree char *path = g_build_filename("sm", name, NULL);

		self->done = 0;
		scratch_write(self->scratch, path, RECORD_A);
		recorder_sync(self->recorder, done, self);
		g_assert_true(scratch_run_until(one_is_done, self));
		g_assert_no_error(self->done_error);
		assert_stored(self, name, RECORD_A);
	}
}

/* While a job is running, a barrier waits for the next job, which has the records that came in the
 * meantime. */
static void test_sync_behind(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	for (guint i = 0; i < 20; i++) {
		g_autofree char *path = g_strdup_printf("sm/client%u", i);

		scratch_write(self->scratch, path, RECORD_A);
		recorder_sync(self->recorder, done, self);
	}
	while (self->done < 20)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(g_hash_table_size(self->captured), ==, 20);
	assert_stored(self, "client19", RECORD_A);
}

/* If the disk is full, the barrier stays closed until there is room, or until the group is
 * stopped. */
static void test_sync_failing(fixture *self, gconstpointer data)
{
	bool mends = data != NULL;

	start(self);
	set_full(true);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	recorder_sync(self->recorder, done, self);
	g_assert_true(scratch_run_until(has_problem, self));
	g_assert_cmpuint(self->done, ==, 0);
	if (mends) {
		set_full(false);
		g_assert_true(scratch_run_until(one_is_done, self));
		g_assert_no_error(self->done_error);
		assert_stored(self, "a", RECORD_A);
	} else {
		end_recording(self);
		g_assert_cmpuint(self->done, ==, 1);
		g_assert_error(self->done_error, LF_ERROR, LF_ERROR_FAILED);
	}
}

/* Stopped while a job is running: this job is completed and reported, and no other one begins. */
static void test_stop(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	start(self);
	scratch_write(self->scratch, "sm/a", RECORD_A);
	recorder_sync(self->recorder, done, self);
	scratch_write(self->scratch, "sm/b", RECORD_B);
	end_recording(self);
	g_assert_true(one_is_captured(self));
	assert_stored(self, "a", RECORD_A);
	assert_stored(self, "b", NULL);
}

static void test_capture_drop(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(GPtrArray) removed = NULL;
	g_autoptr(GError) error = NULL;
	struct captured result;

	scratch_write(self->scratch, "sm/a", RECORD_A);
	scratch_write(self->scratch, "sm/b", RECORD_B);
	g_assert_true(capture_all(&self->capture, 1, &result, &error));
	captured_clear(&result);
	scratch_remove(self->scratch, "sm/a");
	g_ptr_array_add(files, (char *)"a 10.99.0.21");
	g_ptr_array_add(files, (char *)"b 10.99.0.22"); /* is back */
	g_assert_true(capture_drop(&self->capture, 0, files, &removed, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(removed->len, ==, 1);
	assert_stored(self, "a", NULL);
	assert_stored(self, "b", RECORD_B);

	/* The client comes back with exactly the same record. */
	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(capture_all(&self->capture, 2, &result, &error));
	g_assert_cmpuint(result.clients->len, ==, 1);
	g_assert_cmpuint(result.seen->len, ==, 2);
	g_assert_cmpuint(result.absent->len, ==, 0);
	captured_clear(&result);
	assert_stored(self, "a", RECORD_A);
}

static bool capture_a_and_b(fixture *self, bool whole, struct captured *result, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	g_hash_table_add(names, (char *)"a");
	g_hash_table_add(names, (char *)"b");
	return whole ? capture_all(&self->capture, 1, result, error)
		     : capture_files(&self->capture, names, 1, result, error);
}

/* A capture that fails half-way reports nothing. The next one also reports what this one stored. */
static void test_capture_failing(fixture *self, gconstpointer data)
{
	const bool whole = GPOINTER_TO_INT(data) & 1, whole_again = GPOINTER_TO_INT(data) & 2;
	struct captured result;
	g_autoptr(GError) error = NULL;

	scratch_write(self->scratch, "sm/a", RECORD_A);
	scratch_write(self->scratch, "sm/b", RECORD_B);
	scratch_mkdir(self->scratch, "store/sm/b");
	g_assert_false(capture_a_and_b(self, whole, &result, &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	assert_stored(self, "a", RECORD_A);
	scratch_remove(self->scratch, "store/sm/b");
	if (whole && !whole_again) {
		/* A capture of files is not a capture of everything. */
		g_assert_true(capture_a_and_b(self, false, &result, &error));
		captured_clear(&result);
	}
	g_assert_true(capture_a_and_b(self, whole || whole_again, &result, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(result.clients->len, ==, 2);
	/* Of the whole directory, it is not known which are new. */
	g_assert_cmpuint(g_hash_table_size(result.unproven), ==, whole || whole_again ? 2 : 0);
	captured_clear(&result);

	/* It is reported only once. */
	g_assert_true(capture_a_and_b(self, whole_again, &result, &error));
	g_assert_cmpuint(result.clients->len, ==, 0);
	g_assert_cmpuint(result.seen->len, ==, 2);
	g_assert_cmpuint(g_hash_table_size(result.unproven), ==, 0);
	captured_clear(&result);
}

/* The record of b cannot be written at first. The caller clears `*result`. */
static void capture_after_failure(fixture *self, struct captured *result)
{
	g_autoptr(GError) error = NULL;

	scratch_mkdir(self->scratch, "store/sm/b");
	g_assert_false(capture_a_and_b(self, false, result, &error));
	g_clear_error(&error);
	scratch_remove(self->scratch, "store/sm/b");
	g_assert_true(capture_a_and_b(self, false, result, &error));
	g_assert_no_error(error);
}

/* After a failure a file is reported again: its client is back, but not if the record was conveyed,
 * or stands beside others, one of which may have come. */
static void test_capture_unproven(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_A, strlen(RECORD_A));
	struct captured result;
	g_autoptr(GError) error = NULL;
	bool made;

	g_assert_true(sm_dir_put(self->sm_dir, "a", raw, &made, &error));
	scratch_write(self->scratch, "sm/b", RECORD_B);
	capture_after_failure(self, &result);
	g_assert_cmpuint(result.clients->len, ==, 2);
	g_assert_cmpuint(g_hash_table_size(result.unproven), ==, 1);
	g_assert_true(g_hash_table_contains(result.unproven, "a 10.99.0.21"));
	captured_clear(&result);

	scratch_write(self->scratch, "sm/b", RECORD_A RECORD_B);
	scratch_remove(self->scratch, "store/sm/b");
	capture_after_failure(self, &result);
	g_assert_cmpuint(g_hash_table_size(result.unproven), ==, 3);
	captured_clear(&result);
}

/* A record in the store is known, whichever process stored it. */
static void test_capture_known(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct capture another = {.sm_dir = self->sm_dir, .store = self->store};
	struct captured result;
	g_autoptr(GError) error = NULL;

	scratch_write(self->scratch, "sm/a", RECORD_A);
	g_assert_true(capture_all(&self->capture, 1, &result, &error));
	captured_clear(&result);
	g_assert_true(capture_all(&another, 1, &result, &error));
	g_assert_cmpuint(result.clients->len, ==, 0);
	g_assert_cmpuint(result.seen->len, ==, 1);
	captured_clear(&result);
}

#define ADD(name, data, function)                                                                  \
	g_test_add("/recorder/" name, fixture, data, set_up, function, tear_down)

/* A full list takes no new client. The clients in it are kept up to date. */
static void test_full_list(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *stored = NULL;
	struct captured what;

	scratch_write(self->scratch, "sm/10.99.0.21", RECORD_A);
	g_assert_true(capture_all(&self->capture, 1, &what, NULL));
	captured_clear(&what);
	g_atomic_int_set(&self->capture.full, 1);
	scratch_write(self->scratch, "sm/10.99.0.21", RECORD_A RECORD_B);
	scratch_write(self->scratch, "sm/10.99.0.22", RECORD_B);
	g_assert_true(capture_all(&self->capture, 2, &what, NULL));
	captured_clear(&what);
	stored = scratch_read(self->scratch, "store/sm/10.99.0.21");
	g_assert_cmpstr(stored, ==, RECORD_A RECORD_B);
	g_assert_false(scratch_has(self->scratch, "store/sm/10.99.0.22"));

	g_atomic_int_set(&self->capture.full, 0);
	g_assert_true(capture_all(&self->capture, 3, &what, NULL));
	captured_clear(&what);
	g_assert_true(scratch_has(self->scratch, "store/sm/10.99.0.22"));
}

int main(int argc, char **argv)
{
	static const char *const failing[] = {
		"/recorder/capture-failing/files-then-files",
		"/recorder/capture-failing/all-then-files",
		"/recorder/capture-failing/files-then-all",
		"/recorder/capture-failing/all-then-all",
	};

	g_test_init(&argc, &argv, NULL);
	ADD("rescan", NULL, test_rescan);
	ADD("new-files", NULL, test_new_files);
	ADD("changed-file", NULL, test_changed_file);
	ADD("lines", NULL, test_lines);
	ADD("deleted-file", NULL, test_deleted_file);
	ADD("hostile-file", NULL, test_hostile_file);
	ADD("overflow", NULL, test_overflow);
	ADD("failing-store", NULL, test_failing_store);
	ADD("failing-rescan", NULL, test_failing_rescan);
	ADD("directory-removed", NULL, test_directory_gone);
	ADD("directory-moved", "", test_directory_gone);
	ADD("no-directory", NULL, test_no_directory);
	ADD("sync", NULL, test_sync);
	ADD("sync-behind", NULL, test_sync_behind);
	ADD("sync-failing/mended", "", test_sync_failing);
	ADD("sync-failing/stopped", NULL, test_sync_failing);
	ADD("stop", NULL, test_stop);
	ADD("capture-drop", NULL, test_capture_drop);
	ADD("capture-known", NULL, test_capture_known);
	ADD("capture-unproven", NULL, test_capture_unproven);
	ADD("full-list", NULL, test_full_list);
	for (int i = 0; i < 4; i++)
		g_test_add(failing[i], fixture, GINT_TO_POINTER(i), set_up, test_capture_failing,
			tear_down);
	return g_test_run();
}
