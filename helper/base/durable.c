/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/durable.h"

#include "base/error.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_PREFIX ".new-"

/* A name may have all 255 bytes that a filesystem allows. Then there is no room for a prefix, so
 * the temporary name is a digest. */
static char *temporary_name(const char *name)
{
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);

	return g_strconcat(TEMPORARY_PREFIX, digest, NULL);
}

bool durable_is_temporary(const char *name)
{
	return g_str_has_prefix(name, TEMPORARY_PREFIX);
}

void durable_tidy(int dir_fd)
{
	/* This stream has its own position in the directory. */
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		if (durable_is_temporary(entry->d_name))
			unlinkat(dir_fd, entry->d_name, 0);
	}
	if (stream != NULL)
		closedir(stream);
	else if (fd >= 0)
		close(fd);
}

/* Some filesystems report errors only at close(). */
static bool sync_and_close(int fd)
{
	bool synced = fd_sync(fd);
	int saved_errno = errno;

	if (close(fd) != 0 && synced)
		return false;
	errno = saved_errno;
	return synced;
}

int durable_stage_begin(
	int dir_fd, const char *name, const void *bytes, gsize length, GError **error)
{
	g_autofree char *temporary = temporary_name(name);
	int fd = openat(
		dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && fd_write_all(fd, bytes, length))
		return fd;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%s'", name);
	if (fd >= 0) {
		unlinkat(dir_fd, temporary, 0);
		close(fd);
	}
	return -1;
}

bool durable_stage_end(int dir_fd, int fd, const char *name, GError **error)
{
	g_autofree char *temporary = NULL;

	if (sync_and_close(fd))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%s'", name);
	temporary = temporary_name(name);
	unlinkat(dir_fd, temporary, 0);
	return false;
}

bool durable_stage(int dir_fd, const char *name, const void *bytes, gsize length, GError **error)
{
	int fd = durable_stage_begin(dir_fd, name, bytes, length, error);

	return fd >= 0 && durable_stage_end(dir_fd, fd, name, error);
}

bool durable_publish(int dir_fd, const char *name, GError **error)
{
	g_autofree char *temporary = temporary_name(name);

	if (renameat(dir_fd, temporary, dir_fd, name) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot move '%s' into place", name);
	unlinkat(dir_fd, temporary, 0);
	return false;
}

bool durable_sync(int dir_fd, GError **error)
{
	if (fd_sync(dir_fd))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot sync the directory");
	return false;
}

bool durable_replace(int dir_fd, const char *name, const void *bytes, gsize length, GError **error)
{
	return durable_stage(dir_fd, name, bytes, length, error) &&
	       durable_publish(dir_fd, name, error) && durable_sync(dir_fd, error);
}

int durable_spare(int dir_fd)
{
	return openat(dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

/* This uses /proc, because linking a bare descriptor needs a privilege. */
static bool link_spare(int spare_fd, int dir_fd, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", spare_fd);

	return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) == 0;
}

/* A link does not replace an existing file. If the name exists, a temporary name is linked and
 * renamed. */
static bool name_spare(int spare_fd, int dir_fd, const char *name)
{
	g_autofree char *temporary = NULL;

	if (link_spare(spare_fd, dir_fd, name))
		return true;
	if (errno != EEXIST)
		return false;
	temporary = temporary_name(name);
	if (!link_spare(spare_fd, dir_fd, temporary) &&
		(errno != EEXIST || unlinkat(dir_fd, temporary, 0) != 0 ||
			!link_spare(spare_fd, dir_fd, temporary)))
		return false;
	if (renameat(dir_fd, temporary, dir_fd, name) == 0)
		return true;
	unlinkat(dir_fd, temporary, 0);
	return false;
}

bool durable_replace_by(
	int spare_fd, int dir_fd, const char *name, const void *bytes, gsize length, GError **error)
{
	bool done = fd_write_all(spare_fd, bytes, length) && fd_sync(spare_fd) &&
		    name_spare(spare_fd, dir_fd, name);

	if (!done)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%s'", name);
	close(spare_fd);
	return done && durable_sync(dir_fd, error);
}

bool durable_remove(int dir_fd, const char *name, GError **error)
{
	if (unlinkat(dir_fd, name, 0) != 0 && errno != ENOENT) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot remove '%s'", name);
		return false;
	}
	return durable_sync(dir_fd, error);
}

static GBytes *read_open_file(int fd, gsize max_bytes)
{
	g_autoptr(GByteArray) content = g_byte_array_new();
	guint8 chunk[4096];

	for (;;) {
		gssize got = read(fd, chunk, sizeof(chunk));

		if (got == 0)
			return g_byte_array_free_to_bytes(g_steal_pointer(&content));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		g_byte_array_append(content, chunk, (guint)got);
		if (content->len > max_bytes) {
			errno = EFBIG;
			return NULL;
		}
	}
}

GBytes *durable_read(int dir_fd, const char *name, gsize max_bytes, GError **error)
{
	/* O_NONBLOCK: opening a pipe of that name must not block. */
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	GBytes *bytes = NULL;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			errno = EINVAL;
		else
			bytes = read_open_file(fd, max_bytes);
	}
	if (bytes == NULL && errno == ENOENT)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "there is no '%s'", name);
	else if (bytes == NULL)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot read '%s'", name);
	if (fd >= 0)
		close(fd);
	return bytes;
}

GBytes *durable_read_optional(int dir_fd, const char *name, gsize max_bytes, GError **error)
{
	GError *local_error = NULL;
	GBytes *bytes = durable_read(dir_fd, name, max_bytes, &local_error);

	if (g_error_matches(local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		g_clear_error(&local_error);
	if (local_error != NULL)
		g_propagate_error(error, local_error);
	return bytes;
}
