/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/load.h"

#include "base/child.h"
#include "base/error.h"
#include "cluster/cib_reader.h"
#include "cluster/command.h"

#include <fcntl.h>
#include <unistd.h>

/* This node itself answers a query, not the DC (Pacemaker daemons/based/based_callbacks.c). */
static GByteArray *ask(guint patience_ms, GError **error)
{
	static const char *const argv[] = {"cibadmin", "--query", NULL};
	struct command command = {.argv = argv, .timeout_ms = patience_ms};
	int status;
	g_autoptr(GByteArray) text = command_run(&command, &status, error);

	if (text == NULL || status == 0)
		return g_steal_pointer(&text);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING, "the cluster does not run on this node");
	return NULL;
}

static GByteArray *read_file(const char *file, guint patience_ms, GError **error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	GByteArray *text;

	if (fd < 0) {
		lf_error_set_errno(error, LF_ERROR_ARGUMENT, "cannot open '%s'", file);
		return NULL;
	}
	text = child_read(fd, patience_ms, file, error);
	close(fd);
	return text;
}

cib *cluster_load(const char *file, guint patience_ms, GError **error)
{
	g_autoptr(GByteArray) text =
		file != NULL ? read_file(file, patience_ms, error) : ask(patience_ms, error);
	cib *parsed;

	if (text == NULL)
		return NULL;
	parsed = cib_parse(text->len > 0 ? (const char *)text->data : "", text->len, error);
	if (parsed == NULL && file != NULL)
		g_prefix_error(error, "'%s': ", file);
	return parsed;
}

crm_mon *cluster_look(guint patience_ms, GError **error)
{
	static const char *const argv[] = {"crm_mon", "--one-shot", "--output-as", "xml",
		"--inactive", "--show-node-attributes", NULL};
	struct command command = {.argv = argv, .timeout_ms = patience_ms};
	int status;
	g_autoptr(GByteArray) text = command_run(&command, &status, error);

	if (text == NULL)
		return NULL;
	if (status == 0 && text->len > 0)
		return crm_mon_parse((const char *)text->data, text->len, error);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
		"cannot get the status of the cluster: see what 'crm_mon -1' says");
	return NULL;
}
