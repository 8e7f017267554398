/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_NFS_CONF_H
#define LOCKFERRY_NSM_NFS_CONF_H

#include <glib.h>
#include <stdbool.h>

/*
 * Returns the value of `key` in `section` of nfs.conf(5), including its directories of parts.
 * Returns NULL if it is not set, or if nfsconf(8) is missing (nfs-utils before 2.5). The caller
 * frees it.
 */
char *nfs_conf_get(const char *section, const char *key);

/* Whether nfs.conf(5) treats that value as true. */
bool nfs_conf_is_true(const char *value);

#endif
