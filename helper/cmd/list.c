/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "store/store.h"

#include <stdio.h>

static char *store_dir;

static const GOptionEntry entries[] = {
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "The group's store", "DIR"},
	{0},
};

static const char details[] =
	"Times are seconds since the epoch in JSON and XML, local time in text.\n";

static void print_client(JsonArray *array G_GNUC_UNUSED, guint place G_GNUC_UNUSED, JsonNode *node,
	gpointer data G_GNUC_UNUSED)
{
	JsonObject *entry = json_node_get_object(node);
	g_autofree char *first = report_time(json_object_get_int_member(entry, "first_recorded"));
	g_autofree char *last = report_time(json_object_get_int_member(entry, "last_seen"));

	printf("%-39s %-16s %-19s %-19s %s\n", json_object_get_string_member(entry, "mon_name"),
		json_object_get_string_member(entry, "my_name"), first, last,
		json_object_get_string_member(entry, "recovery"));
}

static void print_text(JsonObject *result)
{
	printf("%-39s %-16s %-19s %-19s %s\n", "CLIENT", "SERVER", "FIRST RECORDED", "LAST SEEN",
		"RECOVERY");
	json_array_foreach_element(
		json_object_get_array_member(result, "clients"), print_client, NULL);
}

static JsonObject *client_to_json(const client *entry)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "mon_name", entry->mon_name);
	json_object_set_string_member(object, "my_name", entry->my_name);
	json_object_set_string_member(object, "file", entry->file);
	json_object_set_int_member(object, "first_recorded", entry->first_recorded);
	json_object_set_int_member(object, "last_seen", entry->last_seen);
	json_object_set_string_member(object, "recovery", recovery_name(entry->recovery));
	return object;
}

int cmd_list(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(JsonObject) result = json_object_new();
	g_autoptr(GPtrArray) clients = NULL;
	g_autoptr(store) from = NULL;
	JsonArray *array;
	int status;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("store", store_dir, error))
		return CRM_EX_USAGE;
	from = store_open(store_dir, STORE_READ, NULL, error);
	clients =
		from != NULL ? store_load_clients(from, STORE_WITHOUT_RAW, problems, error) : NULL;
	if (clients == NULL)
		return CRM_EX_ERROR;
	for (guint i = 0; i < problems->len; i++)
		cmd_say("in the store: %s", (const char *)g_ptr_array_index(problems, i));
	array = json_array_new();
	for (guint i = 0; i < clients->len; i++)
		json_array_add_object_element(array, client_to_json(g_ptr_array_index(clients, i)));
	json_object_set_string_member(result, "store", store_dir);
	json_object_set_array_member(result, "clients", array);
	status = cmd_print(self, result, print_text, error);
	return problems->len > 0 ? CRM_EX_ERROR : status;
}
