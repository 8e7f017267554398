/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_STATD_RIGHTS_H
#define LOCKFERRY_NSM_STATD_RIGHTS_H

/*
 * Whether the running rpc.statd can create files in its directory `sm`. It changes to the owner of
 * its state directory once, when it starts (nfs-utils support/nsm/file.c, nsm_drop_privileges), and
 * keeps no other group. So if somebody changes the owners later, statd loses its access.
 * ocf:heartbeat:nfsserver does this at its start if a user `rpcuser` exists. statd refuses to
 * monitor a client that it cannot record, and lockd then refuses the client's lock (fs/lockd/mon.c,
 * nsm_monitor).
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct statd_rights {
	uid_t user;   /* the user as which statd runs */
	uid_t owner;  /* the owner of its directory `sm` */
	char *barred; /* owned; the directory that keeps statd from recording; NULL if none does */
	mode_t mode;  /* of that directory */
};

/*
 * Checks the statd of that incarnation and its directory `sm`. Returns false, with nothing to free,
 * if the rights are unknown. After true, the caller calls statd_rights_clear().
 */
bool statd_rights_look(
	const char *proc_dir, const char *incarnation, const char *sm, struct statd_rights *rights);
void statd_rights_clear(struct statd_rights *rights);

/* Whether that user, in no other group, may run the program. */
bool statd_may_run(uid_t user, gid_t group, const char *program);

#endif
