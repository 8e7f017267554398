/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/serve_words.h"

#include "keeper/server_files.h"

static void add(GPtrArray *words, const char *option, const char *value)
{
	if (value == NULL)
		return;
	g_ptr_array_add(words, g_strdup(option));
	g_ptr_array_add(words, g_strdup(value));
}

/* --export takes a blank as \040. */
static char *encode_path(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, " ", -1);

	return g_strjoinv("\\040", parts);
}

static void add_number(GPtrArray *words, const char *option, gint64 value)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

	add(words, option, text);
}

/* What both commands are told. */
static void add_place(GPtrArray *words, const server_options *options)
{
	g_autofree char *export = encode_path(options->directory);

	add(words, "--group", options->group);
	add(words, "--store", options->store);
	add(words, "--export", export);
	add(words, "--sm-dir", SERVER_FILES_SM);
	for (guint i = 0; options->addresses[i] != NULL; i++) {
		g_autofree char *address = server_options_address(options->addresses[i]);

		add(words, "--ip", address);
	}
	add(words, "--run-dir", options->run_dir);
	add(words, "--nfsd-dir", options->nfsd_dir);
	add(words, "--lockd-dir", options->lockd_dir);
	add(words, "--proc-dir", options->proc_dir);
	add(words, "--rpc-nfsd", options->rpc_nfsd);
}

static void add_group(GPtrArray *words, const server_options *options)
{
	add(words, "--backend", options->backend);
	add(words, "--node", options->node);
	add(words, "--require-fencing", options->require_fencing);
	add(words, "--early-grace-end", options->early_grace_end);
	add(words, "--metrics", options->metrics);
	for (guint i = 0; options->names != NULL && options->names[i] != NULL; i++)
		add(words, "--name", options->names[i]);
	add_number(words, "--record-timeout", options->record_timeout_s);
	if (options->grace_s != 0)
		add_number(words, "--grace", options->grace_s);
	add_number(words, "--hang-timeout", server_options_hang_limit(options));
	add_number(words, "--lease", server_options_serves(options, '4') ? options->lease_s : 0);
}

char **serve_words(const server_options *options, const char *program, guint timeout_s)
{
	GPtrArray *words = g_ptr_array_new();

	g_ptr_array_add(words, g_strdup(program));
	g_ptr_array_add(words, g_strdup("serve"));
	g_ptr_array_add(words, g_strdup("--own-server"));
	g_ptr_array_add(words, g_strdup("--daemon"));
	add_number(words, "--timeout", timeout_s);
	add_place(words, options);
	add_group(words, options);
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

char **handover_words(const server_options *options, const char *program, guint timeout_s)
{
	GPtrArray *words = g_ptr_array_new();

	g_ptr_array_add(words, g_strdup(program));
	g_ptr_array_add(words, g_strdup("stop"));
	g_ptr_array_add(words, g_strdup("--own-server"));
	add_number(words, "--timeout", timeout_s);
	add_place(words, options);
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}
