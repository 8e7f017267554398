/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "service/fencing.h"

void check_fencing(const struct check *self G_GNUC_UNUSED, struct findings *findings)
{
	if (fencing_is_known())
		finding_add(findings, FINDING_OK, "", "Pacemaker's fencing history can be asked");
	else
		finding_add(findings, FINDING_WARNING,
			"install Pacemaker, or start with require_fencing=no and see to it "
			"yourself that the other node is down",
			"Pacemaker's fencing library is not installed: a group whose node crashed "
			"can't be taken over");
}
