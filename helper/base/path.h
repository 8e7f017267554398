/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_PATH_H
#define LOCKFERRY_BASE_PATH_H

/* Paths by their names alone: relative ones begin at "/", and links are not followed. Pure. */

#include <stdbool.h>

/* Whether `path` is `dir` or below it. */
bool path_is_in(const char *path, const char *dir);

/* Whether both are one path, however they are written. */
bool path_is_same(const char *one, const char *other);

#endif
