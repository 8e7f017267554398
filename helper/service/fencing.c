/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/fencing.h"

#include <crm/stonith-ng.h>

gint64 fencing_last(const char *node)
{
	/* By name, where stonith_api_time_helper() knows only corosync's node ids. */
	void *library = dlopen(STONITH_LIBRARY, RTLD_LAZY);
	st_api_time_fn ask = library != NULL ? (st_api_time_fn)dlsym(library, "stonith_api_time") : NULL;

	return ask != NULL ? (gint64)ask(0, node, false) : 0;
}
