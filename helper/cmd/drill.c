/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "cmd/verify.h"
#include "drill/verdict.h"

#include <stdio.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT_S 600

static char *group, *report_file;
static int timeout_s = TIMEOUT_DEFAULT_S;
static gboolean fence, move_back, yes;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group, "The service group to move here", "GROUP"},
	{"fence", 0, 0, G_OPTION_ARG_NONE, &fence,
		"Fence the node that serves it, instead of moving the group: this cuts its power",
		NULL},
	{"move-back", 0, 0, G_OPTION_ARG_NONE, &move_back, "Move it back afterwards", NULL},
	{"output-to", 0, 0, G_OPTION_ARG_FILENAME, &report_file,
		"Also write the report to this file, which must not exist yet", "FILE"},
	{"yes", 0, 0, G_OPTION_ARG_NONE, &yes, "Move it without asking for confirmation", NULL},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
		"How long each move may take, until the first new lock [600]", "SECONDS"},
	{0},
};

static const char details[] =
	"Run it on the node that will adopt the group. Its clients have no service for the time of a failover.\n"
	"Exit status: 0 every lock and client is accounted for, 1 some are not or the drill failed, 2 this node\n"
	"serves the group, 5 the cluster is not fit for a drill, 7 the cluster does not run here, 124 timed out.\n";

/* Progress goes to stderr: it is neither the result nor an error. */

static bool line_is_open;

static void end_line(void)
{
	if (line_is_open)
		fputc('\n', stderr);
	line_is_open = false;
}

static void say(bool passing, const char *text)
{
	if (!passing) {
		end_line();
		fprintf(stderr, "%s\n", text);
	} else if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "\r\033[K%s", text);
		line_is_open = true;
	}
}

static void announce(const struct drill *drill)
{
	const struct plan *plan = &drill->plan;

	if (fence)
		fprintf(stderr,
			"This fences node '%s': it cuts the power, and everything that runs there ends. Service group '%s' should\n"
			"then come to this node, '%s'.\n",
			plan->source, group, plan->target);
	else
		fprintf(stderr,
			"This moves '%s', with service group '%s', from node '%s' to this node, '%s'%s.\n",
			plan->unit, group, plan->source, plan->target,
			move_back ? ", and back again afterwards" : "");
	fprintf(stderr,
		"Its clients wait during the move. They lose no locks unless the failover fails.\n");
}

static bool confirm(GError **error)
{
	char answer[8];

	if (yes)
		return true;
	fputs("Type 'yes' to continue: ", stderr);
	if (fgets(answer, sizeof(answer), stdin) != NULL && g_str_equal(answer, "yes\n"))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the drill was cancelled, because nobody answered 'yes': nothing was moved");
	return false;
}

/* The report as text */

static void print_head(JsonObject *result)
{
	JsonObject *versions = json_object_get_object_member(result, "versions");
	g_autofree char *began = report_time(json_object_get_int_member(result, "began"));
	g_autofree char *ended = report_time(json_object_get_int_member(result, "ended"));
	const char *reason = json_object_get_string_member(result, "reason");
	const char *resource = json_object_get_string_member(result, "resource");
	const char *from = json_object_get_string_member(result, "from");
	const char *to = json_object_get_string_member(result, "to");

	printf("failover drill of group '%s': %s%s%s\n",
		json_object_get_string_member(result, "group"),
		json_object_get_string_member(result, "verdict"), reason[0] != '\0' ? ": " : "",
		reason);
	printf("  by %s on %s, %s to %s\n", json_object_get_string_member(result, "user"),
		json_object_get_string_member(result, "host"), began, ended);
	if (g_str_equal(json_object_get_string_member(result, "kind"), "fence"))
		printf("  fencing of node '%s' ordered, to bring '%s' to node '%s'\n", from,
			resource, to);
	else
		printf("  move of '%s' ordered, from node '%s' to node '%s'\n", resource, from, to);
	printf("  lockferry %s, Pacemaker %s, Linux %s\n",
		json_object_get_string_member(versions, "lockferry"),
		json_object_get_string_member(versions, "pacemaker"),
		json_object_get_string_member(versions, "kernel"));
}

static void print_seconds(JsonObject *seconds, const char *name)
{
	if (json_object_get_null_member(seconds, name))
		printf("%9s", "-");
	else
		printf("%8.1fs", json_object_get_double_member(seconds, name));
}

static void print_timeline(JsonObject *way, const char *title)
{
	JsonObject *seconds = json_object_get_object_member(way, "seconds");
	JsonObject *pauses = json_object_get_object_member(way, "pauses");

	printf("%s\n", title);
	for (int i = 0; i < TIMELINE_MARKS; i++) {
		const char *name = timeline_name((enum timeline_mark)i);

		print_seconds(seconds, name);
		printf("  %s\n", timeline_text((enum timeline_mark)i));
	}
	printf("  time without its address:");
	print_seconds(pauses, timeline_name(TIMELINE_ADDRESS_UP));
	printf(", until the last lock was back:");
	print_seconds(pauses, timeline_name(TIMELINE_LAST_RECLAIM));
	printf(", until new locks:");
	print_seconds(pauses, timeline_name(TIMELINE_NEW_LOCKS));
	putchar('\n');
}

static void print_attention(
	JsonArray *array, guint place, JsonNode *node G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
	JsonObject *entry = json_array_get_object_element(array, place);

	printf("  check client '%s': %s\n", json_object_get_string_member(entry, "mon_name"),
		recovery_text(json_object_get_string_member(entry, "recovery")));
}

static void print_clients(JsonObject *result)
{
	static const struct {
		const char *name, *text;
	} counts[] = {{"clients", "clients"}, {"reclaimed", "reclaimed"},
		{"acknowledged", "acknowledged"}, {"told", "told"}, {"unreachable", "unreachable"},
		{"lost", "lost"}, {"may_have_lost", "may have lost locks"},
		{"recorded", RECOVERY_RECORDED_TEXT}};
	JsonObject *clients = json_object_get_object_member(result, "clients");

	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
		printf("%s%s: %" G_GINT64_FORMAT, i == 0 ? "  " : ", ", counts[i].text,
			json_object_get_int_member(clients, counts[i].name));
	putchar('\n');
	json_array_foreach_element(
		json_object_get_array_member(result, "attention"), print_attention, NULL);
}

/* Their locks are not compared: each client recovers its own. */
static void print_nfs4(JsonObject *result)
{
	JsonObject *clients;
	JsonArray *lost;

	if (json_object_get_null_member(result, "nfs4_clients"))
		return;
	clients = json_object_get_object_member(result, "nfs4_clients");
	lost = json_object_get_array_member(clients, "lost");
	printf("  NFSv4 clients that might reclaim: %" G_GINT64_FORMAT ", not back: %u\n",
		json_object_get_int_member(clients, "expected"), json_array_get_length(lost));
	for (guint i = 0; i < json_array_get_length(lost); i++)
		printf("  check client '%s': it did not come back in NFSv4's grace period, and has lost its locks; restart its applications if it still runs\n",
			json_array_get_string_element(lost, i));
}

static void print_back(JsonObject *result)
{
	JsonObject *back;

	if (json_object_get_null_member(result, "back"))
		return;
	back = json_object_get_object_member(result, "back");
	print_timeline(back, "the way back, as the cluster reported it:");
	printf("  node '%s' reports: %s. Run 'lockferry verify' there to check each lock\n",
		json_object_get_string_member(result, "from"),
		json_object_get_string_member(back, "attribute"));
}

static void print_text(JsonObject *result)
{
	print_head(result);
	print_timeline(json_object_get_object_member(result, "there"), "timeline since the order:");
	print_clients(result);
	print_nfs4(result);
	if (json_object_get_null_member(result, "locks"))
		puts("the locks were not verified");
	else
		verification_print(json_object_get_object_member(result, "locks"));
	print_back(result);
}

/* The command */

static bool options_agree(GError **error)
{
	const char *wrong = NULL;

	if (fence && move_back)
		wrong = "a fenced node is down and cannot take the group back: omit --move-back or --fence";
	else if (timeout_s < 1)
		wrong = "the timeout must be at least one second";
	else if (!yes && !isatty(STDIN_FILENO))
		wrong = "there is no terminal to ask for confirmation: give --yes to move the group without asking";
	if (wrong == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE, "%s", wrong);
	return false;
}

/* Fail before the drill, not after it. */
static bool report_is_possible(GError **error)
{
	g_autofree char *parent = NULL;

	if (report_file == NULL)
		return true;
	parent = g_path_get_dirname(report_file);
	if (access(report_file, F_OK) == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the report '%s' exists already: name a new file", report_file);
		return false;
	}
	if (access(parent, W_OK) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_ARGUMENT, "cannot write a report in '%s'", parent);
	return false;
}

static bool is_root(GError **error)
{
	if (geteuid() == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_PRIVILEGE, "only root may run a drill");
	return false;
}

static int report(const struct cmd *self, JsonObject *result, GError **error)
{
	int printed = cmd_print(self, result, print_text, error);
	GError *local_error = NULL;

	if (report_file == NULL || cmd_save(self, result, print_text, report_file, &local_error))
		return printed;
	if (printed == CRM_EX_OK)
		g_propagate_error(error, local_error);
	else
		g_error_free(local_error);
	return CRM_EX_ERROR;
}

/* The drill's error matters more than an error of its report. */
static int run(const struct cmd *self, struct drill *drill, GError **error)
{
	GError *local_error = NULL;
	g_autoptr(JsonObject) result = NULL;
	int status;

	drill_run(drill, &local_error);
	end_line();
	result = verdict_make(
		drill, drill->verified ? verification_to_json(&drill->found) : NULL, local_error);
	status = report(self, result, local_error == NULL ? error : NULL);
	if (local_error != NULL)
		g_propagate_error(error, local_error);
	return verdict_is_passed(result) ? status : CRM_EX_ERROR;
}

static void say_findings(const struct drill *drill)
{
	for (guint i = 0; drill->findings != NULL && i < drill->findings->len; i++)
		say(false, g_ptr_array_index(drill->findings, i));
}

static int drill_group(const struct cmd *self, struct drill *drill, GError **error)
{
	if (!drill_prepare(drill, error)) {
		say_findings(drill);
		return CRM_EX_ERROR;
	}
	announce(drill);
	return confirm(error) ? run(self, drill, error) : CRM_EX_ERROR;
}

int cmd_drill(const struct cmd *self, int argc, char **argv, GError **error)
{
	struct drill drill = {.say = say};
	int status;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("group", group, error) || !cmd_check_group(group, error) ||
		!options_agree(error) || !report_is_possible(error) || !is_root(error))
		return CRM_EX_USAGE;
	drill.kernel = cmd_kernel();
	drill.run_dir = cmd_run_dir();
	drill.group = group;
	drill.fence = fence;
	drill.move_back = move_back;
	drill.timeout_s = (guint)timeout_s;
	status = drill_group(self, &drill, error);
	drill_clear(&drill);
	return status;
}
