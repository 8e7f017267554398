/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

bool check_has_program(const struct check *self, const char *name)
{
	static const char *const dirs[] = {
		"usr/sbin", "usr/bin", "sbin", "bin", "usr/local/sbin", "usr/local/bin"};

	for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++) {
		g_autofree char *path = g_build_filename(self->root, dirs[i], name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
			return true;
	}
	return false;
}
