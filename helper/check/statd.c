/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "base/text.h"
#include "kernel/process.h"
#include "nsm/hosts.h"
#include "nsm/nfs_conf.h"
#include "nsm/record.h"
#include "nsm/sm_dir.h"
#include "nsm/statd.h"
#include "nsm/statd_rights.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALLOUT "/lockferry-callout"

static void check_process(const struct check *self, struct findings *findings)
{
	g_autofree char *statd = statd_find(self->kernel->proc_dir);

	if (statd != NULL)
		finding_add(findings, FINDING_OK, "", "rpc.statd runs");
	else if (kernel_nfsd_threads(self->kernel) == 0)
		finding_add(findings, FINDING_NOTE,
			"it must run before a group is taken over; normally it is started with the NFS server",
			"rpc.statd does not run");
	else
		finding_add(findings, FINDING_MISSING,
			"start it (nfs-common, or rpc-statd.service): without it no client gets an NFSv3 lock",
			"rpc.statd does not run");
}

/* The user's name, or the number. The caller frees it. */
static char *user_name(uid_t user)
{
	struct passwd *entry = getpwuid(user);

	return entry != NULL ? g_strdup(entry->pw_name) : g_strdup_printf("%u", (unsigned)user);
}

/* The caller frees it. NULL with `error`. */
static char *sm_path(const struct check *self, GError **error)
{
	return self->sm_dir != NULL ? g_strdup(self->sm_dir)
				    : sm_dir_find(self->kernel->proc_dir, error);
}

static bool can_be_run(const char *path)
{
	return g_file_test(path, G_FILE_TEST_IS_REGULAR) && access(path, X_OK) == 0;
}

/* The command line of a running statd; otherwise what nfs.conf sets for the next one. */
static char *configured_callout(const struct check *self)
{
	g_autofree char *statd = statd_find(self->kernel->proc_dir);
	g_autoptr(statd_options) options =
		statd != NULL ? statd_options_of(self->kernel->proc_dir, statd) : NULL;

	if (options != NULL && options->callout != NULL)
		return g_steal_pointer(&options->callout);
	return nfs_conf_get("statd", "ha-callout");
}

/* Whether `callout` is lockferry-callout, by its name or through a link. */
static bool is_ours(const char *callout)
{
	g_autofree char *plain = realpath(callout, NULL);

	return g_str_has_suffix(callout, CALLOUT) ||
	       (plain != NULL && g_str_has_suffix(plain, CALLOUT));
}

/* The user of the running statd; otherwise the user that statd would change to, the owner of its
 * directory. */
static void user_of_statd(const struct check *self, uid_t *user, gid_t *group)
{
	g_autofree char *statd = statd_find(self->kernel->proc_dir);
	g_autofree char *path = sm_path(self, NULL);
	struct stat status;

	*user = 0;
	*group = 0;
	if (statd != NULL && process_user(self->kernel->proc_dir, statd, user, group))
		return;
	if (path != NULL && stat(path, &status) == 0) {
		*user = status.st_uid;
		*group = status.st_gid;
	}
}

static void check_callouts_rights(
	const struct check *self, const char *callout, struct findings *findings)
{
	g_autofree char *name = NULL;
	uid_t user;
	gid_t group;

	user_of_statd(self, &user, &group);
	if (statd_may_run(user, group, callout)) {
		finding_add(findings, FINDING_OK, "",
			"a client's first lock waits for its record (statd runs '%s')", callout);
		return;
	}
	name = user_name(user);
	finding_add(findings, FINDING_WARNING,
		"give it, and each directory above it, a mode that lets that user run it (755)",
		"rpc.statd runs as user '%s', who may not run '%s': a lock granted just before a crash may be lost",
		name, callout);
}

static void check_callout(const struct check *self, struct findings *findings)
{
	g_autofree char *callout = configured_callout(self);

	if (callout == NULL || !is_ours(callout))
		finding_add(findings, FINDING_WARNING,
			"set 'ha-callout=" LOCKFERRY_LIBEXECDIR CALLOUT
			"' in the section [statd] of nfs.conf, and restart rpc.statd",
			"statd does not run lockferry-callout: a lock granted just before a crash may be lost");
	else if (!can_be_run(callout))
		finding_add(findings, FINDING_WARNING,
			"correct 'ha-callout' in nfs.conf, and restart rpc.statd",
			"statd is configured to run '%s', which cannot be run", callout);
	else
		check_callouts_rights(self, callout, findings);
}

/* With this setting lockd gives statd the name that the client gives itself (fs/lockd/mon.c,
 * nsm_use_hostnames). */
static void check_host_names(const struct check *self, struct findings *findings)
{
	g_autofree char *value =
		kernel_read(self->kernel->proc_dir, "sys/fs/nfs/nsm_use_hostnames", NULL);

	if (value != NULL && !g_str_equal(value, "0") && !g_str_equal(value, "N"))
		finding_add(findings, FINDING_WARNING,
			"sysctl fs.nfs.nsm_use_hostnames=0, and 'options lockd nsm_use_hostnames=0' in a file in /etc/modprobe.d",
			"clients are recorded by the host names that they give themselves (nsm_use_hostnames=%s): such a client cannot be told without DNS, and loses its locks at a failover",
			value);
}

struct counts {
	const struct check *check;
	guint records;
	guint unusable;
	const hosts *known; /* names of this node */
	GPtrArray *untold;  /* mon_names; owned */
};

static void count_file(sm_file *file, void *data)
{
	struct counts *counts = data;

	if (file->problem == NULL)
		counts->records++;
	else
		counts->unusable++;
	for (guint i = 0; file->problem == NULL && i < file->records->len; i++) {
		const sm_record *record = g_ptr_array_index(file->records, i);

		if (!hosts_can_reach(counts->known, record->mon_name, counts->check->addresses))
			g_ptr_array_add(counts->untold, g_strdup(record->mon_name));
	}
	sm_file_free(file);
}

/* statd changes to the owner of its directory (nfs-utils support/nsm/file.c,
 * nsm_drop_privileges). */
static void check_user(const struct check *self, const char *path, const char *owner_name,
	struct findings *findings)
{
	const char *proc_dir = self->kernel->proc_dir;
	g_autofree char *statd = statd_find(proc_dir);
	g_autofree char *cure = NULL, *name = NULL;
	struct statd_rights rights;

	if (statd == NULL || !statd_rights_look(proc_dir, statd, path, &rights))
		return;
	name = user_name(rights.user);
	cure = g_strdup_printf("chown -R %s %s, and restart rpc.statd", name,
		rights.barred != NULL ? rights.barred : path);
	if (rights.barred != NULL)
		finding_add(findings, FINDING_MISSING, cure,
			"rpc.statd runs as user '%s', but '%s' (mode %03o) does not let this user record clients: no client gets its first NFSv3 lock",
			name, rights.barred, rights.mode);
	else if (rights.user != rights.owner)
		finding_add(findings, FINDING_WARNING, cure,
			"rpc.statd runs as user '%s', but '%s' belongs to '%s': Lockferry refuses its callout, or statd runs as another user after a restart",
			name, path, owner_name);
	statd_rights_clear(&rights);
}

static void check_mode(const char *path, const struct stat *status, struct findings *findings)
{
	g_autofree char *cure = g_strdup_printf("chmod u=rwx,go-w %s", path);

	if (status->st_uid != 0 && (status->st_mode & S_IRWXU) != S_IRWXU)
		finding_add(findings, FINDING_MISSING, cure,
			"statd's user cannot write into '%s' (mode %03o): no client gets an NFSv3 lock",
			path, status->st_mode & 0777u);
	else if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		finding_add(findings, FINDING_WARNING, cure,
			"users other than statd's can write into '%s' (mode %03o), and so can create and remove records",
			path, status->st_mode & 0777u);
}

static void check_records(const struct check *self, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = sm_path(self, &error);
	g_autoptr(sm_dir) dir = path != NULL ? sm_dir_open(path, &error) : NULL;
	g_autofree char *owner = NULL, *clients = NULL;
	g_autoptr(GPtrArray) untold = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *hosts_path = g_build_filename(self->root, HOSTS_FILE, NULL);
	g_autoptr(hosts) known = hosts_load(hosts_path);
	struct counts counts = {.check = self, .known = known, .untold = untold};
	struct stat status;

	if (dir == NULL || !sm_dir_scan(dir, count_file, &counts, &error)) {
		finding_add_error(findings, error);
		return;
	}
	owner = user_name(sm_dir_owner(dir));
	clients = text_count(counts.records, "client");
	finding_add(findings, FINDING_OK, "", "statd's records are in '%s': %s; its user is '%s'",
		path, clients, owner);
	if (counts.unusable > 0)
		finding_add(findings, FINDING_WARNING,
			"remove files that do not belong to statd; 'lockferry snapshot' names them",
			"%u files in '%s' are not records", counts.unusable, path);
	check_untold(untold, findings);
	check_user(self, path, owner, findings);
	if (stat(path, &status) == 0)
		check_mode(path, &status, findings);
	check_grace_for(self, counts.records, findings);
}

void check_statd(const struct check *self, struct findings *findings)
{
	check_process(self, findings);
	check_records(self, findings);
	check_callout(self, findings);
	check_host_names(self, findings);
}
