/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_STATD_RIGHTS_H
#define LOCKFERRY_NSM_STATD_RIGHTS_H

/*
 * Whether the rpc.statd that runs can make a file in its directory `sm`. It changes to the owner of
 * its state directory once, at its start (nfs-utils support/nsm/file.c, nsm_drop_privileges), and
 * keeps no other group; so whoever changes the owners later, as ocf:heartbeat:nfsserver does at its
 * start where there is a user `rpcuser`, shuts it out. statd refuses to monitor a client that it
 * cannot record, and lockd then refuses the client's lock (fs/lockd/mon.c, nsm_monitor).
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct statd_rights {
	uid_t user;   /* that statd runs as */
	uid_t owner;  /* whose its directory `sm` is */
	char *barred; /* owned; the directory that keeps it from recording; NULL: none does */
	mode_t mode;  /* of that directory */
};

/*
 * Look at the statd of that incarnation and its directory `sm`. False, and nothing to free, when
 * nobody can tell. True -> statd_rights_clear().
 */
bool statd_rights_look(
	const char *proc_dir, const char *incarnation, const char *sm, struct statd_rights *rights);
void statd_rights_clear(struct statd_rights *rights);

/* Whether that user, in no other group, may run the program. */
bool statd_may_run(uid_t user, gid_t group, const char *program);

#endif
