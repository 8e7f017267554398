/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/number.h"

#include "base/error.h"
#include "base/fd.h"
#include "kernel/kernel.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

guint number_get(const char *dir, const char *name, guint most)
{
	g_autofree char *text = kernel_read(dir, name, NULL);
	guint64 number = 0;

	if (text != NULL)
		g_ascii_string_to_unsigned(text, 10, 0, most, &number, NULL);
	return (guint)number;
}

bool number_put(const char *dir, const char *name, guint number, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = g_strdup_printf("%u\n", number);
	autofd fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0 && fd_write_all(fd, text, strlen(text)))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%u' to '%s'", number, path);
	return false;
}
