/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/agents.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define HB "ocf:heartbeat:"
#define MOUNT ".mount"

static const struct {
	const char *agent;
	enum agent_kind kind;
} agents[] = {
	{"ocf:lockferry:nfslock", AGENT_LOCKS},
	{"ocf:lockferry:nfsgroup", AGENT_OWN_SERVER},
	{HB "Filesystem", AGENT_FILESYSTEM},
	{HB "exportfs", AGENT_EXPORT},
	{HB "nfsserver", AGENT_SERVER},
	{HB "ZFS", AGENT_STORAGE},
	{HB "LVM", AGENT_STORAGE},
	{HB "LVM-activate", AGENT_STORAGE},
	{HB "clvm", AGENT_STORAGE},
	{HB "lvmlockd", AGENT_STORAGE},
	{HB "Raid1", AGENT_STORAGE},
	{HB "mdraid", AGENT_STORAGE},
	{HB "iscsi", AGENT_STORAGE},
	{HB "aws-vpc-attach-ebs", AGENT_STORAGE},
	{HB "gcp-pd-move", AGENT_STORAGE},
	{HB "storage-mon", AGENT_HARMLESS},
	{"ocf:linbit:drbd", AGENT_STORAGE},
	{HB "nfsnotify", AGENT_HARMLESS},
	{HB "portblock", AGENT_HARMLESS},
	{HB "azure-lb", AGENT_HARMLESS}, /* answers a load balancer's probes */
	{HB "gcp-ilb", AGENT_HARMLESS},
	{HB "IPsrcaddr", AGENT_HARMLESS},
	{HB "Route", AGENT_HARMLESS},
	{HB "SendArp", AGENT_HARMLESS},
	{HB "MailTo", AGENT_HARMLESS},
	{HB "Delay", AGENT_HARMLESS},
	{HB "Dummy", AGENT_HARMLESS},
	{HB "ethmonitor", AGENT_HARMLESS},
	{"ocf:pacemaker:Dummy", AGENT_HARMLESS},
	{"ocf:pacemaker:ping", AGENT_HARMLESS},
	{"ocf:pacemaker:controld", AGENT_HARMLESS},
	{HB "azure-events-az", AGENT_HARMLESS},
};

/* Agents that move an address, and the parameter that holds it. */
static const struct {
	const char *agent, *parameter;
} movers[] = {
	{HB "IPaddr2", "ip"},
	{HB "IPaddr", "ip"},
	{HB "IPv6addr", "ipv6addr"},
	{HB "aws-vpc-move-ip", "ip"},
	{HB "aws-vpc-route53", "ip"},
	{HB "awsvip", "secondary_private_ip"},
	{HB "awseip", "elastic_ip"},
	{HB "aliyun-vpc-move-ip", "address"},
	{HB "gcp-vpc-move-ip", "ip"},
	{HB "gcp-vpc-move-vip", "alias_ip"},
	{HB "gcp-vpc-move-route", "ip"},
	{HB "openstack-virtual-ip", "ip"},
	{HB "openstack-floating-ip", "ip"},
	{HB "powervs-subnet", "ip"},
	{HB "powervs-move-ip", "ip"},
	{HB "ibm-cloud-vpc-move-fip", "ip"},
};

const char *agent_address_parameter(const char *agent)
{
	for (gsize i = 0; i < G_N_ELEMENTS(movers); i++) {
		if (g_str_equal(agent, movers[i].agent))
			return movers[i].parameter;
	}
	return NULL;
}

bool agent_only_tells_network(const char *agent)
{
	static const char *const tellers[] = {HB "aws-vpc-route53", HB "awsvip", HB "awseip",
		HB "gcp-vpc-move-vip", HB "openstack-virtual-ip", HB "openstack-floating-ip", NULL};

	return g_strv_contains(tellers, agent);
}

/* A unit or script, by any class that starts it. */
static bool is_service(const char *agent, char **name)
{
	static const char *const classes[] = {"systemd:", "lsb:", "service:", "upstart:"};

	for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
		if (!g_str_has_prefix(agent, classes[i]))
			continue;
		*name = g_strdup(agent + strlen(classes[i]));
		if (g_str_has_suffix(*name, ".service"))
			(*name)[strlen(*name) - strlen(".service")] = '\0';
		return true;
	}
	return false;
}

static bool is_service_of_servers(const char *name)
{
	static const char *const servers[] = {
		"nfs-server", "nfs-kernel-server", "nfsserver", "nfs", "nfsd", NULL};

	return g_strv_contains(servers, name);
}

enum agent_kind agent_kind(const char *agent)
{
	g_autofree char *service = NULL;
	g_autofree char *mount = agent_mount_dir(agent);

	if (g_str_has_prefix(agent, "stonith:"))
		return AGENT_HARMLESS;
	if (mount != NULL)
		return AGENT_FILESYSTEM;
	if (agent_address_parameter(agent) != NULL)
		return AGENT_ADDRESS;
	if (is_service(agent, &service) && is_service_of_servers(service))
		return AGENT_SERVER;
	for (gsize i = 0; i < G_N_ELEMENTS(agents); i++) {
		if (g_str_equal(agent, agents[i].agent))
			return agents[i].kind;
	}
	return AGENT_UNKNOWN;
}

static bool is_escape(const char *text)
{
	return text[0] == '\\' && text[1] == 'x' && g_ascii_isxdigit(text[2]) &&
	       g_ascii_isxdigit(text[3]);
}

static char *unescape(const char *unit, gsize length)
{
	GString *path = g_string_new("/");

	for (gsize i = 0; i < length; i++) {
		if (i + 3 < length && is_escape(unit + i)) {
			g_string_append_c(path, (char)(g_ascii_xdigit_value(unit[i + 2]) << 4 |
							g_ascii_xdigit_value(unit[i + 3])));
			i += 3;
		} else if (unit[i] == '-') {
			if (path->len > 1)
				g_string_append_c(path, '/');
		} else {
			g_string_append_c(path, unit[i]);
		}
	}
	return g_string_free(path, FALSE);
}

char *agent_mount_dir(const char *agent)
{
	g_autofree char *unit = NULL;

	if (!is_service(agent, &unit) || !g_str_has_suffix(unit, MOUNT))
		return NULL;
	return unescape(unit, strlen(unit) - strlen(MOUNT));
}
