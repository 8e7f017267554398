/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

/* How many clients are named. */
#define NAMED_MAX 5

void check_untold(const GPtrArray *mon_names, struct findings *findings)
{
	g_autoptr(GString) list = g_string_new(NULL);

	if (mon_names->len == 0)
		return;
	for (guint i = 0; i < MIN(mon_names->len, NAMED_MAX); i++)
		g_string_append_printf(list, "%s'%s'", i > 0 ? ", " : "",
			(const char *)g_ptr_array_index(mon_names, i));
	if (mon_names->len > NAMED_MAX)
		g_string_append_printf(list, " and %u more", mon_names->len - NAMED_MAX);
	finding_add(findings, FINDING_WARNING,
		"add the host name to /etc/hosts on every node; if a client has an address of another family than the group, give the group an address of that family",
		"these clients cannot be told to reclaim after a failover, and would lose their locks: %s",
		list->str);
}
