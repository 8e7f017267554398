/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/keeper_status.h"

#include "keeper/firewall.h"
#include "keeper/link.h"
#include "keeper/netns.h"

#include <unistd.h>

/* Longer than anything takes that does not hang. */
#define BUSY_MAX_MS 120000

static JsonObject *namespace_to_json(const char *group)
{
	g_autofree char *name = netns_name(group);
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "name", name);
	json_object_set_int_member(object, "inode", (gint64)netns_own_inode());
	return object;
}

static void add(JsonArray *problems, char *text)
{
	json_array_add_string_element(problems, text);
	g_free(text);
}

static void look_at_link(const struct keeper_view *view, JsonObject *link, JsonArray *problems)
{
	guint here = json_array_get_length(json_object_get_array_member(link, "addresses"));

	if (!view->address_wanted)
		return;
	if (!json_object_get_boolean_member(link, "up"))
		add(problems,
			g_strdup_printf(
				"the link '%s' of group '%s' is down: look at the network interface '%s' of this node",
				json_object_get_string_member(link, "name"), view->options->group,
				json_object_get_string_member(link, "nic")));
	else if (here < g_strv_length(view->options->addresses))
		add(problems,
			g_strdup_printf(
				"%u of %u addresses of group '%s' are on its link: somebody removed the others, so restart the group's resource",
				here, g_strv_length(view->options->addresses),
				view->options->group));
}

static void look_at_server(const struct keeper_view *view, guint threads, JsonArray *problems)
{
	if (view->started && threads == 0)
		add(problems,
			g_strdup_printf(
				"the NFS server of group '%s' has no threads: somebody stopped it, so restart the group's resource",
				view->options->group));
	if (view->busy_ms > BUSY_MAX_MS)
		add(problems,
			g_strdup_printf(
				"the keeper of group '%s' has been busy for %d s: a disk or the kernel hangs, see the system log",
				view->options->group, (int)(view->busy_ms / 1000)));
}

JsonObject *keeper_status(const struct keeper_view *view)
{
	struct kernel kernel = server_options_kernel(view->options);
	guint threads = kernel_nfsd_threads(&kernel);
	JsonObject *link = link_to_json(view->options);
	JsonObject *status = json_object_new();
	JsonArray *problems = json_array_new();
	JsonArray *warnings = json_array_new();

	json_object_set_string_member(status, "group", view->options->group);
	json_object_set_int_member(status, "pid", getpid());
	json_object_set_object_member(status, "namespace", namespace_to_json(view->options->group));
	json_object_set_string_member(status, "scope", view->options->scope);
	json_object_set_string_member(status, "directory", view->options->directory);
	json_object_set_array_member(status, "daemons",
		daemons_look(view->daemons, server_options_hang_limit(view->options), problems,
			warnings));
	look_at_link(view, link, problems);
	look_at_server(view, threads, problems);
	json_object_set_object_member(status, "link", link);
	json_object_set_object_member(status, "firewall", firewall_to_json(view->options));
	json_object_set_int_member(status, "threads", threads);
	json_object_set_boolean_member(status, "started", view->started);
	json_object_set_int_member(status, "grace", view->grace_s);
	json_object_set_int_member(status, "process_restarts", view->process_restarts);
	json_object_set_int_member(status, "busy_seconds", view->busy_ms / 1000);
	json_object_set_int_member(
		status, "lock_manager_silent_seconds", daemons_lockd_silent_s(view->daemons));
	json_object_set_array_member(status, "problems", problems);
	json_object_set_array_member(status, "warnings", warnings);
	return status;
}
