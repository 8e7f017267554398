/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_PROCESS_H
#define LOCKFERRY_KERNEL_PROCESS_H

/*
 * Whether a process is still the same one. An incarnation is the text "PID@START". It stays the
 * same as long as the process lives. After every restart within one boot it is another text. These
 * functions keep no state. Source: proc(5), /proc/PID/stat, status and ns; namespaces(7). If a
 * property of a process cannot be read, the process counts as having it.
 */

#include <stdbool.h>
#include <sys/types.h>

enum process_kind {
	PROCESS_USER,   /* a process in our network namespace */
	PROCESS_DAEMON, /* the same, with CAP_NET_BIND_SERVICE as statd has it: any user can give a
			   process any name, but only root can give it this capability */
	PROCESS_KERNEL, /* a kernel thread, which is a child of kthreadd; no program can imitate
			   this */
};

/* Returns the incarnation of a process of that name (15 bytes at most), or NULL if there is
 * none. The caller frees it. */
char *process_find(const char *proc_dir, const char *name, enum process_kind kind);

/* The incarnation of the process `pid`, if it is of that name and kind; NULL: it is not. The caller
 * frees it. */
char *process_incarnation(
	const char *proc_dir, pid_t pid, const char *name, enum process_kind kind);

/* Whether that incarnation (of the same name and kind) still runs; cheaper than process_find(). */
bool process_runs(
	const char *proc_dir, const char *incarnation, const char *name, enum process_kind kind);

/* Returns when that incarnation started, in seconds since the boot. The result is negative if
 * the text is not an incarnation. */
double process_started(const char *incarnation);

/*
 * Returns the namespace of the kind `kind` (such as "net") of the process `pid` ("self" is this
 * process). The form is that of its link: "net:[4026531840]". Returns NULL if it is unknown. The
 * caller frees it.
 */
char *process_namespace(const char *proc_dir, const char *pid, const char *kind);

/*
 * Returns the words of the command line (`file` is "cmdline") or of the environment ("environ")
 * with which the process started. The list ends with NULL and is empty if they are unknown. The
 * caller frees the list.
 */
char **process_words(const char *proc_dir, const char *incarnation, const char *file);

/* Returns the path of a file of that process in /proc. The caller frees it. */
char *process_path(const char *proc_dir, const char *incarnation, const char *file);

/* Reads the user and the group as which the process runs. Returns false if they are unknown. */
bool process_user(const char *proc_dir, const char *incarnation, uid_t *user, gid_t *group);

#endif
