/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_FILES_H
#define LOCKFERRY_TESTS_SIM_FILES_H

/* Simulated paths, as the acting node sees them. */

#include "disk.h"

#include <dirent.h>

/* The kernel's files are below this path: proc/..., nfsd/..., lockd/... */
#define SIM_KERNEL SIM_ROOT "/kernel/"

/* The directory of SIM_ROOT for the current actor: what its node has mounted. */
struct inode *files_root(void);

/* A file was renamed to `name`, as a program does that saves a file. */
void files_renamed(const struct inode *dir, const char *name, const struct inode *file);

/* The functions of the system's C library. */
DIR *files_system_fdopendir(int fd);
struct dirent64 *files_system_readdir(DIR *dir);
int files_system_closedir(DIR *dir);

#endif
