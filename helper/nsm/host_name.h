/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_HOST_NAME_H
#define LOCKFERRY_NSM_HOST_NAME_H

/* The names by which clients mount, as the parameter `names` has them. Pure. */

#include <glib.h>
#include <stdbool.h>

/* `names` is NULL-terminated. Error: usage; it names the parameter. */
bool host_names_check(const char *const *names, GError **error);

#endif
