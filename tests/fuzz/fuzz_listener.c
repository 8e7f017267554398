/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/listener.h"

#include <stdint.h>

#define NFS_PORT 2049

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the list has: a socket that is found once is found again by its inode. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* libFuzzer gives NULL for an empty input. */
	const char *text = data != NULL ? (const char *)data : "";
	guint64 inode = listener_parse(text, size, NFS_PORT, 0);

	if (inode != 0)
		g_assert_cmpuint(listener_parse(text, size, NFS_PORT, inode), ==, inode);
	return 0;
}
