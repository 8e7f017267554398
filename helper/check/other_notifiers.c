/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "kernel/process.h"
#include "nsm/nfs_conf.h"
#include "nsm/statd.h"

#include <sys/stat.h>

#define UNIT "rpc-statd-notify.service"

/* The directories in which systemd looks for units; the first match wins (systemd.unit(5)). */
static const char *const unit_dirs[] = {
	"etc/systemd/system",
	"run/systemd/system",
	"usr/local/lib/systemd/system",
	"usr/lib/systemd/system",
	"lib/systemd/system",
};

/* A unit is masked by a link to /dev/null or an empty file of its name. */
static bool file_masks(const char *path, const struct stat *status)
{
	g_autofree char *target = g_file_read_link(path, NULL);

	return target != NULL ? g_str_equal(target, "/dev/null")
			      : S_ISREG(status->st_mode) && status->st_size == 0;
}

/* Whether systemd runs, has that unit, and may start it. */
static bool unit_may_start(const struct check *self)
{
	g_autofree char *runs = g_build_filename(self->root, "run/systemd/system", NULL);

	if (!g_file_test(runs, G_FILE_TEST_IS_DIR))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(unit_dirs); i++) {
		g_autofree char *path = g_build_filename(self->root, unit_dirs[i], UNIT, NULL);
		struct stat status;

		if (lstat(path, &status) == 0)
			return !file_masks(path, &status);
	}
	return false;
}

/* A statd that does not run yet will read nfs.conf at its start. A running one may also have
 * options on its command line. */
static bool statd_notifies(const struct check *self)
{
	g_autofree char *statd = statd_find(self->kernel->proc_dir);
	g_autoptr(statd_options) options =
		statd != NULL ? statd_options_of(self->kernel->proc_dir, statd) : NULL;
	g_autofree char *value = nfs_conf_get("statd", "no-notify");

	if (value != NULL && nfs_conf_is_true(value))
		return false;
	return options == NULL || !options->no_notify;
}

void check_notifiers(const struct check *self, struct findings *findings)
{
	g_autofree char *runs = process_find(self->kernel->proc_dir, "sm-notify", PROCESS_USER);
	bool may_start = unit_may_start(self);
	bool by_statd = statd_notifies(self);

	if (runs != NULL)
		finding_add(findings, FINDING_WARNING,
			"systemctl mask " UNIT
			", and set nfs_no_notify=true if ocf:heartbeat:nfsserver is used",
			"sm-notify runs: it notifies clients of this node's own restart, independently of any group's recovery");
	if (may_start)
		finding_add(findings, FINDING_WARNING, "systemctl mask " UNIT,
			UNIT " is not masked: it notifies clients of this node's own restart");
	if (by_statd)
		finding_add(findings, FINDING_WARNING,
			"set 'no-notify=1' in the section [statd] of nfs.conf, and restart rpc.statd",
			"rpc.statd runs sm-notify at every start: that notifies clients of this node's own restart, and empties statd's records");
	if (runs == NULL && !may_start && !by_statd)
		finding_add(findings, FINDING_OK, "", "nothing else on this node notifies clients");
}
