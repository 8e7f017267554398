/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "error.h"
#include "lockd/process.h"
#include "nsm/nfs_conf.h"
#include "nsm/sm_dir.h"
#include "service/addresses.h"
#include "service/fencing.h"
#include "service/takeover.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What was found out, the worst of it as an exit status. */
struct findings {
	JsonArray *list;
	int status;
};

static void add(struct findings *self, const char *level, const char *cure, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

static void add(struct findings *self, const char *level, const char *cure, const char *format, ...)
{
	JsonObject *finding = json_object_new();
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	json_object_set_string_member(finding, "level", level);
	json_object_set_string_member(finding, "finding", text);
	json_object_set_string_member(finding, "cure", cure);
	json_array_add_object_element(self->list, finding);
}

static void add_error(struct findings *self, const GError *error)
{
	int status = lf_error_exit_status(error);

	add(self, "error", "", "%s", error->message);
	self->status = MAX(self->status,
		status == CRM_EX_NOT_CONFIGURED ? CRM_EX_NOT_CONFIGURED : CRM_EX_NOT_INSTALLED);
}

static bool user_process_runs(const char *name)
{
	g_autofree char *found = process_find(cmd_kernel()->proc_dir, name, PROCESS_USER);

	return found != NULL;
}

static void check_nfs_server(struct findings *self)
{
	guint threads = kernel_nfsd_threads(cmd_kernel());

	if (threads == 0) {
		add(self, "note",
			"it must be started before a group is taken over; on a standby node this "
			"is as it should be",
			"the NFS server does not run");
		return;
	}
	add(self, "ok", "", "the NFS server runs with %u threads", threads);
	if (user_process_runs("rpc.statd"))
		add(self, "ok", "", "rpc.statd runs");
	else {
		add(self, "error",
			"start it (nfs-common, or rpc-statd.service): without it no client gets an "
			"NFSv3 lock",
			"rpc.statd does not run");
		self->status = MAX(self->status, CRM_EX_NOT_INSTALLED);
	}
}

/* The command line of a statd that runs, its words one after the other; NULL when none does. The
 * caller frees it. */
static char *statd_command(gsize *length)
{
	const char *proc_dir = cmd_kernel()->proc_dir;
	g_autofree char *statd = process_find(proc_dir, "rpc.statd", PROCESS_USER);
	g_autofree char *path = NULL;
	char *words = NULL;

	if (statd == NULL)
		return NULL;
	*strchr(statd, '@') = '\0';
	path = g_build_filename(proc_dir, statd, "cmdline", NULL);
	g_file_get_contents(path, &words, length, NULL);
	return words;
}

/* What a statd that runs was told on its command line, else what nfs.conf tells one that starts. */
static char *configured_callout(void)
{
	gsize length = 0;
	g_autofree char *words = statd_command(&length);

	for (const char *word = words; word != NULL && word < words + length;
		word += strlen(word) + 1) {
		const char *next = word + strlen(word) + 1;

		if ((g_str_equal(word, "-H") || g_str_equal(word, "--ha-callout")) &&
			next < words + length)
			return g_strdup(next);
	}
	return nfs_conf_statd("ha-callout");
}

static void check_callout(struct findings *self)
{
	g_autofree char *callout = configured_callout();

	if (callout == NULL || !g_str_has_suffix(callout, "/lockferry-callout"))
		add(self, "warning",
			"set 'ha-callout=" LOCKFERRY_LIBEXECDIR
			"/lockferry-callout' in the section [statd] of nfs.conf, and "
			"restart rpc.statd",
			"statd does not run lockferry-callout: a lock granted just before a crash "
			"may be lost");
	else if (access(callout, X_OK) != 0)
		add(self, "warning", "correct 'ha-callout' in nfs.conf, and restart rpc.statd",
			"statd is to run '%s', which can't be run", callout);
	else
		add(self, "ok", "", "a client's first lock waits for its record (statd runs '%s')",
			callout);
}

struct counts {
	guint records;
	guint unusable;
};

static void count_file(sm_file *file, void *data)
{
	struct counts *counts = data;

	if (file->problem == NULL)
		counts->records++;
	else
		counts->unusable++;
	sm_file_free(file);
}

static void check_sm_dir(struct findings *self)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = cmd_sm_dir(sm_path, &error);
	g_autoptr(sm_dir) dir = path != NULL ? sm_dir_open(path, &error) : NULL;
	struct counts counts = {0};

	if (dir == NULL || !sm_dir_scan(dir, count_file, &counts, &error)) {
		add_error(self, error);
		return;
	}
	add(self, "ok", "", "statd's records are in '%s': %u clients", path, counts.records);
	if (counts.unusable > 0)
		add(self, "warning", "remove what is not statd's; 'lockferry snapshot' names it",
			"%u files in '%s' are no records", counts.unusable, path);
}

static void check_grace(struct findings *self)
{
	guint seconds = kernel_grace_seconds(cmd_kernel());

	if (seconds == 0)
		add(self, "note",
			"look again when the NFS server runs; on a standby node this is as it "
			"should be",
			"how long the lock manager's grace period is can't be told yet: lockd is "
			"not loaded");
	else if (seconds < KERNEL_GRACE_ENOUGH_S)
		add(self, "warning",
			"'options lockd nlm_grace_period=90' in a file in /etc/modprobe.d, and "
			"'grace-time=90' for nfsd in nfs.conf, make it long enough",
			"the lock manager's grace period is only %u s long: a client whose kernel "
			"takes longer than that to come back loses its locks",
			seconds);
	else
		add(self, "ok", "", "the lock manager's grace period is %u s long", seconds);
}

static void check_mounts(struct findings *self)
{
	g_autofree char *mount = kernel_nfs3_mount(cmd_kernel());

	if (mount != NULL)
		add(self, "warning",
			"unmount it, or mount it with 'nolock' or as NFSv4: it keeps the lock "
			"manager from restarting with the NFS server, so that no grace period "
			"begins",
			"an NFSv3 filesystem is mounted on this server: %s", mount);
	else
		add(self, "ok", "",
			"no NFSv3 mount keeps the lock manager from restarting with the NFS "
			"server");
}

static void check_notifiers(struct findings *self)
{
	g_autofree char *mask =
		g_file_read_link("/etc/systemd/system/rpc-statd-notify.service", NULL);

	if (user_process_runs("sm-notify"))
		add(self, "warning",
			"mask rpc-statd-notify.service, and set nfs_no_notify=true where "
			"ocf:heartbeat:nfsserver is used",
			"sm-notify runs: it tells clients about this node's own restart, outside "
			"of any group's recovery");
	else if (g_file_test("/run/systemd/system", G_FILE_TEST_IS_DIR) &&
		 g_strcmp0(mask, "/dev/null") != 0)
		add(self, "warning", "systemctl mask rpc-statd-notify.service",
			"rpc-statd-notify.service is not masked: it tells clients about this "
			"node's own restart");
	else
		add(self, "ok", "", "nothing else notifies clients");
}

static void check_fencing(struct findings *self)
{
	if (fencing_is_known())
		add(self, "ok", "", "Pacemaker's fencing history can be asked");
	else
		add(self, "warning",
			"install Pacemaker, or start with require_fencing=no and see to it "
			"yourself that the other node is down",
			"Pacemaker's fencing library is not installed: a group whose node crashed "
			"can't be taken over");
}

static void check_addresses(struct findings *self)
{
	g_auto(GStrv) list = cmd_split_addresses(ips);
	g_autoptr(GError) error = NULL;
	g_autoptr(addresses) parsed = NULL;

	if (ips == NULL)
		return;
	parsed = addresses_new((const char *const *)list, NULL, NULL, &error);
	if (parsed == NULL)
		add_error(self, error);
}

static bool store_is_readable(GError **error)
{
	g_autoptr(store) from = store_open(store_dir, STORE_READ, NULL, error);
	g_autoptr(group_state) state = NULL;
	GError *local_error = NULL;

	if (from == NULL)
		return false;
	state = store_load_state(from, &local_error);
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	if (state == NULL || group == NULL || state->group[0] == '\0' ||
		g_str_equal(state->group, group))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_CONFIGURED,
		"the store '%s' belongs to group '%s', not to '%s': give every group a store of "
		"its own",
		store_dir, state->group, group);
	return false;
}

static void check_store(struct findings *self)
{
	g_autofree char *parent = store_dir != NULL ? g_path_get_dirname(store_dir) : NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) devices = NULL;

	if (store_dir == NULL)
		return;
	if (access(parent, F_OK) != 0) {
		add(self, "note",
			"on the node that does not serve the group this is as it should be",
			"'%s' is not there: the group's filesystem is not mounted here", parent);
		return;
	}
	if (access(store_dir, F_OK) != 0) {
		add(self, "note",
			"it is made when the group is first served; if it should be there, mount "
			"the group's filesystem",
			"there is no store '%s'", store_dir);
		return;
	}
	devices = takeover_devices(store_dir, cmd_list_of(exports), &error);
	if (devices == NULL || !store_is_readable(&error))
		add_error(self, error);
	else
		add(self, "ok", "", "the store '%s' can be read", store_dir);
}

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

/* The last error goes to stderr as well: that is where the agent takes its reason from. */
static void say_error(JsonArray *list)
{
	for (guint i = json_array_get_length(list); i > 0; i--) {
		JsonObject *finding = json_array_get_object_element(list, i - 1);
		const char *cure = json_object_get_string_member(finding, "cure");

		if (g_str_equal(json_object_get_string_member(finding, "level"), "error")) {
			cmd_say("%s%s%s", json_object_get_string_member(finding, "finding"),
				cure[0] != '\0' ? ": " : "", cure);
			return;
		}
	}
}

int cmd_check(const struct verb *self, int argc, char **argv, GError **error)
{
	static void (*const checks[])(struct findings *) = {
		check_nfs_server,
		check_sm_dir,
		check_callout,
		check_grace,
		check_mounts,
		check_notifiers,
		check_fencing,
		check_addresses,
		check_store,
	};
	struct findings findings = {.status = CRM_EX_OK};
	g_autoptr(JsonObject) result = json_object_new();

	if (!cmd_parse(self, entries, details, argc, argv, error) || !cmd_check_group(group, error))
		return CRM_EX_USAGE;
	if (timeout_s > 0)
		cmd_end_after(timeout_s);
	findings.list = json_array_new();
	for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
		checks[i](&findings);
	json_object_set_boolean_member(result, "ready", findings.status == CRM_EX_OK);
	json_object_set_array_member(result, "findings", findings.list);
	say_error(findings.list);
	return cmd_print(self, result, print_text, error) == CRM_EX_OK ? findings.status
								       : CRM_EX_ERROR;
}
