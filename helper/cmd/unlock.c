/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "node/addresses.h"

#include <stdio.h>

static char **ips, **exports;

static const GOptionEntry entries[] = {
	{"ip", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &ips, "Locks taken through this server address",
		"ADDR[,ADDR]"},
	{"export", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &exports,
		"Locks in the filesystem of this directory", "DIR"},
	{0},
};

static const char details[] =
	"Clients are not notified: they still believe that they hold the locks. Use this for a group that has left the node or\n"
	"is about to, after its address is gone; 'lockferry notify' on the other node then makes the clients reclaim.\n"
	"Linux 6.1 and similar versions accept --ip but drop nothing; use --export.\n";

static void print_text(JsonObject *result)
{
	printf("dropped the locks of %" G_GINT64_FORMAT " addresses and %" G_GINT64_FORMAT
	       " filesystems\n",
		json_object_get_int_member(result, "addresses"),
		json_object_get_int_member(result, "exports"));
}

int cmd_unlock(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	g_auto(GStrv) list = NULL;
	const char *const *dirs;
	guint places = 0;

	if (!cmd_parse(self, entries, details, argc, argv, error))
		return CRM_EX_USAGE;
	if (ips == NULL && !cmd_require("ip or --export", exports, error))
		return CRM_EX_USAGE;
	list = cmd_split_addresses(ips);
	if (ips != NULL) {
		g_autoptr(addresses) checked =
			addresses_new((const char *const *)list, NULL, NULL, error);

		if (checked == NULL)
			return CRM_EX_NOT_CONFIGURED;
	}
	for (guint i = 0; ips != NULL && list[i] != NULL; i++) {
		if (!kernel_unlock_address(cmd_kernel(), list[i], error))
			return CRM_EX_ERROR;
	}
	json_object_set_int_member(result, "addresses", ips != NULL ? g_strv_length(list) : 0);
	for (dirs = cmd_directories(exports); dirs[places] != NULL; places++) {
		if (!kernel_unlock_filesystem(cmd_kernel(), dirs[places], error))
			return CRM_EX_ERROR;
	}
	json_object_set_int_member(result, "exports", places);
	return cmd_print(self, result, print_text, error);
}
