/* SPDX-License-Identifier: GPL-2.0-or-later */

/* `lockferry server start` and `validate`, which take the same options. */

#include "base/error.h"
#include "cmd/server.h"
#include "group/parameter_check.h"
#include "keeper/life.h"

#include <string.h>

#define TIMEOUT_DEFAULT_S 120

static char *group, *directory, *exports, *exports_file, *nic, *link_kind, *versions, *grace,
	*scope, *store_dir, *backend, *node, *early_grace_end, *require_fencing, *metrics_dir,
	*on_hang, *pipefs_dir, *firewall;
static char **addresses, **gateways, **names;
static int threads, lease_s, mountd_port, statd_port, lockd_port, record_timeout_s, hang_timeout_s;
static int timeout_s = TIMEOUT_DEFAULT_S;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group, "The service group", "GROUP"},
	{"directory", 0, 0, G_OPTION_ARG_FILENAME, &directory,
		"The mount point of the group's filesystem", "DIR"},
	{"address", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &addresses,
		"Its floating addresses with their prefix lengths", "ADDR/LEN[,ADDR/LEN]"},
	{"exports", 0, 0, G_OPTION_ARG_FILENAME, &exports,
		"What it exports: lines of exports(5), separated by newline or ';'", "TEXT"},
	{"exports-file", 0, 0, G_OPTION_ARG_FILENAME, &exports_file,
		"The same in a file, in the group's filesystem", "FILE"},
	{"nic", 0, 0, G_OPTION_ARG_FILENAME, &nic,
		"The network interface for the addresses [the one in their network]", "NIC"},
	{"link", 0, 0, G_OPTION_ARG_FILENAME, &link_kind,
		"How the addresses are connected to it [auto: bridge if it is one, else macvlan]",
		"auto|macvlan|ipvlan|bridge|routed"},
	{"firewall", 0, 0, G_OPTION_ARG_FILENAME, &firewall,
		"The rules of its firewall [auto: only NFS, from the clients that the exports name]",
		"auto|none|FILE"},
	{"gateway", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &gateways,
		"The router to clients in other networks [none]", "ADDR[,ADDR]"},
	{"versions", 0, 0, G_OPTION_ARG_FILENAME, &versions, "The NFS versions [3 4.1 4.2]",
		"LIST"},
	{"threads", 0, 0, G_OPTION_ARG_INT, &threads, "How many threads the server has [8]",
		"COUNT"},
	{"grace", 0, 0, G_OPTION_ARG_FILENAME, &grace,
		"How long its grace period is at most [auto]", "auto|SECONDS"},
	{"lease", 0, 0, G_OPTION_ARG_INT, &lease_s, "The lease time of NFSv4 clients [30]",
		"SECONDS"},
	{"scope", 0, 0, G_OPTION_ARG_FILENAME, &scope,
		"The server's host name, by which NFSv4 clients know it on every node [GROUP.ADDR]",
		"NAME"},
	{"mountd-port", 0, 0, G_OPTION_ARG_INT, &mountd_port, "The port of rpc.mountd [20048]",
		"PORT"},
	{"statd-port", 0, 0, G_OPTION_ARG_INT, &statd_port, "The port of rpc.statd [662]", "PORT"},
	{"lockd-port", 0, 0, G_OPTION_ARG_INT, &lockd_port, "The port of lockd [4045]", "PORT"},
	{"name", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &names,
		"A name by which clients mount from it; may be repeated", "NAME"},
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "Its store [DIR/.lockferry]", "DIR"},
	{"backend", 0, 0, G_OPTION_ARG_FILENAME, &backend, "The kind of store to make [files]",
		"files|sqlite"},
	{"node", 0, 0, G_OPTION_ARG_FILENAME, &node,
		"The cluster's name of this node [its host name]", "NAME"},
	{"early-grace-end", 0, 0, G_OPTION_ARG_FILENAME, &early_grace_end,
		"End the grace period as soon as every lock noted at a clean handover is back [yes]",
		"yes|no"},
	{"record-timeout", 0, 0, G_OPTION_ARG_INT, &record_timeout_s,
		"How long a client's first lock may wait until its record is on the disk [2]",
		"SECONDS"},
	{"require-fencing", 0, 0, G_OPTION_ARG_FILENAME, &require_fencing,
		"Take over from a node that did not release the group only after it was fenced [yes]",
		"yes|no"},
	{"on-hang", 0, 0, G_OPTION_ARG_FILENAME, &on_hang,
		"What to do when its disk or a daemon of it hangs: fence reports a problem, so that the monitor fails, and a stop fails at once; warn only warns [fence]",
		"fence|warn"},
	{"hang-timeout", 0, 0, G_OPTION_ARG_INT, &hang_timeout_s,
		"After how long it counts as hanging [60]", "SECONDS"},
	{"metrics", 0, 0, G_OPTION_ARG_FILENAME, &metrics_dir,
		"Write the file lockferry-GROUP.prom to this directory, with metrics for the textfile collector of Prometheus' node_exporter",
		"DIR"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "How long it may take [120]", "SECONDS"},
	{"pipefs-dir", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &pipefs_dir,
		"For tests: use instead of a filesystem rpc_pipefs", "DIR"},
	{0},
};

static const char details[] =
	"Start it after the group's filesystem. The group's addresses, exports and its part of the NFS server need no\n"
	"other resource. The options are those of the agent ocf:lockferry:nfsgroup.\n";

/* What is not given stays as server_options_new() has it. */
static bool parse(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(server_options) defaults = server_options_new();

	threads = defaults->threads;
	lease_s = defaults->lease_s;
	mountd_port = defaults->mountd_port;
	statd_port = defaults->statd_port;
	lockd_port = defaults->lockd_port;
	record_timeout_s = defaults->record_timeout_s;
	hang_timeout_s = defaults->hang_timeout_s;
	return cmd_parse(self, entries, details, argc, argv, error);
}

static bool put_grace(server_options *options, GError **error)
{
	gint64 seconds;

	if (grace == NULL || g_str_equal(grace, "auto"))
		return true;
	if (!g_ascii_string_to_signed(grace, 10, 1, G_MAXINT, &seconds, NULL)) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"parameter 'grace' takes a number of seconds, or auto, not '%s'", grace);
		return false;
	}
	options->grace_s = (int)seconds;
	return true;
}

/* Commas between them, or the option again. */
static char **list_of(char **values)
{
	return values != NULL ? cmd_split_addresses(values) : NULL;
}

static void put_texts(server_options *options)
{
	const struct kernel *kernel = cmd_kernel();
	const struct kernel real = KERNEL_DEFAULT;

	options->group = g_strdup(group);
	options->directory = directory != NULL ? g_canonicalize_filename(directory, "/") : NULL;
	options->exports = g_strdup(exports);
	options->exports_file = g_strdup(exports_file);
	options->nic = g_strdup(nic);
	options->link = g_strdup(link_kind);
	options->firewall = g_strdup(firewall);
	options->versions = g_strdup(versions);
	options->scope = g_strdup(scope);
	options->store = g_strdup(store_dir);
	options->backend = g_strdup(backend);
	options->node = g_strdup(node != NULL ? node : g_get_host_name());
	options->early_grace_end = g_strdup(early_grace_end);
	options->require_fencing = g_strdup(require_fencing);
	options->on_hang = g_strdup(on_hang);
	options->metrics = g_strdup(metrics_dir);
	options->run_dir = g_strdup(cmd_run_dir());
	if (strcmp(kernel->nfsd_dir, real.nfsd_dir) != 0)
		options->nfsd_dir = g_strdup(kernel->nfsd_dir);
	if (strcmp(kernel->lockd_dir, real.lockd_dir) != 0)
		options->lockd_dir = g_strdup(kernel->lockd_dir);
	if (strcmp(kernel->proc_dir, real.proc_dir) != 0)
		options->proc_dir = g_strdup(kernel->proc_dir);
	if (g_strcmp0(kernel->rpc_nfsd, real.rpc_nfsd) != 0)
		options->rpc_nfsd = g_strdup(kernel->rpc_nfsd);
	options->pipefs_dir = g_strdup(pipefs_dir);
}

/* NULL with `error`. */
static server_options *make_options(GError **error)
{
	g_autoptr(server_options) options = server_options_new();

	if (!parameter_check_path("directory", directory, error))
		return NULL;
	put_texts(options);
	options->addresses = list_of(addresses);
	options->gateways = list_of(gateways);
	options->names = g_strdupv(names);
	options->threads = threads;
	options->lease_s = lease_s;
	options->mountd_port = mountd_port;
	options->statd_port = statd_port;
	options->lockd_port = lockd_port;
	options->record_timeout_s = record_timeout_s;
	options->hang_timeout_s = hang_timeout_s;
	if (!put_grace(options, error) || !server_options_check(options, error))
		return NULL;
	return g_steal_pointer(&options);
}

int cmd_server_validate(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(server_options) options = NULL;

	if (!parse(self, argc, argv, error))
		return CRM_EX_USAGE;
	options = make_options(error);
	return options != NULL ? CRM_EX_OK : CRM_EX_USAGE;
}

int cmd_server_start(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(server_options) options = NULL;
	gint64 deadline_us;
	int status = CRM_EX_ERROR;

	if (!parse(self, argc, argv, error) ||
		(deadline_us = cmd_server_deadline_us(timeout_s, error)) == 0)
		return CRM_EX_USAGE;
	options = make_options(error);
	if (options == NULL)
		return CRM_EX_USAGE;
	if (!life_check_node(options, error))
		return CRM_EX_ERROR;
	if (life_start(options, deadline_us, &status, error))
		return CRM_EX_OK;
	return status > CRM_EX_OK ? status : CRM_EX_ERROR;
}
