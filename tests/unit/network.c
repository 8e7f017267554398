/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool network_enter(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(ioctl(fd, SIOCSIFFLAGS, &request), ==, 0);
	close(fd);
	return true;
}

void network_enter_or_skip(void)
{
	if (network_enter())
		return;
	fprintf(stderr, "no network namespace to be had (%s), run this as root\n",
		g_strerror(errno));
	exit(EXIT_SKIP);
}

struct address_request {
	struct nlmsghdr header;
	struct ifaddrmsg address;
	struct rtattr attribute;
	guint8 bytes[sizeof(struct in6_addr)];
};

/* Sends the request. Returns the kernel's answer: 0, or an errno. */
static int ask_kernel(const struct address_request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct nlmsgerr verdict;
		char rest[256];
	} reply;

	g_assert_cmpint(send(fd, request, request->header.nlmsg_len, 0), ==,
		(gssize)request->header.nlmsg_len);
	g_assert_cmpint(recv(fd, &reply, sizeof(reply), 0), >,
		(gssize)NLMSG_LENGTH(sizeof(struct nlmsgerr)) - 1);
	close(fd);
	g_assert_cmpint(reply.header.nlmsg_type, ==, NLMSG_ERROR);
	return -reply.verdict.error;
}

static int change(const char *address, guint8 prefix, guint16 type, guint16 flags)
{
	int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	guint16 length = family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
	struct address_request request = {
		.header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags},
		.address = {.ifa_family = (guint8)family,
			.ifa_prefixlen = prefix,
			/* Makes the address usable at once. */
			.ifa_flags = IFA_F_NODAD,
			.ifa_index = if_nametoindex("lo")},
		.attribute = {.rta_type = IFA_LOCAL, .rta_len = RTA_LENGTH(length)},
	};

	request.header.nlmsg_len =
		(guint32)(G_STRUCT_OFFSET(struct address_request, bytes) + length);
	g_assert_cmpint(inet_pton(family, address, request.bytes), ==, 1);
	return ask_kernel(&request);
}

/* The kernel makes the routes of an IPv6 address later, in a thread of its own. As soon as they
 * exist, a connection is refused. */
static void wait_until_routed(const char *address)
{
	struct sockaddr_in6 closed = {.sin6_family = AF_INET6,
		.sin6_port = g_htons(1),
		.sin6_scope_id = if_nametoindex("lo")};
	gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
	int problem;

	g_assert_cmpint(inet_pton(AF_INET6, address, &closed.sin6_addr), ==, 1);
	do {
		int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

		g_assert_cmpint(connect(fd, (struct sockaddr *)&closed, sizeof(closed)), <, 0);
		problem = errno;
		close(fd);
		g_assert_cmpint(g_get_monotonic_time(), <, end);
	} while (problem != ECONNREFUSED);
}

static guint8 usual_prefix(const char *address)
{
	return strchr(address, ':') != NULL ? 64 : 32;
}

void network_add(const char *address)
{
	network_add_range(address, usual_prefix(address));
}

/* On the loopback, the kernel makes a local route for the prefix, as for 127.0.0.0/8. */
void network_add_range(const char *address, guint8 prefix)
{
	g_assert_cmpint(change(address, prefix, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL), ==, 0);
	if (strchr(address, ':') != NULL)
		wait_until_routed(address);
}

void network_remove(const char *address)
{
	g_assert_cmpint(change(address, usual_prefix(address), RTM_DELADDR, 0), ==, 0);
}
