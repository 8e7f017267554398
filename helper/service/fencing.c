/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/fencing.h"

#include <crm/stonith-ng.h>

/* Asked by name, where stonith_api_time_helper() of that header knows only corosync's node ids. */
static st_api_time_fn find_asker(void)
{
	void *library = dlopen(STONITH_LIBRARY, RTLD_LAZY);

	return library != NULL ? (st_api_time_fn)dlsym(library, "stonith_api_time") : NULL;
}

gint64 fencing_last(const char *node)
{
	st_api_time_fn ask = find_asker();

	return ask != NULL ? (gint64)ask(0, node, false) : 0;
}

bool fencing_is_known(void)
{
	return find_asker() != NULL;
}
