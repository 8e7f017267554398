/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "lockd/process.h"
#include "nsm/nfs_conf.h"
#include "nsm/sm_dir.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATD "rpc.statd"

static void check_process(const struct check *self, struct findings *findings)
{
	g_autofree char *statd = process_find(self->kernel->proc_dir, STATD, PROCESS_USER);

	if (statd != NULL)
		finding_add(findings, FINDING_OK, "", "rpc.statd runs");
	else if (kernel_nfsd_threads(self->kernel) == 0)
		finding_add(findings, FINDING_NOTE,
			"it must run before a group is taken over; it is started with the NFS "
			"server as a rule",
			"rpc.statd does not run");
	else
		finding_add(findings, FINDING_MISSING,
			"start it (nfs-common, or rpc-statd.service): without it no client gets an "
			"NFSv3 lock",
			"rpc.statd does not run");
}

/* What a statd that runs was told on its command line, else what nfs.conf tells one that starts. */
static char *configured_callout(const struct check *self)
{
	const char *proc_dir = self->kernel->proc_dir;
	g_autofree char *statd = process_find(proc_dir, STATD, PROCESS_USER);
	g_auto(GStrv) words = statd != NULL ? process_words(proc_dir, statd, "cmdline") : NULL;

	for (gsize i = 0; words != NULL && words[i] != NULL; i++) {
		if ((g_str_equal(words[i], "-H") || g_str_equal(words[i], "--ha-callout")) &&
			words[i + 1] != NULL)
			return g_strdup(words[i + 1]);
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

/* As it is called, or its number. The caller frees it. */
static char *user_name(uid_t user)
{
	struct passwd *entry = getpwuid(user);

	return entry != NULL ? g_strdup(entry->pw_name) : g_strdup_printf("%u", (unsigned)user);
}

/* statd runs as the owner of its directory (nfs-utils support/nsm/file.c, nsm_drop_privileges). */
static void check_user(const struct check *self, const char *path, uid_t owner,
	const char *owner_name, struct findings *findings)
{
	const char *proc_dir = self->kernel->proc_dir;
	g_autofree char *statd = process_find(proc_dir, STATD, PROCESS_USER);
	g_autofree char *cure = NULL, *name = NULL;
	uid_t user;

	if (statd == NULL || !process_user(proc_dir, statd, &user) || user == owner)
		return;
	name = user_name(user);
	cure = g_strdup_printf("chown -R %s %s, and restart rpc.statd", name, path);
	finding_add(findings, FINDING_WARNING, cure,
		"rpc.statd runs as user '%s', but '%s' belongs to '%s': it can't record a client, "
		"or Lockferry won't listen to its callout",
		name, path, owner_name);
}

static void check_mode(const char *path, const struct stat *status, struct findings *findings)
{
	g_autofree char *cure = g_strdup_printf("chmod u=rwx,go-w %s", path);

	if (status->st_uid != 0 && (status->st_mode & S_IRWXU) != S_IRWXU)
		finding_add(findings, FINDING_MISSING, cure,
			"statd's user can't write into '%s' (mode %03o): no client gets an NFSv3 "
			"lock",
			path, status->st_mode & 0777u);
	else if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		finding_add(findings, FINDING_WARNING, cure,
			"others than statd's user can write into '%s' (mode %03o), and so have "
			"records made and removed",
			path, status->st_mode & 0777u);
}

static void check_records(const struct check *self, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = self->sm_dir != NULL ? g_strdup(self->sm_dir) : sm_dir_find(&error);
	g_autoptr(sm_dir) dir = path != NULL ? sm_dir_open(path, &error) : NULL;
	g_autofree char *owner = NULL;
	struct counts counts = {0};
	struct stat status;

	if (dir == NULL || !sm_dir_scan(dir, count_file, &counts, &error)) {
		finding_add_error(findings, error);
		return;
	}
	owner = user_name(sm_dir_owner(dir));
	finding_add(findings, FINDING_OK, "",
		"statd's records are in '%s': %u clients; its user is '%s'", path, counts.records,
		owner);
	if (counts.unusable > 0)
		finding_add(findings, FINDING_WARNING,
			"remove what is not statd's; 'lockferry snapshot' names it",
			"%u files in '%s' are no records", counts.unusable, path);
	check_user(self, path, sm_dir_owner(dir), owner, findings);
	if (stat(path, &status) == 0)
		check_mode(path, &status, findings);
	check_grace_for(self, counts.records, findings);
}

void check_statd(const struct check *self, struct findings *findings)
{
	check_process(self, findings);
	check_records(self, findings);
	check_callout(self, findings);
}
