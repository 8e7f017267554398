/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "recorder/capture.h"

#include <stdio.h>

static char *store_dir, *sm_path, *backend;

static const GOptionEntry entries[] = {
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir,
		"The group's store; created if its parent directory exists", "DIR"},
	{"sm-dir", 0, 0, G_OPTION_ARG_FILENAME, &sm_path, "statd's sm directory [found by itself]",
		"DIR"},
	{"backend", 0, 0, G_OPTION_ARG_FILENAME, &backend, "The kind of store to make [files]",
		"files|sqlite"},
	{0},
};

static void print_text(JsonObject *result)
{
	g_autofree char *clients =
		text_count(json_object_get_int_member(result, "clients"), "client");

	printf("%s recorded in '%s', %" G_GINT64_FORMAT " of them new or changed\n", clients,
		json_object_get_string_member(result, "store"),
		json_object_get_int_member(result, "recorded"));
}

static bool snapshot(store *to, sm_dir *live, struct captured *captured, GError **error)
{
	struct capture capture = {.sm_dir = live, .store = to};

	return capture_all(&capture, g_get_real_time() / G_USEC_PER_SEC, captured, error);
}

/* Clients that were recorded before keep the time of their first record. */
static bool save_account(store *to, const struct captured *captured, GError **error)
{
	g_autoptr(GPtrArray) clients = store_load_clients(to, STORE_WITHOUT_RAW, NULL, error);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	if (clients == NULL)
		return false;
	for (guint i = 0; i < captured->seen->len; i++)
		g_hash_table_add(seen, g_ptr_array_index(captured->seen, i));
	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (entry->first_recorded == 0)
			entry->first_recorded = now;
		if (g_hash_table_contains(seen, entry->file))
			entry->last_seen = now;
	}
	/* A snapshot does not claim the store, so there is no epoch. */
	return store_save_account(to, 0, clients, error);
}

int cmd_snapshot(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	g_autofree char *sm_dir_path = NULL;
	g_autoptr(sm_dir) live = NULL;
	g_autoptr(store) to = NULL;
	struct captured captured;
	guint unusable;
	int status;

	if (!cmd_parse(self, entries, NULL, argc, argv, error) ||
		!cmd_require("store", store_dir, error))
		return CRM_EX_USAGE;
	sm_dir_path = cmd_sm_dir(sm_path, error);
	live = sm_dir_path != NULL ? sm_dir_open(sm_dir_path, error) : NULL;
	to = live != NULL ? store_open(store_dir, STORE_CREATE, backend, error) : NULL;
	if (to == NULL || !snapshot(to, live, &captured, error))
		return CRM_EX_ERROR;
	unusable = captured.unusable->len;
	for (guint i = 0; i < unusable; i++)
		cmd_say("in '%s': %s", sm_dir_path,
			(const char *)g_ptr_array_index(captured.unusable, i));
	json_object_set_string_member(result, "store", store_dir);
	json_object_set_string_member(result, "sm_dir", sm_dir_path);
	json_object_set_int_member(result, "clients", captured.seen->len);
	json_object_set_int_member(result, "recorded", captured.clients->len);
	json_object_set_int_member(result, "unusable", unusable);
	status = save_account(to, &captured, error) ? cmd_print(self, result, print_text, error)
						    : CRM_EX_ERROR;
	captured_clear(&captured);
	return unusable > 0 ? CRM_EX_ERROR : status;
}
