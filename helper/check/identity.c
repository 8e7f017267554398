/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "service/addresses.h"

void check_identity(const struct check *self, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(addresses) parsed = NULL;

	if (self->addresses[0] == NULL)
		return;
	parsed = addresses_new(self->addresses, NULL, NULL, &error);
	if (parsed == NULL)
		finding_add_error(findings, error);
}
