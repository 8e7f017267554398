/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/address_claim.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "net/claim_packet.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A host on the same Ethernet answers within a millisecond, a guest of a slow host within some
 * tens. A question may get lost, so it is asked again. */
#define PATIENCE_US (300 * 1000)
#define QUESTIONS 3

struct nic {
	char name[IFNAMSIZ];
	int index;
	guint8 mac[CLAIM_MAC_BYTES];
};

int address_claim_open(GError **error)
{
	/* Of protocol 0: it receives nothing. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open a packet socket");
	return fd;
}

/* False if it is not there, or is not an Ethernet. */
static bool look_at(int fd, const char *name, struct nic *nic)
{
	struct ifreq request = {0};

	g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
	g_strlcpy(nic->name, name, sizeof(nic->name));
	if (ioctl(fd, SIOCGIFINDEX, &request) != 0)
		return false;
	nic->index = request.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(nic->mac, request.ifr_hwaddr.sa_data, CLAIM_MAC_BYTES);
	return true;
}

static bool send_packet(int fd, const struct nic *nic, const guint8 *packet, gsize length)
{
	const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = nic->index};

	return sendto(fd, packet, length, 0, (const struct sockaddr *)&to, sizeof(to)) ==
	       (gssize)length;
}

bool address_claim_announce(int fd, const char *nic_name, char *const *addresses, GError **error)
{
	struct nic nic;

	if (!look_at(fd, nic_name, &nic))
		return true;
	for (guint i = 0; addresses[i] != NULL; i++) {
		guint8 packet[CLAIM_PACKET_MAX_BYTES];
		endpoint address;

		if (!endpoint_parse(addresses[i], &address, error))
			return false;
		if (send_packet(fd, &nic, packet, claim_packet_announce(packet, nic.mac, &address)))
			continue;
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot announce '%s' on '%s'",
			addresses[i], nic_name);
		return false;
	}
	return true;
}

struct address_question {
	int fds[2]; /* for ARP, and for neighbour discovery */
	struct nic nic;
	GArray *addresses; /* of endpoint */
	gint64 begin_us;
	guint asked; /* how often */
};

/* Of all IPv6 packets, those of neighbour discovery: the next header, and the types 135 and 136. */
static bool take_neighbours(int fd)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHER_HDR_LEN + 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHER_HDR_LEN + 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, G_MAXUINT16),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {.len = G_N_ELEMENTS(filter), .filter = filter};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

/* The filter is there before the first packet. */
static int listen_for(guint16 protocol, const struct nic *nic)
{
	const struct sockaddr_ll at = {.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = nic->index};
	int fd = address_claim_open(NULL);

	if (fd >= 0 && (protocol == ETHERTYPE_ARP || take_neighbours(fd)) &&
		bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	fd_close(&fd);
	return -1;
}

static void ask(address_question *self)
{
	for (guint i = 0; i < self->addresses->len; i++) {
		const endpoint *address = &g_array_index(self->addresses, endpoint, i);
		guint8 packet[CLAIM_PACKET_MAX_BYTES];
		gsize length = claim_packet_ask(packet, self->nic.mac, address);

		send_packet(self->fds[0], &self->nic, packet, length);
	}
	self->asked++;
}

static void question_free(address_question *self)
{
	fd_close(&self->fds[0]);
	fd_close(&self->fds[1]);
	g_array_unref(self->addresses);
	g_free(self);
}

address_question *address_question_begin(const char *nic, char *const *addresses)
{
	address_question *self = g_new0(address_question, 1);
	autofd fd = address_claim_open(NULL);
	bool good = fd >= 0 && look_at(fd, nic, &self->nic);

	self->addresses = g_array_new(FALSE, FALSE, sizeof(endpoint));
	self->fds[0] = good ? listen_for(ETHERTYPE_ARP, &self->nic) : -1;
	self->fds[1] = good ? listen_for(ETHERTYPE_IPV6, &self->nic) : -1;
	self->begin_us = clock_now_us();
	for (guint i = 0; addresses[i] != NULL; i++) {
		endpoint address;

		if (endpoint_parse(addresses[i], &address, NULL))
			g_array_append_val(self->addresses, address);
	}
	if (self->fds[0] < 0 || self->fds[1] < 0) {
		question_free(self);
		return NULL;
	}
	ask(self);
	return self;
}

/* Whether a packet that waits says that another host has one of the addresses. */
static bool is_taken(const address_question *self, int fd, GError **error)
{
	guint8 packet[CLAIM_PACKET_MAX_BYTES], other[CLAIM_MAC_BYTES];
	gssize length;

	while ((length = recv(fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		for (guint i = 0; i < self->addresses->len; i++) {
			const endpoint *address = &g_array_index(self->addresses, endpoint, i);
			g_autofree char *text = NULL;

			if (!claim_packet_says(
				    packet, (gsize)length, self->nic.mac, address, other))
				continue;
			text = endpoint_to_text(address);
			g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
				"the address '%s' is in use: the host with the MAC address %02x:%02x:%02x:%02x:%02x:%02x on '%s' has it: remove it there, or correct the parameter 'address'",
				text, other[0], other[1], other[2], other[3], other[4], other[5],
				self->nic.name);
			return true;
		}
	}
	return false;
}

bool address_question_end(address_question *self, GError **error)
{
	bool taken = false;
	gint64 left_us;

	if (self == NULL)
		return true;
	while (!taken && (left_us = self->begin_us + PATIENCE_US - clock_now_us()) > 0) {
		struct pollfd pollers[] = {{.fd = self->fds[0], .events = POLLIN},
			{.fd = self->fds[1], .events = POLLIN}};
		gint64 next_us = self->asked * (PATIENCE_US / QUESTIONS);

		if (self->asked < QUESTIONS && PATIENCE_US - left_us >= next_us)
			ask(self);
		poll(pollers, G_N_ELEMENTS(pollers), PATIENCE_US / QUESTIONS / 10 / 1000);
		taken = is_taken(self, self->fds[0], error) || is_taken(self, self->fds[1], error);
	}
	/* What came while other work was done. */
	taken = taken || is_taken(self, self->fds[0], error) || is_taken(self, self->fds[1], error);
	question_free(self);
	return !taken;
}
