/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/nfs_conf.h"

#include "base/program.h"

char *nfs_conf_get(const char *section, const char *key)
{
	g_autofree char *nfsconf = program_find("nfsconf");
	g_autofree char *output = NULL;
	int status;

	char *argv[] = {nfsconf, (char *)"--get", (char *)section, (char *)key, NULL};
	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL,
		    &status, NULL) ||
		!g_spawn_check_wait_status(status, NULL))
		return NULL;
	g_strchomp(output);
	return output[0] != '\0' ? g_steal_pointer(&output) : NULL;
}

bool nfs_conf_is_true(const char *value)
{
	static const char *const words[] = {"true", "t", "yes", "y", "on", "1"};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (g_ascii_strcasecmp(value, words[i]) == 0)
			return true;
	}
	return false;
}
