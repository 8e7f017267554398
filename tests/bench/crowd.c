/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crowd.h"

#include "nsm/wire.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATD_PORT 32765
#define BATCH 64
#define PACKET_MAX_BYTES 512
#define SEED 20240229u

/* Each client of a real network has a buffer of its own; ours share one, which must not be what
 * loses packets. */
#define BUFFER_BYTES (64 * 1024 * 1024)

/* Of a success without results, and of one with a port. */
#define NOTICE_REPLY_BYTES 24
#define PORT_REPLY_BYTES 28

enum service { RPCBIND, STATD, SERVICES };
enum direction { INWARDS, OUTWARDS };

/* What a client remembers. */
struct memory {
	guint8 packets[SERVICES];
	bool told;
};

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

/* So many packets that come and go together. */
struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_in sources[BATCH];
	union control controls[BATCH];
	guint8 packets[BATCH][PACKET_MAX_BYTES];
};

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

struct in_addr crowd_address(guint number)
{
	struct in_addr address;

	inet_pton(AF_INET, CROWD_RANGE, &address);
	/* The first is the network's own. */
	address.s_addr = htonl(ntohl(address.s_addr) + 1 + number);
	return address;
}

static guint number_of(struct in_addr address)
{
	return ntohl(address.s_addr) - ntohl(crowd_address(0).s_addr);
}

static bool is_dead(const struct crowd_ways *ways, guint number)
{
	return number * ways->dead_percent % 100 < ways->dead_percent;
}

guint crowd_alive(const struct crowd_ways *ways)
{
	guint alive = 0;

	for (guint i = 0; i < ways->count; i++)
		alive += is_dead(ways, i) ? 0 : 1;
	return alive;
}

/* By what the packet is, not by when it comes. */
static bool is_lost(const crowd *self, guint number, enum service service, guint count,
	enum direction direction)
{
	guint mixed = SEED + number * 2654435761u;

	mixed = (mixed ^ (count * 4 + service * 2 + direction)) * 2246822519u;
	mixed = (mixed ^ mixed >> 15) * 3266489917u;
	mixed ^= mixed >> 13;
	return mixed % 100 < self->ways.loss_percent;
}

static int open_service(guint16 port)
{
	const int on = 1, bytes = BUFFER_BYTES;
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 ||
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
		bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		fail("no socket for the clients");
	return fd;
}

static void prepare(struct batch *batch)
{
	for (guint i = 0; i < BATCH; i++) {
		batch->parts[i] = (struct iovec){batch->packets[i], PACKET_MAX_BYTES};
		batch->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->sources[i],
			.msg_namelen = sizeof(batch->sources[i]),
			.msg_iov = &batch->parts[i],
			.msg_iovlen = 1,
			.msg_control = &batch->controls[i],
			.msg_controllen = sizeof(batch->controls[i]),
		};
	}
}

/* The reply takes the place of the call, whose id it begins with, and goes out from where the call
 * went to: the kernel has filled in ipi_spec_dst, too. */
static void make_reply(struct batch *batch, guint i, enum service service)
{
	const guint32 reply[] = {htonl(1), 0, 0, 0, 0, htonl(STATD_PORT)};
	struct in_pktinfo *info =
		(struct in_pktinfo *)(void *)CMSG_DATA(&batch->controls[i].header);

	memcpy(batch->packets[i] + 4, reply, sizeof(reply));
	batch->parts[i].iov_len = service == RPCBIND ? PORT_REPLY_BYTES : NOTICE_REPLY_BYTES;
	info->ipi_ifindex = 0;
}

/* Whether there is an answer to the packet; it's made then. */
static bool answer(
	crowd *self, struct memory *memories, struct batch *batch, guint i, enum service service)
{
	const struct in_pktinfo *info =
		(const struct in_pktinfo *)(void *)CMSG_DATA(&batch->controls[i].header);
	guint number = number_of(info->ipi_addr);
	guint count;

	if (number >= self->ways.count || batch->messages[i].msg_len < PORT_REPLY_BYTES ||
		is_dead(&self->ways, number))
		return false;
	count = memories[number].packets[service]++;
	if (is_lost(self, number, service, count, INWARDS) ||
		is_lost(self, number, service, count, OUTWARDS))
		return false;
	make_reply(batch, i, service);
	if (service == STATD && !memories[number].told) {
		memories[number].told = true;
		self->counts->told++;
	}
	return true;
}

static void serve(
	crowd *self, struct memory *memories, struct batch *batch, int fd, enum service service)
{
	guint answers = 0;
	int count;

	prepare(batch);
	count = recvmmsg(fd, batch->messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		if (answer(self, memories, batch, (guint)i, service))
			batch->messages[answers++].msg_hdr = batch->messages[i].msg_hdr;
	for (guint sent = 0; sent < answers;) {
		int now = sendmmsg(fd, batch->messages + sent, answers - sent, 0);

		if (now <= 0)
			fail("an answer cannot be sent");
		sent += (guint)now;
	}
	self->counts->answers += answers;
}

static void serve_all(crowd *self, const int *fds)
{
	struct memory *memories = g_new0(struct memory, self->ways.count);
	struct batch *batch = g_new0(struct batch, 1);
	struct pollfd polled[SERVICES];

	for (int i = 0; i < SERVICES; i++)
		polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	for (;;) {
		poll(polled, SERVICES, -1);
		for (int i = 0; i < SERVICES; i++)
			if (polled[i].revents != 0)
				serve(self, memories, batch, fds[i], (enum service)i);
	}
}

crowd *crowd_start(const struct crowd_ways *ways)
{
	crowd *self = g_new0(crowd, 1);
	const int fds[SERVICES] = {open_service(WIRE_RPCBIND_PORT), open_service(STATD_PORT)};

	self->ways = *ways;
	self->counts = mmap(NULL, sizeof(*self->counts), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (self->counts == MAP_FAILED)
		fail("no memory to share with the clients");
	fflush(stdout);
	self->pid = fork();
	if (self->pid < 0)
		fail("no process for the clients");
	if (self->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_all(self, fds);
	}
	for (int i = 0; i < SERVICES; i++)
		close(fds[i]);
	return self;
}

void crowd_stop(crowd *self)
{
	if (self == NULL)
		return;
	kill(self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
	munmap((void *)self->counts, sizeof(*self->counts));
	g_free(self);
}
