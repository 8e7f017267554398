/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/netns.h"

#include "base/error.h"
#include "keeper/tool.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PREFIX "lockferry-"
#define TOOL_MS 10000

char *netns_name(const char *group)
{
	return g_strconcat(PREFIX, group, NULL);
}

static char *path_of(const char *name)
{
	return g_build_filename(NETNS_DIR, name, NULL);
}

bool netns_exists(const char *name)
{
	g_autofree char *path = path_of(name);
	struct statfs st;

	return statfs(path, &st) == 0 && st.f_type == NSFS_MAGIC;
}

bool netns_add(const char *name, GError **error)
{
	const char *const add[] = {"ip", "netns", "add", name, NULL};
	const char *const up[] = {"ip", "-n", name, "link", "set", "lo", "up", NULL};
	g_autofree char *path = path_of(name);

	/* What a crash left of an earlier one: only an empty file can be removed. */
	if (!netns_exists(name))
		g_unlink(path);
	return tool_run(add, TOOL_MS, NULL, error) && tool_run(up, TOOL_MS, NULL, error);
}

bool netns_delete(const char *name, GError **error)
{
	const char *const argv[] = {"ip", "netns", "delete", name, NULL};

	return !netns_exists(name) || tool_run(argv, TOOL_MS, NULL, error);
}

static ino_t inode_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

ino_t netns_inode(const char *name)
{
	g_autofree char *path = path_of(name);

	return netns_exists(name) ? inode_at(path) : 0;
}

ino_t netns_own_inode(void)
{
	return inode_at("/proc/self/ns/net");
}

int netns_open(const char *name, GError **error)
{
	g_autofree char *path = path_of(name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot open the network namespace '%s'", name);
	return fd;
}

bool netns_has(ino_t inode, pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", (int)pid);

	return inode != 0 && inode_at(path) == inode;
}

static int compare(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

GArray *netns_processes(ino_t inode)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		pid_t pid = (pid_t)g_ascii_strtoll(name, NULL, 10);

		if (pid > 0 && pid != getpid() && netns_has(inode, pid))
			g_array_append_val(pids, pid);
	}
	g_array_sort(pids, compare);
	return pids;
}
