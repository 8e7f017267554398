/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_STATD_H
#define LOCKFERRY_NSM_STATD_H

/*
 * The rpc.statd that runs on this node: what its command line says, and where it keeps its records.
 * Source: nfs-utils utils/statd/statd.c (its table of options, read_statd_conf), support/nsm/file.c
 * (nsm_setup_pathnames, nsm_drop_privileges: it changes to its state directory).
 */

#include <glib.h>
#include <stdbool.h>

typedef struct statd_options {
	char *callout;   /* owned; NULL: the command line names none */
	char *state_dir; /* owned; NULL as above */
	bool no_notify;  /* it does not run sm-notify at its start */
} statd_options;

/*
 * What the words of a command line say, the program's name first, NULL last. Pure but for getopt's
 * state, which is locked. `environment` (may be NULL) is what the process was started with. Never
 * fails: what statd itself would refuse is skipped.
 */
statd_options *statd_options_parse(const char *const *words, const char *const *environment);
void statd_options_free(statd_options *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(statd_options, statd_options_free)

/* The incarnation (kernel/process.h) of the statd of our network namespace; NULL: none runs. The
 * caller frees it. */
char *statd_find(const char *proc_dir);

/* The options of that incarnation; NULL when its command line cannot be read. */
statd_options *statd_options_of(const char *proc_dir, const char *incarnation);

/*
 * The directory `sm` of the statd that runs: below its working directory, or where that cannot be
 * read, below the directory that its command line names. The caller frees it. NULL without an error
 * when no statd runs or nobody can tell; NULL with `error` (not installed) when it is out of reach
 * here, as another mount namespace's is.
 */
char *statd_sm_dir(const char *proc_dir, GError **error);

#endif
