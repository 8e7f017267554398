/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/resources.h"

#include "base/path.h"
#include "cluster/agents.h"
#include "cluster/cib_relations.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_of(const cib_resource *self, enum agent_kind kind)
{
	return agent_kind(self->agent) == kind;
}

bool resource_is_locks(const cib_resource *self)
{
	return is_of(self, AGENT_LOCKS);
}

bool resource_is_own_server(const cib_resource *self)
{
	return is_of(self, AGENT_OWN_SERVER);
}

const char *resource_group(const cib_resource *self)
{
	const char *group = cib_parameter(self, "group");

	return group != NULL ? group : self->id;
}

char **resource_list(const cib_resource *self, const char *name)
{
	const char *value = cib_parameter(self, name);
	g_auto(GStrv) words = g_strsplit_set(value != NULL ? value : "", ", \t\n", -1);
	GPtrArray *list = g_ptr_array_new();

	for (gsize i = 0; words[i] != NULL; i++) {
		if (words[i][0] != '\0')
			g_ptr_array_add(list, g_strdup(words[i]));
	}
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

/* Ignores a prefix length, which IPaddr and IPv6addr accept. */
static bool parse_address(const char *text, int family, guint8 *bytes)
{
	g_autofree char *plain = g_strndup(text, strcspn(text, "/"));

	return inet_pton(family, plain, bytes) == 1;
}

bool same_address(const char *one, const char *other)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
		guint8 one_bytes[sizeof(struct in6_addr)] = {0};
		guint8 other_bytes[sizeof(struct in6_addr)] = {0};

		if (parse_address(one, families[i], one_bytes) &&
			parse_address(other, families[i], other_bytes))
			return memcmp(one_bytes, other_bytes, sizeof(one_bytes)) == 0;
	}
	return false;
}

/* Whether a rule may set the parameter to that address. */
static bool rule_gives(const cib_resource *self, const char *parameter, const char *address)
{
	const GPtrArray *list = cib_by_rule(self, parameter);

	for (guint i = 0; list != NULL && i < list->len; i++) {
		if (same_address(g_ptr_array_index(list, i), address))
			return true;
	}
	return false;
}

bool resource_is_address(const cib_resource *self, const char *address)
{
	const char *parameter = agent_address_parameter(self->agent);
	const char *ip = parameter != NULL ? cib_parameter(self, parameter) : NULL;

	return ip != NULL && (same_address(ip, address) || rule_gives(self, parameter, address));
}

bool resource_is_service(const cib_resource *self)
{
	return resource_is_locks(self) || resource_is_own_server(self);
}

bool resource_is_mover(const cib_resource *self)
{
	return is_of(self, AGENT_ADDRESS);
}

bool resource_only_tells_network(const cib_resource *self)
{
	return agent_only_tells_network(self->agent);
}

bool resource_is_filesystem(const cib_resource *self)
{
	return is_of(self, AGENT_FILESYSTEM);
}

bool resource_is_storage(const cib_resource *self)
{
	return is_of(self, AGENT_STORAGE);
}

bool resource_is_unknown(const cib_resource *self)
{
	return is_of(self, AGENT_UNKNOWN);
}

bool resource_is_export(const cib_resource *self)
{
	return is_of(self, AGENT_EXPORT);
}

bool resource_is_server(const cib_resource *self)
{
	return is_of(self, AGENT_SERVER);
}

char *resource_mount_dir(const cib_resource *self)
{
	const char *dir = cib_parameter(self, "directory");
	const char *pool = cib_parameter(self, "pool");

	if (resource_is_filesystem(self))
		return dir != NULL ? g_strdup(dir) : agent_mount_dir(self->agent);
	/* The default mount point of a pool (zfsprops(7)). */
	if (resource_is_storage(self) && pool != NULL)
		return g_strconcat("/", pool, NULL);
	return NULL;
}

char *resource_store(const cib_resource *self)
{
	const char *store = cib_parameter(self, "store");
	const char *directory = cib_parameter(self, "directory");

	if (store != NULL)
		return g_strdup(store);
	return resource_is_own_server(self) && directory != NULL
		       ? g_build_filename(directory, ".lockferry", NULL)
		       : NULL;
}

bool resource_in_group_of(const cib_resource *one, const cib_resource *other)
{
	return one->group != NULL && g_strcmp0(one->group, other->group) == 0;
}

bool resource_holds_store(const cib_resource *self, const cib_resource *locks)
{
	g_autofree char *dir = resource_mount_dir(self);
	const char *store = cib_parameter(locks, "store");

	return dir != NULL && store != NULL && path_is_in(store, dir);
}

/* Whether `dir` is in a directory of the parameter 'exports' of `locks`, or on a filesystem that
 * holds its store. */
static bool dir_is_of(const cib *cluster, const char *dir, const cib_resource *locks)
{
	g_auto(GStrv) exports = resource_list(locks, "exports");

	for (gsize i = 0; exports[i] != NULL; i++) {
		if (path_is_in(dir, exports[i]))
			return true;
	}
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		g_autofree char *mounted = resource_mount_dir(other);

		if (resource_holds_store(other, locks) && path_is_in(dir, mounted))
			return true;
	}
	return false;
}

bool resource_is_bind(const cib_resource *self)
{
	const char *options = cib_parameter(self, "options");
	g_auto(GStrv) list = g_strsplit(options != NULL ? options : "", ",", -1);

	return resource_is_filesystem(self) && cib_parameter(self, "device") != NULL &&
	       (g_strv_contains((const char *const *)list, "bind") ||
		       g_strv_contains((const char *const *)list, "rbind"));
}

/* Whether `dir` is in a bind mount of one of its directories; the bind mount may be in another
 * group. */
static bool is_bound_from(const cib *cluster, const char *dir, const cib_resource *locks)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *bind = g_ptr_array_index(cluster->resources, i);
		g_autofree char *mounted = resource_mount_dir(bind);

		if (resource_is_bind(bind) && mounted != NULL && path_is_in(dir, mounted) &&
			dir_is_of(cluster, cib_parameter(bind, "device"), locks))
			return true;
	}
	return false;
}

static bool exports_by(const cib *cluster, const cib_resource *self, const cib_resource *locks,
	bool (*by)(const cib *, const char *, const cib_resource *))
{
	g_auto(GStrv) dirs = resource_list(self, "directory");

	for (gsize i = 0; resource_is_export(self) && dirs[i] != NULL; i++) {
		if (by(cluster, dirs[i], locks))
			return true;
	}
	return false;
}

bool resource_exports_bound(const cib *cluster, const cib_resource *self, const cib_resource *locks)
{
	return !resource_in_group_of(self, locks) && !exports_by(cluster, self, locks, dir_is_of) &&
	       exports_by(cluster, self, locks, is_bound_from);
}

/* A server in another group, or a clone, serves this group only if the group has no server of its
 * own. */
bool resource_serves(const cib *cluster, const cib_resource *self, const cib_resource *locks)
{
	if (!resource_is_server(self))
		return false;
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (other != self && resource_is_server(other) &&
			(resource_in_group_of(other, locks) ||
				cib_is_before(cluster, other, locks)))
			return false;
	}
	return true;
}

/* A filesystem outside of the group may still hold a directory that the group exports. */
static bool holds_exports(const cib *cluster, const cib_resource *self, const cib_resource *locks)
{
	g_autofree char *mounted = resource_mount_dir(self);
	g_auto(GStrv) told = resource_list(locks, "exports");

	for (gsize i = 0; mounted != NULL && told[i] != NULL; i++) {
		if (path_is_in(told[i], mounted))
			return true;
	}
	for (guint i = 0; mounted != NULL && i < cluster->resources->len; i++) {
		const cib_resource *export = g_ptr_array_index(cluster->resources, i);
		g_auto(GStrv) dirs = resource_list(export, "directory");
		bool is_its = resource_is_export(export) && resource_in_group_of(export, locks);

		for (gsize j = 0; is_its && dirs[j] != NULL; j++) {
			if (path_is_in(dirs[j], mounted))
				return true;
		}
	}
	return false;
}

bool resource_is_below(const cib *cluster, const cib_resource *self, const cib_resource *locks)
{
	bool kind = resource_is_filesystem(self) || resource_is_storage(self) ||
		    resource_is_export(self) || resource_is_server(self);

	return (kind && resource_in_group_of(self, locks)) || resource_holds_store(self, locks) ||
	       holds_exports(cluster, self, locks) || exports_by(cluster, self, locks, dir_is_of) ||
	       resource_serves(cluster, self, locks);
}
