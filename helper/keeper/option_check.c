/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Whether the options of a group's own server have valid values: server_options_check(). */

#include "base/error.h"
#include "base/path.h"
#include "group/parameter_check.h"
#include "group/state.h"
#include "node/addresses.h"
#include "nsm/host_name.h"
#include "keeper/export_lines.h"
#include "keeper/link_kind.h"
#include "keeper/server_options.h"

#include <string.h>

#define NFS_PORT 2049
#define RPCBIND_PORT 111

/* Linux: HOST_NAME_MAX, IFNAMSIZ - 1. */
#define SCOPE_MAX_BYTES 64
#define NIC_MAX_BYTES 15

static bool is_empty(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static bool check_paths(server_options *self, GError **error)
{
	if (is_empty(self->directory))
		return lf_error_usage(error,
			"parameter 'directory' is missing: set it to the mount point of the group's filesystem");
	if (!parameter_check_path("directory", self->directory, error) ||
		!parameter_check_path("store", self->store, error) ||
		!parameter_check_path("metrics", self->metrics, error) ||
		!parameter_check_path("exports_file", self->exports_file, error))
		return false;
	if (path_is_same(self->directory, "/"))
		return lf_error_usage(error,
			"parameter 'directory': the root filesystem cannot be a group's: use a filesystem that moves with the group");
	if (self->store == NULL)
		self->store = g_build_filename(self->directory, ".lockferry", NULL);
	if (path_is_in(self->store, self->directory))
		return true;
	return lf_error_usage(error,
		"parameter 'store': '%s' is not in '%s': the store must move with the group's filesystem",
		self->store, self->directory);
}

/* ADDRESS/PREFIX. */
static bool check_address(const char *text, GError **error)
{
	g_autofree char *address = server_options_address(text);
	const char *slash = strchr(text, '/');
	guint64 longest = strchr(address, ':') != NULL ? 128 : 32;

	if (!address_is_valid(address))
		return lf_error_usage(error,
			"parameter 'address': '%s' is not an IPv4 or IPv6 address with a prefix length: give it as 192.0.2.10/24",
			text);
	if (slash != NULL && g_ascii_string_to_unsigned(slash + 1, 10, 1, longest, NULL, NULL))
		return true;
	return lf_error_usage(error,
		"parameter 'address': '%s' needs a prefix length from 1 to %u: give it as %s/%u",
		text, (guint)longest, address, longest == 32 ? 24 : 64);
}

static bool check_addresses(const server_options *self, GError **error)
{
	if (self->addresses == NULL || self->addresses[0] == NULL)
		return lf_error_usage(error,
			"parameter 'address' is missing: set it to the group's address with its prefix length");
	for (guint i = 0; self->addresses[i] != NULL; i++) {
		g_autofree char *one = server_options_address(self->addresses[i]);

		if (!check_address(self->addresses[i], error))
			return false;
		for (guint j = 0; j < i; j++) {
			g_autofree char *other = server_options_address(self->addresses[j]);

			if (address_is_same(one, other))
				return lf_error_usage(
					error, "parameter 'address': '%s' is there twice", one);
		}
	}
	return true;
}

static bool check_gateways(const server_options *self, GError **error)
{
	for (guint i = 0; self->gateways != NULL && self->gateways[i] != NULL; i++) {
		if (!address_is_valid(self->gateways[i]))
			return lf_error_usage(error,
				"parameter 'gateway': '%s' is not an IPv4 or IPv6 address: give it without a prefix length",
				self->gateways[i]);
	}
	return true;
}

static bool check_link(server_options *self, GError **error)
{
	if (self->nic != NULL &&
		(self->nic[0] == '\0' || self->nic[0] == '-' || strlen(self->nic) > NIC_MAX_BYTES ||
			strpbrk(self->nic, "/ \t\n") != NULL))
		return lf_error_usage(error,
			"parameter 'nic': '%s' cannot be the name of a network interface",
			self->nic);
	if (self->link == NULL)
		self->link = g_strdup("auto");
	if (link_kind_of(self->link) == NULL)
		return lf_error_usage(error,
			"parameter 'link' takes auto, macvlan, ipvlan, bridge or routed, not '%s'",
			self->link);
	if (!g_str_equal(self->link, link_routed.name))
		return true;
	if (self->nic == NULL)
		return lf_error_usage(error,
			"link=routed needs the parameter 'nic': the network interface from which clients reach this node");
	if (self->gateways == NULL)
		return true;
	return lf_error_usage(error,
		"parameter 'gateway' has no use with link=routed: the node has the routes to clients");
}

/* nft(8) takes the name of a file in quotes, and patterns in it. */
static bool check_firewall(server_options *self, GError **error)
{
	if (self->firewall == NULL)
		self->firewall = g_strdup("auto");
	if (g_str_equal(self->firewall, "auto") || g_str_equal(self->firewall, "none"))
		return true;
	if (g_path_is_absolute(self->firewall) && strpbrk(self->firewall, "\"\n*?[\\") == NULL)
		return true;
	return lf_error_usage(error,
		"parameter 'firewall' takes auto, none, or the absolute path of an nftables file, not '%s'",
		self->firewall);
}

static bool check_versions(server_options *self, GError **error)
{
	static const char *const known[] = {"3", "4", "4.0", "4.1", "4.2", NULL};
	g_auto(GStrv) words = NULL;

	if (self->versions == NULL)
		self->versions = g_strdup("3 4.1 4.2");
	/* An empty text has no words. */
	words = g_strsplit(self->versions[0] != '\0' ? self->versions : "-", " ", -1);
	for (guint i = 0; words[i] != NULL; i++) {
		if (!g_strv_contains(known, words[i]))
			return lf_error_usage(error,
				"parameter 'versions': '%s' is not a list of NFS versions: use 3, 4.0, 4.1 and 4.2 (or 4 for all of them), with one blank between them",
				self->versions);
	}
	return true;
}

/* An IPv6 address has colons, which a host name cannot have. */
static char *default_scope(const server_options *self)
{
	g_autofree char *address = server_options_address(self->addresses[0]);
	g_autofree char *scope =
		g_strdup_printf("%s.%s", self->group, g_strdelimit(address, ":", '-'));

	if (strlen(scope) > SCOPE_MAX_BYTES) {
		g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, scope, -1);

		return g_strndup(sum, SCOPE_MAX_BYTES / 2);
	}
	return g_steal_pointer(&scope);
}

static bool check_scope(server_options *self, GError **error)
{
	if (self->scope == NULL)
		self->scope = default_scope(self);
	if (self->scope[0] != '\0' && strlen(self->scope) <= SCOPE_MAX_BYTES &&
		strspn(self->scope, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-._") ==
			strlen(self->scope))
		return true;
	return lf_error_usage(error,
		"parameter 'scope': '%s' cannot be a host name: use at most 64 letters, digits, '-', '_' and '.'",
		self->scope);
}

static bool check_number(const char *name, int value, int least, int most, GError **error)
{
	if (value >= least && value <= most)
		return true;
	return lf_error_usage(
		error, "parameter '%s' takes %d to %d, not %d", name, least, most, value);
}

static bool check_ports(const server_options *self, GError **error)
{
	const int ports[] = {
		NFS_PORT, RPCBIND_PORT, self->mountd_port, self->statd_port, self->lockd_port};

	for (guint i = 0; i < G_N_ELEMENTS(ports); i++) {
		for (guint j = 0; j < i; j++) {
			if (ports[i] == ports[j])
				return lf_error_usage(error,
					"port %d cannot serve two services: give 'mountd_port', 'statd_port' and 'lockd_port' ports of their own, other than %d and %d",
					ports[i], NFS_PORT, RPCBIND_PORT);
		}
	}
	return true;
}

/* Linux fs/nfsd/nfsctl.c, __nfsd4_write_time(): 10 to 3600. fs/lockd/svc.c, nlm_grace_period_max:
 * 240. */
static bool check_numbers(const server_options *self, GError **error)
{
	return check_number("threads", self->threads, 1, 4096, error) &&
	       (self->grace_s == 0 || check_number("grace", self->grace_s, 10, 240, error)) &&
	       check_number("lease", self->lease_s, 10, 3600, error) &&
	       check_number("mountd_port", self->mountd_port, 1, G_MAXUINT16, error) &&
	       check_number("statd_port", self->statd_port, 1, G_MAXUINT16, error) &&
	       check_number("lockd_port", self->lockd_port, 1, G_MAXUINT16, error) &&
	       check_number("record_timeout", self->record_timeout_s, 1, 12, error) &&
	       check_number("hang_timeout", self->hang_timeout_s, 10, 600, error) &&
	       check_ports(self, error);
}

static bool check_on_hang(server_options *self, GError **error)
{
	if (self->on_hang == NULL)
		self->on_hang = g_strdup("fence");
	if (g_str_equal(self->on_hang, "fence") || g_str_equal(self->on_hang, "warn"))
		return true;
	return lf_error_usage(
		error, "parameter 'on_hang' takes fence or warn, not '%s'", self->on_hang);
}

static bool check_yes_no(const char *name, const char *value, GError **error)
{
	if (value == NULL || g_str_equal(value, "yes") || g_str_equal(value, "no"))
		return true;
	return lf_error_usage(error, "parameter '%s' takes yes or no, not '%s'", name, value);
}

static bool check_exports(const server_options *self, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (is_empty(self->exports) == (self->exports_file == NULL))
		return lf_error_usage(error,
			"give one of the parameters 'exports' and 'exports_file': what the group exports, in the form of exports(5)");
	if (self->exports_file != NULL ||
		export_lines_check(self->exports, self->directory, &reason))
		return true;
	return lf_error_usage(error, "parameter 'exports': %s", reason->message);
}

static bool check_rest(const server_options *self, GError **error)
{
	if (self->node != NULL && !node_name_is_valid(self->node))
		return lf_error_usage(error,
			"the value of 'node' is not a valid node name: it is empty, or has control characters");
	return parameter_check_backend(self->backend, error) &&
	       check_yes_no("require_fencing", self->require_fencing, error) &&
	       check_yes_no("early_grace_end", self->early_grace_end, error);
}

bool server_options_check(server_options *self, GError **error)
{
	return parameter_check_group(self->group, error) && check_paths(self, error) &&
	       check_addresses(self, error) && check_gateways(self, error) &&
	       check_link(self, error) && check_firewall(self, error) &&
	       check_versions(self, error) && check_scope(self, error) &&
	       (self->names == NULL || host_names_check((const char *const *)self->names, error)) &&
	       check_numbers(self, error) && check_on_hang(self, error) &&
	       check_exports(self, error) && check_rest(self, error);
}
