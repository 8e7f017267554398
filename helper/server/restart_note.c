/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/restart_note.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/fd.h"
#include "kernel/process.h"

#include <fcntl.h>
#include <string.h>

/* No group's name begins with a dot. */
#define NOTE_FILE ".restart"
#define NOTE_MAX_BYTES (16 * 1024)
#define SECTION "restart"

void restart_note_clear(restart_note *self)
{
	g_clear_pointer(&self->boot, g_free);
	g_clear_pointer(&self->network, g_free);
	g_clear_pointer(&self->nfsd_dir, g_free);
	g_clear_pointer(&self->lock_manager, g_free);
	g_clear_pointer(&self->versions, g_free);
	g_clear_pointer(&self->ports, g_free);
}

static char *or_empty(char *text)
{
	return text != NULL ? text : g_strdup("");
}

static char *network_of(const struct kernel *kernel)
{
	return or_empty(process_namespace(kernel->proc_dir, "self", "net"));
}

bool restart_note_take(restart_note *self, const struct kernel *kernel, GError **error)
{
	self->boot = kernel_boot_id(kernel, error);
	if (self->boot == NULL)
		return false;
	self->network = network_of(kernel);
	self->nfsd_dir = g_strdup(kernel->nfsd_dir);
	self->lock_manager = kernel_lock_manager(kernel);
	self->threads = kernel_nfsd_threads(kernel);
	self->versions = or_empty(kernel_read(kernel->nfsd_dir, "versions", NULL));
	self->ports = or_empty(kernel_read(kernel->nfsd_dir, "portlist", NULL));
	return true;
}

bool restart_note_is_of(const restart_note *self, const struct kernel *kernel)
{
	g_autofree char *boot = kernel_boot_id(kernel, NULL);
	g_autofree char *network = network_of(kernel);

	return g_strcmp0(self->boot, boot) == 0 && g_str_equal(self->network, network) &&
	       g_str_equal(self->nfsd_dir, kernel->nfsd_dir);
}

/* A key file drops white space at the begin of a value, except what it escapes itself. */
static void write_text(GKeyFile *keys, const char *key, const char *text)
{
	g_autofree char *escaped = g_strescape(text, NULL);

	g_key_file_set_string(keys, SECTION, key, escaped);
}

char *restart_note_format(const restart_note *self)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();

	g_key_file_set_integer(keys, SECTION, "format", 1);
	write_text(keys, "boot", self->boot);
	write_text(keys, "network", self->network);
	write_text(keys, "nfsd_dir", self->nfsd_dir);
	write_text(keys, "lock_manager", self->lock_manager);
	g_key_file_set_integer(keys, SECTION, "threads", (int)self->threads);
	write_text(keys, "versions", self->versions);
	write_text(keys, "ports", self->ports);
	g_key_file_set_boolean(keys, SECTION, "configured", self->configured);
	return g_key_file_to_data(keys, NULL, NULL);
}

static bool read_text(GKeyFile *keys, const char *key, char **text, GError **error)
{
	GError *local_error = NULL;
	g_autofree char *escaped = g_key_file_get_string(keys, SECTION, key, &local_error);

	/* An invalid escape is an error with a text. */
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	*text = g_strcompress(escaped);
	return true;
}

static bool read_number(GKeyFile *keys, const char *key, int minimum, int *number, GError **error)
{
	GError *local_error = NULL;

	*number = g_key_file_get_integer(keys, SECTION, key, &local_error);
	if (local_error == NULL && *number < minimum)
		g_set_error(&local_error, LF_ERROR, LF_ERROR_FAILED, "'%s' is %d", key, *number);
	if (local_error != NULL)
		g_propagate_error(error, local_error);
	return local_error == NULL;
}

static bool read_flag(GKeyFile *keys, const char *key, bool *flag, GError **error)
{
	GError *local_error = NULL;

	*flag = g_key_file_get_boolean(keys, SECTION, key, &local_error);
	if (local_error != NULL)
		g_propagate_error(error, local_error);
	return local_error == NULL;
}

static bool read_all(GKeyFile *keys, restart_note *self, GError **error)
{
	int format, threads;

	if (!read_number(keys, "format", 1, &format, error) ||
		!read_number(keys, "threads", 1, &threads, error) ||
		!read_text(keys, "boot", &self->boot, error) ||
		!read_text(keys, "network", &self->network, error) ||
		!read_text(keys, "nfsd_dir", &self->nfsd_dir, error) ||
		!read_text(keys, "lock_manager", &self->lock_manager, error) ||
		!read_text(keys, "versions", &self->versions, error) ||
		!read_text(keys, "ports", &self->ports, error) ||
		!read_flag(keys, "configured", &self->configured, error))
		return false;
	self->threads = (guint)threads;
	return true;
}

bool restart_note_parse(restart_note *self, const char *text, gsize length, GError **error)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();

	if (length == 0 || length > NOTE_MAX_BYTES || memchr(text, '\0', length) != NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it is empty or not a text");
		return false;
	}
	if (g_key_file_load_from_data(keys, text, length, G_KEY_FILE_NONE, error) &&
		read_all(keys, self, error))
		return true;
	restart_note_clear(self);
	return false;
}

static int open_run_dir(const char *run_dir, GError **error)
{
	int fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", run_dir);
	return fd;
}

bool restart_note_save(const restart_note *self, const char *run_dir, GError **error)
{
	g_autofree char *text = restart_note_format(self);
	autofd dir_fd = open_run_dir(run_dir, error);

	return dir_fd >= 0 && durable_replace(dir_fd, NOTE_FILE, text, strlen(text), error);
}

/* If this fails, the next process finds that the server runs, and removes it. */
void restart_note_remove(const char *run_dir)
{
	autofd dir_fd = open_run_dir(run_dir, NULL);

	if (dir_fd >= 0)
		durable_remove(dir_fd, NOTE_FILE, NULL);
}

bool restart_note_load(restart_note *self, const char *run_dir, GError **error)
{
	autofd dir_fd = open_run_dir(run_dir, error);
	g_autoptr(GBytes) bytes = NULL;
	gsize length;
	const char *text;

	if (dir_fd >= 0)
		bytes = durable_read_optional(dir_fd, NOTE_FILE, NOTE_MAX_BYTES, error);
	if (bytes == NULL)
		return false;
	text = g_bytes_get_data(bytes, &length);
	if (restart_note_parse(self, text != NULL ? text : "", length, error))
		return true;
	g_prefix_error(error, "'%s/" NOTE_FILE "': ", run_dir);
	return false;
}
