/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The C library's calls that files.c stands before and that are not system calls. */

#include "files.h"

#include <dlfcn.h>

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

DIR *files_system_fdopendir(int fd)
{
	static DIR *(*real)(int);

	if (real == NULL)
		*(void **)&real = next("fdopendir");
	return real(fd);
}

struct dirent64 *files_system_readdir(DIR *dir)
{
	static struct dirent64 *(*real)(DIR *);

	if (real == NULL)
		*(void **)&real = next("readdir64");
	return real(dir);
}

int files_system_closedir(DIR *dir)
{
	static int (*real)(DIR *);

	if (real == NULL)
		*(void **)&real = next("closedir");
	return real(dir);
}
