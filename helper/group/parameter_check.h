/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_PARAMETER_CHECK_H
#define LOCKFERRY_GROUP_PARAMETER_CHECK_H

/*
 * The parameters that groups of every kind have: one rule and one wording each. All fail with a
 * usage error that names the parameter. Pure.
 */

#include <glib.h>
#include <stdbool.h>

/* NULL or empty: it is missing. */
bool parameter_check_group(const char *group, GError **error);

/* `name`: of the parameter. `path`: NULL if it is not set. */
bool parameter_check_path(const char *name, const char *path, GError **error);

/* NULL: not set. */
bool parameter_check_backend(const char *backend, GError **error);

#endif
