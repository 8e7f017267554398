// SPDX-License-Identifier: GPL-2.0-or-later
//
// locks - the drills' hands and eyes: takes file locks, covets another's, counts what a server has
//
// Every line printed is words with one blank between them; times are milliseconds since the epoch,
// as the guests' clocks follow their host's.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: locks hold DIR N    lock N files, until SIGTERM\n"
	"         prints: held N MS; unlocking MS; unlocked N MS\n"
	"       locks rival DIR N   try to lock the same files, without waiting, until all are locked\n"
	"         prints: tried ATTEMPTS GRANTS MS, one line per round; first MS; all MS\n"
	"       locks probe DIR     take and drop a lock all the time, until SIGTERM; from SIGUSR1 to\n"
	"                           SIGUSR2 it rests, without a lock\n"
	"         prints: granted MS, one line per lock; resting MS\n"
	"       locks first DIR NAME MS  lock a file of that name MS after SIGUSR1, until SIGTERM\n"
	"         prints: ready NAME; asked NAME MS; granted NAME MS US, US is the wait in microseconds\n"
	"       locks watch DIR N   on the server: until all are locked, how many are locked\n"
	"         prints: locked COUNT MS, one line per change\n"
	"       locks return DIR N  the same, starting when none is locked\n"
	"       locks exclusive DEVICE   whether nothing in the kernel uses a disk any more\n"
	"         prints: released MS; fails if the disk is in use\n";

static volatile sig_atomic_t started, stopped;

// What SIGUSR1 begins, SIGUSR2 ends.
static void start(int signal_number)
{
	started = signal_number == SIGUSR1;
}

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "locks: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long long monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void sleep_ms(long ms)
{
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

static void path_of(char path[PATH_MAX], const char *dir, size_t index)
{
	snprintf(path, PATH_MAX, "%s/%05zu", dir, index);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0666);

	if (fd < 0)
		die(path);
	return fd;
}

// A process may have 1,024 files open, unless it asks for more.
static void allow_open_files(size_t n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	if (limit.rlim_cur >= n)
		return;
	limit.rlim_cur = n;
	if (limit.rlim_max < n)
		limit.rlim_max = n;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
}

static int *open_files(const char *dir, size_t n)
{
	int *fds = calloc(n, sizeof *fds);
	char path[PATH_MAX];

	if (!fds)
		die("memory");
	allow_open_files(n + 16);
	for (size_t i = 0; i < n; i++) {
		path_of(path, dir, i);
		fds[i] = open_file(path);
	}
	return fds;
}

// Returns false if another has it, or if told to stop meanwhile; any other failure is the end.
static bool set_lock(int fd, int command, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	while (fcntl(fd, command, &lock)) {
		if (errno == EAGAIN || errno == EACCES)
			return false;
		if (errno != EINTR)
			die("fcntl");
		if (stopped)
			return false;
	}
	return true;
}

static int hold(const char *dir, size_t n)
{
	int *fds = open_files(dir, n);

	for (size_t i = 0; i < n; i++)
		set_lock(fds[i], F_SETLKW, F_WRLCK);
	printf("held %zu %lld\n", n, now_ms());
	while (!stopped)
		sleep_ms(50);
	printf("unlocking %lld\n", now_ms());
	for (size_t i = 0; i < n; i++)
		set_lock(fds[i], F_SETLK, F_UNLCK);
	printf("unlocked %zu %lld\n", n, now_ms());
	free(fds);
	return EXIT_SUCCESS;
}

static int rival(const char *dir, size_t n)
{
	int *fds = open_files(dir, n);
	bool *mine = calloc(n, sizeof *mine);
	size_t attempts = 0, grants = 0;

	if (!mine)
		die("memory");
	while (grants < n && !stopped) {
		for (size_t i = 0; i < n && !stopped; i++) {
			if (mine[i])
				continue;
			attempts++;
			mine[i] = set_lock(fds[i], F_SETLK, F_WRLCK);
			if (mine[i] && grants++ == 0)
				printf("first %lld\n", now_ms());
		}
		printf("tried %zu %zu %lld\n", attempts, grants, now_ms());
		sleep_ms(1500);
	}
	if (grants == n)
		printf("all %lld\n", now_ms());
	free(fds);
	free(mine);
	return grants == n ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void rest(void)
{
	printf("resting %lld\n", now_ms());
	while (started && !stopped)
		sleep_ms(1000);
}

static int probe(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/probe", dir);
	fd = open_file(path);
	while (!stopped) {
		if (set_lock(fd, F_SETLKW, F_WRLCK))
			printf("granted %lld\n", now_ms());
		set_lock(fd, F_SETLK, F_UNLCK);
		sleep_ms(100);
		if (started)
			rest();
	}
	return EXIT_SUCCESS;
}

// What it prints is the host's at once: what was granted is known, whatever becomes of the server.
static int first(const char *dir, const char *name, long delay_ms)
{
	char path[PATH_MAX];
	long long began_us, took_us;
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open_file(path);
	printf("ready %s\n", name);
	while (!started && !stopped)
		sleep_ms(1000);
	sleep_ms(delay_ms);
	printf("asked %s %lld\n", name, now_ms());
	began_us = monotonic_us();
	if (!set_lock(fd, F_SETLKW, F_WRLCK))
		return EXIT_FAILURE;
	took_us = monotonic_us() - began_us;
	printf("granted %s %lld %lld\n", name, now_ms(), took_us);
	while (!stopped)
		sleep_ms(1000);
	return EXIT_SUCCESS;
}

struct file {
	dev_t device;
	ino_t inode;
	bool locked;
};

static int compare_files(const void *left, const void *right)
{
	const struct file *a = left, *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

// Fails while the files aren't there, as on a node that hasn't mounted them yet.
static bool find_files(struct file *files, const char *dir, size_t n)
{
	char path[PATH_MAX];
	struct stat status;

	for (size_t i = 0; i < n; i++) {
		path_of(path, dir, i);
		if (stat(path, &status))
			return false;
		files[i] = (struct file){.device = status.st_dev, .inode = status.st_ino};
	}
	qsort(files, n, sizeof *files, compare_files);
	return true;
}

static void mark_locked(struct file *files, size_t n, const char *line)
{
	struct file wanted, *found;
	unsigned int major, minor;
	unsigned long inode;

	// an NFSv4 client that a file is delegated to keeps its locks itself, and nobody else gets
	// any
	if (sscanf(line, "%*d: POSIX %*s WRITE %*d %x:%x:%lu", &major, &minor, &inode) != 3 &&
		sscanf(line, "%*d: DELEG %*s WRITE %*d %x:%x:%lu", &major, &minor, &inode) != 3)
		return;
	wanted = (struct file){.device = makedev(major, minor), .inode = inode};
	found = bsearch(&wanted, files, n, sizeof *files, compare_files);
	if (found)
		found->locked = true;
}

// How many of the files have a lock, by what the kernel tells. While locks come and go it may leave
// one out, but never makes one up.
static size_t count_locked(struct file *files, size_t n)
{
	FILE *locks = fopen("/proc/locks", "r");
	size_t count = 0;
	char line[256];

	if (!locks)
		die("/proc/locks");
	for (size_t i = 0; i < n; i++)
		files[i].locked = false;
	while (fgets(line, sizeof line, locks))
		mark_locked(files, n, line);
	fclose(locks);
	for (size_t i = 0; i < n; i++)
		count += files[i].locked;
	return count;
}

// What a server that is about to lose its locks has before doesn't count: unless they are "gone"
// already, it begins when they are.
static int watch(const char *dir, size_t n, bool gone)
{
	struct file *files = calloc(n, sizeof *files);
	size_t count = 0, last = SIZE_MAX;
	bool found = false;

	if (!files)
		die("memory");
	while ((count < n || !gone) && !stopped) {
		// once is enough, wherever they are mounted; it takes a while
		found = found || find_files(files, dir, n);
		count = found ? count_locked(files, n) : 0;
		gone = gone || count == 0;
		if (gone && count != last) {
			printf("locked %zu %lld\n", count, now_ms());
			last = count;
		}
		sleep_ms(100);
	}
	free(files);
	return count == n && gone ? EXIT_SUCCESS : EXIT_FAILURE;
}

// A disk that is mounted anywhere, also by a mount that no process can see any more, refuses O_EXCL
// (open(2)).
static int exclusive(const char *device)
{
	int fd = open(device, O_RDWR | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		die(device);
	close(fd);
	printf("released %lld\n", now_ms());
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	const char *command = argc > 1 ? argv[1] : "";
	size_t n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;

	setlinebuf(stdout);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = start}, NULL);
	sigaction(SIGUSR2, &(struct sigaction){.sa_handler = start}, NULL);
	if (argc == 3 && strcmp(command, "probe") == 0)
		return probe(argv[2]);
	if (argc == 3 && strcmp(command, "exclusive") == 0)
		return exclusive(argv[2]);
	if (argc == 5 && strcmp(command, "first") == 0)
		return first(argv[2], argv[3], strtol(argv[4], NULL, 10));
	if (n > 0 && strcmp(command, "hold") == 0)
		return hold(argv[2], n);
	if (n > 0 && strcmp(command, "rival") == 0)
		return rival(argv[2], n);
	if (n > 0 && strcmp(command, "watch") == 0)
		return watch(argv[2], n, true);
	if (n > 0 && strcmp(command, "return") == 0)
		return watch(argv[2], n, false);
	fputs(usage, stderr);
	return 64;
}
