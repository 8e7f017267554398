/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/nfs_probe.h"

#include "base/error.h"
#include "keeper/export_lines.h"
#include "keeper/nfs_wire.h"
#include "keeper/rpc_call.h"
#include "nsm/wire.h"

#include <errno.h>

#define NFS_PORT 2049

/* RFC 8881: another process is at it with the same client. Version 4.1 may be switched off. */
#define NFS4ERR_DELAY 10008
#define NFS4ERR_MINOR_VERS_MISMATCH 10021

/* X/Open XNFS: what NLM_TEST says of a handle that leads to nothing. It says that it failed for a
 * directory, which is what the root of an export is. */
#define NLM_STALE_HANDLE 7

/* One question after the other. */
struct probe {
	const char *address;
	gint64 deadline_us;
	guint32 xid;
	guint8 record[RPC_RECORD_HEAD_BYTES + NFS_WIRE_CALL_MAX_BYTES];
	rpc_record_reader reply;
	GError **error;
};

static guint8 *next_call(struct probe *self)
{
	self->xid = wire_random_xid();
	return self->record + RPC_RECORD_HEAD_BYTES;
}

static bool ask(struct probe *self, const char *what, guint16 port, gsize length)
{
	if (rpc_call(self->address, port, self->record + RPC_RECORD_HEAD_BYTES, length, self->xid,
		    self->deadline_us, &self->reply, self->error))
		return true;
	g_prefix_error(self->error, "%s: ", what);
	return false;
}

/* `good`: the reply could be read. */
static bool judge(struct probe *self, const char *what, bool good, const char *why, guint32 status)
{
	if (good && status == 0)
		return true;
	if (good)
		g_set_error(self->error, LF_ERROR, LF_ERROR_FAILED, "%s: status %u", what, status);
	else
		g_set_error(self->error, LF_ERROR, LF_ERROR_FAILED, "%s: %s", what, why);
	return false;
}

/* The group's own address need not be one of the clients' ones. */
static bool is_not_for_us(guint32 status)
{
	return status == EPERM || status == EACCES;
}

static bool mount_it(struct probe *self, guint16 port, const char *path, struct nfs_handle *handle)
{
	g_autofree char *what = g_strdup_printf("a mount of '%s'", path);
	const char *why = NULL;
	guint8 *call = next_call(self);
	guint32 status = 0;
	bool good;

	if (!ask(self, what, port, nfs_wire_mount_call(call, self->xid, path)))
		return false;
	good = nfs_wire_mount_reply(self->reply.record, self->reply.length, &status, handle, &why);
	if (good && is_not_for_us(status))
		return true;
	if (!judge(self, what, good, why, status))
		return false;
	call = next_call(self);
	return ask(self, what, port, nfs_wire_unmount_call(call, self->xid, path));
}

static bool look_at_root(struct probe *self, const struct nfs_handle *handle)
{
	static const char what[] = "the attributes of an export's root";
	guint8 *call = next_call(self);
	const char *why = NULL;
	guint32 status = 0;

	return ask(self, what, NFS_PORT, nfs_wire_attributes_call(call, self->xid, handle)) &&
	       judge(self, what,
		       nfs_wire_attributes_reply(
			       self->reply.record, self->reply.length, &status, &why),
		       why, status);
}

static bool test_lock(struct probe *self, guint16 port, const struct nfs_handle *handle)
{
	static const char what[] = "a test of a lock";
	guint8 *call = next_call(self);
	const char *why = NULL;
	guint32 status = 0;
	bool good;

	if (!ask(self, what, port, nfs_wire_test_call(call, self->xid, handle)))
		return false;
	good = nfs_wire_test_reply(self->reply.record, self->reply.length, &status, &why);
	return judge(self, what, good, why, status == NLM_STALE_HANDLE ? status : 0);
}

static bool probe_version3(
	struct probe *self, const server_options *options, const char *path, guint16 lockd_port)
{
	struct nfs_handle handle = {0};

	if (!mount_it(self, (guint16)options->mountd_port, path, &handle))
		return false;
	return handle.length == 0 ||
	       (look_at_root(self, &handle) &&
		       (lockd_port == 0 || test_lock(self, lockd_port, &handle)));
}

static bool probe_version4(struct probe *self)
{
	static const char what[] = "a client of NFSv4.1";
	guint8 *call = next_call(self);
	const char *why = NULL;
	guint32 status = 0;
	guint64 client = 0;
	bool good;

	if (!ask(self, what, NFS_PORT, nfs_wire_client_call(call, self->xid)))
		return false;
	good = nfs_wire_client_reply(
		self->reply.record, self->reply.length, &status, &client, &why);
	if (good && (status == NFS4ERR_MINOR_VERS_MISMATCH || status == NFS4ERR_DELAY))
		return true;
	if (!judge(self, what, good, why, status))
		return false;
	call = next_call(self);
	return ask(self, what, NFS_PORT, nfs_wire_leave_call(call, self->xid, client)) &&
	       judge(self, what,
		       nfs_wire_leave_reply(self->reply.record, self->reply.length, &status, &why),
		       why, status);
}

bool nfs_probe(const server_options *options, const char *exports, guint16 lockd_port,
	gint64 deadline_us, GError **error)
{
	g_autofree char *address = server_options_address(options->addresses[0]);
	g_autofree char *path = export_lines_first(exports);
	struct probe self = {.address = address, .deadline_us = deadline_us, .error = error};

	return (!server_options_serves(options, '3') || path == NULL ||
		       probe_version3(&self, options, path, lockd_port)) &&
	       (!server_options_serves(options, '4') || probe_version4(&self));
}
