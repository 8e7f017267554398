/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/missed.h"

#include "base/error.h"
#include "nsm/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct missed {
	int fd;
};

static bool is_ours(int fd, uid_t recorder)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
		errno = EINVAL;
		return false;
	}
	return fchmod(fd, 0600) == 0 && (geteuid() != 0 || fchown(fd, recorder, (gid_t)-1) == 0);
}

missed *missed_open(const char *run_dir, const char *group, uid_t recorder, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s/%s" MISSED_SUFFIX, run_dir, group);
	g_autoptr(missed) self = g_new0(missed, 1);

	self->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (self->fd >= 0 && is_ours(self->fd, recorder))
		return g_steal_pointer(&self);
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", path);
	return NULL;
}

guint missed_parse(const char *bytes, gsize length, char **last)
{
	const char *end = bytes + length;
	guint count = 0;

	*last = NULL;
	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (gsize)(end - bytes));
		gsize line_length = (gsize)((newline != NULL ? newline : end) - bytes);
		g_autofree char *name = g_strndup(bytes, line_length);

		g_clear_pointer(last, g_free);
		if (strlen(name) == line_length && sm_name_is_valid(name, NULL))
			*last = g_steal_pointer(&name);
		count++;
		bytes += line_length + 1;
	}
	return count;
}

guint missed_look(missed *self, char **last)
{
	g_autofree char *bytes = NULL;
	gssize got = -1;
	struct stat st;
	guint count;

	*last = NULL;
	if (fstat(self->fd, &st) != 0 || st.st_size == 0 || flock(self->fd, LOCK_EX | LOCK_NB) != 0)
		return 0;
	bytes = g_malloc(MISSED_MAX_BYTES);
	got = pread(self->fd, bytes, MISSED_MAX_BYTES, 0);
	if (got > 0 && ftruncate(self->fd, 0) != 0)
		got = -1; /* the lines would be counted twice */
	flock(self->fd, LOCK_UN);
	count = got > 0 ? missed_parse(bytes, (gsize)got, last) : 0;
	return count;
}

void missed_close(missed *self)
{
	if (self == NULL)
		return;
	if (self->fd >= 0)
		close(self->fd);
	g_free(self);
}
