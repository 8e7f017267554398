/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_OPEN_FILES_H
#define LOCKFERRY_TESTS_SIM_OPEN_FILES_H

/* The open files, and where paths lead. For files.c and file_names.c. */

#include "disk.h"
#include "scheduler.h"

/* The system never returns such a high descriptor. */
#define OPEN_FILES_FIRST_FD 100000

struct open_file {
	struct inode *inode; /* NULL: a kernel file */
	GString *text;       /* the contents of a kernel file */
	char *kernel_path;
	struct actor *whose;
	int flags;
	gsize offset;
};

/* NULL: a descriptor of the system. */
struct open_file *open_file_of(int fd);

/* Opens an inode. Returns the descriptor. */
int open_file_new(struct inode *inode, int flags);
void open_file_forget(int fd);

struct place {
	struct inode *dir;
	const char *name; /* points into `text`; empty: the directory itself */
	char text[512];
};

bool path_is_simulated(const char *path);

/* Returns 1 for a simulated path, 0 for one of the system, and -1 with errno for a simulated path
 * that fails. */
int place_find(int dir_fd, const char *path, struct place *place);

/* The inode at this place; NULL with errno. */
struct inode *place_inode(const struct place *place);

/* The path of a kernel file without SIM_KERNEL (node.h); NULL: not a kernel file. */
const char *path_of_kernel_file(const char *path);
int open_kernel_file(const char *path, int flags);

/* Sets errno, and returns -1. */
int file_fails(int number);

#endif
