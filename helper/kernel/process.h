/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_PROCESS_H
#define LOCKFERRY_KERNEL_PROCESS_H

/*
 * Is it still the same process? An incarnation is the text "PID@START": the same for as long as a
 * process lives, and another after every restart within one boot. Stateless. Source: proc(5),
 * /proc/PID/stat, status and ns; namespaces(7). What cannot be read of a process does not speak
 * against it.
 */

#include <stdbool.h>
#include <sys/types.h>

enum process_kind {
	PROCESS_USER,   /* in our network namespace */
	PROCESS_DAEMON, /* the same, and root has given it CAP_NET_BIND_SERVICE, as statd has: any
			   user can give a process any name */
	PROCESS_KERNEL, /* a kernel thread: a child of kthreadd, which nobody can pretend to be */
};

/* The incarnation of a process of that name (15 bytes at most), NULL when there's none. The caller
 * frees it. */
char *process_find(const char *proc_dir, const char *name, enum process_kind kind);

/* The incarnation of the process `pid`, if it is of that name and kind; NULL: it is not. The caller
 * frees it. */
char *process_incarnation(
	const char *proc_dir, pid_t pid, const char *name, enum process_kind kind);

/* Whether that incarnation (of the same name and kind) still runs; cheaper than process_find(). */
bool process_runs(
	const char *proc_dir, const char *incarnation, const char *name, enum process_kind kind);

/* When that incarnation was started, in seconds since the boot; negative for a text that is none.
 */
double process_started(const char *incarnation);

/* A namespace ("net") of the process `pid` ("self": ours), as its link names it:
 * "net:[4026531840]". NULL when nobody can tell; the caller frees it. */
char *process_namespace(const char *proc_dir, const char *pid, const char *kind);

/* The words of its command line (`file`: "cmdline") or environment ("environ"), NULL-terminated, as
 * the process was started; none when nobody can tell. The caller frees the list. */
char **process_words(const char *proc_dir, const char *incarnation, const char *file);

/* The path of a file of it in /proc. The caller frees it. */
char *process_path(const char *proc_dir, const char *incarnation, const char *file);

/* The user that it runs as, and the group; false when nobody can tell. */
bool process_user(const char *proc_dir, const char *incarnation, uid_t *user, gid_t *group);

#endif
