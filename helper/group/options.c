/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/options.h"

#include "base/error.h"

static const char *const names[] = {
	[GRACE_SOURCE_AUTO] = "auto",
	[GRACE_SOURCE_RUNNING] = "running",
	[GRACE_SOURCE_RESTART_LOCKD] = "restart-lockd",
	[GRACE_SOURCE_RESTART_NFS] = "restart-nfs",
};

bool grace_source_from_name(const char *name, enum grace_source *source, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(name, names[i])) {
			*source = (enum grace_source)i;
			return true;
		}
	}
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
		"--grace takes auto, running, restart-lockd or restart-nfs, not '%s'", name);
	return false;
}
