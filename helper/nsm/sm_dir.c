/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/sm_dir.h"

#include "base/error.h"
#include "nsm/sm_entry.h"
#include "nsm/nfs_conf.h"
#include "nsm/record.h"
#include "nsm/statd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATD_TEMPORARY_SUFFIX ".new"

/* The places of `sm` without configuration: the upstream default, then Debian's. */
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

		/* statd uses only this directory, so it must exist. A fallback would record
		 * nothing. */
		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			return g_steal_pointer(&path);
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"'%s' is not a directory, but nfs.conf sets state-directory-path to '%s': create it, owned by statd's user, or correct nfs.conf",
			path, state_dir);
		return NULL;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(usual_places); i++)
		if (g_file_test(usual_places[i], G_FILE_TEST_IS_DIR))
			return g_strdup(usual_places[i]);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"neither '%s' nor '%s' exists: install rpc.statd, or name its directory with --sm-dir",
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

bool sm_is_as_put(const struct stat *status)
{
	static const struct timespec put = SM_PUT_MTIME;

	return S_ISREG(status->st_mode) && status->st_mtim.tv_sec == put.tv_sec &&
	       status->st_mtim.tv_nsec == put.tv_nsec;
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

/* Returns NULL with `error`. Of a file that is too long, it reads a little more than the limit. */
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

bool sm_take_contents(int fd, sm_file *file, GError **error)
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
		g_strdup_printf("'%s' is not a file of statd and was ignored: %s", shown, text);
	return file;
}

/* O_NOFOLLOW reports a link as ELOOP, and a socket fails with ENXIO. An administrator needs
 * clearer words. */
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

/*
 * To add or remove a line, statd writes NAME.new and renames it to NAME (nfs-utils 2.6.2
 * support/nsm/file.c, nsm_atomic_write; hidden files in newer versions). NAME exists until then, so
 * no client is missed. If NAME does not exist, NAME.new may be the name of a host.
 */
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
	if (!sm_take_contents(fd, file, &error))
		return file_with_problem(g_steal_pointer(&file), error->message);
	return g_steal_pointer(&file);
}

DIR *sm_open_stream(const sm_dir *dir)
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
	DIR *stream = sm_open_stream(dir);

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
