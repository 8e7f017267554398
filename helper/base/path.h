/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_PATH_H
#define LOCKFERRY_BASE_PATH_H

/* Compares paths as texts only. Relative paths begin at "/", and links are not resolved. Pure. */

#include <stdbool.h>

/* Whether `path` is `dir` or below it. */
bool path_is_in(const char *path, const char *dir);

/* Whether both are the same path in different spellings. */
bool path_is_same(const char *one, const char *other);

#endif
