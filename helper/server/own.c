/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/own.h"

#include "base/error.h"
#include "control/client.h"
#include "control/place.h"

/* The kernel or a disk may hold the keeper up, but not forever: who asks without a limit waits for
 * a day. */
#define LONGEST_MS (24 * 60 * 60 * 1000)

#define WAKE_MS 500

char *own_server_dir(const char *run_dir)
{
	return g_build_filename(run_dir, "server", NULL);
}

/* control/client.h speaks of a group's process. */
static void say_keeper(GError **error, const GError *reason, const char *group)
{
	if (g_error_matches(reason, LF_ERROR, LF_ERROR_NOT_RUNNING))
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"no keeper of an NFS server of its own runs for group '%s' on this node: 'lockferry server start' starts it",
			group);
	else if (g_error_matches(reason, LF_ERROR, LF_ERROR_TIMEOUT))
		g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
			"the keeper of the NFS server of group '%s' did not answer in time: see 'lockferry server status --group %s' and the system log",
			group, group);
	else
		g_set_error(error, reason->domain, reason->code,
			"the keeper of the NFS server of group '%s': %s", group, reason->message);
}

static JsonObject *ask(const char *run_dir, const char *group, const char *request,
	gint64 deadline_us, GError **error)
{
	g_autofree char *dir = own_server_dir(run_dir);
	gint64 left_ms = (deadline_us - g_get_monotonic_time()) / 1000;
	g_autoptr(GError) reason = NULL;
	g_autoptr(JsonObject) answer =
		control_ask(dir, group, request, (guint)CLAMP(left_ms, 0, LONGEST_MS), &reason);

	if (answer == NULL) {
		say_keeper(error, reason, group);
		return NULL;
	}
	if (!json_object_has_member(answer, "error"))
		return g_steal_pointer(&answer);
	g_set_error(error, LF_ERROR,
		json_object_get_boolean_member_with_default(answer, "timed_out", FALSE)
			? LF_ERROR_TIMEOUT
			: LF_ERROR_FAILED,
		"%s", json_object_get_string_member_with_default(answer, "error", "unknown error"));
	return NULL;
}

static bool order(const char *run_dir, const char *group, const char *request, gint64 deadline_us,
	GError **error)
{
	g_autoptr(JsonObject) answer = ask(run_dir, group, request, deadline_us, error);

	return answer != NULL;
}

bool own_server_start(
	const char *run_dir, const char *group, guint grace_s, gint64 deadline_us, GError **error)
{
	g_autofree char *request = g_strdup_printf("start-server %u", grace_s);

	return order(run_dir, group, request, deadline_us, error);
}

bool own_server_stop(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return order(run_dir, group, "stop-server", deadline_us, error);
}

JsonObject *own_server_status(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return ask(run_dir, group, "status", deadline_us, error);
}

bool own_server_address_up(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return order(run_dir, group, "address-up", deadline_us, error);
}

bool own_server_address_down(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return order(run_dir, group, "address-down", deadline_us, error);
}

bool own_server_check(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return order(run_dir, group, "check-daemons", deadline_us, error);
}

bool own_server_probe(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return order(run_dir, group, "probe", deadline_us, error);
}

bool own_server_reload(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return order(run_dir, group, "reload", deadline_us, error);
}

bool own_server_leave(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	return order(run_dir, group, "leave", deadline_us, error);
}

/* A keeper that does not answer cannot wake its lock manager: nobody else can. */
static void wake(const char *dir, const char *group)
{
	g_autoptr(JsonObject) answer = control_ask(dir, group, "wake", WAKE_MS, NULL);

	(void)answer;
}

void own_server_wake_others(const char *run_dir, const char *group)
{
	g_autofree char *dir = own_server_dir(run_dir);
	g_autoptr(GPtrArray) groups = control_groups(dir);

	for (guint i = 0; i < groups->len; i++) {
		const char *other = g_ptr_array_index(groups, i);

		if (!g_str_equal(other, group))
			wake(dir, other);
	}
}

char *own_server_find(const char *run_dir, const char *group)
{
	g_autofree char *dir = own_server_dir(run_dir);
	g_autoptr(GPtrArray) groups = control_groups(dir);

	for (guint i = 0; i < groups->len; i++) {
		const char *other = g_ptr_array_index(groups, i);

		if (!g_str_equal(other, group))
			return g_strdup(other);
	}
	return NULL;
}
