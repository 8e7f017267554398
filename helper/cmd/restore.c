/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "store/convey.h"

#include <stdio.h>

static char *store_dir, *sm_path;

static const GOptionEntry entries[] = {
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "The group's store", "DIR"},
	{"sm-dir", 0, 0, G_OPTION_ARG_FILENAME, &sm_path, "statd's sm directory [found by itself]",
		"DIR"},
	{0},
};

static const char details[] =
	"A record that the sm directory has already is left unchanged: statd's own record is newer.\n";

static void print_text(JsonObject *result)
{
	printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
	       " records written to '%s', %" G_GINT64_FORMAT " were already there\n",
		json_object_get_int_member(result, "restored"),
		json_object_get_int_member(result, "clients"),
		json_object_get_string_member(result, "sm_dir"),
		json_object_get_int_member(result, "present"));
}

static void tell_of_failure(const client *entry, const GError *error, void *data)
{
	guint *failed = data;

	cmd_say("cannot restore '%s': %s", entry->file, error->message);
	(*failed)++;
}

int cmd_restore(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(JsonObject) result = json_object_new();
	g_autofree char *sm_dir_path = NULL;
	g_autoptr(GPtrArray) clients = NULL;
	g_autoptr(sm_dir) live = NULL;
	g_autoptr(store) from = NULL;
	guint restored, failed = 0;
	int status;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("store", store_dir, error))
		return CRM_EX_USAGE;
	sm_dir_path = cmd_sm_dir(sm_path, error);
	live = sm_dir_path != NULL ? sm_dir_open(sm_dir_path, error) : NULL;
	from = live != NULL ? store_open(store_dir, STORE_READ, NULL, error) : NULL;
	clients =
		from != NULL ? store_load_clients(from, STORE_WITHOUT_RAW, problems, error) : NULL;
	if (clients == NULL)
		return CRM_EX_ERROR;
	for (guint i = 0; i < problems->len; i++)
		cmd_say("in the store: %s", (const char *)g_ptr_array_index(problems, i));
	sm_dir_tidy(live);
	restored = convey(from, clients, live, NULL, tell_of_failure, &failed);
	json_object_set_string_member(result, "store", store_dir);
	json_object_set_string_member(result, "sm_dir", sm_dir_path);
	json_object_set_int_member(result, "clients", clients->len);
	json_object_set_int_member(result, "restored", restored);
	json_object_set_int_member(result, "present", clients->len - restored - failed);
	json_object_set_int_member(result, "failed", failed + problems->len);
	status = cmd_print(self, result, print_text, error);
	return failed + problems->len > 0 ? CRM_EX_ERROR : status;
}
