/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * lockferry-callout: run by rpc.statd (nfs.conf: [statd] ha-callout) as
 *
 *	lockferry-callout add-client|del-client MON_NAME MY_NAME
 *
 * as statd's user, after it wrote a client's record and before it answers lockd, which grants the
 *client's first lock only then. statd waits, and ignores how we end (nfs-utils
 *support/include/ha-callout.h). So this program hands the client to the process of every service
 *group on the node, and ends when each has the record durably, or says that it is late, or
 * PATIENCE_MS have passed. libc only: it runs for every client, and nothing else may keep it from
 *starting.
 *
 * The directory of the sockets may be given in the environment variable LOCKFERRY_RUNDIR, for
 *tests.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* A process answers sooner than this even when its disk hangs; this is for one that hangs itself.
 */
#define PATIENCE_MS 15000

#define GROUPS_MAX 256
#define SOCKET_SUFFIX ".sock"
#define ANSWER_MAX_BYTES 256

struct group {
	char name[NAME_MAX + 1];
	char answer[ANSWER_MAX_BYTES];
	size_t length;
};

static struct group groups[GROUPS_MAX];
static struct pollfd polls[GROUPS_MAX];
static nfds_t count;

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);

	return length > suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

/* A connection over which the request has been sent, or -1. */
static int ask(const char *run_dir, const char *name, const char *request)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t length = (ssize_t)strlen(request);
	int fd;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", run_dir, name) >=
		(int)sizeof(address.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		send(fd, request, (size_t)length, MSG_NOSIGNAL) != length) {
		close(fd);
		return -1;
	}
	return fd;
}

static void ask_all(const char *run_dir, const char *request)
{
	DIR *dir = opendir(run_dir);
	const struct dirent *entry;

	while (dir != NULL && count < GROUPS_MAX && (entry = readdir(dir)) != NULL) {
		int fd;

		if (!ends_with(entry->d_name, SOCKET_SUFFIX))
			continue;
		fd = ask(run_dir, entry->d_name, request);
		if (fd < 0) {
			/* Its next start reads all records: what is missing until then is the
			 * certainty. */
			syslog(LOG_ERR, "can't hand the client to '%s': %m", entry->d_name);
			continue;
		}
		snprintf(groups[count].name, sizeof(groups[count].name), "%s", entry->d_name);
		polls[count] = (struct pollfd){.fd = fd, .events = POLLIN};
		count++;
	}
	if (dir != NULL)
		closedir(dir);
}

/* Whether the answer is complete. */
static bool receive(struct group *group, int fd)
{
	ssize_t got = recv(
		fd, group->answer + group->length, sizeof(group->answer) - 1 - group->length, 0);

	if (got < 0)
		return errno != EINTR && errno != EAGAIN;
	group->length += (size_t)got;
	return got == 0 || group->length == sizeof(group->answer) - 1;
}

/* Wait for every answer; those that did not come in time leave their connections open. */
static void await_all(void)
{
	long deadline_ms = now_ms() + PATIENCE_MS;
	nfds_t open = count;

	while (open > 0 && now_ms() < deadline_ms) {
		if (poll(polls, count, (int)(deadline_ms - now_ms())) < 0 && errno != EINTR)
			break;
		for (nfds_t i = 0; i < count; i++) {
			if (polls[i].fd < 0 || polls[i].revents == 0 ||
				!receive(&groups[i], polls[i].fd))
				continue;
			close(polls[i].fd);
			polls[i].fd = -1;
			open--;
		}
	}
}

static int report(const char *mon_name)
{
	int status = EXIT_SUCCESS;

	for (nfds_t i = 0; i < count; i++) {
		if (strstr(groups[i].answer, "\"recorded\":true") != NULL)
			continue;
		syslog(LOG_CRIT,
			"client '%s' may get a lock before '%s' has its record on the disk%s",
			mon_name, groups[i].name, polls[i].fd >= 0 ? ": it does not answer" : "");
		status = EXIT_FAILURE;
	}
	return status;
}

int main(int argc, char **argv)
{
	const char *run_dir = getenv("LOCKFERRY_RUNDIR");
	char request[512];

	if (argc != 4 ||
		(strcmp(argv[1], "add-client") != 0 && strcmp(argv[1], "del-client") != 0)) {
		fprintf(stderr,
			"usage: lockferry-callout add-client|del-client MON_NAME MY_NAME\n"
			"rpc.statd runs it: set 'ha-callout' in the section [statd] of nfs.conf\n");
		return 64;
	}
	/* A record that goes away proves nothing, so it is for the groups' processes to judge. */
	if (strcmp(argv[1], "del-client") == 0)
		return EXIT_SUCCESS;
	openlog("lockferry-callout", LOG_PID, LOG_DAEMON);
	if (strpbrk(argv[2], "\r\n") != NULL || snprintf(request, sizeof(request), "record %s\n",
							argv[2]) >= (int)sizeof(request)) {
		syslog(LOG_ERR, "a client's name that can't be one was refused");
		return EXIT_FAILURE;
	}
	ask_all(run_dir != NULL ? run_dir : LOCKFERRY_RUNDIR, request);
	await_all();
	return report(argv[2]);
}
