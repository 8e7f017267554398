/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lockd/kernel.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

char *kernel_read(const char *dir, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text;

	if (!g_file_get_contents(path, &text, NULL, error))
		return NULL;
	return g_strchomp(text);
}

guint kernel_nfsd_threads(const struct kernel *self)
{
	g_autofree char *text = kernel_read(self->nfsd_dir, "threads", NULL);
	guint64 threads;

	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT, &threads, NULL))
		return 0;
	return (guint)threads;
}

enum kernel_grace kernel_grace(const struct kernel *self)
{
	g_autofree char *ended = kernel_read(self->lockd_dir, "nlm_end_grace", NULL);

	if (ended == NULL || kernel_nfsd_threads(self) == 0)
		return KERNEL_GRACE_NO_SERVER;
	return g_str_equal(ended, "N") ? KERNEL_GRACE_RUNS : KERNEL_GRACE_OVER;
}

bool kernel_prove_grace(const struct kernel *self, GError **error)
{
	switch (kernel_grace(self)) {
	case KERNEL_GRACE_RUNS:
		return true;
	case KERNEL_GRACE_OVER:
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager is not in its grace period, in which alone clients can "
			"reclaim locks: "
			"the NFS server must be started on this node right before Lockferry");
		return false;
	case KERNEL_GRACE_NO_SERVER:
		break;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the NFS server is not running ('%s/threads' and '%s/nlm_end_grace' tell): start "
		"it before Lockferry",
		self->nfsd_dir, self->lockd_dir);
	return false;
}

/* The fields of /proc/PID/stat that tell a kernel thread: its name, its parent (kthreadd, 2) and
 * its start. */
static bool stat_is_lockd(const char *stat, char **start_ticks)
{
	const char *name = strchr(stat, '(');
	const char *rest = strrchr(stat, ')');
	g_auto(GStrv) fields = NULL;

	if (name == NULL || rest == NULL || strncmp(name, "(lockd)", strlen("(lockd)")) != 0)
		return false;
	/* proc(5): after the name come state, parent, ...; the start is field 22, the twentieth
	 * from here. */
	fields = g_strsplit(rest + 2, " ", 21);
	if (g_strv_length(fields) < 20 || !g_str_equal(fields[1], "2"))
		return false;
	*start_ticks = g_strdup(fields[19]);
	return true;
}

/* "PID@START" where the process `pid` is lockd, else NULL. */
static char *incarnation_of(const struct kernel *self, const char *pid)
{
	g_autofree char *name = g_build_filename(pid, "stat", NULL);
	g_autofree char *stat = kernel_read(self->proc_dir, name, NULL);
	g_autofree char *start_ticks = NULL;

	if (stat == NULL || !stat_is_lockd(stat, &start_ticks))
		return NULL;
	return g_strdup_printf("%s@%s", pid, start_ticks);
}

char *kernel_lock_manager(const struct kernel *self)
{
	g_autoptr(GDir) dir = g_dir_open(self->proc_dir, 0, NULL);
	const char *pid;

	while (dir != NULL && (pid = g_dir_read_name(dir)) != NULL) {
		char *incarnation = g_ascii_isdigit(pid[0]) ? incarnation_of(self, pid) : NULL;

		if (incarnation != NULL)
			return incarnation;
	}
	return g_strdup("none");
}

bool kernel_lock_manager_is(const struct kernel *self, const char *incarnation)
{
	const char *at = strchr(incarnation, '@');
	g_autofree char *now = NULL;

	if (at != NULL) {
		g_autofree char *pid = g_strndup(incarnation, (gsize)(at - incarnation));
		now = incarnation_of(self, pid);
	}
	if (now == NULL)
		now = kernel_lock_manager(self);
	return g_str_equal(now, incarnation);
}

char *kernel_boot_id(const struct kernel *self, GError **error)
{
	return kernel_read(self->proc_dir, "sys/kernel/random/boot_id", error);
}

/* One write(2), as the kernel takes the whole text from one. */
static bool write_control(const char *dir, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	gssize written = fd >= 0 ? write(fd, text, strlen(text)) : -1;

	if (written < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't write '%s' to '%s'", text, path);
	if (fd >= 0)
		close(fd);
	return written >= 0;
}

bool kernel_unlock_address(const struct kernel *self, const char *ip, GError **error)
{
	return write_control(self->nfsd_dir, "unlock_ip", ip, error);
}

bool kernel_unlock_filesystem(const struct kernel *self, const char *dir, GError **error)
{
	return write_control(self->nfsd_dir, "unlock_filesystem", dir, error);
}
