/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/restart.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/program.h"

#include <string.h>

/* How long to wait for the end of the lock manager; a tenth of a second is enough on an idle
 * machine. */
#define STOP_PATIENCE_US (5 * G_USEC_PER_SEC)
#define STOP_POLL_US 20000

/* What the control files of a server show (fs/nfsd/nfsctl.c). */
typedef struct server {
	guint threads;
	char *versions; /* "+3 +4 +4.1 -4.2" */
	char *ports;    /* "tcp 2049", a line for each address family */
} server;

static void server_look(server *self, const struct kernel *kernel)
{
	self->threads = kernel_nfsd_threads(kernel);
	self->versions = kernel_read(kernel->nfsd_dir, "versions", NULL);
	self->ports = kernel_read(kernel->nfsd_dir, "portlist", NULL);
}

static void server_clear(server *self)
{
	g_free(self->versions);
	g_free(self->ports);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(server, server_clear)

static void add_option(GPtrArray *words, const char *option, const char *value)
{
	g_ptr_array_add(words, g_strdup(option));
	if (value != NULL)
		g_ptr_array_add(words, g_strdup(value));
}

/* Today's rpc.nfsd does not know version 2. */
static void add_versions(GPtrArray *words, const char *versions)
{
	g_auto(GStrv) list = g_strsplit(versions, " ", -1);

	for (gsize i = 0; list[i] != NULL; i++) {
		const char *version = list[i][0] != '\0' ? list[i] + 1 : "";

		if (g_ascii_isdigit(version[0]) && version[0] != '2')
			add_option(words, list[i][0] == '+' ? "--nfs-version" : "--no-nfs-version",
				version);
	}
}

static bool has_protocol(char **lines, const char *protocol, const char **port)
{
	for (gsize i = 0; lines[i] != NULL; i++) {
		gsize length = strlen(protocol);

		if (strncmp(lines[i], protocol, length) == 0 && lines[i][length] == ' ') {
			*port = lines[i] + length + 1;
			return true;
		}
	}
	return false;
}

/* rpc.nfsd takes one port for both protocols. */
static void add_ports(GPtrArray *words, const char *ports)
{
	g_auto(GStrv) lines = g_strsplit(ports, "\n", -1);
	const char *port = NULL, *rdma_port = NULL;

	add_option(words, has_protocol(lines, "udp", &port) ? "--udp" : "--no-udp", NULL);
	add_option(words, has_protocol(lines, "tcp", &port) ? "--tcp" : "--no-tcp", NULL);
	if (port != NULL)
		add_option(words, "--port", port);
	if (has_protocol(lines, "rdma", &rdma_port)) {
		g_autofree char *option = g_strconcat("--rdma=", rdma_port, NULL);

		add_option(words, option, NULL);
	}
}

static char **command_line(char *program, const server *was, enum restart_as as)
{
	GPtrArray *words = g_ptr_array_new();

	g_ptr_array_add(words, program);
	if (as == RESTART_AS_IT_WAS) {
		add_versions(words, was->versions != NULL ? was->versions : "");
		if (was->ports != NULL && was->ports[0] != '\0')
			add_ports(words, was->ports);
		g_ptr_array_add(words, g_strdup_printf("%u", was->threads));
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

static bool start(
	const struct kernel *kernel, const server *was, enum restart_as as, GError **error)
{
	g_auto(GStrv) argv = command_line(program_find(kernel->rpc_nfsd), was, as);
	g_autofree char *said = NULL;
	int status;

	if (g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said,
		    &status, error) &&
		g_spawn_check_wait_status(status, error))
		return true;
	g_prefix_error(error,
		"the NFS server was stopped for a grace period, and cannot be started again: start it at once (%s): ",
		said != NULL ? g_strstrip(said) : argv[0]);
	return false;
}

/* Waits for the end of the thread itself: as long as it runs, it keeps locks that clients could not
 * reclaim. */
static bool lock_manager_goes(const struct kernel *self, const char *incarnation)
{
	gint64 deadline_us = clock_now_us() + STOP_PATIENCE_US;

	while (kernel_lockd_runs(self, incarnation)) {
		if (clock_now_us() >= deadline_us)
			return false;
		clock_sleep_us(STOP_POLL_US);
	}
	return true;
}

static void compare(GPtrArray *warnings, const char *what, const char *was, const char *is)
{
	if (g_strcmp0(was, is) != 0)
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"the NFS server has other %s than before its restart, '%s' and not '%s': set them in nfs.conf",
				what, is != NULL ? is : "", was != NULL ? was : ""));
}

static void compare_servers(GPtrArray *warnings, const server *was, const struct kernel *now)
{
	g_auto(server) is = {0};
	g_autofree char *threads_were = g_strdup_printf("%u", was->threads);
	g_autofree char *threads_are = NULL;

	server_look(&is, now);
	threads_are = g_strdup_printf("%u", is.threads);
	compare(warnings, "threads", threads_were, threads_are);
	compare(warnings, "versions", was->versions, is.versions);
	compare(warnings, "ports", was->ports, is.ports);
}

bool restart_is_possible(const struct kernel *self, GError **error)
{
	g_autofree char *mount = kernel_nfs3_mount(self);

	if (mount != NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager cannot be restarted, because an NFSv3 filesystem is mounted on this node (%s): unmount it, or mount it with 'nolock' or as NFSv4",
			mount);
		return false;
	}
	if (self->rpc_nfsd == NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager cannot be restarted: '%s' is not the kernel's directory, so --rpc-nfsd must name the program that starts a server there",
			self->nfsd_dir);
		return false;
	}
	return true;
}

bool restart_lock_manager(
	const struct kernel *self, enum restart_as as, GPtrArray *warnings, GError **error)
{
	g_autofree char *incarnation = kernel_lock_manager(self);
	g_auto(server) was = {0};
	bool gone;

	if (!restart_is_possible(self, error))
		return false;
	server_look(&was, self);
	if (!kernel_nfsd_stop(self, error))
		return false;
	gone = lock_manager_goes(self, incarnation);
	if (!start(self, &was, as, error))
		return false;
	if (!gone) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the lock manager did not end when the NFS server was stopped, so no grace period began: find out what else on this node uses it, and end that");
		return false;
	}
	if (as == RESTART_AS_IT_WAS)
		compare_servers(warnings, &was, self);
	return true;
}
