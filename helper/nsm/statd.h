/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_STATD_H
#define LOCKFERRY_NSM_STATD_H

/*
 * The rpc.statd that runs on this node: the options on its command line, and where it keeps its
 * records. Source: nfs-utils utils/statd/statd.c (its table of options, read_statd_conf),
 * support/nsm/file.c (nsm_setup_pathnames, nsm_drop_privileges: it changes to its state directory).
 */

#include <glib.h>
#include <stdbool.h>

typedef struct statd_options {
	char *callout;   /* owned; NULL if the command line has none */
	char *state_dir; /* owned; NULL if the command line has none */
	bool no_notify;  /* it does not run sm-notify when it starts */
} statd_options;

/*
 * Parses the words of a command line, with the program's name first and NULL last. `environment`
 * (may be NULL) is that with which the process was started. Pure, except for getopt's state, which
 * is locked. Never fails: options that statd itself would refuse are skipped.
 */
statd_options *statd_options_parse(const char *const *words, const char *const *environment);
void statd_options_free(statd_options *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(statd_options, statd_options_free)

/* Returns the incarnation (kernel/process.h) of the statd in our network namespace, or NULL if
 * none runs. The caller frees it. */
char *statd_find(const char *proc_dir);

/* Returns the options of that incarnation, or NULL if its command line cannot be read. */
statd_options *statd_options_of(const char *proc_dir, const char *incarnation);

/*
 * Returns the directory `sm` of the running statd. It is below statd's working directory, or below
 * the directory on its command line if the working directory cannot be read. The caller frees it.
 * Returns NULL without an error if no statd runs, or if the directory is unknown. Returns NULL with
 * LF_ERROR_NOT_INSTALLED if the directory cannot be reached from here, because statd is in another
 * mount namespace, for example.
 */
char *statd_sm_dir(const char *proc_dir, GError **error);

#endif
