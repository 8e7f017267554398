/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lockd_netlink.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#define ANSWER_MAX 256

/* An answer, as the kernel writes it. */
struct answer {
	guint8 bytes[ANSWER_MAX];
	gsize length;
};

static struct answer answer_of(guint16 type)
{
	struct answer self = {.length = NLMSG_HDRLEN + GENL_HDRLEN};
	struct nlmsghdr header = {.nlmsg_type = type};

	memcpy(self.bytes, &header, sizeof(header));
	return self;
}

static void set_length(struct answer *self, gsize length)
{
	guint32 noted = (guint32)length;

	memcpy(self->bytes + G_STRUCT_OFFSET(struct nlmsghdr, nlmsg_len), &noted, sizeof(noted));
}

static void add(struct answer *self, guint16 type, const void *value, gsize size)
{
	struct nlattr head = {.nla_type = type, .nla_len = (guint16)(NLA_HDRLEN + size)};

	memcpy(self->bytes + self->length, &head, sizeof(head));
	memcpy(self->bytes + self->length + NLA_HDRLEN, value, size);
	self->length += NLA_ALIGN(head.nla_len);
	set_length(self, self->length);
}

/* A real answer also has the ports, before or behind this. */
static struct answer answer_with_grace(guint32 seconds)
{
	struct answer self = answer_of(30);
	guint16 port = 4045;

	add(&self, 2, &port, sizeof(port));
	add(&self, 1, &seconds, sizeof(seconds));
	return self;
}

static void test_found(void)
{
	struct answer answer = answer_with_grace(45);
	guint32 seconds = 0;
	guint16 port = 0;

	g_assert_true(lockd_netlink_attribute(answer.bytes, answer.length, 1, &seconds, 4));
	g_assert_cmpuint(seconds, ==, 45);
	g_assert_true(lockd_netlink_attribute(answer.bytes, answer.length, 2, &port, 2));
	g_assert_cmpuint(port, ==, 4045);
	g_assert_false(lockd_netlink_attribute(answer.bytes, answer.length, 3, &port, 2));
}

static void test_not_of_that_size(void)
{
	struct answer answer = answer_with_grace(45);
	guint16 seconds = 7;

	g_assert_false(lockd_netlink_attribute(answer.bytes, answer.length, 1, &seconds, 2));
	g_assert_cmpuint(seconds, ==, 7);
}

static void test_error(void)
{
	struct answer answer = answer_of(NLMSG_ERROR);
	guint32 seconds = 45;

	add(&answer, 1, &seconds, sizeof(seconds));
	g_assert_false(lockd_netlink_attribute(answer.bytes, answer.length, 1, &seconds, 4));
}

/* Nothing is read beyond the end, neither the end by its length nor the end that its header
 * names. */
static void test_cut_off(void)
{
	const struct answer whole = answer_with_grace(45);
	guint32 seconds = 0;

	for (gsize length = 0; length < whole.length; length++) {
		g_autofree guint8 *cut = g_memdup2(whole.bytes, length);
		struct answer lies = whole;

		g_assert_false(lockd_netlink_attribute(cut, length, 1, &seconds, 4));
		set_length(&lies, length);
		g_assert_false(lockd_netlink_attribute(lies.bytes, lies.length, 1, &seconds, 4));
	}
	g_assert_cmpuint(seconds, ==, 0);
}

static void test_attribute_without_length(void)
{
	struct answer answer = answer_with_grace(45);
	guint32 seconds = 0;

	memset(answer.bytes + NLMSG_HDRLEN + GENL_HDRLEN, 0, 2);
	g_assert_false(lockd_netlink_attribute(answer.bytes, answer.length, 1, &seconds, 4));
}

/* This is the one family that each kernel has, under a number that never changes. */
static void test_kernel_answers(void)
{
	g_assert_cmpuint(lockd_netlink_family("nlctrl"), ==, GENL_ID_CTRL);
	g_assert_cmpuint(lockd_netlink_family("no such one"), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lockd-netlink/found", test_found);
	g_test_add_func("/lockd-netlink/not-of-that-size", test_not_of_that_size);
	g_test_add_func("/lockd-netlink/error", test_error);
	g_test_add_func("/lockd-netlink/cut-off", test_cut_off);
	g_test_add_func("/lockd-netlink/attribute-without-length", test_attribute_without_length);
	g_test_add_func("/lockd-netlink/kernel-answers", test_kernel_answers);
	return g_test_run();
}
