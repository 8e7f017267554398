/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/nfs_wire.h"

#include "nsm/wire.h"

#include <string.h>

/* Who asks. */
#define NAME "lockferry"

enum {
	MOUNT_PROGRAM = 100005,
	MOUNT_VERSION = 3,
	MOUNT_MNT = 1,
	MOUNT_UMNT = 3,
	NFS_PROGRAM = 100003,
	NFS_GETATTR = 1,
	NFS_COMPOUND = 1,
	NLM_PROGRAM = 100021,
	NLM_VERSION = 4,
	NLM_TEST = 1,
	OP_EXCHANGE_ID = 42,
	OP_DESTROY_CLIENTID = 57,
	TAG_MAX_BYTES = 64,
	COOKIE_MAX_BYTES = 64,
};

static gsize path_call(guint8 *buffer, guint32 xid, guint32 procedure, const char *path)
{
	xdr_writer to = {.buffer = buffer, .size = NFS_WIRE_CALL_MAX_BYTES};

	wire_put_call(&to, xid, MOUNT_PROGRAM, MOUNT_VERSION, procedure, NAME);
	xdr_put_string(&to, path);
	return xdr_written(&to);
}

gsize nfs_wire_mount_call(guint8 *buffer, guint32 xid, const char *path)
{
	return path_call(buffer, xid, MOUNT_MNT, path);
}

gsize nfs_wire_unmount_call(guint8 *buffer, guint32 xid, const char *path)
{
	return path_call(buffer, xid, MOUNT_UMNT, path);
}

static bool refuse(const char **why)
{
	*why = "the reply is cut off";
	return false;
}

/* The status, with which most results begin. */
static bool take_status(xdr_reader *from, guint32 *status, const char **why)
{
	return wire_take_success(from, why) && (xdr_take_number(from, status) || refuse(why));
}

bool nfs_wire_mount_reply(const guint8 *packet, gsize length, guint32 *status,
	struct nfs_handle *handle, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};
	const guint8 *bytes;

	if (!take_status(&from, status, why))
		return false;
	handle->length = 0;
	if (*status != 0)
		return true;
	if (!xdr_take_opaque(&from, NFS_WIRE_HANDLE_MAX_BYTES, &bytes, &handle->length))
		return refuse(why);
	memcpy(handle->bytes, bytes, handle->length);
	return true;
}

gsize nfs_wire_attributes_call(guint8 *buffer, guint32 xid, const struct nfs_handle *handle)
{
	xdr_writer to = {.buffer = buffer, .size = NFS_WIRE_CALL_MAX_BYTES};

	wire_put_call(&to, xid, NFS_PROGRAM, 3, NFS_GETATTR, NAME);
	xdr_put_opaque(&to, handle->bytes, handle->length);
	return xdr_written(&to);
}

bool nfs_wire_attributes_reply(
	const guint8 *packet, gsize length, guint32 *status, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};

	return take_status(&from, status, why);
}

static void put_long(xdr_writer *to, guint64 number)
{
	xdr_put_number(to, (guint32)(number >> 32));
	xdr_put_number(to, (guint32)number);
}

/* Of the whole file, for writing. */
gsize nfs_wire_test_call(guint8 *buffer, guint32 xid, const struct nfs_handle *handle)
{
	xdr_writer to = {.buffer = buffer, .size = NFS_WIRE_CALL_MAX_BYTES};

	wire_put_call(&to, xid, NLM_PROGRAM, NLM_VERSION, NLM_TEST, NAME);
	xdr_put_opaque(&to, &xid, sizeof(xid)); /* the cookie */
	xdr_put_number(&to, 1);                 /* exclusive */
	xdr_put_string(&to, NAME);
	xdr_put_opaque(&to, handle->bytes, handle->length);
	xdr_put_string(&to, NAME); /* the owner */
	xdr_put_number(&to, 1);    /* its process */
	put_long(&to, 0);
	put_long(&to, 0);
	return xdr_written(&to);
}

bool nfs_wire_test_reply(const guint8 *packet, gsize length, guint32 *status, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};
	const guint8 *cookie;
	gsize cookie_length;

	return wire_take_success(&from, why) &&
	       ((xdr_take_opaque(&from, COOKIE_MAX_BYTES, &cookie, &cookie_length) &&
			xdr_take_number(&from, status)) ||
		       refuse(why));
}

/* One operation of version 4.1, which needs no session. */
static void put_compound(xdr_writer *to, guint32 xid, guint32 operation)
{
	wire_put_call(to, xid, NFS_PROGRAM, 4, NFS_COMPOUND, NAME);
	xdr_put_string(to, NAME); /* the tag */
	xdr_put_number(to, 1);    /* the minor version */
	xdr_put_number(to, 1);    /* how many operations */
	xdr_put_number(to, operation);
}

/* Up to the operation's own results, if the status is 0. */
static bool take_compound(xdr_reader *from, guint32 *status, const char **why)
{
	const guint8 *tag;
	gsize tag_length;
	guint32 count, operation, again;

	if (!take_status(from, status, why))
		return false;
	if (*status != 0)
		return true;
	return (xdr_take_opaque(from, TAG_MAX_BYTES, &tag, &tag_length) &&
		       xdr_take_number(from, &count) && count == 1 &&
		       xdr_take_number(from, &operation) && xdr_take_number(from, &again)) ||
	       refuse(why);
}

gsize nfs_wire_client_call(guint8 *buffer, guint32 xid)
{
	xdr_writer to = {.buffer = buffer, .size = NFS_WIRE_CALL_MAX_BYTES};

	put_compound(&to, xid, OP_EXCHANGE_ID);
	put_long(&to, xid); /* tells two lives of the client apart */
	xdr_put_string(&to, NAME);
	xdr_put_number(&to, 0); /* flags */
	xdr_put_number(&to, 0); /* no protection of the state */
	xdr_put_number(&to, 0); /* nothing of the implementation */
	return xdr_written(&to);
}

bool nfs_wire_client_reply(
	const guint8 *packet, gsize length, guint32 *status, guint64 *client, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};
	guint32 high, low;

	if (!take_compound(&from, status, why))
		return false;
	*client = 0;
	if (*status != 0)
		return true;
	if (!xdr_take_number(&from, &high) || !xdr_take_number(&from, &low))
		return refuse(why);
	*client = (guint64)high << 32 | low;
	return true;
}

gsize nfs_wire_leave_call(guint8 *buffer, guint32 xid, guint64 client)
{
	xdr_writer to = {.buffer = buffer, .size = NFS_WIRE_CALL_MAX_BYTES};

	put_compound(&to, xid, OP_DESTROY_CLIENTID);
	put_long(&to, client);
	return xdr_written(&to);
}

bool nfs_wire_leave_reply(const guint8 *packet, gsize length, guint32 *status, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};

	return take_compound(&from, status, why);
}
