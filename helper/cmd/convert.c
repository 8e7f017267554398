/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "store/store.h"

#include <stdio.h>

static char *store_dir, *backend;

static const GOptionEntry entries[] = {
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "The group's store", "DIR"},
	{"backend", 0, 0, G_OPTION_ARG_FILENAME, &backend, "The kind of store to convert it to",
		"files|sqlite"},
	{0},
};

static const char details[] =
	"The group must not be served meanwhile. If a run is interrupted, run it again: it continues, and the\n"
	"store is complete at every moment. Set the agent's parameter 'backend' to the same kind.\n";

static void print_text(JsonObject *result)
{
	bool converted = json_object_get_boolean_member(result, "converted");

	printf("store '%s' %s of kind '%s', with %" G_GINT64_FORMAT " clients\n",
		json_object_get_string_member(result, "store"),
		converted ? "is now" : "already was", json_object_get_string_member(result, "to"),
		json_object_get_int_member(result, "clients"));
}

int cmd_convert(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	g_autoptr(GPtrArray) clients = NULL;
	g_autoptr(store) in = NULL;
	g_autofree char *from = NULL;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("store", store_dir, error) || !cmd_require("backend", backend, error))
		return CRM_EX_USAGE;
	in = store_open(store_dir, STORE_WRITE, NULL, error);
	if (in == NULL)
		return CRM_EX_ERROR;
	from = g_strdup(store_backend(in));
	if (!store_convert(in, backend, error))
		return CRM_EX_ERROR;
	clients = store_load_clients(in, STORE_WITHOUT_RAW, NULL, error);
	if (clients == NULL)
		return CRM_EX_ERROR;
	json_object_set_string_member(result, "store", store_dir);
	json_object_set_string_member(result, "from", from);
	json_object_set_string_member(result, "to", store_backend(in));
	json_object_set_boolean_member(result, "converted", !g_str_equal(from, store_backend(in)));
	json_object_set_int_member(result, "clients", clients->len);
	return cmd_print(self, result, print_text, error);
}
