/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "control/client.h"
#include "control/place.h"
#include "kernel/lock_set.h"
#include "net/endpoint.h"
#include "node/filesystems.h"
#include "nsm/own_statd.h"
#include "nsm/record.h"
#include "nsm/sm_dir.h"
#include "nsm/wire.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT_S 10

/* How long the lock manager may take after statd was notified. */
#define DROP_POLLS 30
#define DROP_POLL_US (100 * 1000)

static char *group, *sm_path;
static gboolean yes;
static int timeout_s = TIMEOUT_DEFAULT_S;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group,
		"list: only this group [all groups served on this node]", "GROUP"},
	{"sm-dir", 0, 0, G_OPTION_ARG_FILENAME, &sm_path,
		"drop: statd's sm directory [found by itself]", "DIR"},
	{"yes", 0, 0, G_OPTION_ARG_NONE, &yes, "drop: do not ask for confirmation", NULL},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
		"drop: how long to wait for each answer of rpcbind and statd [10]", "SECONDS"},
	{0},
};

static const char details[] =
	"lockferry clients list            the clients of the groups that are served on this node\n"
	"lockferry clients drop ADDRESS    drop all locks that a dead client holds on this node, in\n"
	"                                  all groups: tell rpc.statd that the client restarted\n";

/* lockferry clients list */

static void print_client(JsonArray *array G_GNUC_UNUSED, guint place G_GNUC_UNUSED, JsonNode *node,
	gpointer data G_GNUC_UNUSED)
{
	JsonObject *entry = json_node_get_object(node);
	g_autofree char *last = report_time(json_object_get_int_member(entry, "last_seen"));

	printf("%-16s %-39s %-19s %s\n", json_object_get_string_member(entry, "group"),
		json_object_get_string_member(entry, "mon_name"), last,
		json_object_get_string_member(entry, "recovery"));
}

static void print_list(JsonObject *result)
{
	printf("%-16s %-39s %-19s %s\n", "GROUP", "CLIENT", "LAST SEEN", "RECOVERY");
	json_array_foreach_element(
		json_object_get_array_member(result, "clients"), print_client, NULL);
}

static bool add_clients(JsonArray *array, const char *name, GError **error)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(JsonObject) status =
		control_ask(cmd_run_dir(), name, "status", (guint)timeout_s * 1000, error);
	g_autoptr(GPtrArray) clients = NULL;
	g_autoptr(store) from = NULL;

	if (status == NULL)
		return false;
	from = store_open(json_object_get_string_member(status, "store"), STORE_READ, NULL, error);
	clients =
		from != NULL ? store_load_clients(from, STORE_WITHOUT_RAW, problems, error) : NULL;
	for (guint i = 0; clients != NULL && i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "group", name);
		json_object_set_string_member(object, "mon_name", entry->mon_name);
		json_object_set_int_member(object, "last_seen", entry->last_seen);
		json_object_set_string_member(object, "recovery", recovery_name(entry->recovery));
		json_array_add_object_element(array, object);
	}
	return clients != NULL;
}

static int list_clients(const struct cmd *self, GError **error)
{
	g_autoptr(GPtrArray) groups = control_groups(cmd_run_dir());
	g_autoptr(JsonObject) result = json_object_new();
	JsonArray *array = json_array_new();
	guint served = 0;

	json_object_set_array_member(result, "clients", array);
	for (guint i = 0; i < groups->len; i++) {
		const char *name = g_ptr_array_index(groups, i);
		GError *local_error = NULL;

		if (group != NULL && !g_str_equal(group, name))
			continue;
		served += add_clients(array, name, &local_error);
		if (g_error_matches(local_error, LF_ERROR, LF_ERROR_NOT_RUNNING)) {
			g_clear_error(&local_error);
		} else if (local_error != NULL) {
			g_propagate_error(error, local_error);
			return CRM_EX_ERROR;
		}
	}
	if (served > 0)
		return cmd_print(self, result, print_list, error);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING, "no group is served on this node");
	return CRM_EX_NOT_RUNNING;
}

/* lockferry clients drop */

struct search {
	const char *address;
	GPtrArray *names; /* names by which statd knows it; owned */
};

/* Compares names ignoring case, and addresses by value, however they are written. */
static bool is_client(const char *mon_name, const char *address)
{
	endpoint one, other;

	if (g_ascii_strcasecmp(mon_name, address) == 0)
		return true;
	return endpoint_parse(mon_name, &one, NULL) && endpoint_parse(address, &other, NULL) &&
	       endpoint_same_address(&one, &other);
}

static void find_record(sm_file *file, void *data)
{
	g_autoptr(sm_file) found = file;
	struct search *search = data;

	for (guint i = 0; found->records != NULL && i < found->records->len; i++) {
		const sm_record *record = g_ptr_array_index(found->records, i);

		if (!is_client(record->mon_name, search->address))
			continue;
		if (!g_ptr_array_find_with_equal_func(
			    search->names, record->mon_name, g_str_equal, NULL))
			g_ptr_array_add(search->names, g_strdup(record->mon_name));
		fprintf(stderr,
			"client '%s' is monitored by rpc.statd, as a client of '%s', in the file '%s'\n",
			record->mon_name, record->my_name, found->name);
	}
}

/* Counts the locks of all clients, because the kernel does not say whose they are. -1: not
 * known. */
static gint64 count_locks(void)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));
	g_autofree char *lock_manager = kernel_lock_manager(cmd_kernel());
	g_autoptr(lock_set) held = NULL;

	filesystems_add_others(all, cmd_run_dir(), "");
	held = lock_set_held(cmd_kernel(), all, lock_manager, NULL);
	return held != NULL ? (gint64)lock_set_size(held) + lock_set_elsewhere(held) : -1;
}

static bool is_agreed(const char *address)
{
	char answer[16] = "";

	if (yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr,
		"Others can take these locks at once. If '%s' is still alive, its applications continue as if they held them. Is it dead? [yes/no] ",
		address);
	return fgets(answer, sizeof(answer), stdin) != NULL && g_str_equal(answer, "yes\n");
}

static void print_dropped(JsonObject *result)
{
	printf("rpc.statd was told that client '%s' restarted; locks held on this node: %" G_GINT64_FORMAT
	       " before, %" G_GINT64_FORMAT " now\n",
		json_object_get_string_member(result, "client"),
		json_object_get_int_member(result, "locks_before"),
		json_object_get_int_member(result, "locks_now"));
}

static bool tell_statd(const GPtrArray *names, GError **error)
{
	/* The state number of a client that is up is odd. It must differ from the client's last
	 * one, or statd ignores it. */
	gint32 state = (gint32)(wire_random_xid() & G_MAXINT32) | 1;

	for (guint i = 0; i < names->len; i++) {
		if (!own_statd_tell(
			    g_ptr_array_index(names, i), state, (guint)timeout_s * 1000, error))
			return false;
	}
	return true;
}

static int tell(const struct cmd *self, const struct search *search, gint64 before, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	const char *address = search->address;
	gint64 now = before;

	if (!tell_statd(search->names, error))
		return CRM_EX_ERROR;
	for (int i = 0; i < DROP_POLLS && now >= before; i++) {
		g_usleep(DROP_POLL_US);
		now = count_locks();
	}
	syslog(LOG_NOTICE,
		"client '%s' was dropped by 'lockferry clients drop': %" G_GINT64_FORMAT
		" locks were held on this node before, %" G_GINT64_FORMAT " after",
		address, before, now);
	json_object_set_string_member(result, "client", address);
	json_object_set_int_member(result, "locks_before", before);
	json_object_set_int_member(result, "locks_now", now);
	return cmd_print(self, result, print_dropped, error);
}

static int drop_client(const struct cmd *self, const char *address, GError **error)
{
	g_autofree char *path = cmd_sm_dir(sm_path, error);
	g_autoptr(sm_dir) live = path != NULL ? sm_dir_open(path, error) : NULL;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	struct search search = {.address = address, .names = names};
	gint64 before;

	if (live == NULL || !sm_dir_scan(live, find_record, &search, error))
		return CRM_EX_ERROR;
	if (names->len == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"'%s' has no record of a client '%s', so it holds no lock on this node: 'lockferry clients list' has the names",
			path, address);
		return CRM_EX_ERROR;
	}
	before = count_locks();
	fprintf(stderr,
		"%" G_GINT64_FORMAT
		" locks of all clients are held on this node; the kernel does not say which of them belong to this client\n",
		before);
	if (!is_agreed(address)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"client '%s' was not dropped: answer yes, or give --yes if there is no terminal",
			address);
		return CRM_EX_ERROR;
	}
	openlog("lockferry", LOG_PID, LOG_DAEMON);
	return tell(self, &search, before, error);
}

int cmd_clients(const struct cmd *self, int argc, char **argv, GError **error)
{
	bool drop = argc > 1 && g_str_equal(argv[1], "drop");
	bool list = argc > 1 && g_str_equal(argv[1], "list");
	const char *address = drop && argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
	int words = list ? 1 : address != NULL ? 2 : 0;

	argv[words] = argv[0];
	if (!cmd_parse(self, entries, details, argc - words, argv + words, error) ||
		!cmd_check_group(group, error))
		return CRM_EX_USAGE;
	if (words == 0 || timeout_s < 1 || (address != NULL && !sm_name_is_valid(address, NULL))) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"clients: give 'list', or 'drop' with a client's address, and a timeout of at least one second");
		return CRM_EX_USAGE;
	}
	return list ? list_clients(self, error) : drop_client(self, address, error);
}
