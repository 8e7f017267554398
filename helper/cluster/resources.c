/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/resources.h"

#include <arpa/inet.h>
#include <string.h>

#define LOCKS "ocf:lockferry:nfslock"
#define FILESYSTEM "ocf:heartbeat:Filesystem"
#define EXPORT "ocf:heartbeat:exportfs"

static bool is_one_of(const cib_resource *self, const char *const *agents)
{
	return g_strv_contains(agents, self->agent);
}

bool resource_is_locks(const cib_resource *self)
{
	return g_str_equal(self->agent, LOCKS);
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

/* Without the length of a prefix, which IPaddr and IPv6addr take. */
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

bool resource_is_address(const cib_resource *self, const char *address)
{
	static const char *const agents[] = {
		"ocf:heartbeat:IPaddr2", "ocf:heartbeat:IPaddr", "ocf:heartbeat:IPv6addr", NULL};
	const char *ip = cib_parameter(self, "ip");

	if (ip == NULL)
		ip = cib_parameter(self, "ipv6addr");
	return is_one_of(self, agents) && ip != NULL && same_address(ip, address);
}

bool resource_is_filesystem(const cib_resource *self)
{
	return g_str_equal(self->agent, FILESYSTEM);
}

bool resource_is_export(const cib_resource *self)
{
	return g_str_equal(self->agent, EXPORT);
}

bool resource_is_server(const cib_resource *self)
{
	static const char *const agents[] = {"ocf:heartbeat:nfsserver", "systemd:nfs-server",
		"systemd:nfs-server.service", "systemd:nfs-kernel-server", "lsb:nfs-kernel-server",
		NULL};

	return is_one_of(self, agents);
}

bool path_is_in(const char *path, const char *dir)
{
	g_autofree char *inner = g_canonicalize_filename(path, "/");
	g_autofree char *outer = g_canonicalize_filename(dir, "/");
	gsize length = strlen(outer);

	return g_str_has_prefix(inner, outer) &&
	       (outer[length - 1] == '/' || inner[length] == '/' || inner[length] == '\0');
}

static bool in_same_group(const cib_resource *one, const cib_resource *other)
{
	return one->group != NULL && g_strcmp0(one->group, other->group) == 0;
}

static bool holds_store(const cib_resource *filesystem, const cib_resource *locks)
{
	const char *dir = cib_parameter(filesystem, "directory");
	const char *store = cib_parameter(locks, "store");

	return resource_is_filesystem(filesystem) && dir != NULL && store != NULL &&
	       path_is_in(store, dir);
}

/* One of its parameter exports, or on a filesystem that holds its store. */
static bool exports_for(const cib *cluster, const cib_resource *self, const cib_resource *locks)
{
	g_auto(GStrv) exports = resource_list(locks, "exports");
	const char *dir = cib_parameter(self, "directory");

	if (!resource_is_export(self) || dir == NULL)
		return false;
	for (gsize i = 0; exports[i] != NULL; i++) {
		if (path_is_in(dir, exports[i]))
			return true;
	}
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (holds_store(other, locks) && path_is_in(dir, cib_parameter(other, "directory")))
			return true;
	}
	return false;
}

/* A server of another group's, or a clone, serves this one only where it has none of its own. */
static bool serves(const cib *cluster, const cib_resource *self, const cib_resource *locks)
{
	if (!resource_is_server(self))
		return false;
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (other != self && resource_is_server(other) &&
			(in_same_group(other, locks) || cib_is_before(cluster, other, locks)))
			return false;
	}
	return true;
}

bool resource_is_below(const cib *cluster, const cib_resource *self, const cib_resource *locks)
{
	bool kind = resource_is_filesystem(self) || resource_is_export(self) ||
		    resource_is_server(self);

	return (kind && in_same_group(self, locks)) || holds_store(self, locks) ||
	       exports_for(cluster, self, locks) || serves(cluster, self, locks);
}
