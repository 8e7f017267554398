/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_SM_ENTRY_H
#define LOCKFERRY_NSM_SM_ENTRY_H

/*
 * An open sm directory and its files, for the files that implement it: sm_dir.c (reading), sm_put.c
 * (putting records), take_back.c (taking them back) and sm_tidy.c (cleaning up after both).
 */

#include "base/error.h"
#include "base/fd.h"
#include "nsm/sm_dir.h"

#include <dirent.h>
#include <sys/stat.h>

struct sm_dir {
	char *path;
	int fd;
};

/* The prefix of our own names. statd reads no file that begins with a dot. */
#define SM_OWN_PREFIX ".lockferry-"

/* The name of a file that was moved aside follows this prefix. */
#define SM_ASIDE_PREFIX SM_OWN_PREFIX "aside-"

/* The modification time of a file that was put, see sm_dir_take_back(). */
#define SM_PUT_MTIME                                                                               \
	{                                                                                          \
		.tv_sec = 0, .tv_nsec = 0                                                          \
	}

/* Returns a stream with its own position in the directory. Returns NULL with errno. */
DIR *sm_open_stream(const sm_dir *dir);

/* Sets both the contents and the records of the open file, or neither. */
bool sm_take_contents(int fd, sm_file *file, GError **error);

/* Whether the file was put and has not been changed since. */
bool sm_is_as_put(const struct stat *status);

/* Every process that works on a file locks it first. The caller closes `*fd` in any case. */
bool sm_open_and_lock(const sm_dir *dir, const char *name, int flags, int *fd);

/* Returns false with errno EEXIST if `to` exists. */
bool sm_move_if_free(const sm_dir *dir, const char *from, const char *to);

/* Moves the file `aside` back to its name, or removes it if it is one that was put. If this
 * fails, the file stays for a later try. */
void sm_aside_settle(sm_dir *dir, const char *aside);

lf_error_code sm_code_of_errno(int number);

#endif
