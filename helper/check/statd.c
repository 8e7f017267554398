/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "lockd/process.h"
#include "nsm/nfs_conf.h"
#include "nsm/sm_dir.h"

#include <string.h>
#include <unistd.h>

#define STATD "rpc.statd"

static void check_process(const struct check *self, struct findings *findings)
{
	g_autofree char *statd = process_find(self->kernel->proc_dir, STATD, PROCESS_USER);

	if (kernel_nfsd_threads(self->kernel) == 0)
		return;
	if (statd != NULL)
		finding_add(findings, FINDING_OK, "", "rpc.statd runs");
	else
		finding_add(findings, FINDING_MISSING,
			"start it (nfs-common, or rpc-statd.service): without it no client gets an "
			"NFSv3 lock",
			"rpc.statd does not run");
}

/* The command line of a statd that runs, its words one after the other; NULL when none does. The
 * caller frees it. */
static char *command_line(const struct check *self, gsize *length)
{
	g_autofree char *statd = process_find(self->kernel->proc_dir, STATD, PROCESS_USER);
	g_autofree char *path = NULL;
	char *words = NULL;

	if (statd == NULL)
		return NULL;
	*strchr(statd, '@') = '\0';
	path = g_build_filename(self->kernel->proc_dir, statd, "cmdline", NULL);
	g_file_get_contents(path, &words, length, NULL);
	return words;
}

/* What a statd that runs was told on its command line, else what nfs.conf tells one that starts. */
static char *configured_callout(const struct check *self)
{
	gsize length = 0;
	g_autofree char *words = command_line(self, &length);

	for (const char *word = words; word != NULL && word < words + length;
		word += strlen(word) + 1) {
		const char *next = word + strlen(word) + 1;

		if ((g_str_equal(word, "-H") || g_str_equal(word, "--ha-callout")) &&
			next < words + length)
			return g_strdup(next);
	}
	return nfs_conf_get("statd", "ha-callout");
}

static void check_callout(const struct check *self, struct findings *findings)
{
	g_autofree char *callout = configured_callout(self);

	if (callout == NULL || !g_str_has_suffix(callout, "/lockferry-callout"))
		finding_add(findings, FINDING_WARNING,
			"set 'ha-callout=" LOCKFERRY_LIBEXECDIR
			"/lockferry-callout' in the section [statd] of nfs.conf, and "
			"restart rpc.statd",
			"statd does not run lockferry-callout: a lock granted just before a crash "
			"may be lost");
	else if (access(callout, X_OK) != 0)
		finding_add(findings, FINDING_WARNING,
			"correct 'ha-callout' in nfs.conf, and restart rpc.statd",
			"statd is to run '%s', which can't be run", callout);
	else
		finding_add(findings, FINDING_OK, "",
			"a client's first lock waits for its record (statd runs '%s')", callout);
}

struct counts {
	guint records;
	guint unusable;
};

static void count_file(sm_file *file, void *data)
{
	struct counts *counts = data;

	if (file->problem == NULL)
		counts->records++;
	else
		counts->unusable++;
	sm_file_free(file);
}

static void check_records(const struct check *self, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = self->sm_dir != NULL ? g_strdup(self->sm_dir) : sm_dir_find(&error);
	g_autoptr(sm_dir) dir = path != NULL ? sm_dir_open(path, &error) : NULL;
	struct counts counts = {0};

	if (dir == NULL || !sm_dir_scan(dir, count_file, &counts, &error)) {
		finding_add_error(findings, error);
		return;
	}
	finding_add(findings, FINDING_OK, "", "statd's records are in '%s': %u clients", path,
		counts.records);
	if (counts.unusable > 0)
		finding_add(findings, FINDING_WARNING,
			"remove what is not statd's; 'lockferry snapshot' names it",
			"%u files in '%s' are no records", counts.unusable, path);
}

void check_statd(const struct check *self, struct findings *findings)
{
	check_process(self, findings);
	check_records(self, findings);
	check_callout(self, findings);
}
