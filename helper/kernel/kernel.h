/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_KERNEL_H
#define LOCKFERRY_KERNEL_KERNEL_H

/*
 * What Lockferry asks the kernel's NFS server and lock manager, and the little it tells them. The
 * only code that touches their files; stateless, so no order of calls. Measured on Linux 6.1;
 * sources named at each function.
 */

#include <glib.h>
#include <stdbool.h>

/* Where those files are. Tests point them elsewhere. */
struct kernel {
	const char *nfsd_dir;  /* the nfsd filesystem: /proc/fs/nfsd */
	const char *lockd_dir; /* lockd's: /proc/fs/lockd */
	const char *proc_dir;  /* /proc */
	const char *rpc_nfsd; /* the program that starts the NFS server; NULL where there is none */
};

#define KERNEL_PROC_DIR "/proc"

#define KERNEL_DEFAULT                                                                             \
	{                                                                                          \
		.nfsd_dir = "/proc/fs/nfsd", .lockd_dir = "/proc/fs/lockd",                        \
		.proc_dir = KERNEL_PROC_DIR, .rpc_nfsd = "rpc.nfsd"                                \
	}

/*
 * How many threads the NFS server has (fs/nfsd/nfsctl.c, `threads`): 0 when it is stopped, or when
 * the nfsd filesystem is not mounted.
 */
guint kernel_nfsd_threads(const struct kernel *self);

/* Whether the NFS server is told not to serve that version, such as "3" (fs/nfsd/nfsctl.c,
 * `versions`). */
bool kernel_nfsd_lacks(const struct kernel *self, const char *version);

/* Stop the NFS server. What is exported stays exported, its versions stay as they are, its ports
 * go. */
bool kernel_nfsd_stop(const struct kernel *self, GError **error);

enum kernel_grace {
	KERNEL_GRACE_RUNS,      /* the lock manager accepts reclaims */
	KERNEL_GRACE_OVER,      /* it does not */
	KERNEL_GRACE_NO_SERVER, /* the NFS server isn't running, or nothing can be read */
};

/* `nlm_end_grace` (fs/lockd/procfs.c) reads N in the grace period and Y outside. */
enum kernel_grace kernel_grace(const struct kernel *self);

/* True if it runs; otherwise false with `error`: why clients cannot reclaim, and what to do. */
bool kernel_grace_allows(const struct kernel *self, enum kernel_grace grace, GError **error);

/* The same, of the grace period as it is now. */
bool kernel_prove_grace(const struct kernel *self, GError **error);

/*
 * End lockd's grace period before its time, by writing Y there. New locks are granted once nfsd's
 * own is over as well: the two are on one list (fs/nfs_common/grace.c, locks_in_grace).
 */
bool kernel_end_grace(const struct kernel *self, GError **error);

/*
 * nfsd's own grace period, for NFSv4 clients: it runs even where the server speaks no version 4
 * (fs/nfsd/nfs4state.c, nfs4_state_start_net). `v4_end_grace` (fs/nfsd/nfsctl.c) reads N in it and
 * Y after, and ends it when Y is written. It ends by itself as soon as every client on record has
 * reclaimed, at once where there is none, but only if nfsdcld(8) keeps those records; else it runs
 * its full length.
 */
bool kernel_nfs4_grace_runs(const struct kernel *self);
bool kernel_end_nfs4_grace(const struct kernel *self, GError **error);

enum kernel_nfs4 {
	KERNEL_NFS4_SERVED,     /* in any of its minor versions */
	KERNEL_NFS4_NOT_SERVED, /* certainly */
	KERNEL_NFS4_UNKNOWN,    /* nothing can be read */
};

/* Whether the server speaks version 4 (fs/nfsd/nfsctl.c, `versions`). */
enum kernel_nfs4 kernel_nfs4(const struct kernel *self);

/* Whether nfsdcld runs. Looks at every process there is. */
bool kernel_nfsdcld_runs(const struct kernel *self);

/*
 * How long lockd's next grace period lasts, in seconds: as this network namespace has it by netlink
 * (lockd_netlink.h), else by the sysctls; 0 when nobody can tell, as lockd has not been loaded yet
 * (fs/lockd/svc.c, get_lockd_grace_period). nfsd's may be longer, but is skipped
 * where no NFSv4 client has anything to reclaim (fs/nfsd/nfs4state.c, nfs4_state_start_net), so
 * it does not count.
 */
guint kernel_grace_seconds(const struct kernel *self);

/*
 * How long nfsd's own is, in seconds (fs/nfsd/nfsctl.c, `nfsv4gracetime`); 0 when nobody can tell.
 * Where both run, locks are granted when both are over (fs/nfs_common/grace.c, locks_in_grace).
 */
guint kernel_nfsd_grace_seconds(const struct kernel *self);

/*
 * How many seconds are left of the grace period that runs, as it began with the lock manager
 * (fs/lockd/svc.c, lockd_up_net); 1 in the last one, 0 when nobody can tell.
 */
guint kernel_grace_left(const struct kernel *self);

/*
 * The same of nfsd's own for NFSv4: at most, as it ends early where no client is left to reclaim.
 * It began with nfsd (fs/nfsd/nfs4state.c, nfs4_state_start_net), whose threads are asked; without
 * one to be seen with the lock manager, which nfsd starts right before.
 */
guint kernel_nfs4_grace_left(const struct kernel *self);

/*
 * What is enough for a client whose server crashed: told at once, its kernel still waits for its
 * next try to connect, and the pauses between tries grow (net/sunrpc/xprtsock.c; 40 s were
 * measured), and the address may come some time after grace began.
 */
#define KERNEL_GRACE_ENOUGH_S 90

/*
 * The lock manager's incarnation: a text that is the same for as long as it keeps the locks of our
 * network namespace, and another after every restart within one boot. "none" when lockd isn't
 * running. The caller frees it. "PID@START net:INODE listener:INODE":
 *
 * - lockd's kernel thread. There is one for all namespaces, and it exists while an NFS server or an
 *   NFSv3 mount in any of them uses it (fs/lockd/svc.c, lockd_up and lockd_down);
 * - the network namespace whose locks it keeps, which go with the server there (lockd_down_net);
 * - the socket on which that server listens (listener.h). Left out while none does.
 */
char *kernel_lock_manager(const struct kernel *self);

/*
 * Whether the lock manager still is of that incarnation; cheap, to be asked often. An NFSv3 mount
 * on this node keeps the locks while the server is restarted, so the socket says nothing then. A
 * text without a namespace was written by a version that knew lockd's thread only: that counts for
 * a server outside of all namespaces that were made for one.
 */
bool kernel_lock_manager_is(const struct kernel *self, const char *incarnation);

/* Whether our network namespace is another than the one that the node, or our container, booted
 * with: an NFS server in it is its own. */
bool kernel_has_own_namespace(const struct kernel *self);

/* The process id of lockd's thread in such a text, which its locks carry in /proc/locks; 0: none.
 */
gint64 kernel_lock_manager_pid(const char *incarnation);

/* Whether the thread of such a text still runs, for whichever namespace. */
bool kernel_lockd_runs(const struct kernel *self, const char *incarnation);

/*
 * When the server of our namespace began to keep locks, in seconds since the boot; negative when
 * nobody can tell. lockd's thread tells in the namespace that the node booted with; in another one
 * it may be older, as it serves all of them.
 */
double kernel_server_began(const struct kernel *self, const char *incarnation);

/*
 * The NFSv3 filesystem that is mounted on this node and keeps its lock manager, as a line of
 * mounts(5); NULL when there is none. The caller frees it.
 */
char *kernel_nfs3_mount(const struct kernel *self);

/* The incarnation of rpc.statd in our network namespace, too. Looks at every process there is.
 */
char *kernel_statd(const struct kernel *self);

/* Whether the statd of that incarnation runs; cheap. */
bool kernel_statd_is(const struct kernel *self, const char *incarnation);

/* Whether that incarnation of a process was started before `began` (in seconds since the boot);
 * false when either is not known. */
bool kernel_is_older(const char *incarnation, double began);

/* This boot's id (drivers/char/random.c). The caller frees it; NULL with `error`. */
char *kernel_boot_id(const struct kernel *self, GError **error);

/* The node's name as lockd gives it to statd: that of its UTS namespace (Linux fs/lockd/mon.c).
 * NULL when it cannot be read. The caller frees it. */
char *kernel_host_name(const struct kernel *self);

/*
 * Drop every lock that clients took through the server address `ip`, or in the filesystem that
 * holds `dir` (fs/nfsd/nfsctl.c: unlock_ip, unlock_filesystem; fs/lockd/svcsubs.c:
 * nlmsvc_unlock_all_by_ip and _by_sb). By address none is dropped on Linux 6.1: its nlmsvc_match_ip
 * takes the two that it compares the wrong way round.
 */
bool kernel_unlock_address(const struct kernel *self, const char *ip, GError **error);
bool kernel_unlock_filesystem(const struct kernel *self, const char *dir, GError **error);

/* The text of a small file of the kernel, without the newline at its end. The caller frees it; NULL
 * with `error`. */
char *kernel_read(const char *dir, const char *name, GError **error);

#endif
