/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * lockferry-callout: run by rpc.statd (nfs.conf: [statd] ha-callout) as
 *
 *	lockferry-callout add-client|del-client MON_NAME MY_NAME
 *	lockferry-callout sm-notify MON_NAME IP STATE
 *
 * as statd's user. The first is what matters: statd runs it after it wrote a client's record and
 * before it answers lockd, which grants the client's first lock only then. statd waits, and ignores
 * how we end (nfs-utils support/include/ha-callout.h). So this program hands the client to the
 * process of every service group on the node, and ends when each has the record durably, or says
 * that it is late, or PATIENCE_MS have passed. Who could not be handed over is noted in the group's
 * file RUNDIR/GROUP.missed, for the process to show (helper/service/missed.h). libc only: it runs
 * for every client, and nothing else may keep it from starting.
 *
 * The statd of a group that has an NFS server of its own has LOCKFERRY_GROUP in its environment,
 * the name of that group, and only that group is asked: its clients use no other, and the disk of
 * another must not keep them waiting. The directory of the sockets may be given in
 * LOCKFERRY_RUNDIR, for tests.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* A process answers sooner than this even when its disk hangs; this is for one that hangs itself.
 */
#define PATIENCE_MS 15000

/* How long to wait for room in the queue of a socket, for all groups together. */
#define QUEUE_PATIENCE_MS 5000

#define GROUPS_MAX 256
#define SOCKET_SUFFIX ".sock"
#define MISSED_SUFFIX ".missed"
#define MISSED_MAX_BYTES (64 * 1024)
#define ANSWER_MAX_BYTES 256

struct group {
	char name[NAME_MAX + 1]; /* of its socket */
	char answer[ANSWER_MAX_BYTES];
	size_t length;
};

static struct group groups[GROUPS_MAX];
static struct pollfd polls[GROUPS_MAX]; /* a negative descriptor: answered, or never asked */
static nfds_t count;
static const char *run_dir = LOCKFERRY_RUNDIR;
static const char *only_group; /* NULL: every group */
static int status = EXIT_SUCCESS;

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

/* Whether the file is the socket of a group that we ask. */
static bool is_asked(const char *name)
{
	size_t length = only_group != NULL ? strlen(only_group) : 0;

	return ends_with(name, SOCKET_SUFFIX) &&
	       (only_group == NULL || (strncmp(name, only_group, length) == 0 &&
					      strcmp(name + length, SOCKET_SUFFIX) == 0));
}

/* Leave a line for the group's process. Never waits for long: the process has the lock for
 * microseconds. */
static void leave_note(const char *socket_name, const char *mon_name)
{
	int stem = (int)(strlen(socket_name) - strlen(SOCKET_SUFFIX));
	char path[PATH_MAX], line[512];
	int length = snprintf(line, sizeof(line), "%s\n", mon_name);
	struct stat st;
	int fd;

	status = EXIT_FAILURE;
	if (snprintf(path, sizeof(path), "%s/%.*s" MISSED_SUFFIX, run_dir, stem, socket_name) >=
			(int)sizeof(path) ||
		length >= (int)sizeof(line))
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_size < MISSED_MAX_BYTES &&
		write(fd, line, (size_t)length) != length)
		syslog(LOG_ERR, "cannot write '%s': %m", path);
	close(fd);
}

/* Wait for at most `timeout_ms` (0: not at all) while the queue of the socket is full: unix(7), a
 * blocking connect() does, for as long as SO_SNDTIMEO says. */
static bool connect_within(int fd, const struct sockaddr_un *address, long timeout_ms)
{
	struct timeval patience = {
		.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	int flags = timeout_ms > 0 ? 0 : O_NONBLOCK;

	return fcntl(fd, F_SETFL, flags) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	       connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
	       fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* A connection over which the request has been sent, or -1. */
static int ask(const char *name, const char *request, long timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t length = (ssize_t)strlen(request);
	int fd, error;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", run_dir, name) >=
		(int)sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!connect_within(fd, &address, timeout_ms) ||
		send(fd, request, (size_t)length, MSG_NOSIGNAL) != length) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void find_groups(const char *mon_name)
{
	DIR *dir = opendir(run_dir);
	const struct dirent *entry;

	/* Where no group was ever served, there's none. */
	if (dir == NULL && errno != ENOENT) {
		syslog(LOG_CRIT, "cannot read '%s': %m: client '%s' is handed to no group", run_dir,
			mon_name);
		status = EXIT_FAILURE;
	}
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (!is_asked(entry->d_name))
			continue;
		if (count == GROUPS_MAX) {
			syslog(LOG_CRIT, "client '%s' is not handed to '%s': %d groups at most",
				mon_name, entry->d_name, GROUPS_MAX);
			leave_note(entry->d_name, mon_name);
			continue;
		}
		snprintf(groups[count].name, sizeof(groups[count].name), "%s", entry->d_name);
		polls[count] = (struct pollfd){.fd = -1, .events = POLLIN};
		count++;
	}
	if (dir != NULL)
		closedir(dir);
}

/* At first those whose queues have room, then the others: one whose queue stays full must not keep
 * another waiting. */
static void ask_all(const char *request, const char *mon_name)
{
	long deadline_ms = now_ms() + QUEUE_PATIENCE_MS;
	bool full[GROUPS_MAX] = {false};

	for (int turn = 0; turn < 2; turn++) {
		for (nfds_t i = 0; i < count; i++) {
			long left_ms = deadline_ms - now_ms();

			if (turn == 1 && !full[i])
				continue;
			polls[i].fd = ask(groups[i].name, request,
				turn == 0     ? 0
				: left_ms > 1 ? left_ms
					      : 1);
			full[i] = turn == 0 && polls[i].fd < 0 && errno == EAGAIN;
			if (polls[i].fd >= 0 || full[i])
				continue;
			/* Its next start reads all records: what is missing until then is the
			 * certainty. */
			syslog(LOG_CRIT, "cannot hand client '%s' to '%s': %m", mon_name,
				groups[i].name);
			leave_note(groups[i].name, mon_name);
		}
	}
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

/* Done with it: recorded, or not served here now; else it is told why. */
static void conclude(const struct group *group, const char *mon_name)
{
	if (strstr(group->answer, "\"recorded\":true") != NULL ||
		strstr(group->answer, "\"served\":false") != NULL)
		return;
	syslog(LOG_CRIT, "client '%s' may get a lock before '%s' has its record on the disk",
		mon_name, group->name);
	status = EXIT_FAILURE;
	/* It said no itself, and knows. */
	if (strstr(group->answer, "\"recorded\":false") == NULL)
		leave_note(group->name, mon_name);
}

/* Wait for every answer. */
static void await_all(const char *mon_name)
{
	long deadline_ms = now_ms() + PATIENCE_MS;
	nfds_t open = 0;

	for (nfds_t i = 0; i < count; i++)
		open += polls[i].fd >= 0;
	while (open > 0 && now_ms() < deadline_ms) {
		if (poll(polls, count, (int)(deadline_ms - now_ms())) < 0 && errno != EINTR)
			break;
		for (nfds_t i = 0; i < count; i++) {
			if (polls[i].fd < 0 || polls[i].revents == 0 ||
				!receive(&groups[i], polls[i].fd))
				continue;
			close(polls[i].fd);
			polls[i].fd = -1;
			conclude(&groups[i], mon_name);
			open--;
		}
	}
	for (nfds_t i = 0; i < count; i++) {
		if (polls[i].fd < 0)
			continue;
		syslog(LOG_CRIT,
			"client '%s' may get a lock before '%s' has its record on the disk: it does not answer",
			mon_name, groups[i].name);
		leave_note(groups[i].name, mon_name);
	}
}

/* What else statd calls us for. A record that goes away proves nothing, so it is for the groups'
 * processes to judge; a client that restarted is lockd's to deal with. */
static bool is_ignored(int argc, char **argv)
{
	return (argc == 4 && strcmp(argv[1], "del-client") == 0) ||
	       ((argc == 4 || argc == 5) && strcmp(argv[1], "sm-notify") == 0);
}

int main(int argc, char **argv)
{
	const char *elsewhere = getenv("LOCKFERRY_RUNDIR");
	char request[512];

	if (is_ignored(argc, argv))
		return EXIT_SUCCESS;
	if (argc != 4 || strcmp(argv[1], "add-client") != 0) {
		fprintf(stderr,
			"usage: lockferry-callout add-client|del-client MON_NAME MY_NAME\n"
			"       lockferry-callout sm-notify MON_NAME IP STATE\n"
			"rpc.statd runs it: set 'ha-callout' in the section [statd] of nfs.conf\n");
		return 64;
	}
	if (elsewhere != NULL)
		run_dir = elsewhere;
	only_group = getenv("LOCKFERRY_GROUP");
	openlog("lockferry-callout", LOG_PID, LOG_DAEMON);
	if (strpbrk(argv[2], "\r\n") != NULL || snprintf(request, sizeof(request), "record %s\n",
							argv[2]) >= (int)sizeof(request)) {
		syslog(LOG_ERR, "a client's name that cannot be one was refused");
		return EXIT_FAILURE;
	}
	find_groups(argv[2]);
	ask_all(request, argv[2]);
	await_all(argv[2]);
	return status;
}
