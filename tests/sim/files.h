/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_FILES_H
#define LOCKFERRY_TESTS_SIM_FILES_H

/* Where a simulated path begins, for the node that acts. */

#include "disk.h"

#include <dirent.h>

/* Files of the kernel's are below it: proc/..., nfsd/..., lockd/... */
#define SIM_KERNEL SIM_ROOT "/kernel/"

/* The directory that SIM_ROOT is for the one that acts: what its node has mounted. */
struct inode *files_root(void);

/* A file gets that name by a rename: who saves something, does it so. */
void files_renamed(const struct inode *dir, const char *name, const struct inode *file);

/* The system's own. */
DIR *files_system_fdopendir(int fd);
struct dirent64 *files_system_readdir(DIR *dir);
int files_system_closedir(DIR *dir);

#endif
