/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_SM_ENTRY_H
#define LOCKFERRY_NSM_SM_ENTRY_H

/* An open sm directory and its files, for what works on them: sm_dir.c (reading it),
 * sm_put.c (putting records into it), take_back.c (taking them back) and sm_tidy.c (what was left
 * of both). */

#include "base/error.h"
#include "base/fd.h"
#include "nsm/sm_dir.h"

#include <dirent.h>
#include <sys/stat.h>

struct sm_dir {
	char *path;
	int fd;
};

/* Names of ours begin so: statd reads none that begins with a dot. */
#define SM_OWN_PREFIX ".lockferry-"

/* Then comes the name of a file that was moved aside. */
#define SM_ASIDE_PREFIX SM_OWN_PREFIX "aside-"

/* When a file that was put was last changed, see sm_dir_take_back(). */
#define SM_PUT_MTIME                                                                               \
	{                                                                                          \
		.tv_sec = 0, .tv_nsec = 0                                                          \
	}

/* A stream of the directory of its own, so that its position is, too. NULL with errno. */
DIR *sm_open_stream(const sm_dir *dir);

/* The contents and records of the open file, both or neither. */
bool sm_take_contents(int fd, sm_file *file, GError **error);

/* Whether it is one that was put, and nobody changed it since. */
bool sm_is_as_put(const struct stat *status);

/* Whoever is at a file has it locked. `*fd` is for the caller to close in any case. */
bool sm_open_and_lock(const sm_dir *dir, const char *name, int flags, int *fd);

/* False with errno EEXIST where `to` is there. */
bool sm_move_if_free(const sm_dir *dir, const char *from, const char *to);

/* Bring the file `aside` back under its name, unless it is one that was put, which is removed; or
 * leave it to another time. */
void sm_aside_settle(sm_dir *dir, const char *aside);

lf_error_code sm_code_of_errno(int number);

#endif
