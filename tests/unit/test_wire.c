/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/wire.h"

#include <netinet/in.h>
#include <rpc/rpc.h>
#include <rpc/pmap_prot.h>
#include <rpc/rpcb_prot.h>
#include <string.h>

/* The reference is libtirpc, which rpcbind and rpc.statd use: calls are compared with what it
 * encodes, and it makes the replies that are parsed. */

#define NSM_PROGRAM 100024
#define NSM_VERSION 1
#define NSM_NOTIFY 6
#define XID 0x80fe01a7

/* What rpcgen would make from stat_chge in sm_inter.x. */
struct stat_chge {
	char *mon_name;
	int state;
};

static bool_t xdr_stat_chge(XDR *xdrs, struct stat_chge *change)
{
	return xdr_string(xdrs, &change->mon_name, 1024) && xdr_int(xdrs, &change->state);
}

static bool_t xdr_nothing(XDR *xdrs G_GNUC_UNUSED, void *nothing G_GNUC_UNUSED)
{
	return TRUE;
}

/* Encodes a call with libtirpc. */
static gsize encode_call(char *buffer, gsize size, rpcprog_t program, rpcvers_t version,
	rpcproc_t procedure, xdrproc_t encode, void *argument)
{
	struct rpc_msg call = {
		.rm_xid = XID,
		.rm_direction = CALL,
		.rm_call =
			{
				.cb_rpcvers = RPC_MSG_VERSION,
				.cb_prog = program,
				.cb_vers = version,
				.cb_proc = procedure,
				.cb_cred = {.oa_flavor = AUTH_NONE},
				.cb_verf = {.oa_flavor = AUTH_NONE},
			},
	};
	XDR xdrs;

	xdrmem_create(&xdrs, buffer, (u_int)size, XDR_ENCODE);
	g_assert_true(xdr_callmsg(&xdrs, &call));
	g_assert_true(encode(&xdrs, argument));

	gsize length = xdr_getpos(&xdrs);
	xdr_destroy(&xdrs);
	return length;
}

/* Encodes a successful reply with libtirpc, with a verifier of `verifier_length` bytes. The array
 * has exactly its length. */
static GByteArray *encode_reply(enum_t flavour, u_int verifier_length, enum accept_stat status,
	xdrproc_t encode, void *result)
{
	char verifier[MAX_AUTH_BYTES];
	char buffer[2048];
	XDR xdrs;

	memset(verifier, 'v', sizeof(verifier));
	struct rpc_msg reply = {
		.rm_xid = XID,
		.rm_direction = REPLY,
		.rm_reply.rp_stat = MSG_ACCEPTED,
		.acpted_rply.ar_verf = {.oa_flavor = flavour,
			.oa_base = verifier,
			.oa_length = verifier_length},
		.acpted_rply.ar_stat = status,
	};
	reply.acpted_rply.ar_results.where = result;
	reply.acpted_rply.ar_results.proc = encode;
	if (status == PROG_MISMATCH)
		reply.acpted_rply.ar_vers.low = reply.acpted_rply.ar_vers.high = 2;

	xdrmem_create(&xdrs, buffer, sizeof(buffer), XDR_ENCODE);
	g_assert_true(xdr_replymsg(&xdrs, &reply));

	u_int length = xdr_getpos(&xdrs);
	xdr_destroy(&xdrs);
	return g_byte_array_new_take(g_memdup2(buffer, length), length);
}

static GByteArray *encode_getport_reply(u_long port)
{
	return encode_reply(AUTH_NONE, 0, SUCCESS, (xdrproc_t)xdr_u_long, &port);
}

static GByteArray *encode_getaddr_reply(const char *address)
{
	return encode_reply(AUTH_NONE, 0, SUCCESS, (xdrproc_t)xdr_wrapstring, &address);
}

static GByteArray *encode_denial(void)
{
	char buffer[256];
	XDR xdrs;
	struct rpc_msg reply = {
		.rm_xid = XID,
		.rm_direction = REPLY,
		.rm_reply.rp_stat = MSG_DENIED,
		.rjcted_rply.rj_stat = AUTH_ERROR,
		.rjcted_rply.rj_why = AUTH_TOOWEAK,
	};

	xdrmem_create(&xdrs, buffer, sizeof(buffer), XDR_ENCODE);
	g_assert_true(xdr_replymsg(&xdrs, &reply));

	u_int length = xdr_getpos(&xdrs);
	xdr_destroy(&xdrs);
	return g_byte_array_new_take(g_memdup2(buffer, length), length);
}

static void test_getport_call(gconstpointer data)
{
	bool tcp = data != NULL;
	struct pmap question = {.pm_prog = NSM_PROGRAM,
		.pm_vers = NSM_VERSION,
		.pm_prot = tcp ? IPPROTO_TCP : IPPROTO_UDP};
	char reference[WIRE_CALL_MAX_BYTES];
	guint8 ours[WIRE_CALL_MAX_BYTES];
	gsize expected = encode_call(reference, sizeof(reference), PMAPPROG, PMAPVERS,
		PMAPPROC_GETPORT, (xdrproc_t)xdr_pmap, &question);
	gsize length = wire_getport_call(ours, sizeof(ours), XID, tcp ? WIRE_TCP : WIRE_UDP);

	g_assert_cmpmem(ours, length, reference, expected);
}

static void test_getaddr_call(gconstpointer data)
{
	bool tcp = data != NULL;
	struct rpcb question = {
		.r_prog = NSM_PROGRAM,
		.r_vers = NSM_VERSION,
		.r_netid = (char *)(tcp ? "tcp6" : "udp6"),
		.r_addr = (char *)"",
		.r_owner = (char *)"",
	};
	char reference[WIRE_CALL_MAX_BYTES];
	guint8 ours[WIRE_CALL_MAX_BYTES];
	gsize expected = encode_call(reference, sizeof(reference), RPCBPROG, RPCBVERS4,
		RPCBPROC_GETADDR, (xdrproc_t)xdr_rpcb, &question);
	gsize length = wire_getaddr_call(ours, sizeof(ours), XID, tcp ? WIRE_TCP : WIRE_UDP);

	g_assert_cmpmem(ours, length, reference, expected);
}

static void test_notify_call(void)
{
	static const gint32 states[] = {1, 3, 4711, G_MAXINT32, -1};

	/* Every length of the padding, and the longest name. */
	for (gsize name_length = 1; name_length <= 255; name_length++) {
		g_autofree char *name = g_strnfill(name_length, 'n');
		struct stat_chge change = {
			.mon_name = name, .state = states[name_length % G_N_ELEMENTS(states)]};
		char reference[WIRE_CALL_MAX_BYTES];
		guint8 ours[WIRE_CALL_MAX_BYTES];
		gsize expected = encode_call(reference, sizeof(reference), NSM_PROGRAM, NSM_VERSION,
			NSM_NOTIFY, (xdrproc_t)xdr_stat_chge, &change);
		gsize length = wire_notify_call(ours, sizeof(ours), XID, name, change.state);

		g_assert_cmpmem(ours, length, reference, expected);
	}
}

/* Nothing is written into a buffer that is too small; the sanitizers watch its end. */
static void test_call_does_not_fit(void)
{
	g_autofree char *long_name = g_strnfill(256, 'n');
	guint8 whole[WIRE_CALL_MAX_BYTES];
	gsize getport_length = wire_getport_call(whole, sizeof(whole), XID, WIRE_UDP);
	gsize getaddr_length = wire_getaddr_call(whole, sizeof(whole), XID, WIRE_UDP);
	gsize notify_length = wire_notify_call(whole, sizeof(whole), XID, "server", 3);

	for (gsize size = 0; size < WIRE_CALL_MAX_BYTES; size++) {
		g_autofree guint8 *buffer = g_malloc(size ? size : 1);

		g_assert_cmpuint(wire_getport_call(buffer, size, XID, WIRE_UDP), ==,
			size < getport_length ? 0 : getport_length);
		g_assert_cmpuint(wire_getaddr_call(buffer, size, XID, WIRE_UDP), ==,
			size < getaddr_length ? 0 : getaddr_length);
		g_assert_cmpuint(wire_notify_call(buffer, size, XID, "server", 3), ==,
			size < notify_length ? 0 : notify_length);
	}
	g_assert_cmpuint(wire_notify_call(whole, sizeof(whole), XID, long_name, 3), ==, 0);
}

static void test_getport_reply(void)
{
	static const u_long ports[] = {0, 1, 111, 32768, 65535};
	const char *why = NULL;
	uint16_t port;

	for (gsize i = 0; i < G_N_ELEMENTS(ports); i++) {
		g_autoptr(GByteArray) reply = encode_getport_reply(ports[i]);

		port = 7;
		g_assert_true(wire_getport_reply(reply->data, reply->len, &port, &why));
		g_assert_cmpuint(port, ==, ports[i]);
	}

	g_autoptr(GByteArray) reply = encode_getport_reply(65536);
	port = 7;
	g_assert_false(wire_getport_reply(reply->data, reply->len, &port, &why));
	g_assert_nonnull(strstr(why, "65535"));
	g_assert_cmpuint(port, ==, 7);
}

static void test_getaddr_reply(void)
{
	static const struct {
		const char *address;
		int port; /* -1: refused */
	} cases[] = {
		{"", 0},
		{"::1.0.111", 111},
		{"fe80::1%eth0.3.232", 1000},
		{"2001:db8::7.255.255", 65535},
		{"10.99.0.21.0.0", 0},
		{"1.2", -1},
		{"::1", -1},
		{".1.2", -1},
		{"::1.1.", -1},
		{"::1..1", -1},
		{"::1.256.1", -1},
		{"::1.1.1000", -1},
		{"::1.01.1", -1},
		{"::1.-1.1", -1},
		{"::1.1. 1", -1},
		{"::1.1.1 ", -1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) reply = encode_getaddr_reply(cases[i].address);
		const char *why = NULL;
		uint16_t port = 7;
		bool good = wire_getaddr_reply(reply->data, reply->len, &port, &why);

		g_test_message("'%s'", cases[i].address);
		g_assert_cmpint(good ? port : -1, ==, cases[i].port);
		g_assert_true(good || why);
	}
}

static void test_getaddr_reply_too_long(void)
{
	g_autofree char *address = g_strnfill(200, ':');
	g_autofree char *text = g_strconcat(address, ".1.2", NULL);
	g_autoptr(GByteArray) reply = encode_getaddr_reply(text);
	const char *why = NULL;
	uint16_t port;

	g_assert_false(wire_getaddr_reply(reply->data, reply->len, &port, &why));
	g_assert_nonnull(strstr(why, "too long"));
}

static void test_verifiers(void)
{
	static const enum_t flavours[] = {AUTH_NONE, AUTH_SYS, AUTH_SHORT, RPCSEC_GSS, 0x7fffffff};
	u_long answer = 4045;

	for (gsize i = 0; i < G_N_ELEMENTS(flavours); i++) {
		for (u_int length = 0; length <= MAX_AUTH_BYTES; length++) {
			g_autoptr(GByteArray) reply = encode_reply(
				flavours[i], length, SUCCESS, (xdrproc_t)xdr_u_long, &answer);
			const char *why = NULL;
			uint16_t port = 0;

			g_assert_true(wire_getport_reply(reply->data, reply->len, &port, &why));
			g_assert_cmpuint(port, ==, answer);
		}
	}
}

/* libtirpc makes no verifier of more than 400 bytes, so the length is changed, with enough bytes
 * behind it. */
static void test_verifier_too_long(void)
{
	u_long answer = 4045;
	g_autoptr(GByteArray) reply =
		encode_reply(AUTH_NONE, MAX_AUTH_BYTES, SUCCESS, (xdrproc_t)xdr_u_long, &answer);
	const char *why = NULL;
	uint16_t port;
	guint32 length = htonl(MAX_AUTH_BYTES + 1);

	g_byte_array_set_size(reply, 1024);
	memset(reply->data + 428, 0, 1024 - 428);
	g_assert_true(wire_getport_reply(reply->data, reply->len, &port, &why));
	memcpy(reply->data + 16, &length, sizeof(length));
	g_assert_false(wire_getport_reply(reply->data, reply->len, &port, &why));
	g_assert_nonnull(strstr(why, "verifier"));
	length = htonl(0xffffffff);
	memcpy(reply->data + 16, &length, sizeof(length));
	g_assert_false(wire_getport_reply(reply->data, reply->len, &port, &why));
}

static void test_not_successful(void)
{
	static const enum accept_stat statuses[] = {
		PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL, GARBAGE_ARGS, SYSTEM_ERR};
	const char *why = NULL;
	uint16_t port;

	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
		g_autoptr(GByteArray) reply =
			encode_reply(AUTH_NONE, 0, statuses[i], (xdrproc_t)xdr_nothing, NULL);

		/* Bytes that look like a port follow; they must not be used. */
		g_byte_array_set_size(reply, reply->len + 16);
		memset(reply->data + reply->len - 16, 0, 16);
		g_assert_false(wire_notify_reply(reply->data, reply->len, &why));
		g_assert_nonnull(strstr(why, "not carried out"));
		g_assert_false(wire_getport_reply(reply->data, reply->len, &port, &why));
		g_assert_false(wire_getaddr_reply(reply->data, reply->len, &port, &why));
	}

	g_autoptr(GByteArray) denial = encode_denial();
	g_assert_false(wire_notify_reply(denial->data, denial->len, &why));
	g_assert_nonnull(strstr(why, "denied"));
}

static void test_notify_reply(void)
{
	g_autoptr(GByteArray) reply =
		encode_reply(AUTH_NONE, 0, SUCCESS, (xdrproc_t)xdr_nothing, NULL);
	guint8 call[WIRE_CALL_MAX_BYTES];
	gsize call_length = wire_notify_call(call, sizeof(call), XID, "server", 3);
	const char *why = NULL;
	guint32 xid;

	g_assert_true(wire_notify_reply(reply->data, reply->len, &why));
	g_assert_true(wire_reply_xid(reply->data, reply->len, &xid));
	g_assert_cmphex(xid, ==, XID);

	/* Our own packet sent back is not an answer. */
	g_assert_false(wire_reply_xid(call, call_length, &xid));
	g_assert_false(wire_notify_reply(call, call_length, &why));
	g_assert_nonnull(strstr(why, "not a reply"));
}

/* Copies of the exact size, so that the sanitizers see every read beyond the end. */
static void test_cut_off(void)
{
	g_autoptr(GByteArray) getport = encode_getport_reply(4045);
	g_autoptr(GByteArray) getaddr = encode_getaddr_reply("::1.1.2");
	g_autoptr(GByteArray) notify =
		encode_reply(AUTH_SYS, 7, SUCCESS, (xdrproc_t)xdr_nothing, NULL);
	const char *why = NULL;
	uint16_t port;
	guint32 xid;

	for (gsize length = 0; length < getport->len; length++) {
		g_autofree guint8 *copy = g_memdup2(getport->data, length);

		g_assert_false(wire_getport_reply(copy, length, &port, &why));
		g_assert_cmpint(wire_reply_xid(copy, length, &xid), ==, length >= 8);
	}
	for (gsize length = 0; length < getaddr->len; length++) {
		g_autofree guint8 *copy = g_memdup2(getaddr->data, length);

		g_assert_false(wire_getaddr_reply(copy, length, &port, &why));
	}
	for (gsize length = 0; length < notify->len; length++) {
		g_autofree guint8 *copy = g_memdup2(notify->data, length);

		g_assert_false(wire_notify_reply(copy, length, &why));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/wire/getport-call/udp", NULL, test_getport_call);
	g_test_add_data_func("/wire/getport-call/tcp", "tcp", test_getport_call);
	g_test_add_data_func("/wire/getaddr-call/udp", NULL, test_getaddr_call);
	g_test_add_data_func("/wire/getaddr-call/tcp", "tcp", test_getaddr_call);
	g_test_add_func("/wire/notify-call", test_notify_call);
	g_test_add_func("/wire/call-does-not-fit", test_call_does_not_fit);
	g_test_add_func("/wire/getport-reply", test_getport_reply);
	g_test_add_func("/wire/getaddr-reply", test_getaddr_reply);
	g_test_add_func("/wire/getaddr-reply-too-long", test_getaddr_reply_too_long);
	g_test_add_func("/wire/verifiers", test_verifiers);
	g_test_add_func("/wire/verifier-too-long", test_verifier_too_long);
	g_test_add_func("/wire/not-successful", test_not_successful);
	g_test_add_func("/wire/notify-reply", test_notify_reply);
	g_test_add_func("/wire/cut-off", test_cut_off);
	return g_test_run();
}
