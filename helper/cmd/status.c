/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "control/client.h"
#include "control/place.h"
#include "group/client.h"
#include "service/parameters.h"

#include <stdio.h>

#define TIMEOUT_DEFAULT_S 5

static char *group, *store_dir;
static char **ips;
static int timeout_s = TIMEOUT_DEFAULT_S;
static gboolean brief, degraded;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group,
		"Only this service group [all that are served on this node]", "GROUP"},
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir,
		"With --group: its store; an error if a process with another store serves the group",
		"DIR"},
	{"ip", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &ips,
		"With --group: its addresses; an error if they differ", "ADDR[,ADDR]"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "How long to wait for an answer [5]",
		"SECONDS"},
	{"brief", 0, 0, G_OPTION_ARG_NONE, &brief,
		"Print one line of text for each group, with its phase and its clients", NULL},
	{"degraded", 0, 0, G_OPTION_ARG_NONE, &degraded,
		"End with 190 if there are warnings but no problems", NULL},
	{0},
};

static const char details[] =
	"Exit status: 0 no problems, 1 there are problems (see the text), 7 no group is served here,\n"
	"124 timed out, 190 there are warnings (with --degraded).\n";

static void print_addresses(JsonArray *array)
{
	printf("  addresses: ");
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonObject *address = json_array_get_object_element(array, i);

		printf("%s%s (%s)", i > 0 ? ", " : "",
			json_object_get_string_member(address, "address"),
			json_object_get_boolean_member(address, "here") ? "here" : "not here");
	}
	putchar('\n');
}

/* Processes of earlier versions do not report these times. */
static void print_seconds(JsonObject *answer)
{
	JsonObject *seconds = json_object_has_member(answer, "recovery_seconds")
				      ? json_object_get_object_member(answer, "recovery_seconds")
				      : NULL;

	if (seconds == NULL)
		return;
	printf("  the last client was told after %.1f s, answered after %.1f s, reclaimed after %.1f s\n",
		json_object_get_double_member(seconds, "told"),
		json_object_get_double_member(seconds, "acknowledged"),
		json_object_get_double_member(seconds, "reclaimed"));
}

/* Prints which locks are still missing, if this is known and the version of the process reports
 * it. */
static void print_reclaims(JsonObject *answer)
{
	const char *needed_by;

	if (!json_object_has_member(answer, "locks_noted") ||
		json_object_get_null_member(answer, "locks_noted"))
		return;
	printf("  of the locks noted at the handover: %" G_GINT64_FORMAT
	       " are back, %" G_GINT64_FORMAT " are missing\n",
		json_object_get_int_member(answer, "locks_noted") -
			json_object_get_int_member(answer, "locks_missing"),
		json_object_get_int_member(answer, "locks_missing"));
	needed_by = json_object_get_string_member(answer, "grace_needed_by");
	if (needed_by[0] != '\0')
		printf("  the grace period continues: group '%s' may need it\n", needed_by);
}

static void print_period(const char *whose, JsonObject *period)
{
	const char *state = json_object_get_string_member(period, "state");

	printf("%s %s", whose, state);
	if (g_str_equal(state, "runs") && json_object_get_null_member(period, "seconds_left"))
		printf(" for an unknown time");
	else if (g_str_equal(state, "runs"))
		printf(" for %" G_GINT64_FORMAT " s at most",
			json_object_get_int_member(period, "seconds_left"));
}

/* Prints nothing if new locks do not wait. Processes of earlier versions do not report this. */
static void print_new_locks(JsonObject *answer)
{
	JsonObject *grace = json_object_has_member(answer, "grace")
				    ? json_object_get_object_member(answer, "grace")
				    : NULL;
	bool unknown;

	if (grace == NULL)
		return;
	unknown = json_object_get_null_member(grace, "new_locks_wait");
	if (!unknown && !json_object_get_boolean_member(grace, "new_locks_wait"))
		return;
	printf("  new locks %s: grace period of ", unknown ? "may wait" : "wait");
	print_period("lockd", json_object_get_object_member(grace, "lockd"));
	print_period(", of NFSv4", json_object_get_object_member(grace, "nfsv4"));
	putchar('\n');
}

/* Prints this only if there are other groups. Processes of earlier versions count these clients as
 * lost. */
static void print_may_have_lost(JsonObject *answer)
{
	gint64 count = json_object_get_int_member_with_default(answer, "may_have_lost", 0);

	if (count > 0)
		printf(", %" G_GINT64_FORMAT " may have lost locks", count);
}

static void print_recovery(JsonObject *answer)
{
	gint64 ended_s = json_object_get_int_member(answer, "recovery_ended");
	gint64 began_s = json_object_get_int_member(answer, "recovery_began");
	g_autofree char *began = report_time(began_s);

	if (began_s == 0)
		return;
	if (ended_s == 0)
		printf("  recovery: since %s, state number %" G_GINT64_FORMAT "\n", began,
			json_object_get_int_member(answer, "state_number"));
	else
		printf("  last recovery: %s, took %" G_GINT64_FORMAT " s\n", began,
			ended_s - began_s);
	printf("  of the clients: %" G_GINT64_FORMAT " reclaimed, %" G_GINT64_FORMAT
	       " acknowledged, %" G_GINT64_FORMAT " told, %" G_GINT64_FORMAT
	       " unreachable, %" G_GINT64_FORMAT " lost",
		json_object_get_int_member(answer, "reclaimed"),
		json_object_get_int_member(answer, "acknowledged"),
		json_object_get_int_member(answer, "told"),
		json_object_get_int_member_with_default(answer, "unreachable", 0),
		json_object_get_int_member(answer, "lost"));
	print_may_have_lost(answer);
	printf(", %" G_GINT64_FORMAT " %s\n",
		json_object_get_int_member_with_default(answer, "recorded", 0),
		ended_s == 0 ? "not told yet" : RECOVERY_RECORDED_TEXT);
	print_seconds(answer);
}

/* Prints this if fencing delays a start now, or will delay the next one. Earlier versions do not
 * report it. */
static void print_fencing(JsonObject *answer)
{
	const char *fencing = json_object_get_string_member_with_default(answer, "fencing", "");
	bool waits =
		json_object_get_boolean_member_with_default(answer, "waits_for_fencing", FALSE);
	bool known = json_object_get_boolean_member_with_default(answer, "fencing_known", TRUE);

	if (waits)
		printf("  %s\n", fencing);
	else if (!known && fencing[0] != '\0')
		printf("  Pacemaker's fencing history %s\n", fencing);
}

static char *clients_of(JsonObject *answer)
{
	return text_count(json_object_get_int_member(answer, "clients"), "client");
}

/* The agent copies this line into a node attribute of the cluster. */
static void print_brief(JsonObject *answer)
{
	const char *phase = json_object_get_string_member(answer, "phase");
	gint64 lost = json_object_get_int_member(answer, "lost");
	guint warnings = json_array_get_length(json_object_get_array_member(answer, "warnings"));
	g_autofree char *clients = clients_of(answer);
	g_autofree char *warned = text_count(warnings, "warning");

	if (group == NULL)
		printf("%s: ", json_object_get_string_member(answer, "group"));
	printf("%s, ", phase);
	if (g_str_equal(phase, "reclaiming"))
		printf("%" G_GINT64_FORMAT " of ", json_object_get_int_member(answer, "reclaimed"));
	printf("%s%s", clients, g_str_equal(phase, "reclaiming") ? " back" : "");
	if (lost > 0)
		printf(", %" G_GINT64_FORMAT " lost", lost);
	print_may_have_lost(answer);
	if (warnings > 0)
		printf(", %s", warned);
	putchar('\n');
}

static void print_daemons(JsonArray *daemons)
{
	printf("  daemons:");
	for (guint i = 0; i < json_array_get_length(daemons); i++) {
		JsonObject *one = json_array_get_object_element(daemons, i);
		gint64 restarts = json_object_get_int_member_with_default(one, "restarts", 0);

		printf("%s %s %s", i > 0 ? "," : "",
			json_object_get_string_member_with_default(one, "name", "?"),
			json_object_get_string_member_with_default(one, "state", "?"));
		if (restarts > 0)
			printf(" (restarted: %" G_GINT64_FORMAT ")", restarts);
	}
	putchar('\n');
}

/* The keeper may be of another version. */
static void print_keeper(JsonObject *keeper)
{
	JsonObject *namespace = json_object_has_member(keeper, "namespace")
					? json_object_get_object_member(keeper, "namespace")
					: NULL;
	g_autofree char *threads =
		text_count(json_object_get_int_member_with_default(keeper, "threads", 0), "thread");

	printf("  NFS server of its own: %s", threads);
	if (namespace != NULL)
		printf(", network namespace %s",
			json_object_get_string_member_with_default(namespace, "name", "?"));
	printf(", scope %s\n", json_object_get_string_member_with_default(keeper, "scope", "?"));
	if (json_object_has_member(keeper, "daemons"))
		print_daemons(json_object_get_array_member(keeper, "daemons"));
}

static void print_nfs4_client(JsonArray *array G_GNUC_UNUSED, guint place G_GNUC_UNUSED,
	JsonNode *node, gpointer data G_GNUC_UNUSED)
{
	JsonObject *one = json_node_get_object(node);

	printf("    NFSv4.%" G_GINT64_FORMAT " client %s '%s': %s\n",
		json_object_get_int_member(one, "minor_version"),
		json_object_get_string_member(one, "address"),
		json_object_get_string_member(one, "name"),
		json_object_get_string_member(one, "status"));
}

static void print_server(JsonObject *server)
{
	const char *why = json_object_get_string_member(server, "grace_rests_on");
	gint64 seconds = json_object_get_int_member(server, "grace_seconds");

	if (json_object_get_null_member(server, "keeper"))
		puts("  NFS server of its own: nothing is known of it");
	else
		print_keeper(json_object_get_object_member(server, "keeper"));
	if (seconds > 0)
		printf("  its grace period: %" G_GINT64_FORMAT " s%s%s%s\n", seconds,
			why[0] != '\0' ? " (" : "", why, why[0] != '\0' ? ")" : "");
	if (json_object_get_null_member(server, "nfs4_clients"))
		return;
	printf("  NFSv4 clients: %" G_GINT64_FORMAT "\n",
		json_object_get_int_member(server, "nfs4_clients"));
	json_array_foreach_element(
		json_object_get_array_member(server, "nfs4"), print_nfs4_client, NULL);
}

static void print_group(JsonArray *array G_GNUC_UNUSED, guint place G_GNUC_UNUSED, JsonNode *node,
	gpointer data G_GNUC_UNUSED)
{
	JsonObject *answer = json_node_get_object(node);
	g_autofree char *clients = NULL;

	if (brief) {
		print_brief(answer);
		return;
	}
	clients = clients_of(answer);
	printf("group '%s' on node '%s': %s, %s\n", json_object_get_string_member(answer, "group"),
		json_object_get_string_member(answer, "node"),
		json_object_get_string_member(answer, "phase"), clients);
	print_addresses(json_object_get_array_member(answer, "addresses"));
	printf("  store: %s\n", json_object_get_string_member(answer, "store"));
	if (json_object_has_member(answer, "server"))
		print_server(json_object_get_object_member(answer, "server"));
	print_new_locks(answer);
	print_fencing(answer);
	print_recovery(answer);
	print_reclaims(answer);
	cmd_print_texts("warning", json_object_get_array_member(answer, "warnings"));
	cmd_print_texts("problem", json_object_get_array_member(answer, "problems"));
}

static void print_one(JsonObject *answer)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

	json_node_set_object(node, answer);
	print_group(NULL, 0, node, NULL);
}

static void print_all(JsonObject *result)
{
	json_array_foreach_element(
		json_object_get_array_member(result, "groups"), print_group, NULL);
}

static bool say_last(JsonObject *answer, const char *member)
{
	JsonArray *texts = json_object_get_array_member(answer, member);
	guint count = json_array_get_length(texts);

	if (count > 0)
		cmd_say("%s", json_array_get_string_element(texts, count - 1));
	return count > 0;
}

/* The last problem is printed on stderr as well, because the agent takes its exit reason from
 * there. */
static int health(JsonObject *answer)
{
	if (say_last(answer, "problems"))
		return CRM_EX_ERROR;
	return degraded && say_last(answer, "warnings") ? CRM_EX_DEGRADED : CRM_EX_OK;
}

/* Degraded is less severe than any failure, although its number is larger. */
static int worse(int a, int b)
{
	if (a == CRM_EX_DEGRADED && b != CRM_EX_OK)
		return b;
	if (b == CRM_EX_DEGRADED && a != CRM_EX_OK)
		return a;
	return MAX(a, b);
}

static JsonObject *ask(const char *name, GError **error)
{
	g_autoptr(JsonObject) answer =
		control_ask(cmd_run_dir(), name, "status", (guint)timeout_s * 1000, error);

	if (answer == NULL || json_object_has_member(answer, "problems"))
		return g_steal_pointer(&answer);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the process of group '%s' runs another version than this program: restart the group's resource",
		name);
	return NULL;
}

static int show_one(const struct cmd *self, GError **error)
{
	g_autoptr(JsonObject) answer = ask(group, error);
	g_auto(GStrv) list = cmd_split_addresses(ips);
	int printed;

	if (answer == NULL || !parameters_are_served(answer, store_dir,
				      ips != NULL ? (const char *const *)list : NULL, error))
		return CRM_EX_ERROR;
	printed = cmd_print(self, answer, print_one, error);
	return printed == CRM_EX_OK ? health(answer) : printed;
}

static int show_all(const struct cmd *self, GError **error)
{
	g_autoptr(GPtrArray) groups = control_groups(cmd_run_dir());
	g_autoptr(JsonObject) result = json_object_new();
	JsonArray *answers = json_array_new();
	int worst = CRM_EX_OK;

	json_object_set_array_member(result, "groups", answers);
	for (guint i = 0; i < groups->len; i++) {
		g_autoptr(GError) local_error = NULL;
		JsonObject *answer = ask(g_ptr_array_index(groups, i), &local_error);

		if (answer != NULL) {
			worst = worse(worst, health(answer));
			json_array_add_object_element(answers, answer);
		} else if (!g_error_matches(local_error, LF_ERROR, LF_ERROR_NOT_RUNNING)) {
			cmd_say("%s", local_error->message);
			worst = worse(worst, lf_error_exit_status(local_error));
		}
	}
	if (json_array_get_length(answers) == 0 && worst == CRM_EX_OK) {
		g_set_error(
			error, LF_ERROR, LF_ERROR_NOT_RUNNING, "no group is served on this node");
		return CRM_EX_NOT_RUNNING;
	}
	return cmd_print(self, result, print_all, error) == CRM_EX_OK ? worst : CRM_EX_ERROR;
}

int cmd_status(const struct cmd *self, int argc, char **argv, GError **error)
{
	if (!cmd_parse(self, entries, details, argc, argv, error) || !cmd_check_group(group, error))
		return CRM_EX_USAGE;
	if ((store_dir != NULL || ips != NULL) && !cmd_require("group", group, error))
		return CRM_EX_USAGE;
	if (timeout_s < 1) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"the timeout must be at least one second, not %d", timeout_s);
		return CRM_EX_USAGE;
	}
	return group != NULL ? show_one(self, error) : show_all(self, error);
}
