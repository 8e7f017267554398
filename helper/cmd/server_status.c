/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "base/text.h"
#include "cmd/server.h"
#include "control/client.h"
#include "keeper/netns.h"
#include "server/own.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_DEFAULT_S 10
#define POLL_US 50000

static char *group;
static int timeout_s = TIMEOUT_DEFAULT_S;
static int depth;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group,
		"Only this service group [all that have a server of their own on this node]",
		"GROUP"},
	{"depth", 0, 0, G_OPTION_ARG_INT, &depth,
		"How much to look at: 0 the keeper, its daemons and the group's process; 10: ask each daemon for an answer first; one that does not answer is restarted; 20: also ask the server for what a client does",
		"0|10|20"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "How long to wait for an answer [10]",
		"SECONDS"},
	{0},
};

static const char details[] =
	"Exit status: 0 it runs without problems, 1 there are problems (see the text), 7 it does not run, 124 timed out.\n";

static void print_daemon(JsonArray *array G_GNUC_UNUSED, guint place G_GNUC_UNUSED, JsonNode *node,
	gpointer data G_GNUC_UNUSED)
{
	JsonObject *one = json_node_get_object(node);
	g_autofree char *since = report_time(json_object_get_int_member(one, "since"));

	printf("  %s: %s, process %" G_GINT64_FORMAT ", since %s, restarts: %" G_GINT64_FORMAT "\n",
		json_object_get_string_member(one, "name"),
		json_object_get_string_member(one, "state"), json_object_get_int_member(one, "pid"),
		since, json_object_get_int_member(one, "restarts"));
}

static void print_firewall(JsonObject *firewall)
{
	const char *rules = json_object_get_string_member(firewall, "rules");

	if (g_str_equal(rules, "default"))
		printf("  firewall: only NFS, from %s\n",
			json_object_get_string_member(firewall, "from"));
	else
		printf("  firewall: %s\n", g_str_equal(rules, "missing")
						   ? "none, because nft could not load one"
						   : rules);
}

static void print_group(JsonObject *answer)
{
	JsonObject *namespace = json_object_get_object_member(answer, "namespace");
	JsonObject *link = json_object_get_object_member(answer, "link");
	JsonArray *addresses = json_object_get_array_member(link, "addresses");
	JsonArray *problems = json_object_get_array_member(answer, "problems");
	g_autofree char *threads =
		text_count(json_object_get_int_member(answer, "threads"), "thread");

	printf("group '%s': %s in namespace '%s', scope '%s'\n",
		json_object_get_string_member(answer, "group"), threads,
		json_object_get_string_member(namespace, "name"),
		json_object_get_string_member(answer, "scope"));
	printf("  link: %s on '%s', %s", json_object_get_string_member(link, "kind"),
		json_object_get_string_member(link, "nic"),
		json_object_get_boolean_member(link, "up") ? "up" : "down");
	for (guint i = 0; i < json_array_get_length(addresses); i++)
		printf("%s%s", i == 0 ? ", " : " ", json_array_get_string_element(addresses, i));
	putchar('\n');
	/* A keeper of an older version has none. */
	if (json_object_has_member(answer, "firewall"))
		print_firewall(json_object_get_object_member(answer, "firewall"));
	json_array_foreach_element(
		json_object_get_array_member(answer, "daemons"), print_daemon, NULL);
	cmd_print_texts("problem", problems);
	cmd_print_texts("warning", json_object_get_array_member(answer, "warnings"));
}

static void print_all(JsonObject *result)
{
	JsonArray *groups = json_object_get_array_member(result, "groups");

	for (guint i = 0; i < json_array_get_length(groups); i++)
		print_group(json_array_get_object_element(groups, i));
}

static gint64 deadline_us(void)
{
	return g_get_monotonic_time() + (gint64)timeout_s * G_USEC_PER_SEC;
}

/* The process writes to the disk, its keeper does not. */
static void look_at_disk(JsonObject *process, JsonObject *answer)
{
	const char *text = json_object_get_string_member_with_default(process, "disk", "");
	bool hangs = json_object_get_boolean_member_with_default(process, "disk_hangs", FALSE);

	if (text[0] != '\0')
		json_array_add_string_element(
			json_object_get_array_member(answer, hangs ? "problems" : "warnings"),
			text);
}

/* The group's process runs beside the keeper. One that died is started again by the keeper, which
 * takes a moment. */
static void look_at_process(const char *name, JsonObject *answer)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)timeout_s * G_USEC_PER_SEC / 2;

	for (;;) {
		g_autoptr(GError) error = NULL;
		g_autoptr(JsonObject) process =
			control_ask(cmd_run_dir(), name, "status", (guint)timeout_s * 1000, &error);

		if (process != NULL) {
			look_at_disk(process, answer);
			return;
		}
		/* It may also die while it answers. */
		if (g_error_matches(error, LF_ERROR, LF_ERROR_TIMEOUT) ||
			g_get_monotonic_time() >= until_us) {
			json_array_add_string_element(
				json_object_get_array_member(answer, "problems"), error->message);
			return;
		}
		g_usleep(POLL_US);
	}
}

/* A server that hangs may yet answer: on_hang says when that is a problem. */
static void probe(const char *name, JsonObject *answer)
{
	g_autoptr(GError) error = NULL;

	if (own_server_probe(cmd_run_dir(), name, deadline_us(), &error))
		return;
	json_array_add_string_element(
		json_object_get_array_member(
			answer, g_error_matches(error, LF_ERROR, LF_ERROR_TIMEOUT) ? "warnings"
										   : "problems"),
		error->message);
}

/* NULL with `error`: not running, if there is nothing at all. */
static JsonObject *ask(const char *name, GError **error)
{
	g_autofree char *dir = own_server_dir(cmd_run_dir());
	g_autofree char *netns = netns_name(name);
	g_autoptr(GError) reason = NULL;
	JsonObject *answer = NULL;

	if (depth < 10 || own_server_check(cmd_run_dir(), name, deadline_us(), &reason))
		answer = own_server_status(cmd_run_dir(), name, deadline_us(), &reason);

	if (answer != NULL) {
		/* A keeper of an earlier version has none. */
		if (!json_object_has_member(answer, "warnings"))
			json_object_set_array_member(answer, "warnings", json_array_new());
		look_at_process(name, answer);
		if (depth >= 20)
			probe(name, answer);
		return answer;
	}
	if (g_error_matches(reason, LF_ERROR, LF_ERROR_NOT_RUNNING) && netns_exists(netns)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the keeper of the NFS server of group '%s' is dead: start or stop the group's resource",
			name);
		return NULL;
	}
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL;
}

/* The agent takes its exit reason from the last line of stderr. */
static int health(JsonObject *answer)
{
	JsonArray *problems = json_object_get_array_member(answer, "problems");
	guint count = json_array_get_length(problems);

	if (count == 0)
		return CRM_EX_OK;
	cmd_say("%s", json_array_get_string_element(problems, count - 1));
	return CRM_EX_ERROR;
}

static int show_one(GError **error)
{
	g_autoptr(JsonObject) answer = ask(group, error);
	int printed;

	if (answer == NULL)
		return CRM_EX_ERROR;
	printed = cmd_server_print(answer, print_group, error);
	return printed == CRM_EX_OK ? health(answer) : printed;
}

/* The groups with a GROUP.conf in the keepers' directory. */
static GPtrArray *groups(void)
{
	g_autofree char *path = own_server_dir(cmd_run_dir());
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (name[0] != '.' && g_str_has_suffix(name, ".conf"))
			g_ptr_array_add(list, g_strndup(name, strlen(name) - strlen(".conf")));
	}
	return list;
}

static int show_all(GError **error)
{
	g_autoptr(GPtrArray) list = groups();
	g_autoptr(JsonObject) result = json_object_new();
	JsonArray *answers = json_array_new();
	int worst = CRM_EX_OK;

	json_object_set_array_member(result, "groups", answers);
	for (guint i = 0; i < list->len; i++) {
		g_autoptr(GError) reason = NULL;
		JsonObject *answer = ask(g_ptr_array_index(list, i), &reason);

		if (answer != NULL) {
			worst = MAX(worst, health(answer));
			json_array_add_object_element(answers, answer);
		} else if (!g_error_matches(reason, LF_ERROR, LF_ERROR_NOT_RUNNING)) {
			cmd_say("%s", reason->message);
			worst = MAX(worst, lf_error_exit_status(reason));
		}
	}
	if (json_array_get_length(answers) == 0 && worst == CRM_EX_OK) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"no group has an NFS server of its own on this node");
		return CRM_EX_NOT_RUNNING;
	}
	return cmd_server_print(result, print_all, error) == CRM_EX_OK ? worst : CRM_EX_ERROR;
}

int cmd_server_status(const struct cmd *self, int argc, char **argv, GError **error)
{
	if (!cmd_parse(self, entries, details, argc, argv, error) || !cmd_check_group(group, error))
		return CRM_EX_USAGE;
	if (timeout_s < 1) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"the timeout must be at least one second, not %d", timeout_s);
		return CRM_EX_USAGE;
	}
	if (depth < 0) {
		lf_error_usage(error, "--depth cannot be negative (%d)", depth);
		return CRM_EX_USAGE;
	}
	return group != NULL ? show_one(error) : show_all(error);
}
