/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"
#include "cmd/cmd.h"
#include "error.h"

#include <stdio.h>

static char *group, *store_dir, *sm_path;
static char **ips, **exports;
static int timeout_s;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_STRING, &group,
		"A service group, to say whose store it must be", "GROUP"},
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "Its store", "DIR"},
	{"ip", 0, 0, G_OPTION_ARG_STRING_ARRAY, &ips, "Its addresses", "ADDR[,ADDR]"},
	{"export", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &exports,
		"A directory it exports; may be repeated", "DIR"},
	{"sm-dir", 0, 0, G_OPTION_ARG_FILENAME, &sm_path, "statd's sm directory [found by itself]",
		"DIR"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "End after so long, with 124 [0: never]",
		"SECONDS"},
	{0},
};

static const char details[] = "Exit status: 0 ready (there may be warnings), 5 something is "
			      "missing on this node, 6 the group is configured wrongly.\n";

static void print_finding(JsonArray *array G_GNUC_UNUSED, guint place G_GNUC_UNUSED, JsonNode *node,
	gpointer data G_GNUC_UNUSED)
{
	JsonObject *finding = json_node_get_object(node);
	const char *cure = json_object_get_string_member(finding, "cure");

	printf("%-7s  %s\n", json_object_get_string_member(finding, "level"),
		json_object_get_string_member(finding, "finding"));
	if (cure[0] != '\0')
		printf("         -> %s\n", cure);
}

static void print_text(JsonObject *result)
{
	json_array_foreach_element(
		json_object_get_array_member(result, "findings"), print_finding, NULL);
}

static int print(const struct verb *self, const struct findings *findings, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	g_autofree char *reason = findings_reason(findings);

	json_object_set_boolean_member(result, "ready", findings->status == CRM_EX_OK);
	json_object_set_array_member(result, "findings", json_array_ref(findings->list));
	/* On stderr as well: that is where the agent takes its reason from. */
	if (reason != NULL)
		cmd_say("%s", reason);
	return cmd_print(self, result, print_text, error) == CRM_EX_OK ? findings->status
								       : CRM_EX_ERROR;
}

int cmd_check(const struct verb *self, int argc, char **argv, GError **error)
{
	static void (*const checks[])(const struct check *, struct findings *) = {
		check_nfs_server,
		check_statd,
		check_grace,
		check_mounts,
		check_notifiers,
		check_fencing,
		check_identity,
		check_group_store,
	};
	g_auto(GStrv) addresses = NULL;
	struct findings findings;
	int status;

	if (!cmd_parse(self, entries, details, argc, argv, error) || !cmd_check_group(group, error))
		return CRM_EX_USAGE;
	if (timeout_s > 0)
		cmd_end_after(timeout_s);
	addresses = cmd_split_addresses(ips);
	struct check check = {
		.kernel = cmd_kernel(),
		.group = group,
		.store = store_dir,
		.addresses = cmd_list_of(ips != NULL ? addresses : NULL),
		.exports = cmd_list_of(exports),
		.sm_dir = sm_path,
	};
	findings_init(&findings);
	for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
		checks[i](&check, &findings);
	status = print(self, &findings, error);
	findings_clear(&findings);
	return status;
}
