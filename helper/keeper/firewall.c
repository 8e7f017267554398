/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/firewall.h"

#include "base/error.h"
#include "keeper/firewall_rules.h"
#include "keeper/netns.h"
#include "keeper/server_files.h"
#include "keeper/tool.h"
#include "server/own.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define SUFFIX ".nft"
#define TOOL_MS 10000
#define NONE "none"

static char *path_of(const char *run_dir, const char *group)
{
	g_autofree char *dir = own_server_dir(run_dir);
	g_autofree char *name = g_strconcat(group, SUFFIX, NULL);

	return g_build_filename(dir, name, NULL);
}

static bool is_file(const server_options *options)
{
	return options->firewall != NULL && g_path_is_absolute(options->firewall);
}

static bool is_none(const server_options *options)
{
	return g_strcmp0(options->firewall, NONE) == 0;
}

bool firewall_check(const server_options *options, GError **error)
{
	if (!is_file(options))
		return true;
	if (!g_file_test(options->firewall, G_FILE_TEST_IS_REGULAR)) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"parameter 'firewall': there is no file '%s' on this node: copy it to all nodes, or correct the parameter",
			options->firewall);
		return false;
	}
	return tool_is_there("nft", "nftables", error);
}

/* NULL with `error`. */
static char *rules_of(const server_options *options, GError **error)
{
	g_autoptr(export_clients) clients = NULL;
	g_autofree char *exports = NULL;

	if (is_file(options))
		return g_strconcat("flush ruleset\ninclude \"", options->firewall, "\"\n", NULL);
	exports = server_files_exports(options, error);
	if (exports == NULL)
		return NULL;
	clients = export_clients_of(exports);
	return firewall_rules(options, clients);
}

static bool load(const server_options *options, const char *path, GError **error)
{
	g_autofree char *netns = netns_name(options->group);
	const char *const argv[] = {"ip", "netns", "exec", netns, "nft", "-f", path, NULL};
	g_autofree char *rules = rules_of(options, error);

	if (rules == NULL || !server_files_write(path, rules, error))
		return false;
	if (tool_is_there("nft", "nftables", error) && tool_run(argv, TOOL_MS, NULL, error))
		return true;
	g_unlink(path);
	return false;
}

bool firewall_load(const server_options *options, GError **error)
{
	g_autofree char *path = path_of(options->run_dir, options->group);
	GError *reason = NULL;

	if (is_none(options) || load(options, path, &reason))
		return true;
	if (!is_file(options) && !g_error_matches(reason, LF_ERROR, LF_ERROR_ARGUMENT)) {
		fprintf(stderr, "lockferry: the NFS server of group '%s' has no firewall: %s\n",
			options->group, reason->message);
		g_error_free(reason);
		return true;
	}
	g_propagate_prefixed_error(
		error, reason, "cannot load the firewall of group '%s': ", options->group);
	return false;
}

void firewall_forget(const char *run_dir, const char *group)
{
	g_autofree char *path = path_of(run_dir, group);

	g_unlink(path);
}

/* Who may come in, as the first line of the default rules says. `text` may be NULL.
 * The caller frees it. */
static char *from_of(const char *text)
{
	gsize length = strlen(FIREWALL_RULES_FROM);

	if (text == NULL || !g_str_has_prefix(text, FIREWALL_RULES_FROM))
		return g_strdup("");
	return g_strndup(text + length, strcspn(text + length, "\n"));
}

JsonObject *firewall_to_json(const server_options *options)
{
	g_autofree char *path = path_of(options->run_dir, options->group);
	g_autofree char *text = NULL;
	g_autofree char *from = NULL;
	const char *rules = is_none(options) ? NONE : "missing";
	JsonObject *object = json_object_new();

	if (!is_none(options) && g_file_get_contents(path, &text, NULL, NULL))
		rules = is_file(options) ? options->firewall : "default";
	from = from_of(text);
	json_object_set_string_member(object, "rules", rules);
	json_object_set_string_member(object, "from", from);
	return object;
}
