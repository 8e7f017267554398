/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/sm_dir.h"

#include "base/error.h"
#include "nsm/internal.h"
#include "nsm/nfs_conf.h"
#include "nsm/record.h"
#include "nsm/statd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* SM_OWN_PREFIX, eight hexadecimal digits and the end. */
#define TEMPORARY_NAME_BYTES 24
#define TEMPORARY_NAME_TRIES 16

/* So many are open at a time. */
#define PUT_AT_ONCE 256
#define SYNC_TOGETHER 64

#define STATD_TEMPORARY_SUFFIX ".new"

/* Where statd keeps `sm` if nothing is configured: the upstream default, then Debian's. */
static const char *const usual_places[] = {"/var/lib/nfs/statd/sm", "/var/lib/nfs/sm"};

lf_error_code sm_code_of_errno(int number)
{
	return number == EPERM || number == EACCES || number == EROFS ? LF_ERROR_PRIVILEGE
								      : LF_ERROR_FAILED;
}

void sm_file_free(sm_file *file)
{
	if (!file)
		return;
	g_free(file->name);
	g_clear_pointer(&file->raw, g_bytes_unref);
	g_clear_pointer(&file->records, g_ptr_array_unref);
	g_free(file->problem);
	g_free(file->damage);
	g_free(file);
}

char *sm_dir_find(const char *proc_dir, GError **error)
{
	GError *local_error = NULL;
	char *running = statd_sm_dir(proc_dir, &local_error);
	g_autofree char *state_dir = NULL;

	if (running != NULL)
		return running;
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return NULL;
	}
	state_dir = nfs_conf_get("statd", "state-directory-path");
	if (state_dir) {
		g_autofree char *path = g_build_filename(state_dir, "sm", NULL);

		/* statd would use no other, so neither may we: falling back would record nothing.
		 */
		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			return g_steal_pointer(&path);
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"'%s' is no directory, but nfs.conf sets state-directory-path to '%s': "
			"create it, owned by statd's user, or correct nfs.conf",
			path, state_dir);
		return NULL;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(usual_places); i++)
		if (g_file_test(usual_places[i], G_FILE_TEST_IS_DIR))
			return g_strdup(usual_places[i]);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"neither '%s' nor '%s' is there: install rpc.statd or name its directory with "
		"--sm-dir",
		usual_places[0], usual_places[1]);
	return NULL;
}

static lf_error_code code_of_open_errno(int number)
{
	switch (number) {
	case ENOENT:
		return LF_ERROR_NOT_INSTALLED;
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return LF_ERROR_ARGUMENT;
	default:
		return sm_code_of_errno(number);
	}
}

sm_dir *sm_dir_open(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		lf_error_set_errno(error, code_of_open_errno(errno),
			"cannot open the sm directory '%s'", path);
		return NULL;
	}

	sm_dir *dir = g_new0(sm_dir, 1);
	dir->path = g_strdup(path);
	dir->fd = fd;
	return dir;
}

void sm_dir_close(sm_dir *dir)
{
	if (!dir)
		return;
	close(dir->fd);
	g_free(dir->path);
	g_free(dir);
}

const char *sm_dir_path(const sm_dir *dir)
{
	return dir->path;
}

uid_t sm_dir_owner(const sm_dir *dir)
{
	struct stat st;

	return fstat(dir->fd, &st) == 0 ? st.st_uid : 0;
}

static const char *kind_of_file(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	case S_IFSOCK:
		return "a socket";
	case S_IFLNK:
		return "a symbolic link";
	default:
		return "of an unknown kind";
	}
}

/* NULL with `error` on failure; a file longer than the limit is read to beyond it. */
static GBytes *read_all(int fd, GError **error)
{
	g_autoptr(GByteArray) contents = g_byte_array_new();
	guint8 part[8192];

	while (contents->len <= SM_FILE_MAX_BYTES) {
		ssize_t got = read(fd, part, sizeof(part));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			lf_error_set_errno(error, sm_code_of_errno(errno), "it cannot be read");
			return NULL;
		}
		if (got == 0)
			break;
		g_byte_array_append(contents, part, (guint)got);
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&contents));
}

/* The contents and records of the open file, both or neither. */
static bool take_contents(int fd, sm_file *file, GError **error)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		lf_error_set_errno(error, sm_code_of_errno(errno), "it cannot be examined");
		return false;
	}
	if (!S_ISREG(status.st_mode)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it is %s, not a regular file",
			kind_of_file(status.st_mode));
		return false;
	}

	g_autoptr(GBytes) raw = read_all(fd, error);
	if (!raw)
		return false;

	gsize length;
	const char *text = g_bytes_get_data(raw, &length);
	file->records = sm_records_parse(length ? text : "", length, &file->damage, error);
	if (!file->records)
		return false;
	file->raw = sm_records_format(file->records);
	file->as_put = sm_is_as_put(&status);
	return true;
}

static sm_file *file_with_problem(sm_file *file, const char *text)
{
	g_autofree char *shown = g_strescape(file->name, NULL);

	file->problem =
		g_strdup_printf("'%s' is not a file of statd's and is left alone: %s", shown, text);
	return file;
}

/* O_NOFOLLOW tells a link by ELOOP, and a socket by ENXIO: both in words an admin can act on. */
static sm_file *file_unopened(sm_file *file, int dir_fd, int open_errno)
{
	struct stat status;
	g_autofree char *text = NULL;

	if (fstatat(dir_fd, file->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		!S_ISREG(status.st_mode))
		text = g_strdup_printf(
			"it is %s, not a regular file", kind_of_file(status.st_mode));
	else
		text = g_strdup_printf("it cannot be opened: %s", g_strerror(open_errno));
	return file_with_problem(file, text);
}

/* To add a line to a file or take one out, statd writes NAME.new and renames it over NAME
 * (nfs-utils 2.6.2 support/nsm/file.c, nsm_atomic_write; hidden in newer ones). As NAME is there
 * until then, no client is missed; a host may still bear such a name. */
static bool is_half_way(const sm_dir *dir, const char *name)
{
	struct stat status;

	if (!g_str_has_suffix(name, STATD_TEMPORARY_SUFFIX))
		return false;

	g_autofree char *final = g_strndup(name, strlen(name) - strlen(STATD_TEMPORARY_SUFFIX));
	return fstatat(dir->fd, final, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

sm_file *sm_dir_read(sm_dir *dir, const char *name)
{
	if (is_half_way(dir, name))
		return NULL;

	g_autoptr(sm_file) file = g_new0(sm_file, 1);
	g_autoptr(GError) error = NULL;
	const char *why;

	file->name = g_strdup(name);
	if (!sm_name_is_valid(name, &why)) {
		g_autofree char *text = g_strdup_printf("statd would not use its name, %s", why);

		return file_with_problem(g_steal_pointer(&file), text);
	}

	autofd fd =
		openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0)
		return file_unopened(g_steal_pointer(&file), dir->fd, errno);
	if (!take_contents(fd, file, &error))
		return file_with_problem(g_steal_pointer(&file), error->message);
	return g_steal_pointer(&file);
}

/* A stream of its own, so that its position is, too. */
static DIR *open_stream(const sm_dir *dir)
{
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return NULL;

	DIR *stream = fdopendir(fd);
	if (!stream)
		fd_close(&fd);
	return stream;
}

bool sm_dir_scan(sm_dir *dir, sm_dir_visit visit, void *data, GError **error)
{
	DIR *stream = open_stream(dir);

	if (!stream) {
		lf_error_set_errno(error, sm_code_of_errno(errno),
			"cannot read the sm directory '%s'", dir->path);
		return false;
	}
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (!entry)
			break;
		if (entry->d_name[0] == '.')
			continue;

		sm_file *file = sm_dir_read(dir, entry->d_name);
		if (file)
			visit(file, data);
	}

	int read_errno = errno;
	closedir(stream);
	errno = read_errno;
	if (read_errno) {
		lf_error_set_errno(error, sm_code_of_errno(errno),
			"cannot read the sm directory '%s'", dir->path);
		return false;
	}
	return true;
}

/* Whoever makes a temporary file has it locked for as long as he needs it: by that sm_dir_tidy()
 * tells it from one that was left behind. It may have come in between. */
static bool lock_temporary(int fd)
{
	struct stat status;
	int result;

	do
		result = flock(fd, LOCK_EX);
	while (result < 0 && errno == EINTR);
	return result < 0 || fstat(fd, &status) < 0 || status.st_nlink > 0;
}

/* An open, empty file whose name, put into `name`, statd will never read. -1 with errno on failure.
 */
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

static void remove_left_behind(int dir_fd, const char *name)
{
	autofd fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dir_fd, name, 0);
}

void sm_dir_tidy(sm_dir *dir)
{
	DIR *stream = open_stream(dir);
	const struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (g_str_has_prefix(entry->d_name, SM_ASIDE_PREFIX))
			sm_aside_settle(dir, entry->d_name);
		else if (g_str_has_prefix(entry->d_name, SM_OWN_PREFIX))
			remove_left_behind(dir->fd, entry->d_name);
	closedir(stream);
}

/* What `step` failed at goes into the message, errno tells why. */
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
	/* statd runs as the directory's owner and could not delete, or even read, a file of root's.
	 */
	*step = "give the record to statd's user";
	if (fchown(fd, dir_status.st_uid, dir_status.st_gid) < 0)
		return false;
	*step = "set the record's mode";
	if (fchmod(fd, 0600) < 0)
		return false;
	*step = "mark the record as put";
	if (futimens(fd, times) < 0)
		return false;
	/* It may be on its way to the disk while others are written: a hint, whose error the sync
	 * will tell of. */
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return true;
}

/* Rename that never replaces: false with errno EEXIST where `to` is there. */
static bool move_into_place(int dir_fd, const char *from, const char *to)
{
	if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return false;
	/* Not every filesystem knows the flag; a hard link does not replace either. */
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

/* The records of a put whose name and contents are good; an error if not. */
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
		g_prefix_error(&put->error, "what is to become '%s' is not a record: ", put->name);
	return records;
}

/* A put from its beginning to its end. */
struct temporary {
	int fd; /* -1: there's nothing more to do */
	char name[TEMPORARY_NAME_BYTES];
};

/* statd may write at any moment: so often is it tried. */
#define ADD_TRIES 8

/* The lines of `ours` about clients that `there` has none of, behind those of `there`; NULL when
 * there is none to add. */
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

/* A file with the contents `raw` under a temporary name, durable. */
static bool write_temporary(
	const sm_dir *dir, GBytes *raw, char name[TEMPORARY_NAME_BYTES], const char **step)
{
	static const struct timespec now[] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
	autofd fd = -1;

	*step = "create a temporary file";
	fd = create_temporary(dir->fd, name);
	if (fd < 0)
		return false;
	/* There are lines of statd's in it: it must not be taken for one that was put. */
	if (fill_temporary(dir->fd, fd, raw, step) && futimens(fd, now) == 0 && fd_sync(fd))
		return true;
	unlinkat(dir->fd, name, 0);
	return false;
}

/* Put `raw` in the place of the file, which is under the temporary name then. */
static bool exchange(const sm_dir *dir, sm_put *put, GBytes *raw, char name[TEMPORARY_NAME_BYTES])
{
	const char *step;

	if (!write_temporary(dir, raw, name, &step)) {
		fail_step(dir, put, step);
		return false;
	}
	if (renameat2(dir->fd, name, dir->fd, put->name, RENAME_EXCHANGE) == 0)
		return true;
	fail_step(dir, put, "add to the record");
	unlinkat(dir->fd, name, 0);
	return false;
}

/* The records of a file, if it is another one than expected. */
static GPtrArray *records_unlike(const sm_dir *dir, const char *name, GBytes *expected)
{
	g_autoptr(sm_file) file = g_new0(sm_file, 1);
	autofd fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || !take_contents(fd, file, NULL) || g_bytes_equal(file->raw, expected))
		return NULL;
	return g_steal_pointer(&file->records);
}

/*
 * Lines for a file that is there: the two change places, and what was there until then is looked at
 * under the temporary name. Where statd wrote another in between, that one goes back in the same
 * way, with our lines; so none of statd's is lost. False with `put->error` where it failed.
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

/* True where there is a file of that name: it keeps its lines, and gets those of clients that it
 * has none of. One that is not statd's is left alone. */
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
		/* It may have come in between. */
		if (errno != EEXIST)
			fail_step(dir, put, step);
		unlinkat(dir->fd, temporary->name, 0);
	}
	fd_close(&temporary->fd);
}

/*
 * Many at once: one sync of the whole filesystem takes a fraction of the time of one for each file,
 * for those wait for the disk one after the other. A few are not worth what else it may have to
 * write. Where it fails each is synced by itself, and has its own error.
 */
static bool sync_together(const sm_dir *dir, guint count)
{
	return count >= SYNC_TOGETHER && syncfs(dir->fd) == 0;
}

/* All are on their way to the disk before one is waited for, and one sync of the directory is for
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
	/* Also when they were there: a put that failed just here before must not look done the
	 * second time. */
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
