/* SPDX-License-Identifier: GPL-2.0-or-later */

/* life_stop(), and the lock of a group's start and stop. */

#include "base/clock.h"
#include "base/error.h"
#include "control/client.h"
#include "kernel/listener.h"
#include "keeper/firewall.h"
#include "keeper/life_lock.h"
#include "keeper/link.h"
#include "keeper/namespace_pin.h"
#include "keeper/netns.h"
#include "keeper/run_inside.h"
#include "keeper/serve_words.h"
#include "server/own.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLL_US 20000
#define DEATH_MS 2000
#define STATUS_MS 2000

int life_lock(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	g_autofree char *dir = own_server_dir(run_dir);
	g_autofree char *path = g_strdup_printf("%s/%s.order", dir, group);
	int fd = -1;

	/* statd's user looks for the groups' sockets in the upper one: control/server.c. */
	if (g_mkdir_with_parents(run_dir, 0755) == 0 && g_mkdir_with_parents(dir, 0755) == 0)
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", path);
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (clock_now_us() >= deadline_us) {
			g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
				"another start or stop of the NFS server of group '%s' is still at work",
				group);
			close(fd);
			return -1;
		}
		clock_sleep_us(POLL_US);
	}
	return fd;
}

static guint ms_until(gint64 deadline_us)
{
	return (guint)CLAMP((deadline_us - clock_now_us()) / 1000, 1, G_MAXINT);
}

/* The process died before it could hand the group over: this is done in its place, while the locks
 * are still held. If it fails, the group is stopped all the same, but not released: another node
 * needs fencing to have it. */
static void hand_over(const server_options *options, gint64 deadline_us, struct life_stop *result)
{
	gint64 until_us = clock_now_us() + (deadline_us - clock_now_us()) / 2;
	guint left_s = MAX(ms_until(until_us) / 1000, 1);
	g_autofree char *program = life_program();
	g_auto(GStrv) words = handover_words(options, program, left_s);
	pid_t keeper = life_keeper(options->run_dir, options->group);

	result->released = run_inside(keeper, words, until_us, NULL) == CRM_EX_OK;
}

/* What it is asked to do would wait for the disk until the deadline, and so would the other groups
 * whose NFSv3 locks wait for it. */
static bool judge_disk(const char *run_dir, const char *group, GError **error)
{
	g_autoptr(JsonObject) answer = control_ask(run_dir, group, "status", STATUS_MS, NULL);

	if (answer == NULL ||
		!json_object_get_boolean_member_with_default(answer, "disk_hangs", FALSE))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "cannot hand over group '%s': %s", group,
		json_object_get_string_member_with_default(answer, "disk", "its disk hangs"));
	return false;
}

/* Have the group's process take its last snapshot and stop the server. A process that does not
 * answer is killed: what it leaves is done without it, and the group is not released. */
static bool stop_serve(
	const server_options *options, gint64 deadline_us, struct life_stop *result, GError **error)
{
	const char *run_dir = options->run_dir, *group = options->group;
	/* So that time is left for what follows. */
	guint patience_ms = ms_until(deadline_us) / 2;
	g_autoptr(GError) reason = NULL;
	g_autoptr(JsonObject) answer = control_ask(run_dir, group, "stop", patience_ms, &reason);
	const char *refusal =
		answer != NULL ? json_object_get_string_member_with_default(answer, "error", NULL)
			       : NULL;

	if (refusal != NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "cannot hand over group '%s': %s",
			group, refusal);
		return false;
	}
	result->released = answer != NULL &&
			   json_object_get_boolean_member_with_default(answer, "released", FALSE);
	if (answer == NULL && !g_error_matches(reason, LF_ERROR, LF_ERROR_NOT_RUNNING))
		control_kill(run_dir, group);
	if (!control_wait_gone(run_dir, group, MIN(ms_until(deadline_us), patience_ms), error))
		return false;
	control_forget(run_dir, group);
	if (answer == NULL && g_error_matches(reason, LF_ERROR, LF_ERROR_NOT_RUNNING))
		hand_over(options, deadline_us, result);
	return true;
}

static bool leave(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	g_autofree char *dir = own_server_dir(run_dir);

	if (!own_server_leave(run_dir, group, deadline_us, error) ||
		!control_wait_gone(dir, group, MIN(ms_until(deadline_us), DEATH_MS), error))
		return false;
	control_forget(dir, group);
	return true;
}

/* The files of the group's server, once nothing of it is left. */
static void forget(const char *run_dir, const char *group)
{
	g_autofree char *dir = own_server_dir(run_dir);
	g_autofree char *root = g_strdup_printf("%s/%s.root", dir, group);

	firewall_forget(run_dir, group);
	server_options_forget(dir, group);
	g_rmdir(root);
}

/* A namespace of that name without our note: nobody can tell what it holds. */
static bool judge_stranger(const char *netns, const char *group, GError **error)
{
	g_autoptr(GArray) pids = netns_processes(netns_inode(netns));

	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"there is a network namespace '%s' with %u processes, but no note of an NFS server of group '%s': end what runs in it, and remove it: 'ip netns delete %s'",
		netns, pids->len, group, netns);
	return false;
}

bool life_stop_locked(const char *run_dir, const char *group, gint64 deadline_us,
	struct life_stop *result, GError **error)
{
	g_autofree char *dir = own_server_dir(run_dir);
	g_autofree char *netns = netns_name(group);
	g_autoptr(GError) reason = NULL;
	g_autoptr(server_options) options = server_options_load(dir, group, &reason);

	*result = (struct life_stop){.was_there = options != NULL || netns_exists(netns)};
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
	if (!result->was_there)
		return true;
	if (options == NULL)
		return judge_stranger(netns, group, error);
	link_close(options);
	if ((netns_exists(netns) || life_keeper(run_dir, group) != 0) &&
		(!life_have_keeper(run_dir, group, deadline_us, error) ||
			!own_server_address_down(run_dir, group, deadline_us, error) ||
			!judge_disk(run_dir, group, error) ||
			!stop_serve(options, deadline_us, result, error) ||
			!own_server_stop(run_dir, group, deadline_us, error) ||
			!leave(run_dir, group, deadline_us, error) ||
			!namespace_pin_remove(run_dir, group, error) ||
			!link_remove(netns, error) || !netns_delete(netns, error)))
		return false;
	forget(run_dir, group);
	return true;
}

bool life_stop(const char *run_dir, const char *group, gint64 deadline_us, struct life_stop *result,
	GError **error)
{
	g_autofree char *dir = own_server_dir(run_dir);
	int lock_fd;
	bool good;

	*result = (struct life_stop){0};
	lock_fd = life_lock(run_dir, group, deadline_us, error);
	if (lock_fd < 0)
		return false;
	good = life_stop_locked(run_dir, group, deadline_us, result, error);
	close(lock_fd);
	return good;
}
