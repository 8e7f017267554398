/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Puts records into statd's sm directory, see sm_dir.h. */

#include "nsm/sm_entry.h"
#include "nsm/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* SM_OWN_PREFIX, eight hexadecimal digits and the NUL byte. */
#define TEMPORARY_NAME_BYTES 24
#define TEMPORARY_NAME_TRIES 16

/* The number of files that are open at a time. */
#define PUT_AT_ONCE 256
#define SYNC_TOGETHER 64

/*
 * The maker of a temporary file keeps it locked as long as it is needed. The lock shows
 * sm_dir_tidy() that the file is in use. Returns false if sm_dir_tidy() removed the file before it
 * was locked.
 */
static bool lock_temporary(int fd)
{
	struct stat status;
	int result;

	do
		result = flock(fd, LOCK_EX);
	while (result < 0 && errno == EINTR);
	return result < 0 || fstat(fd, &status) < 0 || status.st_nlink > 0;
}

/* Returns an open, empty file with a name that statd never reads, and puts the name into `name`.
 * Returns -1 with errno. */
static int create_temporary(int dir_fd, char name[TEMPORARY_NAME_BYTES])
{
	for (int i = 0; i < TEMPORARY_NAME_TRIES; i++) {
		snprintf(name, TEMPORARY_NAME_BYTES, SM_OWN_PREFIX "%08x", g_random_int());
		int fd = openat(
			dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 ? lock_temporary(fd) : errno != EEXIST)
			return fd;
		fd_close(&fd);
	}
	errno = EEXIST;
	return -1;
}

/* On failure, `step` is the failed step for the message, and errno is the reason. */
static bool fill_temporary(int dir_fd, int fd, GBytes *raw, const char **step)
{
	static const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, SM_PUT_MTIME};
	struct stat dir_status;

	*step = "examine the directory";
	if (fstat(dir_fd, &dir_status) < 0)
		return false;
	*step = "write the record";
	if (!fd_write_bytes(fd, raw))
		return false;
	/* statd runs as the directory's owner. It could not delete or even read a file that
	 * belongs to root. */
	*step = "give the record to statd's user";
	if (fchown(fd, dir_status.st_uid, dir_status.st_gid) < 0)
		return false;
	*step = "set the record's mode";
	if (fchmod(fd, 0600) < 0)
		return false;
	*step = "mark the record as put";
	if (futimens(fd, times) < 0)
		return false;
	/* This starts to write the file to the disk while the next ones are written. It is only
	 * a hint; the sync reports any error. */
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return true;
}

/* Renames without replacing. Returns false with errno EEXIST if `to` exists. */
static bool move_into_place(int dir_fd, const char *from, const char *to)
{
	if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return false;
	/* Not every filesystem supports the flag. A hard link does not replace a file either. */
	if (linkat(dir_fd, from, dir_fd, to, 0) < 0)
		return false;
	unlinkat(dir_fd, from, 0);
	return true;
}

static void fail_step(const sm_dir *dir, sm_put *put, const char *step)
{
	lf_error_set_errno(&put->error, sm_code_of_errno(errno),
		"cannot put '%s' into '%s': failed to %s", put->name, dir->path, step);
}

/* Returns the records if the name and the contents are valid, otherwise NULL with `put->error`. */
static GPtrArray *check_put(sm_put *put)
{
	const char *why;
	gsize length;
	const char *text = g_bytes_get_data(put->raw, &length);

	if (!sm_name_is_valid(put->name, &why)) {
		g_autofree char *shown = g_strescape(put->name, NULL);

		g_set_error(&put->error, LF_ERROR, LF_ERROR_ARGUMENT,
			"'%s' is not a name that statd would give a file: %s", shown, why);
		return NULL;
	}

	GPtrArray *records = sm_records_parse(length ? text : "", length, NULL, &put->error);
	if (!records)
		g_prefix_error(&put->error, "the record of '%s' is malformed: ", put->name);
	return records;
}

/* The temporary file of a put. */
struct temporary {
	int fd; /* -1 if the put is finished */
	char name[TEMPORARY_NAME_BYTES];
};

/* statd may write at any moment, so this many attempts are made. */
#define ADD_TRIES 8

/* Returns the lines of `there`, followed by the lines of `ours` for clients that are missing in
 * `there`. Returns NULL if no client is missing. */
static GBytes *with_missing(GPtrArray *there, GPtrArray *ours)
{
	GString *text = g_string_new(NULL);
	bool missing = false;

	for (guint i = 0; i < there->len; i++)
		sm_record_format(g_ptr_array_index(there, i), text);
	for (guint i = 0; i < ours->len; i++) {
		const sm_record *record = g_ptr_array_index(ours, i);

		if (sm_records_have(there, record->mon_name, NULL))
			continue;
		sm_record_format(record, text);
		missing = true;
	}
	if (missing)
		return g_string_free_to_bytes(text);
	g_string_free(text, TRUE);
	return NULL;
}

/* Makes a durable file with the contents `raw` under a temporary name. */
static bool write_temporary(
	const sm_dir *dir, GBytes *raw, char name[TEMPORARY_NAME_BYTES], const char **step)
{
	static const struct timespec now[] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
	autofd fd = -1;

	*step = "create a temporary file";
	fd = create_temporary(dir->fd, name);
	if (fd < 0)
		return false;
	/* The file also has lines of statd, so it must not look like one that was put. */
	if (fill_temporary(dir->fd, fd, raw, step) && futimens(fd, now) == 0 && fd_sync(fd))
		return true;
	unlinkat(dir->fd, name, 0);
	return false;
}

/* Replaces the file with `raw`. Afterwards the old file has the temporary name. */
static bool exchange(const sm_dir *dir, sm_put *put, GBytes *raw, char name[TEMPORARY_NAME_BYTES])
{
	const char *step;

	if (!write_temporary(dir, raw, name, &step)) {
		fail_step(dir, put, step);
		return false;
	}
	if (renameat2(dir->fd, name, dir->fd, put->name, RENAME_EXCHANGE) == 0)
		return true;
	fail_step(dir, put, "add lines to the record");
	unlinkat(dir->fd, name, 0);
	return false;
}

/* Returns the records of a file if its contents are not the expected ones, otherwise NULL. */
static GPtrArray *records_unlike(const sm_dir *dir, const char *name, GBytes *expected)
{
	g_autoptr(sm_file) file = g_new0(sm_file, 1);
	autofd fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || !sm_take_contents(fd, file, NULL) || g_bytes_equal(file->raw, expected))
		return NULL;
	return g_steal_pointer(&file->records);
}

/*
 * Adds lines to an existing file. The new file and the old one exchange their names, and the old
 * one is checked under the temporary name. If statd had replaced it in between, statd's file goes
 * back in the same way, with our lines added. So no line of statd is lost. Returns false with
 * `put->error`.
 */
static bool add_lines(const sm_dir *dir, sm_put *put, GPtrArray *ours, const sm_file *there)
{
	g_autoptr(GPtrArray) seen = g_ptr_array_ref(there->records);
	g_autoptr(GBytes) expected = g_bytes_ref(there->raw);

	for (guint i = 0; i < ADD_TRIES; i++) {
		g_autoptr(GBytes) raw = with_missing(seen, ours);
		g_autoptr(GPtrArray) found = NULL;
		char name[TEMPORARY_NAME_BYTES];

		if (raw == NULL)
			return true;
		if (!exchange(dir, put, raw, name))
			return false;
		put->made = true;
		found = records_unlike(dir, name, expected);
		unlinkat(dir->fd, name, 0);
		if (found == NULL)
			return true;
		g_ptr_array_unref(seen);
		seen = g_steal_pointer(&found);
		g_bytes_unref(expected);
		expected = g_bytes_ref(raw);
	}
	return true;
}

static bool is_there(const sm_dir *dir, const char *name)
{
	struct stat status;

	return fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Returns true if a file with that name exists. The file keeps its lines and gets those of
 * clients that it does not have. A file that is not statd's is not changed. */
static bool put_into_file(const sm_dir *dir, sm_put *put, GPtrArray *records)
{
	g_autoptr(sm_file) there = NULL;

	if (!is_there(dir, put->name))
		return false;
	there = sm_dir_read((sm_dir *)dir, put->name);
	if (there != NULL && there->raw != NULL)
		add_lines(dir, put, records, there);
	return true;
}

static void begin_put(const sm_dir *dir, sm_put *put, struct temporary *temporary)
{
	const char *step = "create a temporary file";

	g_autoptr(GPtrArray) records = NULL;

	put->made = false;
	put->error = NULL;
	temporary->fd = -1;
	records = check_put(put);
	if (records == NULL || put_into_file(dir, put, records))
		return;
	temporary->fd = create_temporary(dir->fd, temporary->name);
	if (temporary->fd >= 0 && fill_temporary(dir->fd, temporary->fd, put->raw, &step))
		return;
	fail_step(dir, put, step);
	if (temporary->fd >= 0)
		unlinkat(dir->fd, temporary->name, 0);
	fd_close(&temporary->fd);
	temporary->fd = -1;
}

static void end_put(const sm_dir *dir, sm_put *put, struct temporary *temporary, bool synced)
{
	const char *step = "make the record durable";

	if (temporary->fd < 0)
		return;
	if (synced || fd_sync(temporary->fd)) {
		step = "move the record into place";
		put->made = move_into_place(dir->fd, temporary->name, put->name);
	}
	if (!put->made) {
		/* statd may have made the file in between. */
		if (errno != EEXIST)
			fail_step(dir, put, step);
		unlinkat(dir->fd, temporary->name, 0);
	}
	fd_close(&temporary->fd);
}

/*
 * For many files, one sync of the whole filesystem takes a fraction of the time of a sync for each
 * file, because those wait for the disk one after the other. For a few files it is not worth the
 * other data that it may write. If it fails, each file is synced by itself and gets its own error.
 */
static bool sync_together(const sm_dir *dir, guint count)
{
	return count >= SYNC_TOGETHER && syncfs(dir->fd) == 0;
}

/* All writes are started before the first one is waited for. One sync of the directory covers
 * all of them. */
static void put_some(sm_dir *dir, sm_put *puts, guint count)
{
	struct temporary temporaries[PUT_AT_ONCE];
	guint begun = 0;
	bool synced;

	for (guint i = 0; i < count; i++) {
		begin_put(dir, &puts[i], &temporaries[i]);
		begun += temporaries[i].fd >= 0;
	}
	synced = sync_together(dir, begun);
	for (guint i = 0; i < count; i++)
		end_put(dir, &puts[i], &temporaries[i], synced);
	/* This includes files that existed before: if an earlier put failed at this step, the
	 * second one must not report success without a sync. */
	synced = fd_sync(dir->fd);
	for (guint i = 0; i < count && !synced; i++) {
		if (!puts[i].error)
			fail_step(dir, &puts[i], "make the directory durable");
	}
}

void sm_dir_put_many(sm_dir *dir, sm_put *puts, guint count)
{
	for (guint begun = 0; begun < count; begun += PUT_AT_ONCE)
		put_some(dir, puts + begun, MIN(PUT_AT_ONCE, count - begun));
}

bool sm_dir_put(sm_dir *dir, const char *name, GBytes *raw, bool *made, GError **error)
{
	sm_put put = {.name = name, .raw = raw};

	sm_dir_put_many(dir, &put, 1);
	*made = put.made;
	if (!put.error)
		return true;
	g_propagate_error(error, put.error);
	return false;
}
