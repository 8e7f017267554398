/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/file_search.h"

#include "base/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct file_search {
	GHashTable *paths; /* owned inode -> owned path, NULL until it is found */
	guint missing;
	guint names_left;
	gint64 until_us; /* monotonic */
};

file_search *file_search_new(guint max_names, guint max_ms)
{
	file_search *self = g_new0(file_search, 1);

	self->paths = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	self->names_left = max_names;
	self->until_us = clock_now_us() + (gint64)max_ms * 1000;
	return self;
}

void file_search_free(file_search *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->paths);
	g_free(self);
}

void file_search_want(file_search *self, guint64 inode)
{
	if (g_hash_table_contains(self->paths, &inode))
		return;
	g_hash_table_insert(self->paths, g_memdup2(&inode, sizeof(inode)), NULL);
	self->missing++;
}

static void found(file_search *self, guint64 inode, const char *top, const char *name)
{
	gpointer path;

	if (!g_hash_table_lookup_extended(self->paths, &inode, NULL, &path) || path != NULL)
		return;
	g_hash_table_insert(
		self->paths, g_memdup2(&inode, sizeof(inode)), g_build_filename(top, name, NULL));
	self->missing--;
}

static bool is_over(const file_search *self)
{
	return self->missing == 0 || self->names_left == 0 || clock_now_us() >= self->until_us;
}

/* Opens the directory at `path` below the top directory. Returns -1 if it cannot, also if a link or
 * a mount is on the way. */
static int open_below(int top_fd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, top_fd, path, &how, sizeof(how));
}

/* Searches one directory, and notes its subdirectories for later. */
static void look_into(
	file_search *self, const char *top, int top_fd, const char *path, GQueue *later)
{
	int fd = open_below(top_fd, path);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (directory == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (!is_over(self) && (entry = readdir(directory)) != NULL) {
		g_autofree char *name = NULL;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		name = strcmp(path, ".") == 0 ? g_strdup(entry->d_name)
					      : g_build_filename(path, entry->d_name, NULL);
		self->names_left--;
		found(self, entry->d_ino, top, name);
		if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)
			g_queue_push_tail(later, g_steal_pointer(&name));
	}
	closedir(directory);
}

void file_search_below(file_search *self, const char *directory)
{
	int top_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	GQueue later = G_QUEUE_INIT;
	char *path;

	if (top_fd < 0)
		return;
	g_queue_push_tail(&later, g_strdup("."));
	while (!is_over(self) && (path = g_queue_pop_head(&later)) != NULL) {
		look_into(self, directory, top_fd, path, &later);
		g_free(path);
	}
	g_queue_clear_full(&later, g_free);
	close(top_fd);
}

const char *file_search_path(const file_search *self, guint64 inode)
{
	return g_hash_table_lookup(self->paths, &inode);
}
