/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/nfs_server.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "kernel/grace_setting.h"
#include "kernel/lock_looks.h"
#include "kernel/lockd_ports.h"
#include "kernel/mounts.h"
#include "report/log.h"
#include "server/own.h"
#include "keeper/tool.h"

#include <errno.h>
#include <stdio.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* No group's name begins with a dot. */
#define LOCK_FILE ".nfsd.lock"
#define POLL_US 20000
#define EXPORTFS_MS 20000

/* How long to look at /proc/locks, which changes while it is read. */
#define LOOK_MS 1000

static guint ms_until(gint64 deadline_us)
{
	return (guint)CLAMP((deadline_us - clock_now_us()) / 1000, 1, G_MAXINT);
}

bool nfs_server_export(const server_options *options, GError **error)
{
	const char *const argv[] = {"exportfs", "-ra", NULL};

	if (tool_run(argv, EXPORTFS_MS, NULL, error))
		return true;
	g_prefix_error(error, "cannot export for group '%s': ", options->group);
	return false;
}

/* A descriptor to close; -1 with `error`. */
static int take_turn(const server_options *options, gint64 deadline_us, GError **error)
{
	g_autofree char *dir = own_server_dir(options->run_dir);
	g_autofree char *path = g_build_filename(dir, LOCK_FILE, NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if ((errno == EWOULDBLOCK || errno == EINTR) && clock_now_us() < deadline_us) {
			clock_sleep_us(POLL_US);
			continue;
		}
		lf_error_set_errno(error, LF_ERROR_FAILED,
			"cannot lock '%s': the NFS server of another group is being started", path);
		close(fd);
		return -1;
	}
	if (fd < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", path);
	return fd;
}

static bool run_nfsd(const server_options *options, guint timeout_ms, GError **error)
{
	g_autofree char *threads = g_strdup_printf("%d", options->threads);
	const char *const argv[] = {
		options->rpc_nfsd != NULL ? options->rpc_nfsd : "rpc.nfsd", threads, NULL};

	if (tool_run(argv, timeout_ms, NULL, error))
		return true;
	g_prefix_error(error, "cannot start the NFS server of group '%s': ", options->group);
	return false;
}

static bool prove_grace(const struct kernel *kernel, gint64 deadline_us, GError **error)
{
	while (kernel_grace(kernel) == KERNEL_GRACE_NO_SERVER && clock_now_us() < deadline_us)
		clock_sleep_us(POLL_US);
	return kernel_prove_grace(kernel, error);
}

/* The server samples lockd's settings when it starts, so the node's own come back afterwards. */
static bool start_in_turn(
	const server_options *options, guint grace_s, gint64 deadline_us, GError **error)
{
	struct kernel kernel = server_options_kernel(options);
	guint lease_s = (guint)options->lease_s;
	guint nodes_s = grace_setting_lockd(&kernel), port = (guint)options->lockd_port;
	struct lockd_ports nodes_ports = lockd_ports_get(&kernel);
	bool good = grace_setting_put_lockd(&kernel, grace_s, error) &&
		    lockd_ports_put(&kernel, (struct lockd_ports){port, port}, error) &&
		    grace_setting_put_nfsd(&kernel, MAX(grace_s, lease_s), lease_s, error) &&
		    run_nfsd(options, ms_until(deadline_us), error) &&
		    prove_grace(&kernel, deadline_us, error);

	if (!grace_setting_put_lockd(&kernel, nodes_s, NULL))
		qb_log(LOG_WARNING,
			"cannot set the length of lockd's grace period back to %u s: other servers of this node use %u s: write it to '/proc/sys/fs/nfs/nlm_grace_period'",
			nodes_s, grace_s);
	if (!lockd_ports_put(&kernel, nodes_ports, NULL))
		qb_log(LOG_WARNING,
			"cannot set the ports of lockd back to %u (TCP) and %u (UDP): other servers of this node use %u: write them to '/proc/sys/fs/nfs/nlm_tcpport' and 'nlm_udpport'",
			nodes_ports.tcp, nodes_ports.udp, port);
	return good;
}

bool nfs_server_start(
	const server_options *options, guint grace_s, gint64 deadline_us, GError **error)
{
	struct kernel kernel = server_options_kernel(options);
	bool good;
	int fd;

	if (kernel_nfsd_threads(&kernel) > 0)
		return true;
	fd = take_turn(options, deadline_us, error);
	good = fd >= 0 && start_in_turn(options, grace_s, deadline_us, error);
	if (fd >= 0)
		close(fd);
	return good;
}

bool nfs_server_set_threads(const server_options *options, GError **error)
{
	struct kernel kernel = server_options_kernel(options);
	guint threads = kernel_nfsd_threads(&kernel);

	return threads == 0 || threads == (guint)options->threads ||
	       run_nfsd(options, EXPORTFS_MS, error);
}

/* The group's filesystems that are mounted in this namespace: of owned char *. */
static GPtrArray *mount_points(const server_options *options)
{
	g_autoptr(GPtrArray) mounts = mounts_now(NULL);
	GPtrArray *points = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; mounts != NULL && i < mounts->len; i++) {
		const struct mount *mount = g_ptr_array_index(mounts, i);

		if (g_str_equal(mount->point, options->directory) ||
			mount_is_below(mount, options->directory))
			g_ptr_array_add(points, g_strdup(mount->point));
	}
	return points;
}

static bool unlock(const server_options *options, const struct kernel *kernel, GError **error)
{
	g_autoptr(GPtrArray) points = mount_points(options);

	for (guint i = 0; i < points->len; i++) {
		if (!kernel_unlock_filesystem(kernel, g_ptr_array_index(points, i), error)) {
			g_prefix_error(
				error, "cannot drop the locks of group '%s': ", options->group);
			return false;
		}
	}
	return true;
}

static bool stop_threads(
	const struct kernel *kernel, const char *group, gint64 deadline_us, GError **error)
{
	if (kernel_nfsd_threads(kernel) == 0)
		return true;
	if (!kernel_nfsd_stop(kernel, error)) {
		g_prefix_error(error, "cannot stop the NFS server of group '%s': ", group);
		return false;
	}
	while (kernel_nfsd_threads(kernel) > 0) {
		if (clock_now_us() >= deadline_us) {
			g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
				"the NFS server of group '%s' still has %u threads", group,
				kernel_nfsd_threads(kernel));
			return false;
		}
		clock_sleep_us(POLL_US);
	}
	return true;
}

/* As they were noted at the start, so that they are known even if they are not mounted any more. */
static GArray *devices_of(const server_options *options)
{
	GArray *devices = g_array_new(FALSE, TRUE, sizeof(struct lock_filesystem));

	for (guint i = 0; options->devices != NULL && options->devices[i] != NULL; i++) {
		struct lock_filesystem one = {0};
		guint major_number, minor_number;

		if (sscanf(options->devices[i], "%u:%u", &major_number, &minor_number) != 2)
			continue;
		one.device = makedev(major_number, minor_number);
		one.directory = options->directory;
		g_array_append_val(devices, one);
	}
	return devices;
}

/* Only lockd may have kept some: those of NFSv4 went with nfsd's threads. */
static bool prove_unlocked(
	const server_options *options, const struct kernel *kernel, GError **error)
{
	g_autofree char *lock_manager = kernel_lock_manager(kernel);
	g_autofree char *locks = NULL;
	g_autoptr(GArray) devices = devices_of(options);
	g_autoptr(lock_set) held = NULL;
	bool agreed;

	if (kernel_lock_manager_pid(lock_manager) == 0)
		return true;
	held = lock_looks_held(kernel, devices, lock_manager, NULL, LOOK_MS, &agreed, error);
	if (held == NULL)
		return false;
	if (lock_set_size(held) == 0)
		return true;
	locks = text_count(lock_set_size(held), "lock");
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"lockd still holds %s in the filesystem of group '%s': the filesystem must not be mounted elsewhere before this node is fenced",
		locks, options->group);
	return false;
}

/* What the kernel has cached of the exports keeps their filesystem in use. */
static bool unexport(const server_options *options, GError **error)
{
	const char *const all[] = {"exportfs", "-ua", NULL};
	const char *const flush[] = {"exportfs", "-f", NULL};

	if (tool_run(all, EXPORTFS_MS, NULL, error) && tool_run(flush, EXPORTFS_MS, NULL, error))
		return true;
	g_prefix_error(error, "cannot end the exports of group '%s': ", options->group);
	return false;
}

bool nfs_server_stop(const server_options *options, gint64 deadline_us, GError **error)
{
	struct kernel kernel = server_options_kernel(options);

	return unlock(options, &kernel, error) &&
	       stop_threads(&kernel, options->group, deadline_us, error) &&
	       prove_unlocked(options, &kernel, error) && unexport(options, error);
}
