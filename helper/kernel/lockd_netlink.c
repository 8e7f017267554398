/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lockd_netlink.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* From include/uapi/linux/lockd_netlink.h, which Debian 12 does not have yet. */
#define LOCKD_FAMILY "lockd"
#define LOCKD_VERSION 1
#define LOCKD_SERVER_GET 2
#define LOCKD_GRACETIME 1

#define CONTROL_VERSION 2

struct question {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	struct nlattr name; /* the name of a family, if the question has one */
	char text[GENL_NAMSIZ];
};

static bool is_answer(const guint8 *bytes, gsize length, gsize *end)
{
	struct nlmsghdr header;

	if (length < NLMSG_HDRLEN + GENL_HDRLEN)
		return false;
	memcpy(&header, bytes, sizeof(header));
	*end = MIN(header.nlmsg_len, length);
	return header.nlmsg_type >= NLMSG_MIN_TYPE;
}

bool lockd_netlink_attribute(
	const guint8 *answer, gsize length, guint16 type, void *value, gsize size)
{
	gsize end, at = NLMSG_HDRLEN + GENL_HDRLEN;
	struct nlattr head;

	if (!is_answer(answer, length, &end))
		return false;
	for (; at + NLA_HDRLEN <= end; at += NLA_ALIGN(head.nla_len)) {
		memcpy(&head, answer + at, sizeof(head));
		if (head.nla_len < NLA_HDRLEN || head.nla_len > end - at)
			return false;
		if ((head.nla_type & NLA_TYPE_MASK) != type)
			continue;
		if (head.nla_len != NLA_HDRLEN + size)
			return false;
		memcpy(value, answer + at + NLA_HDRLEN, size);
		return true;
	}
	return false;
}

static void ask_for_family(struct question *question, const char *name)
{
	gsize length = strlen(name) + 1;

	g_assert(length <= sizeof(question->text));
	question->name.nla_type = CTRL_ATTR_FAMILY_NAME;
	question->name.nla_len = (guint16)(NLA_HDRLEN + length);
	memcpy(question->text, name, length);
	question->header.nlmsg_len += NLA_ALIGN(question->name.nla_len);
}

/* Leaves `value` unchanged if the answer does not have the attribute. */
static void ask(const struct question *question, guint16 type, void *value, gsize size)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	guint8 answer[8192];
	gssize length = -1;

	if (fd < 0)
		return;
	if (send(fd, question, question->header.nlmsg_len, 0) > 0)
		length = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	close(fd);
	if (length > 0)
		lockd_netlink_attribute(answer, (gsize)length, type, value, size);
}

static struct question question_to(guint16 family, guint8 version, guint8 command)
{
	return (struct question){
		.header = {.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
			.nlmsg_type = family,
			.nlmsg_flags = NLM_F_REQUEST},
		.generic = {.cmd = command, .version = version},
	};
}

guint16 lockd_netlink_family(const char *name)
{
	struct question question = question_to(GENL_ID_CTRL, CONTROL_VERSION, CTRL_CMD_GETFAMILY);
	guint16 number = 0;

	ask_for_family(&question, name);
	ask(&question, CTRL_ATTR_FAMILY_ID, &number, sizeof(number));
	return number;
}

guint lockd_netlink_grace_seconds(void)
{
	guint16 family = lockd_netlink_family(LOCKD_FAMILY);
	struct question question = question_to(family, LOCKD_VERSION, LOCKD_SERVER_GET);
	guint32 seconds = 0;

	if (family != 0)
		ask(&question, LOCKD_GRACETIME, &seconds, sizeof(seconds));
	return seconds;
}
