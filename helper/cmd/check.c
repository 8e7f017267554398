/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "check/check.h"
#include "cluster/load.h"
#include "cluster/resources.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

/* How long to wait for the cluster. */
#define PATIENCE_MS 5000

static char *group, *store_dir, *sm_path, *cib_file;
static char *root = (char *)"/";
static char **ips, **names, **exports;
static int timeout_s;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group,
		"A service group; the store must belong to it", "GROUP"},
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "Its store", "DIR"},
	{"ip", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &ips, "Its addresses", "ADDR[,ADDR]"},
	{"name", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &names,
		"A name by which clients mount from it; may be repeated", "NAME"},
	{"export", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &exports,
		"A directory it exports; may be repeated", "DIR"},
	{"sm-dir", 0, 0, G_OPTION_ARG_FILENAME, &sm_path, "statd's sm directory [found by itself]",
		"DIR"},
	{"cib", 0, 0, G_OPTION_ARG_FILENAME, &cib_file,
		"The cluster's configuration, as XML [ask the cluster]", "FILE"},
	{"root", 0, 0, G_OPTION_ARG_FILENAME, &root,
		"Where to look for the files of systemd and nfs-utils [/]", "DIR"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
		"End after this time, with status 124 [0: never]", "SECONDS"},
	{0},
};

static const char details[] =
	"Exit status: 0 ready (there may be warnings), 5 something is missing on this node, 6 the group is configured wrongly.\n";

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

static int print(const struct cmd *self, const struct findings *findings, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	g_autofree char *reason = findings_reason(findings);

	json_object_set_boolean_member(result, "ready", findings->status == CRM_EX_OK);
	json_object_set_array_member(result, "findings", json_array_ref(findings->list));
	/* Printed on stderr as well, because the agent takes its exit reason from there. */
	if (reason != NULL)
		cmd_say("%s", reason);
	return cmd_print(self, result, print_text, error) == CRM_EX_OK ? findings->status
								       : CRM_EX_ERROR;
}

/* How many resources the group has, or all of them, of each kind. */
struct kinds {
	guint locks; /* nfslock: on the server that groups share */
	guint own;   /* nfsgroup: with a server of their own */
};

/* The resource that supplies the parameters not given on the command line: the one of the given
 * group, or the only one. NULL if there is not exactly one. */
static const cib_resource *resource_of(const cib *cluster, struct kinds *kinds)
{
	const cib_resource *found = NULL;

	*kinds = (struct kinds){0};
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *one = g_ptr_array_index(cluster->resources, i);
		bool is_own = resource_is_own_server(one);

		if (!(is_own || resource_is_locks(one)) ||
			(group != NULL && !g_str_equal(resource_group(one), group)))
			continue;
		found = one;
		kinds->own += is_own;
		kinds->locks += !is_own;
	}
	return kinds->own + kinds->locks == 1 ? found : NULL;
}

static void take_list(char ***list, const cib_resource *locks, const char *parameter)
{
	if (*list == NULL)
		*list = resource_list(locks, parameter);
}

/* Its addresses have prefix lengths. */
static void take_from_own(const cib_resource *own)
{
	take_list(&ips, own, "address");
	for (gsize i = 0; ips[i] != NULL; i++)
		ips[i][strcspn(ips[i], "/")] = '\0';
	take_list(&names, own, "names");
}

static void say_many(const struct kinds *kinds, struct findings *findings)
{
	finding_add(findings, FINDING_NOTE, "look at each of them: lockferry check --group GROUP",
		"there are %u %s resources: what they need on this node was not checked",
		kinds->locks + kinds->own,
		kinds->own == 0     ? "nfslock"
		: kinds->locks == 0 ? "nfsgroup"
				    : "nfslock and nfsgroup");
}

static void take_from(const cib *cluster, struct kinds *kinds, struct findings *findings)
{
	const cib_resource *locks = resource_of(cluster, kinds);

	if (kinds->locks + kinds->own > 1 && group == NULL && store_dir == NULL)
		say_many(kinds, findings);
	if (locks == NULL)
		return;
	if (store_dir == NULL)
		store_dir = cmd_strip_slashes(resource_store(locks));
	if (resource_is_own_server(locks)) {
		take_from_own(locks);
		return;
	}
	if (sm_path == NULL)
		sm_path = cmd_strip_slashes(g_strdup(cib_parameter(locks, "sm_dir")));
	take_list(&ips, locks, "ip");
	take_list(&names, locks, "names");
	take_list(&exports, locks, "exports");
}

/* A cluster that cannot be asked is not an error: the node is checked anyway. */
static bool load_cluster(
	cib **cluster, struct kinds *kinds, struct findings *findings, GError **error)
{
	GError *local_error = NULL;

	*cluster = cluster_load(cib_file, PATIENCE_MS, &local_error);
	if (*cluster != NULL) {
		take_from(*cluster, kinds, findings);
		return true;
	}
	if (cib_file != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	finding_add(findings, FINDING_NOTE, "check again when the cluster runs on this node",
		"cannot read the cluster's configuration: %s", local_error->message);
	g_error_free(local_error);
	return true;
}

/* `only_own`: the node's own NFS server and daemons, which groups share, are not used. */
static void look(const cib *cluster, bool only_own, struct findings *findings)
{
	static void (*const of_shared[])(const struct check *, struct findings *) = {
		check_nfs_server,
		check_versions,
		check_statd,
		check_grace,
		check_mounts,
		check_notifiers,
		check_exports,
	};
	static void (*const checks[])(const struct check *, struct findings *) = {
		check_own_server_node,
		check_fencing,
		check_identity,
		check_group_store,
		check_resource_place,
		check_resource_settings,
		check_shared_parameters,
		check_own_servers,
		check_own_server_access,
	};
	g_auto(GStrv) addresses = cmd_split_addresses(ips);
	struct check check = {
		.kernel = cmd_kernel(),
		.cluster = cluster,
		.root = root,
		.group = group,
		.store = store_dir,
		.addresses = cmd_list_of(ips != NULL ? addresses : NULL),
		.names = cmd_list_of(names),
		.exports = cmd_directories(exports),
		.sm_dir = sm_path,
	};

	for (gsize i = 0; !only_own && i < G_N_ELEMENTS(of_shared); i++)
		of_shared[i](&check, findings);
	for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
		checks[i](&check, findings);
}

int cmd_check(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(cib) cluster = NULL;
	struct kinds kinds = {0};
	struct findings findings;
	int status = CRM_EX_ERROR;

	if (!cmd_parse(self, entries, details, argc, argv, error) || !cmd_check_group(group, error))
		return CRM_EX_USAGE;
	if (timeout_s > 0)
		cmd_end_after(self, timeout_s);
	findings_init(&findings);
	if (load_cluster(&cluster, &kinds, &findings, error)) {
		look(cluster, kinds.own > 0 && kinds.locks == 0, &findings);
		status = print(self, &findings, error);
	}
	findings_clear(&findings);
	return status;
}
