/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lockd_netlink.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the answer is, nothing outside of it is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	guint32 seconds;
	guint16 number;

	lockd_netlink_attribute(data, size, 1, &seconds, sizeof(seconds));
	lockd_netlink_attribute(data, size, 2, &number, sizeof(number));
	return 0;
}
