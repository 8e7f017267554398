/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * lockferry-callout: rpc.statd runs it (nfs.conf: [statd] ha-callout), as statd's user, in these
 * ways:
 *
 *	lockferry-callout add-client|del-client MON_NAME MY_NAME
 *	lockferry-callout sm-notify MON_NAME IP STATE
 *
 * Only add-client matters. statd runs it after writing a client's record and before answering
 * lockd, and lockd grants the client's first lock only after that answer. statd waits for this
 * program, and ignores its exit status (nfs-utils support/include/ha-callout.h).
 *
 * So this program reports the client to the process of every service group on the node. It ends
 * when each process has the record durably, or says that it is late, or when PATIENCE_MS have
 * passed. If a client could not be reported, it is noted in the group's file RUNDIR/GROUP.missed,
 * and the process shows it (helper/service/missed.h).
 *
 * The program uses only libc: it runs for every client, and nothing else may keep it from starting.
 * For tests, the environment variable LOCKFERRY_RUNDIR sets the directory of the sockets.
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

/* A process answers sooner than this, even if its disk hangs. This limit is for a process that
 * hangs itself. */
#define PATIENCE_MS 15000

/* How long to wait for room in the queues of the sockets, for all groups together. */
#define QUEUE_PATIENCE_MS 5000

#define GROUPS_MAX 256
#define SOCKET_SUFFIX ".sock"
#define MISSED_SUFFIX ".missed"
#define MISSED_MAX_BYTES (64 * 1024)
#define ANSWER_MAX_BYTES 256

struct group {
	char name[NAME_MAX + 1]; /* the name of its socket */
	char answer[ANSWER_MAX_BYTES];
	size_t length;
};

static struct group groups[GROUPS_MAX];
static struct pollfd polls[GROUPS_MAX]; /* a negative descriptor means answered, or never asked */
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

/* Connects, and waits at most `timeout_ms` while the queue of the socket is full (0 means not at
 * all). A blocking connect() waits as long as SO_SNDTIMEO says: unix(7). */
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

/* Returns a connection over which the request was sent, or -1. */
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

	/* If no group was ever served here, the directory does not exist. */
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

/* Asks the groups whose queues have room first, then the others. A queue that stays full must
 * not delay other groups. */
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
			/* The next start of its process reads all records. Until then, nothing
			 * proves that this client's record is stored. */
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

/* Reports a group that did not record the client. A group that recorded it, or is not served
 * here now, needs no report. */
static void conclude(const struct group *group, const char *mon_name)
{
	if (strstr(group->answer, "\"recorded\":true") != NULL ||
		strstr(group->answer, "\"served\":false") != NULL)
		return;
	syslog(LOG_CRIT, "client '%s' may get a lock before '%s' has its record on the disk",
		mon_name, group->name);
	status = EXIT_FAILURE;
	/* The process itself said no, so it needs no note. */
	if (strstr(group->answer, "\"recorded\":false") == NULL)
		leave_note(group->name, mon_name);
}

/* Waits for every answer. */
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

/* Whether this is another reason for which statd runs us. A removed record proves nothing, so
 * the groups' processes judge it. lockd handles a client that restarted. */
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
		syslog(LOG_ERR, "the client's name is invalid and was refused");
		return EXIT_FAILURE;
	}
	find_groups(argv[2]);
	ask_all(request, argv[2]);
	await_all(argv[2]);
	return status;
}
