/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/options.h"

#include "base/error.h"

static const char *const names[] = {
	[RECOVERY_BY_NEED] = "auto",
	[RECOVERY_NOTIFY_ONLY] = "notify",
	[RECOVERY_RESTART_LOCK_MANAGER] = "restart-lock-manager",
	[RECOVERY_RESTART_NFS] = "restart-nfs",
};

bool recovery_means_from_name(const char *name, enum recovery_means *means, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(name, names[i])) {
			*means = (enum recovery_means)i;
			return true;
		}
	}
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
		"--recovery takes auto, notify, restart-lock-manager or restart-nfs, not '%s'",
		name);
	return false;
}
