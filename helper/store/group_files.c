/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/group_files.h"

#include "base/durable.h"
#include "base/error.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STATE_FILE "state"
#define STATE_MAX_BYTES (16 * 1024)
#define TEXT_MAX_BYTES (64 * 1024 * 1024)

static const char *const text_files[STORE_TEXT_COUNT] = {
	[STORE_LOCKS_NOTED] = "locks",
	[STORE_LOCKS_RECORDED] = "locks.recorded",
	[STORE_CONNECTIONS] = "connections",
	[STORE_MAY_HAVE_LOST] = "may_have_lost",
	[STORE_ANSWERS] = "answers",
	[STORE_RECOVERIES] = "recoveries",
};

group_state *group_files_load_state(int dir_fd, GError **error)
{
	g_autoptr(GBytes) bytes = durable_read_optional(dir_fd, STATE_FILE, STATE_MAX_BYTES, error);
	group_state *state;
	const char *text;
	gsize length;

	if (bytes == NULL)
		return NULL;
	text = g_bytes_get_data(bytes, &length);
	state = group_state_parse(text, length, error);
	if (state == NULL)
		g_prefix_error(error, "cannot read its '" STATE_FILE "' file: ");
	return state;
}

bool group_files_state_is_broken(int dir_fd)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes =
		durable_read_optional(dir_fd, STATE_FILE, STATE_MAX_BYTES, &error);
	g_autoptr(group_state) state = NULL;
	const char *text;
	gsize length;

	if (bytes == NULL)
		return error == NULL;
	text = g_bytes_get_data(bytes, &length);
	state = group_state_parse(text, length, &error);
	return state == NULL && !g_error_matches(error, LF_ERROR, LF_ERROR_NOT_INSTALLED);
}

bool group_files_save_state(int dir_fd, const group_state *state, GError **error)
{
	g_autofree char *text = group_state_format(state);

	return durable_replace(dir_fd, STATE_FILE, text, strlen(text), error);
}

static bool identify(int dir_fd, const char *name, struct stat *identity)
{
	/* Opens the file, because a network filesystem asks its server only then. */
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool identified = fd >= 0 && fstat(fd, identity) == 0;

	if (fd >= 0)
		close(fd);
	return identified;
}

bool group_files_identify_state(int dir_fd, struct stat *identity)
{
	return identify(dir_fd, STATE_FILE, identity);
}

bool group_files_identify_text(int dir_fd, enum store_text which, struct stat *identity)
{
	return identify(dir_fd, text_files[which], identity);
}

const char *group_files_text_name(enum store_text which)
{
	return text_files[which];
}

GBytes *group_files_load_text(int dir_fd, enum store_text which, GError **error)
{
	return durable_read_optional(dir_fd, text_files[which], TEXT_MAX_BYTES, error);
}

bool group_files_save_text(int dir_fd, enum store_text which, GBytes *text, GError **error)
{
	gsize length;
	const void *bytes;

	if (text == NULL)
		return durable_remove(dir_fd, text_files[which], error);
	bytes = g_bytes_get_data(text, &length);
	return durable_replace(dir_fd, text_files[which], bytes, length, error);
}
