/* SPDX-License-Identifier: GPL-2.0-or-later */

/* life_check_node() and life_start(). */

#include "base/clock.h"
#include "base/error.h"
#include "control/client.h"
#include "kernel/mounts.h"
#include "keeper/daemons.h"
#include "keeper/firewall.h"
#include "keeper/life.h"
#include "keeper/life_lock.h"
#include "keeper/link.h"
#include "keeper/netns.h"
#include "keeper/run_inside.h"
#include "server/own.h"
#include "keeper/serve_words.h"
#include "keeper/tool.h"
#include "node/neighbours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The first kernel that has nfsd, nfsdcld and lockd in namespaces (fs/nfsd/nfs4recover.c). */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 2

#define MODPROBE_MS 10000
#define STATUS_MS 5000

static bool check_kernel(const server_options *options, GError **error)
{
	const char *const modprobe[] = {"modprobe", "--quiet", "nfsd", NULL};
	g_autofree char *known = NULL;
	struct utsname name;
	int major_number = 0, minor_number = 0;

	if (options->nfsd_dir != NULL)
		return true;
	if (uname(&name) == 0)
		sscanf(name.release, "%d.%d", &major_number, &minor_number);
	if (major_number < KERNEL_MAJOR ||
		(major_number == KERNEL_MAJOR && minor_number < KERNEL_MINOR)) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"Linux %s is too old for a group's own NFS server, which needs %d.%d: use the shared server (ocf:lockferry:nfslock)",
			name.release, KERNEL_MAJOR, KERNEL_MINOR);
		return false;
	}
	tool_run(modprobe, MODPROBE_MS, NULL, NULL);
	if (g_file_get_contents("/proc/filesystems", &known, NULL, NULL) &&
		strstr(known, "\tnfsd\n") != NULL && strstr(known, "\trpc_pipefs\n") != NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"this kernel has no NFS server: install its module 'nfsd'");
	return false;
}

static void note_devices(server_options *options, const GPtrArray *mounts)
{
	g_autoptr(GPtrArray) devices = g_ptr_array_new();

	for (guint i = 0; i < mounts->len; i++) {
		const struct mount *mount = g_ptr_array_index(mounts, i);

		if (g_str_equal(mount->point, options->directory) ||
			mount_is_below(mount, options->directory))
			g_ptr_array_add(devices, g_strdup_printf("%u:%u %s", major(mount->device),
							 minor(mount->device), mount->point));
	}
	g_ptr_array_add(devices, NULL);
	g_strfreev(options->devices);
	options->devices = (char **)g_ptr_array_free(g_steal_pointer(&devices), FALSE);
}

/* The path as the table of mounts has it. */
static bool follow_links(server_options *options, GError **error)
{
	char *plain = realpath(options->directory, NULL);

	if (plain == NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no directory '%s': mount the group's filesystem first, or correct the parameter 'directory'",
			options->directory);
		return false;
	}
	if (!g_str_equal(plain, options->directory) && !g_str_has_prefix(options->store, plain)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"'%s' is a link: set the parameter 'directory' to '%s'", options->directory,
			plain);
		free(plain);
		return false;
	}
	g_free(options->directory);
	options->directory = g_strdup(plain);
	free(plain);
	return true;
}

static bool check_mounted(server_options *options, GError **error)
{
	g_autoptr(GPtrArray) mounts = mounts_now(error);

	if (mounts == NULL || !follow_links(options, error))
		return false;
	note_devices(options, mounts);
	if (options->devices[0] != NULL &&
		g_str_has_suffix(options->devices[0], options->directory))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"'%s' is not a mount point: mount the group's filesystem there first (order this resource after it)",
		options->directory);
	return false;
}

bool life_check_node(server_options *options, GError **error)
{
	return daemons_are_installed(options, error) && check_kernel(options, error) &&
	       check_mounted(options, error) && link_choose(options, error) &&
	       firewall_check(options, error);
}

static bool is_shared(JsonObject *status, void *data G_GNUC_UNUSED)
{
	return status != NULL && !json_object_has_member(status, "server");
}

/* The shared server could get no grace period any more: server/shared.c. And a process of this
 * group would be taken for the one that serves it here. */
static bool check_unshared(const char *run_dir, GError **error)
{
	g_autofree char *other = neighbours_find(run_dir, "", is_shared, NULL);

	if (other == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"group '%s' uses the NFS server that groups share on this node: a group with a server of its own cannot be beside it: have all groups of a node served in one way",
		other);
	return false;
}

/* What is there of a former life must be taken over or go. */
static bool clear_way(
	const server_options *options, const char *dir, gint64 deadline_us, GError **error)
{
	g_autofree char *netns = netns_name(options->group);
	g_autoptr(GError) reason = NULL;
	g_autoptr(server_options) former = server_options_load(dir, options->group, &reason);
	struct life_stop stopped;

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
	if (former == NULL && netns_exists(netns)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"there is a network namespace '%s' that Lockferry did not make: end what runs in it, and remove it: 'ip netns delete %s'",
			netns, netns);
		return false;
	}
	if (former == NULL || server_options_same(former, options))
		return true;
	if (life_keeper(options->run_dir, options->group) != 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the NFS server of group '%s' runs with other parameters: stop it first: 'lockferry server stop --group %s'",
			options->group, options->group);
		return false;
	}
	return life_stop_locked(options->run_dir, options->group, deadline_us, &stopped, error);
}

/* A new link has no address yet, so whoever answers for one is another host. */
static bool make_link(const server_options *options, address_question **question, GError **error)
{
	g_autofree char *netns = netns_name(options->group);

	if (!netns_exists(netns) && !netns_add(netns, error))
		return false;
	if (link_exists(netns))
		return true;
	*question = link_ask(options);
	return link_make(options, error);
}

static bool have_serve(
	const server_options *options, gint64 deadline_us, int *status, GError **error)
{
	gint64 left_s = MAX((deadline_us - clock_now_us()) / G_USEC_PER_SEC, 1);
	g_autofree char *program = life_program();
	g_auto(GStrv) words = serve_words(options, program, (guint)left_s);
	g_autoptr(JsonObject) runs =
		control_ask(options->run_dir, options->group, "status", STATUS_MS, NULL);

	if (runs != NULL)
		return true;
	/* serve has the same limit, and says what it waited for. */
	*status = run_inside(life_keeper(options->run_dir, options->group), words,
		deadline_us + G_USEC_PER_SEC, error);
	return *status == CRM_EX_OK;
}

/* A start that failed before the server ran leaves nothing. A server that runs is left to the stop
 * that follows: its clients may hold locks. */
static void tidy(const server_options *options, gint64 deadline_us)
{
	g_autoptr(JsonObject) keeper = own_server_status(
		options->run_dir, options->group, clock_now_us() + G_USEC_PER_SEC, NULL);
	struct life_stop stopped;

	if (keeper == NULL || json_object_get_int_member_with_default(keeper, "threads", 1) == 0)
		life_stop_locked(options->run_dir, options->group,
			MAX(deadline_us, clock_now_us() + 10 * G_USEC_PER_SEC), &stopped, NULL);
}

static bool start_all(
	const server_options *options, gint64 deadline_us, int *status, GError **error)
{
	address_question *question = NULL;
	bool good = make_link(options, &question, error) && firewall_load(options, error) &&
		    life_have_keeper(options->run_dir, options->group, deadline_us, error);

	return address_question_end(question, good ? error : NULL) && good &&
	       have_serve(options, deadline_us, status, error) && link_open(options, error) &&
	       own_server_address_up(options->run_dir, options->group, deadline_us, error);
}

bool life_start(server_options *options, gint64 deadline_us, int *status, GError **error)
{
	g_autofree char *dir = own_server_dir(options->run_dir);
	int lock_fd = life_lock(options->run_dir, options->group, deadline_us, error);
	bool good;

	*status = CRM_EX_OK;
	if (lock_fd < 0)
		return false;
	good = check_unshared(options->run_dir, error) &&
	       clear_way(options, dir, deadline_us, error) &&
	       server_options_save(options, dir, error);
	if (good && !start_all(options, deadline_us, status, error)) {
		tidy(options, deadline_us);
		good = false;
	}
	close(lock_fd);
	return good;
}
