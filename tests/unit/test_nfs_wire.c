/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the server makes of the calls, only a real one shows: tests/lab. */

#include "keeper/nfs_wire.h"

#include <string.h>

#define XID 0x01020304

/* A reply that succeeded: its head, then the results. */
#define HEAD "\x01\x02\x03\x04\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

#define REPLY(results) (const guint8 *)HEAD results, sizeof(HEAD results) - 1

static void test_calls(void)
{
	guint8 buffer[NFS_WIRE_CALL_MAX_BYTES];
	struct nfs_handle handle = {.bytes = "handle", .length = 6};
	g_autofree char *long_path = g_strnfill(NFS_WIRE_CALL_MAX_BYTES, 'x');
	gsize length = nfs_wire_mount_call(buffer, XID, "/srv/nfs");

	/* call, version 2, program 100005, version 3, procedure 1, the credentials of a system */
	g_assert_cmpmem(buffer, 28,
		"\x01\x02\x03\x04\0\0\0\0\0\0\0\2\0\1\x86\xa5\0\0\0\3\0\0\0\1\0\0\0\1", 28);
	g_assert_cmpmem(buffer + length - 12, 12, "\0\0\0\x08/srv/nfs", 12);
	g_assert_cmpuint(nfs_wire_mount_call(buffer, XID, long_path), ==, 0);
	g_assert_cmpuint(nfs_wire_unmount_call(buffer, XID, "/srv/nfs"), ==, length);
	g_assert_cmpint(buffer[23], ==, 3);
	length = nfs_wire_attributes_call(buffer, XID, &handle);
	g_assert_cmpmem(buffer + length - 12, 12, "\0\0\0\x06handle\0\0", 12);
	length = nfs_wire_test_call(buffer, XID, &handle);
	g_assert_cmpuint(length % 4, ==, 0);
	g_assert_cmpmem(buffer + 12, 12, "\0\1\x86\xb5\0\0\0\4\0\0\0\1", 12);
	length = nfs_wire_leave_call(buffer, XID, G_GUINT64_CONSTANT(0x1122334455667788));
	g_assert_cmpmem(buffer + length - 12, 12, "\0\0\0\x39\x11\x22\x33\x44\x55\x66\x77\x88", 12);
}

static void test_mount_reply(void)
{
	struct nfs_handle handle;
	const char *why = NULL;
	guint32 status;

	g_assert_true(nfs_wire_mount_reply(
		REPLY("\0\0\0\0\0\0\0\3abc\0\0\0\0\1\0\0\0\1"), &status, &handle, &why));
	g_assert_cmpuint(status, ==, 0);
	g_assert_cmpmem(handle.bytes, handle.length, "abc", 3);
	g_assert_true(nfs_wire_mount_reply(REPLY("\0\0\0\x0d"), &status, &handle, &why));
	g_assert_cmpuint(status, ==, 13);
	g_assert_cmpuint(handle.length, ==, 0);
	g_assert_false(nfs_wire_mount_reply(REPLY("\0\0\0\0\0\0\0\3"), &status, &handle, &why));
	g_assert_cmpstr(why, ==, "the reply is cut off");
	/* longer than a handle may be */
	g_assert_false(nfs_wire_mount_reply(REPLY("\0\0\0\0\0\0\0\x41"), &status, &handle, &why));
}

static void test_other_replies(void)
{
	const char *why = NULL;
	guint64 client;
	guint32 status;

	g_assert_true(nfs_wire_attributes_reply(REPLY("\0\0\0\x46"), &status, &why));
	g_assert_cmpuint(status, ==, 70);
	g_assert_true(nfs_wire_test_reply(REPLY("\0\0\0\4abcd\0\0\0\x09"), &status, &why));
	g_assert_cmpuint(status, ==, 9);
	g_assert_false(nfs_wire_test_reply(REPLY("\0\0\0\4abcd"), &status, &why));
	/* a tag, one result, of which operation and status, then the client */
	g_assert_true(nfs_wire_client_reply(
		REPLY("\0\0\0\0\0\0\0\1x\0\0\0\0\0\0\1\0\0\0\x2a\0\0\0\0\0\0\0\1\0\0\0\2"), &status,
		&client, &why));
	g_assert_cmpuint(client, ==, G_GUINT64_CONSTANT(0x100000002));
	g_assert_false(nfs_wire_client_reply(
		REPLY("\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\x2a\0\0\0\0\0\0\0\1\0\0\0\2"), &status,
		&client, &why));
	g_assert_true(nfs_wire_leave_reply(REPLY("\0\0\x27\x26"), &status, &why));
	g_assert_cmpuint(status, ==, 10022);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nfs_wire/calls", test_calls);
	g_test_add_func("/nfs_wire/mount-reply", test_mount_reply);
	g_test_add_func("/nfs_wire/other-replies", test_other_replies);
	return g_test_run();
}
