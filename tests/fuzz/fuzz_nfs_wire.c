/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/nfs_wire.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A reply that is refused gives a reason, and no handle is longer than its room. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool (*const readers[])(const guint8 *, gsize, guint32 *, const char **) = {
		nfs_wire_attributes_reply, nfs_wire_test_reply, nfs_wire_leave_reply};
	struct nfs_handle handle = {0};
	const char *why = NULL;
	guint64 client;
	guint32 status;

	if (nfs_wire_mount_reply(data, size, &status, &handle, &why))
		g_assert_cmpuint(handle.length, <=, NFS_WIRE_HANDLE_MAX_BYTES);
	else
		g_assert_nonnull(why);
	why = NULL;
	g_assert_true(nfs_wire_client_reply(data, size, &status, &client, &why) || why != NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(readers); i++) {
		why = NULL;
		g_assert_true(readers[i](data, size, &status, &why) || why != NULL);
	}
	return 0;
}
