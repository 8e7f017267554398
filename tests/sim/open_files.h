/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_OPEN_FILES_H
#define LOCKFERRY_TESTS_SIM_OPEN_FILES_H

/* For files.c and file_names.c: the files that are open, and where paths lead. */

#include "disk.h"
#include "scheduler.h"

/* The system gives none as high. */
#define OPEN_FILES_FIRST_FD 100000

struct open_file {
	struct inode *inode; /* NULL: a file of the kernel's */
	GString *text;       /* its contents then */
	char *kernel_path;
	struct actor *whose;
	int flags;
	gsize offset;
};

/* NULL: the system's. */
struct open_file *open_file_of(int fd);

/* Returns its descriptor. */
int open_file_new(struct inode *inode, int flags);
void open_file_forget(int fd);

struct place {
	struct inode *dir;
	const char *name; /* in `text`; empty: the directory itself */
	char text[512];
};

bool path_is_simulated(const char *path);

/* 1: simulated; 0: the system's; -1 with errno: simulated, and it fails. */
int place_find(int dir_fd, const char *path, struct place *place);

/* What is there; NULL with errno. */
struct inode *place_inode(const struct place *place);

/* The path of a file of the kernel's in it (node.h); NULL: it is none. */
const char *path_of_kernel_file(const char *path);
int open_kernel_file(const char *path, int flags);

/* -1, with errno. */
int file_fails(int number);

#endif
