/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include "base/error.h"
#include "kernel/listener.h"
#include "kernel/lockd_netlink.h"
#include "kernel/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOCKD "lockd"
#define NFSD "nfsd"
#define STATD "rpc.statd"
#define NFSDCLD "nfsdcld"

/* The keywords in an incarnation. */
#define NAMESPACE " net:"
#define LISTENER " listener:"
#define BEGAN " began:"
#define GRACE " grace:"

#define END_GRACE "nlm_end_grace"
#define END_NFS4_GRACE "v4_end_grace"

char *kernel_read(const char *dir, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text;

	if (!g_file_get_contents(path, &text, NULL, error))
		return NULL;
	return g_strchomp(text);
}

/* Returns 0 if the file has no number. */
static guint read_number(const char *dir, const char *name)
{
	g_autofree char *text = kernel_read(dir, name, NULL);
	guint64 number;

	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT, &number, NULL))
		return 0;
	return (guint)number;
}

guint kernel_nfsd_threads(const struct kernel *self)
{
	return read_number(self->nfsd_dir, "threads");
}

bool kernel_nfsd_lacks(const struct kernel *self, const char *version)
{
	g_autofree char *versions = kernel_read(self->nfsd_dir, "versions", NULL);
	g_autofree char *lacks = g_strconcat("-", version, NULL);
	g_auto(GStrv) words = g_strsplit(versions != NULL ? versions : "", " ", -1);

	return g_strv_contains((const char *const *)words, lacks);
}

guint kernel_nfsd_grace_seconds(const struct kernel *self)
{
	return read_number(self->nfsd_dir, "nfsv4gracetime");
}

/* Netlink asks the real lockd, so it is not used if a test has its own directories. */
static guint own_grace_seconds(const struct kernel *self)
{
	return g_str_equal(self->proc_dir, KERNEL_PROC_DIR) ? lockd_netlink_grace_seconds() : 0;
}

guint kernel_grace_seconds(const struct kernel *self)
{
	guint own = own_grace_seconds(self);
	guint period, timeout;

	if (own > 0)
		return own;
	period = read_number(self->proc_dir, "sys/fs/nfs/nlm_grace_period");
	timeout = read_number(self->proc_dir, "sys/fs/nfs/nlm_timeout");
	if (timeout == 0 || period > G_MAXUINT - timeout)
		return 0;
	return period == 0 ? 5 * timeout : (period + timeout - 1) / timeout * timeout;
}

double kernel_uptime(const struct kernel *self)
{
	g_autofree char *text = kernel_read(self->proc_dir, "uptime", NULL);

	return text != NULL ? g_ascii_strtod(text, NULL) : 0;
}

/* Returns 4026531840 for "net:[4026531840]", and 0 for a name without a number. */
static guint64 inode_of(const char *namespace)
{
	const char *bracket = namespace != NULL ? strchr(namespace, '[') : NULL;

	return bracket != NULL ? g_ascii_strtoull(bracket + 1, NULL, 10) : 0;
}

bool kernel_has_own_namespace(const struct kernel *self)
{
	g_autofree char *ours = process_namespace(self->proc_dir, "self", "net");
	g_autofree char *first = process_namespace(self->proc_dir, "1", "net");

	return ours != NULL && first != NULL && !g_str_equal(ours, first);
}

/* A timer of the kernel ends the period, and that timer may be late. */
#define LATE_S 2

/* Returns at least 1 in the last second, because 0 means that the rest is unknown. */
static guint left_since(const struct kernel *self, double began, guint seconds)
{
	double left = began + seconds - kernel_uptime(self);

	return began >= 0 && left > -LATE_S && left <= seconds ? (guint)MAX(left, 1) : 0;
}

/* When the server began of which that is the lock manager; NULL: the one that runs. */
static double server_began(const struct kernel *self, const char *incarnation)
{
	g_autofree char *now = NULL;

	if (incarnation != NULL)
		return kernel_server_began(self, incarnation);
	now = kernel_lock_manager(self);
	return kernel_server_began(self, now);
}

guint kernel_grace_left(const struct kernel *self, const char *incarnation)
{
	guint noted = incarnation != NULL ? kernel_lock_manager_grace(incarnation) : 0;

	if (kernel_grace(self) != KERNEL_GRACE_RUNS)
		return 0;
	return left_since(self, server_began(self, incarnation),
		noted > 0 ? noted : kernel_grace_seconds(self));
}

guint kernel_nfs4_grace_left(const struct kernel *self, const char *incarnation)
{
	g_autofree char *thread = NULL;
	double began;

	if (kernel_nfsd_threads(self) == 0 || !kernel_nfs4_grace_runs(self))
		return 0;
	/* Threads of servers in other namespaces look the same. */
	if (!kernel_has_own_namespace(self))
		thread = process_find(self->proc_dir, NFSD, PROCESS_KERNEL);
	began = thread != NULL ? process_started(thread) : -1;
	if (began < 0)
		began = server_began(self, incarnation);
	return left_since(self, began, kernel_nfsd_grace_seconds(self));
}

enum kernel_grace kernel_grace(const struct kernel *self)
{
	g_autofree char *ended = kernel_read(self->lockd_dir, END_GRACE, NULL);

	if (ended == NULL || kernel_nfsd_threads(self) == 0)
		return KERNEL_GRACE_NO_SERVER;
	return g_str_equal(ended, "N") ? KERNEL_GRACE_RUNS : KERNEL_GRACE_OVER;
}

bool kernel_grace_allows(const struct kernel *self, enum kernel_grace grace, GError **error)
{
	switch (grace) {
	case KERNEL_GRACE_RUNS:
		return true;
	case KERNEL_GRACE_OVER:
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager is not in its grace period, so clients cannot reclaim locks: start the NFS server on this node right before Lockferry");
		return false;
	case KERNEL_GRACE_NO_SERVER:
		break;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the NFS server is not running (see '%s/threads' and '%s/nlm_end_grace'): start it before Lockferry",
		self->nfsd_dir, self->lockd_dir);
	return false;
}

bool kernel_prove_grace(const struct kernel *self, GError **error)
{
	return kernel_grace_allows(self, kernel_grace(self), error);
}

/* A socket of the NFS server here: that one, or (0) the first. 0: there is none. */
static guint64 listener_here(const struct kernel *self, guint64 inode)
{
	g_autofree char *ports = kernel_read(self->nfsd_dir, "portlist", NULL);

	return ports != NULL ? listener_find(self->proc_dir, ports, inode) : 0;
}

char *kernel_lock_manager(const struct kernel *self)
{
	g_autofree char *lockd = process_find(self->proc_dir, LOCKD, PROCESS_KERNEL);
	g_autofree char *namespace = NULL;
	guint64 inode, listener;
	GString *text;

	if (lockd == NULL && !kernel_has_own_namespace(self))
		return g_strdup("none");
	text = g_string_new(lockd != NULL ? lockd : "none");
	namespace = process_namespace(self->proc_dir, "self", "net");
	inode = inode_of(namespace);
	listener = listener_here(self, 0);
	if (inode != 0)
		g_string_append_printf(text, NAMESPACE "%" G_GUINT64_FORMAT, inode);
	if (listener != 0)
		g_string_append_printf(text, LISTENER "%" G_GUINT64_FORMAT, listener);
	return g_string_free(text, FALSE);
}

/* Returns the number after that keyword of an incarnation, or 0 if the keyword is missing. */
static guint64 part_of(const char *incarnation, const char *word)
{
	const char *at = strstr(incarnation, word);

	return at != NULL ? g_ascii_strtoull(at + strlen(word), NULL, 10) : 0;
}

char *kernel_lock_manager_begun(const struct kernel *self, double began, guint grace_s)
{
	g_autofree char *text = kernel_lock_manager(self);

	return g_strdup_printf("%s" BEGAN "%u" GRACE "%u", text, (guint)began, grace_s);
}

guint kernel_lock_manager_grace(const char *incarnation)
{
	return (guint)MIN(part_of(incarnation, GRACE), G_MAXUINT);
}

static bool is_of_our_namespace(const struct kernel *self, const char *incarnation)
{
	g_autofree char *ours = process_namespace(self->proc_dir, "self", "net");
	guint64 theirs = part_of(incarnation, NAMESPACE);

	return theirs != 0 ? theirs == inode_of(ours) : !kernel_has_own_namespace(self);
}

bool kernel_lock_manager_is_elsewhere(const struct kernel *self, const char *incarnation)
{
	g_autofree char *ours = process_namespace(self->proc_dir, "self", "net");
	guint64 theirs = part_of(incarnation, NAMESPACE);

	return theirs != 0 && inode_of(ours) != 0 && theirs != inode_of(ours);
}

/* While the server was stopped there was none to be noted. */
static bool is_of_our_server(const struct kernel *self, const char *incarnation)
{
	guint64 noted = part_of(incarnation, LISTENER);
	g_autofree char *mount = NULL;

	if (part_of(incarnation, NAMESPACE) == 0)
		return true;
	if (noted != 0 ? listener_here(self, noted) == noted : listener_here(self, 0) == 0)
		return true;
	mount = kernel_nfs3_mount(self);
	return mount != NULL;
}

/* But for what does not tell one from another. */
static bool is_same(const char *now, const char *incarnation)
{
	const char *began = strstr(incarnation, BEGAN);
	gsize length = began != NULL ? (gsize)(began - incarnation) : strlen(incarnation);

	return strlen(now) == length && strncmp(now, incarnation, length) == 0;
}

bool kernel_lock_manager_is(const struct kernel *self, const char *incarnation)
{
	g_autofree char *now = NULL;

	if (kernel_lockd_runs(self, incarnation))
		return is_of_our_namespace(self, incarnation) &&
		       is_of_our_server(self, incarnation);
	now = kernel_lock_manager(self);
	return is_same(now, incarnation);
}

gint64 kernel_lock_manager_pid(const char *incarnation)
{
	return g_ascii_strtoll(incarnation, NULL, 10);
}

bool kernel_lockd_runs(const struct kernel *self, const char *incarnation)
{
	g_autofree char *thread = g_strndup(incarnation, strcspn(incarnation, " "));

	return process_runs(self->proc_dir, thread, LOCKD, PROCESS_KERNEL);
}

double kernel_server_began(const struct kernel *self, const char *incarnation)
{
	guint64 noted = part_of(incarnation, BEGAN);

	if (noted > 0)
		return (double)noted;
	return kernel_has_own_namespace(self) ? -1 : process_started(incarnation);
}

static bool is_nfs3_mount(const char *line)
{
	g_auto(GStrv) fields = g_strsplit(line, " ", 5);

	return g_strv_length(fields) >= 4 && g_str_equal(fields[2], "nfs") &&
	       strstr(fields[3], "vers=3") != NULL && strstr(fields[3], "nolock") == NULL &&
	       strstr(fields[3], "local_lock=all") == NULL;
}

char *kernel_nfs3_mount(const struct kernel *self)
{
	g_autofree char *mounts = kernel_read(self->proc_dir, "mounts", NULL);
	g_auto(GStrv) lines = g_strsplit(mounts != NULL ? mounts : "", "\n", -1);

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (is_nfs3_mount(lines[i]))
			return g_strdup(lines[i]);
	}
	return NULL;
}

char *kernel_statd(const struct kernel *self)
{
	char *incarnation = process_find(self->proc_dir, STATD, PROCESS_DAEMON);

	return incarnation != NULL ? incarnation : g_strdup("none");
}

bool kernel_statd_is(const struct kernel *self, const char *incarnation)
{
	return process_runs(self->proc_dir, incarnation, STATD, PROCESS_DAEMON);
}

bool kernel_is_older(const char *incarnation, double began)
{
	double started = process_started(incarnation);

	return started >= 0 && started < began;
}

char *kernel_boot_id(const struct kernel *self, GError **error)
{
	return kernel_read(self->proc_dir, "sys/kernel/random/boot_id", error);
}

char *kernel_host_name(const struct kernel *self)
{
	return kernel_read(self->proc_dir, "sys/kernel/hostname", NULL);
}

/* Uses a single write(2), because the kernel expects the whole text in one call. Sets errno on an
 * error. */
static bool write_control(const char *dir, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	gssize written = fd >= 0 ? write(fd, text, strlen(text)) : -1;
	int reason = errno;

	if (written < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%.*s' to '%s'",
			(int)strcspn(text, "\n"), text, path);
	if (fd >= 0)
		close(fd);
	errno = reason;
	return written >= 0;
}

bool kernel_end_grace(const struct kernel *self, GError **error)
{
	return write_control(self->lockd_dir, END_GRACE, "Y", error);
}

bool kernel_nfs4_grace_runs(const struct kernel *self)
{
	g_autofree char *ended = kernel_read(self->nfsd_dir, END_NFS4_GRACE, NULL);

	return g_strcmp0(ended, "N") == 0;
}

bool kernel_end_nfs4_grace(const struct kernel *self, GError **error)
{
	return write_control(self->nfsd_dir, END_NFS4_GRACE, "Y", error);
}

enum kernel_nfs4 kernel_nfs4(const struct kernel *self)
{
	g_autofree char *versions = kernel_read(self->nfsd_dir, "versions", NULL);

	if (versions == NULL || strstr(versions, "+3") == NULL)
		return KERNEL_NFS4_UNKNOWN;
	return strstr(versions, "+4") != NULL ? KERNEL_NFS4_SERVED : KERNEL_NFS4_NOT_SERVED;
}

bool kernel_nfsdcld_runs(const struct kernel *self)
{
	g_autofree char *found = process_find(self->proc_dir, NFSDCLD, PROCESS_USER);

	return found != NULL;
}

/*
 * Writes one word and a newline; without the newline, the kernel refuses the word. Characters that
 * would end the word early are written in octal (fs/nfsd/nfsctl.c: write_unlock_ip,
 * write_unlock_fs; net/sunrpc/cache.c: qword_get).
 */
static bool write_word(const char *dir, const char *name, const char *word, GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (const char *at = word; *at != '\0'; at++) {
		if (strchr(" \t\n\\", *at) != NULL)
			g_string_append_printf(line, "\\%03o", (guint)*at);
		else
			g_string_append_c(line, *at);
	}
	g_string_append_c(line, '\n');
	return write_control(dir, name, line->str, error);
}

bool kernel_unlock_address(const struct kernel *self, const char *ip, GError **error)
{
	return write_word(self->nfsd_dir, "unlock_ip", ip, error);
}

bool kernel_unlock_filesystem(const struct kernel *self, const char *dir, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (write_word(self->nfsd_dir, "unlock_filesystem", dir, &reason))
		return true;
	/* Since Linux 6.9 the kernel revokes NFSv4 state after it has dropped lockd's locks, and
	 * where no server runs it says so (fs/nfsd/nfsctl.c, write_unlock_fs()). */
	if (errno == EINVAL && kernel_nfsd_threads(self) == 0)
		return true;
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

bool kernel_nfsd_stop(const struct kernel *self, GError **error)
{
	return write_control(self->nfsd_dir, "threads", "0", error);
}
