/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/mount_namespace.h"

#include "base/error.h"
#include "base/path.h"
#include "kernel/mounts.h"
#include "server/own.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the node's /etc is; the namespace's own has links to what is in it. */
#define HOST_ETC "host-etc"
#define JOURNAL "/run/systemd/journal"

/* Says whose namespace it is. */
#define MARK "/run/lockferry-namespace"

/* What the files in a tmpfs may take. */
#define TMPFS_SIZE "size=16m"

/* Gives the number of a mount namespace (linux/nsfs.h, NS_GET_MNTNS_ID, since Linux 6.10). */
#define GET_NUMBER _IOR(0xb7, 0x5, guint64)

struct tree {
	const server_options *options;
	const struct server_host *host;
	const GPtrArray *mounts; /* of the node */
	char *root;              /* owned; where it is put together */
};

static bool mount_it(const char *source, const char *target, const char *type, unsigned long flags,
	const char *data, GError **error)
{
	if (mount(source, target, type, flags, data) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot mount '%s' at '%s'", source, target);
	return false;
}

static bool make_dir(const char *path, int mode, GError **error)
{
	if (g_mkdir_with_parents(path, mode) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make '%s'", path);
	return false;
}

static bool give_to(const char *path, uid_t user, gid_t group, GError **error)
{
	if (chown(path, user, group) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot change the owner of '%s'", path);
	return false;
}

/* A directory of the node, without what is mounted below it. */
static bool bind(const struct tree *tree, const char *from, const char *to, GError **error)
{
	g_autofree char *target = g_build_filename(tree->root, to, NULL);

	return make_dir(target, 0755, error) && mount_it(from, target, NULL, MS_BIND, NULL, error);
}

static bool mount_tmpfs(const struct tree *tree, const char *at, const char *mode, GError **error)
{
	g_autofree char *target = g_build_filename(tree->root, at, NULL);
	g_autofree char *data = g_strconcat(TMPFS_SIZE ",mode=", mode, NULL);

	return make_dir(target, 0755, error) &&
	       mount_it("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, data, error);
}

static bool is_mounted(const GPtrArray *mounts, const char *path)
{
	for (guint i = 0; i < mounts->len; i++) {
		const struct mount *mount = g_ptr_array_index(mounts, i);

		if (g_str_equal(mount->point, path))
			return true;
	}
	return false;
}

/* A directory of the root of the node, or a link to one (/bin leads to usr/bin). */
static bool take_top(const struct tree *tree, const char *name, GError **error)
{
	g_autofree char *from = g_build_filename("/", name, NULL);
	g_autofree char *to = g_build_filename(tree->root, name, NULL);
	g_autofree char *link = g_file_read_link(from, NULL);

	if (link != NULL && symlink(link, to) == 0)
		return true;
	if (link == NULL && g_file_test(from, G_FILE_TEST_IS_DIR))
		return bind(tree, from, name, error);
	if (link == NULL)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make '%s'", to);
	return false;
}

static bool take_system(const struct tree *tree, GError **error)
{
	static const char *const top[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr",
		"var", "nix", "dev", "proc", "sys"};
	static const char *const below[] = {"/usr/local", "/var/lib", "/dev/shm"};

	for (guint i = 0; i < G_N_ELEMENTS(top); i++) {
		if (!take_top(tree, top[i], error))
			return false;
	}
	for (guint i = 0; i < G_N_ELEMENTS(below); i++) {
		if (is_mounted(tree->mounts, below[i]) && !bind(tree, below[i], below[i], error))
			return false;
	}
	return true;
}

/* A file that is replaced on the node (a new one is renamed into its place) is seen through a link,
 * not through a bind. */
static bool link_etc(const char *etc, GError **error)
{
	static const char *const own[] = {"exports", "exports.d", "nfs.conf", "nfs.conf.d", NULL};
	g_autoptr(GDir) dir = g_dir_open("/etc", 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *target = g_build_filename("/" HOST_ETC, name, NULL);
		g_autofree char *path = g_build_filename(etc, name, NULL);

		if (!g_strv_contains(own, name) && symlink(target, path) != 0) {
			lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make '%s'", path);
			return false;
		}
	}
	return true;
}

static bool make_etc(const struct tree *tree, GError **error)
{
	g_autofree char *etc = g_build_filename(tree->root, "etc", NULL);
	g_autofree char *conf = g_build_filename(etc, "nfs.conf", NULL);
	g_autofree char *exports = g_build_filename(etc, "exports", NULL);
	g_autofree char *text = server_files_nfs_conf(tree->options, tree->host);

	return bind(tree, "/etc", HOST_ETC, error) && make_dir(etc, 0755, error) &&
	       link_etc(etc, error) && server_files_write(conf, text, error) &&
	       server_files_write(exports, "", error);
}

/* The records of clients are statd's; what is exported is root's. */
static bool make_state(const struct tree *tree, GError **error)
{
	static const char *const dirs[] = {
		SERVER_FILES_STATD, SERVER_FILES_STATD "/sm", SERVER_FILES_STATD "/sm.bak"};
	static const char *const files[] = {
		SERVER_FILES_STATE "/etab", SERVER_FILES_STATE "/rmtab"};

	if (!mount_tmpfs(tree, SERVER_FILES_STATE, "755", error))
		return false;
	for (guint i = 0; i < G_N_ELEMENTS(dirs); i++) {
		g_autofree char *path = g_build_filename(tree->root, dirs[i], NULL);

		if (!make_dir(path, 0700, error))
			return false;
		if (!give_to(path, tree->host->statd_user, tree->host->statd_group, error))
			return false;
	}
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(tree->root, files[i], NULL);

		if (!server_files_write(path, "", error))
			return false;
	}
	return true;
}

/* A link on the way, as /var/run is to /run, would lead back to the node's directory, and to mounts
 * over it. */
static bool bind_without_links(const struct tree *tree, const char *from, GError **error)
{
	char *plain = realpath(from, NULL);
	bool good = plain != NULL && bind(tree, plain, plain, error);

	if (plain == NULL)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot find '%s'", from);
	free(plain);
	return good;
}

static bool make_run(const struct tree *tree, GError **error)
{
	g_autofree char *mark = g_build_filename(tree->root, MARK, NULL);
	g_autofree char *rpcbind = g_build_filename(tree->root, "/run/rpcbind", NULL);

	return mount_tmpfs(tree, "run", "755", error) && mount_tmpfs(tree, "tmp", "1777", error) &&
	       make_dir(rpcbind, 0755, error) &&
	       give_to(rpcbind, tree->host->rpcbind_user, tree->host->rpcbind_group, error) &&
	       server_files_write(mark, tree->options->group, error) &&
	       /* The system log's socket. */
	       (!g_file_test(JOURNAL, G_FILE_TEST_IS_DIR) || bind(tree, JOURNAL, JOURNAL, error)) &&
	       bind_without_links(tree, tree->options->run_dir, error);
}

/* Of this network namespace, as the process is in it. */
static bool mount_kernels(const struct tree *tree, GError **error)
{
	g_autofree char *nfsd = g_build_filename(tree->root, "/proc/fs/nfsd", NULL);
	g_autofree char *pipefs = g_build_filename(tree->root, SERVER_FILES_PIPEFS, NULL);

	if (tree->options->nfsd_dir != NULL)
		return true;
	return mount_it("nfsd", nfsd, "nfsd", 0, NULL, error) && make_dir(pipefs, 0755, error) &&
	       mount_it("rpc_pipefs", pipefs, "rpc_pipefs", 0, NULL, error);
}

/* In the order of the table, so that one comes before those that are mounted in it. */
static bool take_group(const struct tree *tree, GError **error)
{
	const char *metrics = tree->options->metrics;

	for (guint i = 0; i < tree->mounts->len; i++) {
		const struct mount *mount = g_ptr_array_index(tree->mounts, i);

		if ((g_str_equal(mount->point, tree->options->directory) ||
			    mount_is_below(mount, tree->options->directory)) &&
			!bind(tree, mount->point, mount->point, error))
			return false;
	}
	return metrics == NULL || !g_file_test(metrics, G_FILE_TEST_IS_DIR) ||
	       bind_without_links(tree, metrics, error);
}

/* The node's tree goes from the namespace. */
static bool change_root(const struct tree *tree, GError **error)
{
	if (chdir(tree->root) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
		umount2(".", MNT_DETACH) == 0 && chdir("/") == 0)
		return true;
	lf_error_set_errno(
		error, LF_ERROR_FAILED, "cannot change the root directory to '%s'", tree->root);
	return false;
}

static bool build(const struct tree *tree, GError **error)
{
	return make_dir(tree->root, 0700, error) &&
	       mount_it("none", "/", NULL, MS_REC | MS_PRIVATE, NULL, error) &&
	       mount_it("tmpfs", tree->root, "tmpfs", MS_NOSUID | MS_NODEV, TMPFS_SIZE ",mode=755",
		       error) &&
	       take_system(tree, error) && make_etc(tree, error) && make_state(tree, error) &&
	       make_run(tree, error) && mount_kernels(tree, error) && take_group(tree, error) &&
	       change_root(tree, error);
}

/* nfsd takes its scope from it (fs/nfsd/nfs4xdr.c). */
static bool set_host_name(const server_options *options, GError **error)
{
	if (sethostname(options->scope, strlen(options->scope)) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot set the host name '%s'", options->scope);
	return false;
}

/* Returns 0 if the kernel is too old to say. */
static guint64 number_of_ours(void)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	guint64 number = 0;

	if (fd < 0 || ioctl(fd, GET_NUMBER, &number) != 0)
		number = 0;
	if (fd >= 0)
		close(fd);
	return number;
}

/*
 * namespace_pin() needs a higher number than that of the namespace we come from: only then the
 * kernel lets a mount there lead to the new one (fs/namespace.c, mnt_ns_loop()). Older kernels
 * count for all processors. Newer ones give each processor a range of its own (measured on 6.18),
 * so another processor is tried.
 */
static bool unshare_with_higher_number(void)
{
	guint64 outer = number_of_ours();
	cpu_set_t allowed, one;
	bool good;

	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
		return false;
	good = unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0;
	for (int cpu = 0; good && cpu < CPU_SETSIZE && number_of_ours() < outer; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		good = sched_setaffinity(0, sizeof one, &one) == 0 && unshare(CLONE_NEWNS) == 0;
	}
	return sched_setaffinity(0, sizeof allowed, &allowed) == 0 && good;
}

bool mount_namespace_make(
	const server_options *options, const struct server_host *host, GError **error)
{
	g_autofree char *dir = own_server_dir(options->run_dir);
	g_autofree char *name = g_strconcat(options->group, ".root", NULL);
	g_autofree char *root = g_build_filename(dir, name, NULL);
	g_autoptr(GPtrArray) mounts = mounts_now(error);
	struct tree tree = {.options = options, .host = host, .mounts = mounts, .root = root};
	mode_t mask = umask(022);
	bool good;

	if (mounts == NULL)
		return false;
	if (!unshare_with_higher_number()) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make namespaces");
		return false;
	}
	good = build(&tree, error);
	umask(mask);
	return good && set_host_name(options, error);
}

bool mount_namespace_join_pinned(int fd, const server_options *options, GError **error)
{
	if (unshare(CLONE_NEWUTS) == 0 && setns(fd, CLONE_NEWNS) == 0)
		return set_host_name(options, error);
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot enter the mount namespace of group '%s'",
		options->group);
	return false;
}

bool mount_namespace_join(pid_t pid, GError **error)
{
	/* The mounts last: after that there may be another /proc. */
	static const struct {
		const char *name;
		int type;
	} kinds[] = {{"net", CLONE_NEWNET}, {"uts", CLONE_NEWUTS}, {"mnt", CLONE_NEWNS}};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *path = g_strdup_printf("/proc/%d/ns/%s", (int)pid, kinds[i].name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || setns(fd, kinds[i].type) != 0) {
			lf_error_set_errno(error, LF_ERROR_FAILED,
				"cannot enter the namespaces of process %d", (int)pid);
			if (fd >= 0)
				close(fd);
			return false;
		}
		close(fd);
	}
	return true;
}

bool mount_namespace_is_of(pid_t pid, const char *group)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/root" MARK, (int)pid);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, group);
}

bool mount_namespace_leave_filesystem(const server_options *options, GError **error)
{
	g_autoptr(GPtrArray) mounts = mounts_now(error);

	if (mounts == NULL)
		return false;
	for (guint i = mounts->len; i-- > 0;) {
		const struct mount *mount = g_ptr_array_index(mounts, i);

		if (!g_str_equal(mount->point, options->directory) &&
			!mount_is_below(mount, options->directory))
			continue;
		if (umount2(mount->point, UMOUNT_NOFOLLOW) != 0) {
			lf_error_set_errno(error, LF_ERROR_FAILED,
				"cannot unmount '%s' within the namespace of group '%s', so it is still in use here",
				mount->point, options->group);
			return false;
		}
	}
	return true;
}
