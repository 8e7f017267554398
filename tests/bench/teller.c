/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teller.h"

#include "group/client_list.h"
#include "net/endpoint.h"
#include "nsm/wire.h"
#include "service/recovery.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER_NAME "nfs.example.com"
#define STATE 4713
#define POLL_US 500

#define SM_NOTIFY "/usr/sbin/sm-notify"
#define RECORD                                                                                     \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 %s " SERVER_NAME "\n"

/* What a process of ours tells the bench; shared. */
struct result {
	volatile double seconds; /* 0: not done */
	volatile guint told;
};

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static double seconds_since(gint64 began_us)
{
	return (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC;
}

/*
 * The bare minimum.
 */

#define BATCH 256

/* Few enough for the buffer. */
#define UNDER_WAY_MAX 16384

#define BARE_BUFFER_BYTES (64 * 1024 * 1024)

struct bare {
	int fd;
	guint count;
	guint asked;     /* the clients before this one were asked for their port */
	guint heard;     /* clients that answered an SM_NOTIFY */
	guint under_way; /* clients asked, and not yet heard */
	GArray *to_tell; /* of struct sockaddr_in: statds */
	guint8 ask[WIRE_CALL_MAX_BYTES], tell[WIRE_CALL_MAX_BYTES];
	gsize ask_length, tell_length;
};

static const guint32 ask_xid = 1, tell_xid = 2;

static void bare_queue(struct mmsghdr *message, struct iovec *part, struct sockaddr_in *to,
	void *packet, gsize length)
{
	*part = (struct iovec){packet, length};
	message->msg_hdr = (struct msghdr){
		.msg_name = to, .msg_namelen = sizeof(*to), .msg_iov = part, .msg_iovlen = 1};
}

/* Whether anything was sent: those whose port is known come first. */
static bool bare_send(struct bare *self)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	struct sockaddr_in to[BATCH];
	guint count = 0;

	for (; count < BATCH && self->to_tell->len > 0; count++) {
		to[count] =
			g_array_index(self->to_tell, struct sockaddr_in, self->to_tell->len - 1);
		g_array_set_size(self->to_tell, self->to_tell->len - 1);
		bare_queue(
			&messages[count], &parts[count], &to[count], self->tell, self->tell_length);
	}
	for (; count < BATCH && self->asked < self->count && self->under_way < UNDER_WAY_MAX;
		count++, self->asked++, self->under_way++) {
		to[count] = (struct sockaddr_in){.sin_family = AF_INET,
			.sin_port = htons(WIRE_RPCBIND_PORT),
			.sin_addr = crowd_address(self->asked)};
		bare_queue(
			&messages[count], &parts[count], &to[count], self->ask, self->ask_length);
	}
	if (count > 0 && sendmmsg(self->fd, messages, count, 0) != (int)count)
		fail("a call cannot be sent");
	return count > 0;
}

static void bare_take(
	struct bare *self, struct sockaddr_in *from, const guint8 *packet, gsize length)
{
	const char *why;
	uint16_t port;
	guint32 xid;

	if (!wire_reply_xid(packet, length, &xid))
		return;
	if (xid == tell_xid) {
		self->heard++;
		self->under_way--;
	} else if (wire_getport_reply(packet, length, &port, &why)) {
		from->sin_port = htons(port);
		g_array_append_vals(self->to_tell, from, 1);
	}
}

static bool bare_receive(struct bare *self)
{
	static guint8 packets[BATCH][WIRE_CALL_MAX_BYTES];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	struct sockaddr_in from[BATCH];
	int count;

	for (guint i = 0; i < BATCH; i++)
		bare_queue(&messages[i], &parts[i], &from[i], packets[i], sizeof(packets[i]));
	count = recvmmsg(self->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		bare_take(self, &from[i], packets[i], messages[i].msg_len);
	return count > 0;
}

static void tell_bare(const struct crowd_ways *ways, struct result *result)
{
	gint64 began_us = g_get_monotonic_time();
	struct bare self = {.count = ways->count};
	const int bytes = BARE_BUFFER_BYTES;
	struct pollfd polled;
	endpoint source;

	endpoint_parse(TELLER_SOURCE, &source, NULL);
	self.fd = endpoint_open_udp(&source, NULL);
	if (self.fd < 0 ||
		setsockopt(self.fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		fail("no socket to tell from");
	self.to_tell = g_array_new(FALSE, FALSE, sizeof(struct sockaddr_in));
	self.ask_length = wire_getport_call(self.ask, sizeof(self.ask), ask_xid, WIRE_UDP);
	self.tell_length =
		wire_notify_call(self.tell, sizeof(self.tell), tell_xid, TELLER_SOURCE, STATE);
	polled = (struct pollfd){.fd = self.fd, .events = POLLIN};
	while (self.heard < self.count) {
		bool sent = bare_send(&self);

		if (!bare_receive(&self) && !sent)
			poll(&polled, 1, -1);
		while (bare_receive(&self))
			;
		result->told = self.heard;
	}
	result->seconds = seconds_since(began_us);
}

/*
 * Lockferry.
 */

struct run {
	GMainLoop *loop;
	client_list *clients;
	guint alive;
	struct result *result;
};

static void changed(void *data)
{
	struct run *run = data;

	run->result->told = client_list_count(run->clients, RECOVERY_ACKNOWLEDGED);
	if (run->result->told == run->alive)
		g_main_loop_quit(run->loop);
}

static client_list *clients_of(const struct crowd_ways *ways)
{
	client_list *clients = client_list_new();

	for (guint i = 0; i < ways->count; i++) {
		char name[INET_ADDRSTRLEN];
		struct in_addr address = crowd_address(i);

		inet_ntop(AF_INET, &address, name, sizeof(name));
		client_list_put(clients, client_new(name, NULL, name, SERVER_NAME));
	}
	return clients;
}

static void tell_by_lockferry(const struct crowd_ways *ways, struct result *result)
{
	static const char *const no_names[] = {NULL};
	static const char *const addresses[] = {TELLER_SOURCE, NULL};
	g_autoptr(GError) error = NULL;
	struct run run = {
		.loop = g_main_loop_new(NULL, FALSE),
		.clients = clients_of(ways),
		.alive = crowd_alive(ways),
		.result = result,
	};
	gint64 began_us = g_get_monotonic_time();
	recovery_run *recovery =
		recovery_new(run.clients, addresses, no_names, STATE, changed, &run);

	if (!recovery_tell_from(recovery, TELLER_SOURCE, &error)) {
		fprintf(stderr, "%s\n", error->message);
		_exit(2);
	}
	g_main_loop_run(run.loop);
	result->seconds = seconds_since(began_us);
}

/*
 * sm-notify.
 */

static void write_file(const char *path, const char *text)
{
	if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL))
		fail(path);
}

/* As statd leaves it to sm-notify. The caller frees the path. */
static char *make_state_dir(const struct crowd_ways *ways)
{
	char *dir = g_dir_make_tmp("lockferry-bench.XXXXXX", NULL);
	g_autofree char *sm = g_build_filename(dir, "sm", NULL);
	g_autofree char *sm_bak = g_build_filename(dir, "sm.bak", NULL);
	g_autofree char *hosts = g_build_filename(dir, "hosts", NULL);

	if (dir == NULL || g_mkdir(sm, 0700) != 0 || g_mkdir(sm_bak, 0700) != 0)
		fail("no directory for sm-notify");
	write_file(hosts, "127.0.0.1 localhost\n" TELLER_SOURCE " " SERVER_NAME "\n");
	for (guint i = 0; i < ways->count; i++) {
		struct in_addr address = crowd_address(i);
		char name[INET_ADDRSTRLEN];
		g_autofree char *text =
			g_strdup_printf(RECORD, inet_ntop(AF_INET, &address, name, sizeof(name)));
		g_autofree char *path = g_build_filename(sm, name, NULL);

		write_file(path, text);
	}
	return dir;
}

static void remove_tree(const char *path)
{
	const char *words[] = {"rm", "-rf", "--", path, NULL};

	g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		NULL);
}

/* Its source needs a reverse name, which it finds in an /etc/hosts that nobody else sees. It is not
 * to change the kernel's state number (-n), which is the machine's. */
static void become_sm_notify(const char *dir)
{
	g_autofree char *hosts = g_build_filename(dir, "hosts", NULL);
	int nothing = open("/dev/null", O_WRONLY);

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		fail("no /etc/hosts for sm-notify");
	/* It prints every packet. */
	dup2(nothing, STDOUT_FILENO);
	dup2(nothing, STDERR_FILENO);
	execl(SM_NOTIFY, SM_NOTIFY, "-d", "-f", "-n", "-P", dir, "-v", TELLER_SOURCE, NULL);
	_exit(127);
}

bool teller_exists(enum teller teller)
{
	return teller != TELLER_SM_NOTIFY || access(SM_NOTIFY, X_OK) == 0;
}

/*
 * The bench's side.
 */

/* What the system counts of UDP in this network namespace. Source: proc_net_snmp(5). */
struct udp_counts {
	unsigned long sent, overflows;
};

static struct udp_counts read_udp_counts(void)
{
	g_autofree char *text = NULL;
	struct udp_counts counts = {0};
	const char *at;

	if (!g_file_get_contents("/proc/self/net/snmp", &text, NULL, NULL) ||
		(at = strstr(text, "\nUdp: ")) == NULL ||
		(at = strstr(at + 1, "\nUdp: ")) == NULL ||
		sscanf(at, "\nUdp: %*u %*u %*u %lu %lu", &counts.sent, &counts.overflows) != 2)
		fail("/proc/self/net/snmp");
	return counts;
}

static pid_t start(
	enum teller teller, const struct crowd_ways *ways, const char *dir, struct result *result)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		fail("no process to tell from");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	switch (teller) {
	case TELLER_BARE:
		tell_bare(ways, result);
		break;
	case TELLER_LOCKFERRY:
		tell_by_lockferry(ways, result);
		break;
	case TELLER_SM_NOTIFY:
		become_sm_notify(dir);
	}
	_exit(0);
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid != 0;
}

/* sm-notify does not say when it is done with those that live: their answers are counted instead.
 */
static void watch_sm_notify(const crowd *clients, struct result *result, pid_t pid, guint limit_s)
{
	gint64 began_us = g_get_monotonic_time();
	guint alive = crowd_alive(&clients->ways);

	while ((result->told = clients->counts->told) < alive && !has_ended(pid) &&
		seconds_since(began_us) < limit_s)
		g_usleep(POLL_US);
	result->seconds = seconds_since(began_us);
}

static void watch(struct result *result, pid_t pid, guint limit_s)
{
	gint64 began_us = g_get_monotonic_time();

	while (!has_ended(pid) && seconds_since(began_us) < limit_s)
		g_usleep(POLL_US);
	if (result->seconds == 0)
		result->seconds = seconds_since(began_us);
}

/* Returns the most memory that it had, in MiB. */
static double end_process(pid_t pid)
{
	struct rusage usage;
	int status;

	kill(pid, SIGKILL);
	if (wait4(pid, &status, 0, &usage) != pid || (WIFEXITED(status) && WEXITSTATUS(status) > 1))
		fail("the process that tells failed");
	return (double)usage.ru_maxrss / 1024;
}

struct telling teller_tell(enum teller teller, const struct crowd_ways *ways, guint limit_s)
{
	struct result *result = mmap(
		NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	g_autofree char *dir = teller == TELLER_SM_NOTIFY ? make_state_dir(ways) : NULL;
	g_autoptr(crowd) clients = crowd_start(ways);
	struct udp_counts before = read_udp_counts(), after;
	struct telling telling;
	pid_t pid;

	if (result == MAP_FAILED)
		fail("no memory to share");
	pid = start(teller, ways, dir, result);
	if (teller == TELLER_SM_NOTIFY)
		watch_sm_notify(clients, result, pid, limit_s);
	else
		watch(result, pid, limit_s);
	telling.peak_mib = end_process(pid);
	after = read_udp_counts();
	telling.seconds = result->seconds;
	telling.told = result->told;
	telling.packets = (guint)(after.sent - before.sent) - clients->counts->answers;
	telling.overflows = (guint)(after.overflows - before.overflows);
	munmap(result, sizeof(*result));
	if (dir != NULL)
		remove_tree(dir);
	return telling;
}
