/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/statd_rights.h"

#include "kernel/process.h"

#include <stdlib.h>
#include <sys/stat.h>

/* As the mode bits for others. */
#define MAY_PASS S_IXOTH
#define MAY_RUN S_IXOTH
#define MAY_RECORD (S_IWOTH | S_IXOTH)

/* path_resolution(7): only one class of mode bits applies. Root may do everything. */
static bool may(const struct stat *dir, uid_t user, gid_t group, mode_t wanted)
{
	mode_t mode = dir->st_mode;

	if (user == 0)
		return true;
	if (user == dir->st_uid)
		mode >>= 6;
	else if (group == dir->st_gid)
		mode >>= 3;
	return (mode & wanted) == wanted;
}

static void bar(struct statd_rights *rights, const char *path, const struct stat *dir)
{
	rights->barred = g_strdup(path);
	rights->mode = dir->st_mode & 07777;
}

bool statd_rights_look(
	const char *proc_dir, const char *incarnation, const char *sm, struct statd_rights *rights)
{
	g_autofree char *state_dir = g_path_get_dirname(sm);
	struct stat sm_status, state_status;
	gid_t group;

	*rights = (struct statd_rights){0};
	if (!process_user(proc_dir, incarnation, &rights->user, &group) ||
		stat(sm, &sm_status) != 0 || stat(state_dir, &state_status) != 0)
		return false;
	rights->owner = sm_status.st_uid;
	if (!may(&state_status, rights->user, group, MAY_PASS))
		bar(rights, state_dir, &state_status);
	else if (!may(&sm_status, rights->user, group, MAY_RECORD))
		bar(rights, sm, &sm_status);
	return true;
}

void statd_rights_clear(struct statd_rights *rights)
{
	g_clear_pointer(&rights->barred, g_free);
}

/* Checks the file, then each directory above it. */
bool statd_may_run(uid_t user, gid_t group, const char *program)
{
	g_autofree char *at = realpath(program, NULL);
	struct stat status;

	if (at == NULL || stat(at, &status) != 0 || !S_ISREG(status.st_mode) ||
		(status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0 ||
		!may(&status, user, group, MAY_RUN))
		return false;
	while (!g_str_equal(at, "/")) {
		char *up = g_path_get_dirname(at);

		g_free(at);
		at = up;
		if (stat(at, &status) != 0 || !may(&status, user, group, MAY_PASS))
			return false;
	}
	return true;
}
