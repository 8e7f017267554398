/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/database_copy.h"

#include "base/clock.h"
#include "base/error.h"
#include "store/database_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Why a copy made beside a writer is consistent: only a checkpoint changes the pages of the
 * database, by copying them from the write-ahead log. The log is copied after the database. If it
 * is still of the same generation, it contains every page that was changed meanwhile, and SQLite
 * applies it to the copy as it would after a crash. A transaction that was being appended has a
 * wrong checksum and is ignored. The header of the log shows the generation: it gets a new salt
 * before the first page is overwritten.
 */

/* Defined by SQLite's file format. */
#define WAL_HEADER_BYTES 32

#define TRIES 20
#define RETRY_US 20000

/* Room for four million clients. A sparse file must not fill the temporary directory. */
#define COPY_MAX_BYTES ((guint64)1 << 30)

struct generation {
	gssize length; /* the number of bytes of the log's header that exist */
	guint8 header[WAL_HEADER_BYTES];
	struct timespec modified; /* of the database; only used if there is no log */
	off_t size;
};

static int open_regular(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static bool read_generation(int dir_fd, struct generation *now)
{
	int fd = open_regular(dir_fd, DATABASE_WAL_FILE);
	struct stat st;

	memset(now, 0, sizeof(*now));
	if (fd >= 0) {
		now->length = pread(fd, now->header, sizeof(now->header), 0);
		close(fd);
	} else if (errno != ENOENT) {
		return false;
	}
	if (now->length < 0 || fstatat(dir_fd, DATABASE_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	if (now->length == 0) {
		now->modified = st.st_mtim;
		now->size = st.st_size;
	}
	return true;
}

static bool copy_bytes(int from, int to, guint64 *copied)
{
	guint8 chunk[64 * 1024];
	struct stat st;
	gssize got;

	if (fstat(from, &st) != 0)
		return false;
	if ((guint64)st.st_size > COPY_MAX_BYTES) {
		errno = EFBIG;
		return false;
	}
	while ((got = read(from, chunk, sizeof(chunk))) > 0) {
		*copied += (guint64)got;
		if (*copied > COPY_MAX_BYTES) {
			errno = EFBIG;
			return false;
		}
		if (write(to, chunk, (gsize)got) != got)
			return false;
	}
	return got == 0;
}

/* If `from_dir` does not have the file, it is removed from `to_dir`. */
static bool copy_file(int from_dir, int to_dir, const char *name, guint64 *copied)
{
	int from = open_regular(from_dir, name);
	bool done = false;
	int saved_errno, to;

	if (from < 0)
		return errno == ENOENT && (unlinkat(to_dir, name, 0) == 0 || errno == ENOENT);
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to >= 0)
		done = copy_bytes(from, to, copied);
	saved_errno = errno;
	if (to >= 0 && close(to) != 0 && done) {
		saved_errno = errno;
		done = false;
	}
	close(from);
	errno = saved_errno;
	return done;
}

static bool copy_once(int from_dir, int to_dir, bool *whole)
{
	struct generation before, after;
	guint64 copied = 0;

	if (!read_generation(from_dir, &before) ||
		!copy_file(from_dir, to_dir, DATABASE_FILE, &copied) ||
		!copy_file(from_dir, to_dir, DATABASE_WAL_FILE, &copied) ||
		!read_generation(from_dir, &after))
		return false;
	*whole = memcmp(&before, &after, sizeof(before)) == 0;
	return true;
}

static bool copy_whole(int from_dir, int to_dir, GError **error)
{
	bool whole = false;

	for (int i = 0; i < TRIES; i++) {
		if (!copy_once(from_dir, to_dir, &whole)) {
			lf_error_set_errno(
				error, LF_ERROR_FAILED, "cannot copy its '" DATABASE_FILE "'");
			return false;
		}
		if (whole)
			return true;
		clock_sleep_us(RETRY_US);
	}
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"its '" DATABASE_FILE "' changes faster than it can be copied: try again");
	return false;
}

char *database_copy_make(int dir_fd, GError **error)
{
	g_autofree char *dir = g_build_filename(g_get_tmp_dir(), "lockferry-XXXXXX", NULL);
	char *path;
	bool done;
	int to_dir;

	if (g_mkdtemp(dir) == NULL) {
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot make a directory in '%s'", g_get_tmp_dir());
		return NULL;
	}
	path = g_build_filename(dir, DATABASE_FILE, NULL);
	to_dir = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to_dir < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", dir);
	done = to_dir >= 0 && copy_whole(dir_fd, to_dir, error);
	if (to_dir >= 0)
		close(to_dir);
	if (done)
		return path;
	database_copy_remove(path);
	return NULL;
}

void database_copy_remove(char *path)
{
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	g_autofree char *dir = g_path_get_dirname(path);

	g_unlink(path);
	g_unlink(wal);
	g_rmdir(dir);
	g_free(path);
}
