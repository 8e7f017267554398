/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/trust.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The limit of the kernel. */
#define LINKS_MAX 40

#define RECORDS_DIR "sm"

static bool owner_is_trusted(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* If a file has an access control list, its group bits show the most that anybody in the list
 * may do. */
static bool has_list(const char *path)
{
	return lgetxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}

static bool others_can_rename_in(const char *path, const struct stat *st)
{
	if (st->st_mode & S_ISVTX)
		return false;
	return (st->st_mode & S_IWOTH) != 0 ||
	       ((st->st_mode & S_IWGRP) != 0 && (st->st_gid != 0 || has_list(path)));
}

static bool refuse_owner(const char *what, const char *path, uid_t owner, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_PRIVILEGE,
		"the store '%s' could be replaced by user %u, who owns '%s': give that to root ('chown root %s'), or put the store elsewhere",
		what, owner, path, path);
	return false;
}

static bool refuse_mode(const char *what, const char *path, mode_t mode, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_PRIVILEGE,
		"the store '%s' could be replaced by others, who can write into '%s' (mode %o): run 'chmod go-w %s', or 'chmod +t %s' if others must write there, or put the store elsewhere",
		what, path, mode & 07777, path, path);
	return false;
}

static bool trust_step(const char *path, const char *what, const struct stat *st, GError **error)
{
	if (!owner_is_trusted(st))
		return refuse_owner(what, path, st->st_uid, error);
	if (S_ISDIR(st->st_mode) && others_can_rename_in(path, st))
		return refuse_mode(what, path, st->st_mode, error);
	return true;
}

/* Returns the target of the link at `step`, followed by the rest of the path. */
static char *follow(const char *step, const char *rest)
{
	g_autofree char *target = g_file_read_link(step, NULL);
	g_autofree char *parent = g_path_get_dirname(step);

	if (target == NULL)
		return NULL;
	return g_path_is_absolute(target) ? g_build_filename(target, rest, NULL)
					  : g_build_filename(parent, target, rest, NULL);
}

/* Checks every step of the path from the top, so no step above the current one can have been
 * replaced in the meantime. */
static bool trust_steps(const char *path, const char *what, int links, GError **error)
{
	for (const char *end = path;;) {
		g_autofree char *step =
			end == path ? g_strdup("/") : g_strndup(path, (gsize)(end - path));
		bool is_last = end[strspn(end, "/")] == '\0';
		struct stat st;

		/* A missing directory is not an error here. The function that needs it reports
		 * it. */
		if (lstat(step, &st) != 0 || (is_last && S_ISDIR(st.st_mode)))
			return true;
		if (!trust_step(step, what, &st, error))
			return false;
		if (S_ISLNK(st.st_mode)) {
			g_autofree char *onward = links < LINKS_MAX ? follow(step, end) : NULL;

			return onward == NULL || trust_steps(onward, what, links + 1, error);
		}
		if (is_last)
			return true;
		end += strspn(end, "/");
		end += strcspn(end, "/");
	}
}

bool trust_way(const char *path, GError **error)
{
	return trust_steps(path, path, 0, error);
}

static void say_mended(GPtrArray *mended, const char *path, const char *name, mode_t mode)
{
	g_ptr_array_add(mended,
		g_strdup_printf("'%s%s%s' had mode %o, and now has %o: only root may read a store",
			path, name[0] != '\0' ? "/" : "", name, mode & 07777,
			S_ISDIR(mode) ? 0700 : 0600));
}

static bool refuse_entry(const char *path, const char *name, uid_t owner, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_PRIVILEGE,
		"the store '%s' cannot be trusted: %s%s%s belongs to user %u, not to root: find out who put it there, then run 'chown -R root %s' if it is right, or remove it if not",
		path, name[0] != '\0' ? "'" : "", name[0] != '\0' ? name : "it",
		name[0] != '\0' ? "'" : "", owner, path);
	return false;
}

/* Works by descriptor, so the mode of exactly the checked file changes. A file with a second
 * hard link is left alone, because its mode may matter there. */
static bool set_mode(int dir_fd, const char *name, const struct stat *st)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dir_fd, name[0] != '\0' ? name : ".", flags);
	struct stat opened;
	bool set;

	if (fd < 0)
		return false;
	set = fstat(fd, &opened) == 0 && opened.st_ino == st->st_ino &&
	      fchmod(fd, S_ISDIR(st->st_mode) ? 0700 : 0600) == 0;
	close(fd);
	return set;
}

/* If others could write there, they may have left files of their own. */
static bool trust_records(int dir_fd, const char *path, GError **error)
{
	int fd = openat(dir_fd, RECORDS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	bool trusted = true;

	while (trusted && stream != NULL && (entry = readdir(stream)) != NULL) {
		struct stat st;

		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			!owner_is_trusted(&st) && !g_str_equal(entry->d_name, "..")) {
			g_autofree char *name = g_build_filename(RECORDS_DIR, entry->d_name, NULL);
			g_autofree char *shown = g_strescape(name, NULL);

			trusted = refuse_entry(path, shown, st.st_uid, error);
		}
	}
	if (stream != NULL)
		closedir(stream);
	else if (fd >= 0)
		close(fd);
	return trusted;
}

static bool others_can_write(const struct stat *st)
{
	return (st->st_mode & 022) != 0;
}

/* `name` is an entry of the store, or "" for the store itself. */
static bool trust_entry(
	int dir_fd, const char *path, const char *name, GPtrArray *mended, GError **error)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0)
		return true;
	if (!owner_is_trusted(&st))
		return refuse_entry(path, name, st.st_uid, error);
	if ((st.st_mode & 077) == 0 ||
		!(S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1)))
		return true;
	/* This must come before the mode is corrected, because the mode is the only sign. */
	if (g_str_equal(name, RECORDS_DIR) && others_can_write(&st) &&
		!trust_records(dir_fd, path, error))
		return false;
	/* It does no harm if others could read a file. */
	if (set_mode(dir_fd, name, &st) && (S_ISDIR(st.st_mode) || others_can_write(&st)))
		say_mended(mended, path, name, st.st_mode);
	return true;
}

bool trust_store(int dir_fd, const char *path, GPtrArray *mended, GError **error)
{
	static const char *const names[] = {"", "kind", "state", "account", "locks",
		"locks.recorded", "connections", "may_have_lost", "answers", "recoveries", ".lock",
		"store.sqlite", "store.sqlite-wal", RECORDS_DIR};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!trust_entry(dir_fd, path, names[i], mended, error))
			return false;
	}
	return true;
}
