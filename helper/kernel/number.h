/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_NUMBER_H
#define LOCKFERRY_KERNEL_NUMBER_H

/* Settings of the kernel that are numbers: a file in /proc/sys or of nfsd, with one line. */

#include <glib.h>
#include <stdbool.h>

/* 0 also if it cannot be read, or is more than `most`. */
guint number_get(const char *dir, const char *name, guint most);
bool number_put(const char *dir, const char *name, guint number, GError **error);

#endif
