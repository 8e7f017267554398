/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_NFS_CONF_H
#define LOCKFERRY_NSM_NFS_CONF_H

#include <glib.h>
#include <stdbool.h>

/*
 * What nfs.conf (nfs.conf(5), with its directories of parts) sets: the value of `key` in `section`.
 * The caller frees it. NULL when it sets nothing, or when there's no nfsconf(8) to ask (nfs-utils
 * before 2.5).
 */
char *nfs_conf_get(const char *section, const char *key);

/* Whether nfs.conf(5) takes that for true. */
bool nfs_conf_is_true(const char *value);

#endif
