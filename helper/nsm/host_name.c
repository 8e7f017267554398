/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/host_name.h"

#include "base/error.h"
#include "nsm/record.h"

#include <string.h>

static bool is_host_name(const char *name)
{
	for (const char *at = name; *at != '\0'; at++) {
		if (!g_ascii_isalnum(*at) && (at == name || strchr("._:-", *at) == NULL))
			return false;
	}
	return name[0] != '\0' && sm_name_is_valid(name, NULL);
}

bool host_names_check(const char *const *names, GError **error)
{
	for (guint i = 0; names[i] != NULL; i++) {
		if (!is_host_name(names[i]))
			return lf_error_usage(error,
				"parameter 'names': '%s' is not a host name: give the names that clients mount by",
				names[i]);
	}
	return true;
}
