/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_NFS_CONF_H
#define LOCKFERRY_NSM_NFS_CONF_H

/*
 * What nfs.conf (nfs.conf(5), with its directories of parts) sets for rpc.statd: the value of `key`
 * in its section [statd]. The caller frees it. NULL when it sets nothing, or when there's no
 * nfsconf(8) to ask (nfs-utils before 2.5).
 */
char *nfs_conf_statd(const char *key);

#endif
