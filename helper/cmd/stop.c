/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "control/client.h"
#include "node/addresses.h"
#include "service/handover.h"
#include "service/parameters.h"

#include <stdio.h>

#define TIMEOUT_DEFAULT_S 60

/* A process that has closed its connections ends within this time. */
#define DEATH_MS 1000

static char *group, *store_dir, *sm_path;
static char **ips, **exports;
static gboolean unlock_on_stop, own_server, to_migrate, only_process;
static int timeout_s = TIMEOUT_DEFAULT_S;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group, "The service group", "GROUP"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "How long to wait for its process [60]",
		"SECONDS"},
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir,
		"For a group whose process died: its store", "DIR"},
	{"ip", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &ips, "With --store or --migrate: its addresses",
		"ADDR[,ADDR]"},
	{"export", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &exports,
		"With --store: its exported directories", "DIR"},
	{"sm-dir", 0, 0, G_OPTION_ARG_FILENAME, &sm_path,
		"With --store: statd's sm directory [found by itself]", "DIR"},
	{"unlock-on-stop", 0, 0, G_OPTION_ARG_NONE, &unlock_on_stop,
		"With --store: drop the locks held here", NULL},
	{"own-server", 0, 0, G_OPTION_ARG_NONE, &own_server,
		"With --store: the group has an NFS server of its own, in the namespaces that we run in: stop it as well; 'lockferry server stop' gives this option",
		NULL},
	{"only-process", 0, 0, G_OPTION_ARG_NONE, &only_process,
		"With --store: stop the process that serves it, but hand over nothing if the process has died",
		NULL},
	{"migrate", 0, 0, G_OPTION_ARG_NONE, &to_migrate,
		"Refuse while an address is still here: the group stays served then", NULL},
	{0},
};

static const char details[] =
	"The group's address must be gone from this node: only then are the stored records final, and the group is\n"
	"released, so that another node may take it over without fencing this one. With --store, this is also done\n"
	"for a process that crashed. A process that does not answer in time is killed.\n";

static void print_text(JsonObject *result)
{
	const char *name = json_object_get_string_member(result, "group");

	if (!json_object_get_boolean_member(result, "was_running"))
		printf("group '%s' was not served here\n", name);
	else
		printf("group '%s' is stopped\n", name);
}

static void warn_unless_released(bool released)
{
	if (!released)
		cmd_say("group '%s' is stopped but not released, because its address is still on this node: another node takes it over only after this node was fenced",
			group);
}

/* Result of stopping the process. */
enum stopped {
	STOPPED_WELL,
	STOPPED_ANOTHER, /* it serves this store at other addresses, for another resource */
	STOPPED_DEAD,    /* there is no process, or it died, so we must do its last steps */
	STOPPED_NOT,     /* not stopped; an error is set */
};

/* Whether the process died before it answered. In this case we must do its last steps. */
static bool died_meanwhile(const GError *error)
{
	return g_error_matches(error, LF_ERROR, LF_ERROR_FAILED) &&
	       control_wait_gone(cmd_run_dir(), group, DEATH_MS, NULL);
}

/* Prints the problems that may delay the stop, such as a disk that hangs, before waiting. */
static void tell_problems(JsonObject *answer)
{
	JsonArray *problems = json_object_has_member(answer, "problems")
				      ? json_object_get_array_member(answer, "problems")
				      : NULL;

	for (guint i = 0; problems != NULL && i < json_array_get_length(problems); i++)
		cmd_say("group '%s' has a problem, and is stopped anyway: %s", group,
			json_array_get_string_element(problems, i));
}

/* Checks whether the process belongs to another resource that uses this group's name. Returns
 * STOPPED_DEAD if it has another store, because our store then has no process. A process that does
 * not answer is assumed to be ours. */
static enum stopped look_at_process(guint patience_ms)
{
	g_autoptr(JsonObject) answer =
		control_ask(cmd_run_dir(), group, "status", patience_ms, NULL);
	g_auto(GStrv) list = cmd_split_addresses(ips);
	g_autoptr(GError) error = NULL;

	if (answer == NULL || !json_object_has_member(answer, "store") ||
		parameters_are_served(answer, store_dir,
			ips != NULL ? (const char *const *)list : NULL, &error)) {
		if (answer != NULL)
			tell_problems(answer);
		return STOPPED_WELL;
	}
	cmd_say("%s; it is left alone", error->message);
	return parameters_are_served(answer, store_dir, NULL, NULL) ? STOPPED_ANOTHER
								    : STOPPED_DEAD;
}

static enum stopped ask_process(bool *running, GError **error)
{
	guint timeout_ms = (guint)timeout_s * 1000;
	GError *local_error = NULL;
	g_autoptr(JsonObject) answer = NULL;
	enum stopped whose = look_at_process(timeout_ms / 8);

	*running = false;
	if (whose != STOPPED_WELL)
		return whose;
	answer = control_ask(cmd_run_dir(), group, "stop", timeout_ms * 5 / 8, &local_error);
	*running = !g_error_matches(local_error, LF_ERROR, LF_ERROR_NOT_RUNNING);
	if (g_error_matches(local_error, LF_ERROR, LF_ERROR_TIMEOUT)) {
		cmd_say("%s: killing it", local_error->message);
		control_kill(cmd_run_dir(), group);
		g_clear_error(&local_error);
	} else if (!*running) {
		g_clear_error(&local_error);
	} else if (answer == NULL && !died_meanwhile(local_error)) {
		g_propagate_error(error, local_error);
		return STOPPED_NOT;
	} else if (answer == NULL) {
		cmd_say("%s: it died", local_error->message);
		g_clear_error(&local_error);
	} else if (json_object_has_member(answer, "error")) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "cannot hand over group '%s': %s",
			group, json_object_get_string_member(answer, "error"));
		return STOPPED_NOT;
	}
	if (!control_wait_gone(cmd_run_dir(), group, timeout_ms / 4, error))
		return STOPPED_NOT;
	if (answer == NULL)
		return STOPPED_DEAD;
	warn_unless_released(
		json_object_get_boolean_member_with_default(answer, "released", false));
	return STOPPED_WELL;
}

static bool hand_over(GError **error)
{
	g_auto(GStrv) list = cmd_split_addresses(ips);
	struct group_options options = {
		.group = group,
		.store = store_dir,
		.addresses = (const char *const *)list,
		.exports = cmd_directories(exports),
		.sm_dir = sm_path,
		.run_dir = cmd_run_dir(),
		.unlock_on_stop = unlock_on_stop,
		.own_server = own_server,
		.kernel = *cmd_kernel(),
	};
	GError *local_error = NULL;
	bool released;

	if (handover_without_process(&options, &released, &local_error)) {
		warn_unless_released(released);
		return true;
	}
	/* In any case, the store does not say that the group was released. The cluster must treat
	 * that as an error. */
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "cannot hand over group '%s': %s", group,
		local_error->message);
	g_error_free(local_error);
	return false;
}

static bool is_movable(GError **error)
{
	g_auto(GStrv) list = cmd_split_addresses(ips);
	g_autoptr(addresses) here = addresses_seen((const char *const *)list, error);

	if (here == NULL)
		return false;
	if (!addresses_any_here(here))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"group '%s' cannot migrate while its address is on this node: put the address after this resource in a group, or order it after this resource, so that it stops first",
		group);
	return false;
}

int cmd_stop(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	enum stopped how;
	bool running;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("group", group, error) || !cmd_check_group(group, error) ||
		(((store_dir != NULL && !only_process) || to_migrate) &&
			!cmd_require("ip", ips, error)))
		return CRM_EX_USAGE;
	if (timeout_s < 1) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"the timeout must be at least one second, not %d", timeout_s);
		return CRM_EX_USAGE;
	}
	if (to_migrate && !is_movable(error))
		return CRM_EX_ERROR;
	how = ask_process(&running, error);
	if (how == STOPPED_NOT ||
		(how == STOPPED_DEAD && store_dir != NULL && !only_process && !hand_over(error)))
		return CRM_EX_ERROR;
	control_forget(cmd_run_dir(), group);
	json_object_set_string_member(result, "group", group);
	json_object_set_boolean_member(result, "was_running", running);
	return cmd_print(self, result, print_text, error);
}
