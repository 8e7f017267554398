/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/server_files.h"

#include "base/error.h"
#include "base/fd.h"
#include "nsm/nfs_conf.h"
#include "nsm/sm_dir.h"
#include "keeper/export_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALLOUT LOCKFERRY_LIBEXECDIR "/lockferry-callout"
#define EXPORTS_MAX_BYTES (1024 * 1024)

/* rpcbind changes to a user that its packages name differently. The node's directory belongs to it,
 * where there is one. */
static void look_at_rpcbind(struct server_host *self)
{
	static const char *const names[] = {"_rpc", "rpc", "rpcbind"};
	struct stat st;

	if (stat("/run/rpcbind", &st) == 0 && st.st_uid != 0) {
		self->rpcbind_user = st.st_uid;
		self->rpcbind_group = st.st_gid;
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(names) && self->rpcbind_user == 0; i++) {
		const struct passwd *user = getpwnam(names[i]);

		if (user != NULL) {
			self->rpcbind_user = user->pw_uid;
			self->rpcbind_group = user->pw_gid;
		}
	}
}

void server_host_look(struct server_host *self, const char *proc_dir)
{
	g_autofree char *sm = sm_dir_find(proc_dir, NULL);
	struct stat st;

	memset(self, 0, sizeof(*self));
	self->callout = nfs_conf_get("statd", "ha-callout");
	if (self->callout == NULL && access(CALLOUT, X_OK) == 0)
		self->callout = g_strdup(CALLOUT);
	self->manage_gids = nfs_conf_get("mountd", "manage-gids");
	if (sm != NULL && stat(sm, &st) == 0) {
		self->statd_user = st.st_uid;
		self->statd_group = st.st_gid;
	}
	look_at_rpcbind(self);
}

void server_host_clear(struct server_host *self)
{
	g_clear_pointer(&self->callout, g_free);
	g_clear_pointer(&self->manage_gids, g_free);
}

const char *server_files_pipefs(const server_options *options)
{
	return options->pipefs_dir != NULL ? options->pipefs_dir : SERVER_FILES_PIPEFS;
}

char *server_files_nfsdcld(const server_options *options)
{
	return g_build_filename(options->store, "server", "nfsdcld", NULL);
}

static void add_versions(GString *text, const server_options *options)
{
	static const char *const minors[] = {"4.0", "4.1", "4.2"};
	g_auto(GStrv) words = g_strsplit(options->versions, " ", -1);
	const char *const *wanted = (const char *const *)words;
	bool all = g_strv_contains(wanted, "4");

	g_string_append_printf(text, "vers3=%s\n", g_strv_contains(wanted, "3") ? "y" : "n");
	g_string_append_printf(text, "vers4=%s\n", server_options_serves(options, '4') ? "y" : "n");
	for (guint i = 0; i < G_N_ELEMENTS(minors); i++)
		g_string_append_printf(text, "vers%s=%s\n", minors[i],
			all || g_strv_contains(wanted, minors[i]) ? "y" : "n");
}

char *server_files_nfs_conf(const server_options *options, const struct server_host *host)
{
	g_autofree char *nfsdcld = server_files_nfsdcld(options);
	GString *text = g_string_new("# made by lockferry\n");

	g_string_append_printf(
		text, "[general]\npipefs-directory=%s\n", server_files_pipefs(options));
	g_string_append_printf(text,
		"[statd]\nport=%d\nno-notify=1\nstate-directory-path=" SERVER_FILES_STATD "\n",
		options->statd_port);
	if (host->callout != NULL)
		g_string_append_printf(text, "ha-callout=%s\n", host->callout);
	g_string_append_printf(text,
		"[mountd]\nport=%d\nstate-directory-path=" SERVER_FILES_STATE "\n",
		options->mountd_port);
	if (host->manage_gids != NULL)
		g_string_append_printf(text, "manage-gids=%s\n", host->manage_gids);
	g_string_append_printf(text, "[exportd]\nstate-directory-path=" SERVER_FILES_STATE "\n");
	g_string_append_printf(text, "[nfsdcld]\nstoragedir=%s\n", nfsdcld);
	g_string_append_printf(text, "[nfsd]\nthreads=%d\ntcp=y\nudp=n\n", options->threads);
	add_versions(text, options);
	return g_string_free(text, FALSE);
}

bool server_files_make_nfsdcld(const server_options *options, GError **error)
{
	g_autofree char *path = server_files_nfsdcld(options);

	if (g_mkdir_with_parents(path, 0700) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make '%s'", path);
	return false;
}

bool server_files_write(const char *path, const char *text, GError **error)
{
	autofd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd >= 0 && fd_write_all(fd, text, strlen(text)))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%s'", path);
	return false;
}

static char *read_exports(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) reason = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &reason)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"cannot read the parameter 'exports_file': %s", reason->message);
		return NULL;
	}
	if (length <= EXPORTS_MAX_BYTES && strlen(text) == length)
		return g_steal_pointer(&text);
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"the parameter 'exports_file': '%s' is too long, or not a text", path);
	return NULL;
}

char *server_files_exports(const server_options *options, GError **error)
{
	if (options->exports_file != NULL)
		return read_exports(options->exports_file, error);
	return g_strdup(options->exports != NULL ? options->exports : "");
}

bool server_files_write_exports(const server_options *options, const char *path, GError **error)
{
	g_autofree char *text = server_files_exports(options, error);
	g_autofree char *lines = NULL;

	if (text == NULL)
		return false;
	if (!export_lines_check(text, options->directory, error)) {
		g_prefix_error(error, "cannot export: ");
		return false;
	}
	lines = export_lines_to_file(text);
	return server_files_write(path, lines, error);
}
