/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_NFS_WIRE_H
#define LOCKFERRY_KEEPER_NFS_WIRE_H

/*
 * The packets with which a monitor asks a group's own NFS server what its clients would: mount an
 * export (RFC 1813, appendix I, MNT and UMNT), get the attributes of its root (RFC 1813, GETATTR),
 * test a lock of it (X/Open XNFS, NLM_TEST of version 4), and become a client of NFSv4.1 and leave
 * (RFC 8881, EXCHANGE_ID and DESTROY_CLIENTID). Pure.
 *
 * Each call is written into `buffer` of NFS_WIRE_CALL_MAX_BYTES. Its length is returned; 0: the
 * path is too long. Each reply returns false with `why` (a static text) if it is cut off,
 * malformed, denied or not successful; otherwise `status` is the server's own, 0 for success.
 */

#include <glib.h>
#include <stdbool.h>

#define NFS_WIRE_CALL_MAX_BYTES 1400
#define NFS_WIRE_HANDLE_MAX_BYTES 64

struct nfs_handle {
	guint8 bytes[NFS_WIRE_HANDLE_MAX_BYTES];
	gsize length;
};

gsize nfs_wire_mount_call(guint8 *buffer, guint32 xid, const char *path);
bool nfs_wire_mount_reply(const guint8 *packet, gsize length, guint32 *status,
	struct nfs_handle *handle, const char **why);
/* Its reply is void. */
gsize nfs_wire_unmount_call(guint8 *buffer, guint32 xid, const char *path);

gsize nfs_wire_attributes_call(guint8 *buffer, guint32 xid, const struct nfs_handle *handle);
bool nfs_wire_attributes_reply(
	const guint8 *packet, gsize length, guint32 *status, const char **why);

/* Nobody is asked to note a client for a test, and no lock is taken. */
gsize nfs_wire_test_call(guint8 *buffer, guint32 xid, const struct nfs_handle *handle);
bool nfs_wire_test_reply(const guint8 *packet, gsize length, guint32 *status, const char **why);

/* Such a client has no state, and is written nowhere. */
gsize nfs_wire_client_call(guint8 *buffer, guint32 xid);
bool nfs_wire_client_reply(
	const guint8 *packet, gsize length, guint32 *status, guint64 *client, const char **why);
gsize nfs_wire_leave_call(guint8 *buffer, guint32 xid, guint64 client);
bool nfs_wire_leave_reply(const guint8 *packet, gsize length, guint32 *status, const char **why);

#endif
