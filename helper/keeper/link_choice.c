/* SPDX-License-Identifier: GPL-2.0-or-later */

/* link_choose(): on which NIC of this node, and of which kind. */

#include "base/error.h"
#include "keeper/link.h"
#include "keeper/link_kind.h"
#include "keeper/tool.h"
#include "node/addresses.h"
#include "server/own.h"

#include <net/if.h>
#include <string.h>

#define TOOL_MS 10000
#define SUFFIX ".conf"

static bool refuse_address(const char *address, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the address '%s' is on this node already: remove it, and any resource that sets it (IPaddr2)",
		address);
	return false;
}

static bool none_is_here(const server_options *options, GError **error)
{
	g_auto(GStrv) list = server_options_addresses(options);
	g_autoptr(addresses) seen = addresses_seen((const char *const *)list, error);

	if (seen == NULL)
		return false;
	for (guint i = 0; list[i] != NULL; i++) {
		if (addresses_is_here(seen, i))
			return refuse_address(list[i], error);
	}
	return true;
}

/* The first object of what `ip -json` prints; the parser owns it. NULL: it printed none. */
static JsonObject *first_of(JsonParser *parser, const char *json)
{
	JsonNode *root;
	JsonArray *array;

	if (!json_parser_load_from_data(parser, json, -1, NULL) ||
		(root = json_parser_get_root(parser)) == NULL || !JSON_NODE_HOLDS_ARRAY(root))
		return NULL;
	array = json_node_get_array(root);
	if (json_array_get_length(array) == 0 ||
		!JSON_NODE_HOLDS_OBJECT(json_array_get_element(array, 0)))
		return NULL;
	return json_array_get_object_element(array, 0);
}

/* NULL: `object` is NULL, or has no such text. */
static char *text_of(JsonObject *object, const char *member)
{
	return object != NULL
		       ? g_strdup(json_object_get_string_member_with_default(object, member, NULL))
		       : NULL;
}

/* By the route to the address: it must lead into a network of the node, not through a router. */
static char *nic_by_route(const char *address, GError **error)
{
	const char *const argv[] = {"ip", "-json", "route", "get", address, NULL};
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autofree char *json = NULL;
	g_autofree char *gateway = NULL;
	g_autofree char *nic = NULL;

	if (tool_run(argv, TOOL_MS, &json, NULL)) {
		gateway = text_of(first_of(parser, json), "gateway");
		nic = text_of(first_of(parser, json), "dev");
	}
	if (nic != NULL && gateway == NULL)
		return g_steal_pointer(&nic);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"no network interface of this node is in the network of '%s': name it with the parameter 'nic'",
		address);
	return NULL;
}

static bool find_nic(server_options *options, GError **error)
{
	g_autofree char *address = server_options_address(options->addresses[0]);

	if (options->nic == NULL)
		return (options->nic = nic_by_route(address, error)) != NULL;
	if (if_nametoindex(options->nic) != 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"there is no network interface '%s' on this node: correct the parameter 'nic'",
		options->nic);
	return false;
}

/* What the kernel says of a NIC. */
struct nic {
	char *kind;   /* owned; "bridge", "vlan"; NULL for hardware */
	char *as;     /* owned; what it is a part of: "bridge", "bond"; NULL: nothing */
	char *master; /* owned; that which it is a part of */
};

static void nic_clear(struct nic *self)
{
	g_free(self->kind);
	g_free(self->as);
	g_free(self->master);
}

static bool nic_look(struct nic *self, const char *name, GError **error)
{
	const char *const argv[] = {"ip", "-json", "-details", "link", "show", "dev", name, NULL};
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autofree char *json = NULL;
	JsonObject *first, *info = NULL;

	if (!tool_run(argv, TOOL_MS, &json, error))
		return false;
	first = first_of(parser, json);
	if (first != NULL && json_object_has_member(first, "linkinfo"))
		info = json_object_get_object_member(first, "linkinfo");
	self->kind = text_of(info, "info_kind");
	self->as = text_of(info, "info_slave_kind");
	self->master = text_of(first, "master");
	return true;
}

/* macvlan was measured more than the others, and keeps its MAC address when the group moves. */
static void choose_kind(server_options *options, const struct nic *nic)
{
	if (!g_str_equal(options->link, "auto"))
		return;
	g_free(options->link);
	options->link = g_strdup(g_strcmp0(nic->kind, "bridge") == 0 ? "bridge" : "macvlan");
}

/* All packets of a port go to its master before anything else sees them. */
static bool is_free(const server_options *options, const struct nic *nic, GError **error)
{
	if (nic->master == NULL ||
		(g_strcmp0(nic->as, "bridge") != 0 && g_strcmp0(nic->as, "bond") != 0))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"'%s' is a port of '%s', so it cannot have a link of its own: set the parameter 'nic' to '%s'",
		options->nic, nic->master, nic->master);
	return false;
}

/* Another group that has a link of the kind on the NIC; NULL: none. The caller frees it. */
static char *group_with(const server_options *options, const char *kind)
{
	g_autofree char *path = own_server_dir(options->run_dir);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *group = NULL;
		g_autoptr(server_options) other = NULL;

		if (name[0] == '.' || !g_str_has_suffix(name, SUFFIX))
			continue;
		group = g_strndup(name, strlen(name) - strlen(SUFFIX));
		other = server_options_load(path, group, NULL);
		if (other == NULL || g_str_equal(group, options->group))
			continue;
		if (g_strcmp0(other->nic, options->nic) == 0 && other->link != NULL &&
			link_kind_of(other->link) == link_kind_of(kind))
			return g_steal_pointer(&group);
	}
	return NULL;
}

/* Linux: both take all packets of the NIC (netdev_rx_handler_register()). */
static bool go_together(const server_options *options, const struct link_kind *kind, GError **error)
{
	g_autofree char *other = group_with(options, kind->excluded);

	if (other == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"group '%s' has a link of kind %s on '%s', and a NIC cannot have both kinds: set the parameter 'link' of all groups on it to the same kind",
		other, kind->excluded, options->nic);
	return false;
}

bool link_choose(server_options *options, GError **error)
{
	struct nic nic = {0};
	struct link_place place;
	const struct link_kind *kind;
	bool good = none_is_here(options, error) && find_nic(options, error) &&
		    nic_look(&nic, options->nic, error);

	if (good) {
		choose_kind(options, &nic);
		kind = link_kind_of(options->link);
		link_place_of(&place, options);
		place.nic_kind = nic.kind;
		good = (kind->excluded == NULL || (is_free(options, &nic, error) &&
							  go_together(options, kind, error))) &&
		       (kind->check == NULL || kind->check(&place, error));
		link_place_clear(&place);
	}
	nic_clear(&nic);
	return good;
}
