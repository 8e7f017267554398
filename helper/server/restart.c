/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/restart.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/program.h"
#include "server/restart_note.h"

#include <string.h>

/* How long to wait for the end of the lock manager; a tenth of a second is enough on an idle
 * machine. */
#define STOP_PATIENCE_US (5 * G_USEC_PER_SEC)
#define STOP_POLL_US 20000

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

static char **command_line(char *program, const restart_note *was)
{
	GPtrArray *words = g_ptr_array_new();

	g_ptr_array_add(words, program);
	if (!was->configured) {
		add_versions(words, was->versions);
		if (was->ports[0] != '\0')
			add_ports(words, was->ports);
		g_ptr_array_add(words, g_strdup_printf("%u", was->threads));
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

static bool start(const struct kernel *kernel, const restart_note *was, GError **error)
{
	g_auto(GStrv) argv = command_line(program_find(kernel->rpc_nfsd), was);
	g_autoptr(GError) reason = NULL;
	g_autofree char *said = NULL;
	int status;

	if (g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said,
		    &status, &reason) &&
		g_spawn_check_wait_status(status, &reason))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the NFS server was stopped for a grace period, and cannot be started again: start it at once (%s): %s",
		said != NULL ? g_strstrip(said) : argv[0], reason->message);
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
	if (!g_str_equal(was, is))
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"the NFS server has other %s than before its restart, '%s' and not '%s': set them in nfs.conf",
				what, is, was));
}

static void compare_servers(
	GPtrArray *warnings, const restart_note *was, const struct kernel *kernel)
{
	g_auto(restart_note) is = {0};
	g_autofree char *threads_were = g_strdup_printf("%u", was->threads);
	g_autofree char *threads_are = NULL;

	if (was->configured || !restart_note_take(&is, kernel, NULL))
		return;
	threads_are = g_strdup_printf("%u", is.threads);
	compare(warnings, "threads", threads_were, threads_are);
	compare(warnings, "versions", was->versions, is.versions);
	compare(warnings, "ports", was->ports, is.ports);
}

/* The second half of a restart. If the server does not start, the note stays: each takeover tries
 * again. */
static bool start_again(const struct kernel *self, const char *run_dir, const restart_note *was,
	bool *lock_manager_went, GPtrArray *warnings, GError **error)
{
	*lock_manager_went = lock_manager_goes(self, was->lock_manager);
	if (!start(self, was, error))
		return false;
	restart_note_remove(run_dir);
	compare_servers(warnings, was, self);
	return true;
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

static bool note(const restart_note *was, const char *run_dir, GError **error)
{
	if (restart_note_save(was, run_dir, error))
		return true;
	g_prefix_error(error,
		"the NFS server is not stopped, because it cannot be noted how to start it again: ");
	return false;
}

bool restart_lock_manager(const struct kernel *self, const char *run_dir, enum restart_as as,
	GPtrArray *warnings, GError **error)
{
	g_auto(restart_note) was = {.configured = as == RESTART_AS_CONFIGURED};
	bool gone;

	if (!restart_is_possible(self, error) || !restart_note_take(&was, self, error) ||
		!note(&was, run_dir, error) || !kernel_nfsd_stop(self, error) ||
		!start_again(self, run_dir, &was, &gone, warnings, error))
		return false;
	if (gone)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the lock manager did not end when the NFS server was stopped, so no grace period began: find out what else on this node uses it, and end that");
	return false;
}

/* What the note says is not known. */
static void use_damaged_note(
	const struct kernel *self, const char *run_dir, const GError *damage, GPtrArray *warnings)
{
	if (kernel_nfsd_threads(self) > 0)
		restart_note_remove(run_dir);
	else
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"a process that was killed may have left the NFS server stopped: start it, and remove the note: %s",
				damage->message));
}

bool restart_finish(
	const struct kernel *self, const char *run_dir, GPtrArray *warnings, GError **error)
{
	g_auto(restart_note) was = {0};
	g_autoptr(GError) damage = NULL;
	bool gone;

	if (!restart_note_load(&was, run_dir, &damage)) {
		if (damage != NULL)
			use_damaged_note(self, run_dir, damage, warnings);
		return true;
	}
	if (!restart_note_is_of(&was, self) || self->rpc_nfsd == NULL)
		return true;
	if (kernel_nfsd_threads(self) > 0) {
		restart_note_remove(run_dir);
		return true;
	}
	if (!start_again(self, run_dir, &was, &gone, warnings, error))
		return false;
	g_ptr_array_add(warnings,
		g_strdup(
			"the NFS server was started again: a process that was killed had stopped it to restart the lock manager"));
	return true;
}
