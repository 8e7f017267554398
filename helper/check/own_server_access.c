/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "cluster/resources.h"
#include "keeper/export_clients.h"
#include "keeper/link_kind.h"

#include <string.h>

static const char *value_or(const cib_resource *own, const char *name, const char *otherwise)
{
	const char *value = cib_parameter(own, name);

	return value != NULL ? value : otherwise;
}

/* A file that the kernel has for the resource's NIC. */
static char *nic_file(const struct check *self, const cib_resource *own, const char *what)
{
	return g_build_filename(self->root, "sys/class/net", value_or(own, "nic", ""), what, NULL);
}

static bool nic_has(const struct check *self, const cib_resource *own, const char *what)
{
	g_autofree char *path = nic_file(self, own, what);

	return cib_parameter(own, "nic") != NULL && g_file_test(path, G_FILE_TEST_EXISTS);
}

/* As keeper/link_choice.c chooses it. */
static const char *link_of(const struct check *self, const cib_resource *own)
{
	const char *link = value_or(own, "link", "auto");

	if (!g_str_equal(link, "auto"))
		return link;
	return nic_has(self, own, "bridge") ? "bridge" : "macvlan";
}

static bool takes_all_packets(const char *link)
{
	const struct link_kind *kind = link_kind_of(link);

	return kind != NULL && kind->excluded != NULL;
}

static void add_modules(GPtrArray *modules, const struct link_kind *kind)
{
	for (guint i = 0; i < G_N_ELEMENTS(kind->modules) && kind->modules[i] != NULL; i++) {
		if (!g_ptr_array_find(modules, kind->modules[i], NULL))
			g_ptr_array_add(modules, (char *)kind->modules[i]);
	}
}

GPtrArray *check_link_modules(const struct check *self)
{
	GPtrArray *modules = g_ptr_array_new();

	for (guint i = 0; self->cluster != NULL && i < self->cluster->resources->len; i++) {
		const cib_resource *own = g_ptr_array_index(self->cluster->resources, i);
		const struct link_kind *kind = NULL;

		if (resource_is_own_server(own) && check_concerns(self, own))
			kind = link_kind_of(link_of(self, own));
		if (kind != NULL)
			add_modules(modules, kind);
	}
	return modules;
}

static void check_nic(const struct check *self, const cib_resource *own, struct findings *findings)
{
	const char *nic = cib_parameter(own, "nic"), *link = link_of(self, own);
	g_autofree char *all = g_build_filename(self->root, "sys/class/net", NULL);
	g_autofree char *path = nic_file(self, own, "");
	g_autofree char *cure = g_strdup_printf("pcs resource update %s nic=...", own->id);

	if (nic == NULL || !g_file_test(all, G_FILE_TEST_IS_DIR))
		return;
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		finding_add(findings, FINDING_MISSING, cure,
			"this node has no network interface '%s', which '%s' (nfsgroup) needs", nic,
			own->id);
	else if (g_str_equal(link, "bridge") && !nic_has(self, own, "bridge"))
		finding_add(findings, FINDING_MISSING, cure,
			"'%s' (nfsgroup) has link=bridge, and '%s' is not a bridge on this node",
			own->id, nic);
	else if (takes_all_packets(link) &&
		 (nic_has(self, own, "brport") || nic_has(self, own, "bonding_slave")))
		finding_add(findings, FINDING_MISSING, cure,
			"'%s' is a port of a bridge or bond on this node, so '%s' (nfsgroup) cannot have a link of kind %s there: name the bridge or bond",
			nic, own->id, link);
}

/* A port of such a bridge passes nothing on at first. */
static void check_spanning_tree(
	const struct check *self, const cib_resource *own, struct findings *findings)
{
	g_autofree char *path = nic_file(self, own, "bridge/stp_state");
	g_autofree char *text = NULL;
	g_autofree char *cure = g_strdup_printf(
		"turn it off ('ip link set %s type bridge stp_state 0'), or shorten its forward_delay",
		value_or(own, "nic", ""));

	if (cib_parameter(own, "nic") == NULL || !g_str_equal(link_of(self, own), "bridge") ||
		!g_file_get_contents(path, &text, NULL, NULL) || g_str_has_prefix(text, "0"))
		return;
	finding_add(findings, FINDING_WARNING, cure,
		"the bridge '%s' has the spanning tree protocol: after each start of '%s' (nfsgroup), clients cannot reach it for twice the bridge's forward_delay (30 s)",
		value_or(own, "nic", ""), own->id);
}

static bool forwards(const struct check *self, const char *family, const char *nic)
{
	g_autofree char *dir =
		g_build_filename(self->kernel->proc_dir, "sys/net", family, "conf", nic, NULL);
	g_autofree char *text = kernel_read(dir, "forwarding", NULL);

	return text == NULL || text[0] == '1';
}

static void check_forwarding(
	const struct check *self, const cib_resource *own, struct findings *findings)
{
	const char *nic = cib_parameter(own, "nic");
	g_auto(GStrv) addresses = resource_list(own, "address");

	if (nic == NULL || !g_str_equal(link_of(self, own), "routed"))
		return;
	for (guint i = 0; addresses[i] != NULL; i++) {
		bool v6 = strchr(addresses[i], ':') != NULL;
		const char *family = v6 ? "ipv6" : "ipv4";
		g_autofree char *cure = g_strdup_printf(
			"set 'net/%s/conf/%s/forwarding=1' in a file of /etc/sysctl.d, then run 'sysctl --system'",
			family, v6 ? "all" : nic);

		if (!forwards(self, family, nic) || (v6 && !forwards(self, family, "all")))
			finding_add(findings, FINDING_MISSING, cure,
				"'%s' (nfsgroup) has link=routed, and this node does not forward packets for '%s' from '%s'",
				own->id, addresses[i], nic);
	}
}

/* Linux: netdev_rx_handler_register(). Compares with those before it, so that each pair is reported
 * once. */
static void check_pairs(
	const struct check *self, const cib_resource *own, guint place, struct findings *findings)
{
	const char *link = link_of(self, own);

	for (guint i = 0; i < place && takes_all_packets(link); i++) {
		const cib_resource *other = g_ptr_array_index(self->cluster->resources, i);
		const char *others = resource_is_own_server(other) ? link_of(self, other) : link;
		g_autofree char *cure =
			g_strdup_printf("pcs resource update %s link=%s", own->id, others);

		if (!takes_all_packets(others) || g_str_equal(link, others) ||
			g_strcmp0(cib_parameter(own, "nic"), cib_parameter(other, "nic")) != 0 ||
			!(check_concerns(self, own) || check_concerns(self, other)))
			continue;
		finding_add(findings, FINDING_WRONG, cure,
			"resources '%s' (nfsgroup, %s) and '%s' (nfsgroup, %s) are on one network interface, which cannot have both kinds: they cannot be on one node",
			other->id, others, own->id, link);
	}
}

static void check_firewall_file(
	const struct check *self, const char *file, const char *id, struct findings *findings)
{
	g_autofree char *path = g_build_filename(self->root, file, NULL);

	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		finding_add(findings, FINDING_MISSING, "copy it from another node",
			"the file '%s', the firewall of '%s' (nfsgroup), is not on this node", file,
			id);
	if (!check_has_program(self, "nft"))
		finding_add(findings, FINDING_MISSING, "install the package nftables",
			"the program 'nft' is not on this node: '%s' (nfsgroup) cannot start with firewall=%s",
			id, file);
}

static void check_firewall_clients(const cib_resource *own, struct findings *findings)
{
	g_autoptr(export_clients) clients = export_clients_of(value_or(own, "exports", ""));

	if (clients->any != NULL)
		finding_add(findings, FINDING_NOTE,
			"name the clients by addresses or networks, if only they shall reach the server",
			"the firewall of '%s' (nfsgroup) lets NFS in from everywhere, because its exports name '%s', which is not an address",
			own->id, clients->any);
}

static void check_firewall(
	const struct check *self, const cib_resource *own, struct findings *findings)
{
	const char *firewall = value_or(own, "firewall", "auto");

	if (g_path_is_absolute(firewall))
		check_firewall_file(self, firewall, own->id, findings);
	else if (g_str_equal(firewall, "auto") && !check_has_program(self, "nft"))
		finding_add(findings, FINDING_NOTE, "install the package nftables",
			"the program 'nft' is not on this node: '%s' (nfsgroup) has no firewall",
			own->id);
	else if (g_str_equal(firewall, "auto") && cib_parameter(own, "exports") != NULL)
		check_firewall_clients(own, findings);
}

void check_own_server_access(const struct check *self, struct findings *findings)
{
	for (guint i = 0; self->cluster != NULL && i < self->cluster->resources->len; i++) {
		const cib_resource *own = g_ptr_array_index(self->cluster->resources, i);

		if (!resource_is_own_server(own))
			continue;
		check_pairs(self, own, i, findings);
		if (!check_concerns(self, own))
			continue;
		check_nic(self, own, findings);
		check_spanning_tree(self, own, findings);
		check_forwarding(self, own, findings);
		check_firewall(self, own, findings);
	}
}
