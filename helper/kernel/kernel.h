/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_KERNEL_H
#define LOCKFERRY_KERNEL_KERNEL_H

/*
 * The interface to the kernel's NFS server (nfsd) and lock manager (lockd): what Lockferry reads
 * from their files, and the few things it writes there. No other code touches these files. It keeps
 * no state, so the functions may be called in any order. The behaviour was measured on Linux 6.1.
 * Each function names its source in the kernel.
 */

#include <glib.h>
#include <stdbool.h>

/* Where those files are. Tests use other directories. */
struct kernel {
	const char *nfsd_dir;  /* the mount point of the nfsd filesystem: /proc/fs/nfsd */
	const char *lockd_dir; /* the directory of lockd: /proc/fs/lockd */
	const char *proc_dir;  /* /proc */
	const char *rpc_nfsd;  /* the program that starts the NFS server; NULL if there is none */
};

#define KERNEL_PROC_DIR "/proc"

#define KERNEL_DEFAULT                                                                             \
	{                                                                                          \
		.nfsd_dir = "/proc/fs/nfsd", .lockd_dir = "/proc/fs/lockd",                        \
		.proc_dir = KERNEL_PROC_DIR, .rpc_nfsd = "rpc.nfsd"                                \
	}

/*
 * Returns the number of threads of the NFS server (fs/nfsd/nfsctl.c, `threads`). It is 0 if the
 * server is stopped, or if the nfsd filesystem is not mounted.
 */
guint kernel_nfsd_threads(const struct kernel *self);

/* Whether that version, such as "3", is disabled in the NFS server (fs/nfsd/nfsctl.c,
 * `versions`). */
bool kernel_nfsd_lacks(const struct kernel *self, const char *version);

/* Stops the NFS server. The exports and the enabled versions stay. The ports are lost. */
bool kernel_nfsd_stop(const struct kernel *self, GError **error);

enum kernel_grace {
	KERNEL_GRACE_RUNS,      /* the lock manager accepts reclaims */
	KERNEL_GRACE_OVER,      /* the lock manager accepts no reclaims */
	KERNEL_GRACE_NO_SERVER, /* the NFS server is not running, or its files cannot be read */
};

/* Reads `nlm_end_grace` (fs/lockd/procfs.c), which is N in the grace period and Y outside it. */
enum kernel_grace kernel_grace(const struct kernel *self);

/* True if it runs; otherwise false with `error`: why clients cannot reclaim, and what to do. */
bool kernel_grace_allows(const struct kernel *self, enum kernel_grace grace, GError **error);

/* The same, of the grace period as it is now. */
bool kernel_prove_grace(const struct kernel *self, GError **error);

/*
 * Ends lockd's grace period early, by writing Y to that file. New locks are granted only after
 * nfsd's own grace period is over as well, because both are on one list (fs/nfs_common/grace.c,
 * locks_in_grace).
 */
bool kernel_end_grace(const struct kernel *self, GError **error);

/*
 * nfsd's own grace period, for NFSv4 clients. It runs even if the server does not serve version 4
 * (fs/nfsd/nfs4state.c, nfs4_state_start_net). `v4_end_grace` (fs/nfsd/nfsctl.c) is N during that
 * period and Y after it. Writing Y ends the period.
 *
 * If nfsdcld(8) keeps the client records, the period ends by itself when every recorded client has
 * reclaimed. It ends at once if no client is recorded. Without nfsdcld, it runs for its full
 * length.
 */
bool kernel_nfs4_grace_runs(const struct kernel *self);
bool kernel_end_nfs4_grace(const struct kernel *self, GError **error);

enum kernel_nfs4 {
	KERNEL_NFS4_SERVED,     /* in at least one minor version */
	KERNEL_NFS4_NOT_SERVED, /* known for certain */
	KERNEL_NFS4_UNKNOWN,    /* the file cannot be read */
};

/* Whether the server serves version 4 (fs/nfsd/nfsctl.c, `versions`). */
enum kernel_nfs4 kernel_nfs4(const struct kernel *self);

/* Whether nfsdcld runs. Reads the entry of every process in /proc. */
bool kernel_nfsdcld_runs(const struct kernel *self);

/*
 * Returns the length of lockd's next grace period in seconds. The value that netlink reports for
 * this network namespace (lockd_netlink.h) comes first, then the sysctls. Returns 0 if the length
 * is unknown, because lockd has not been loaded yet (fs/lockd/svc.c, get_lockd_grace_period).
 *
 * nfsd's grace period may be longer. It does not count here, because nfsd skips it if no NFSv4
 * client has anything to reclaim (fs/nfsd/nfs4state.c, nfs4_state_start_net).
 */
guint kernel_grace_seconds(const struct kernel *self);

/*
 * Returns the length of nfsd's own grace period in seconds (fs/nfsd/nfsctl.c, `nfsv4gracetime`), or
 * 0 if it is unknown. If both periods run, locks are granted after both are over
 * (fs/nfs_common/grace.c, locks_in_grace).
 */
guint kernel_nfsd_grace_seconds(const struct kernel *self);

/*
 * Returns how many seconds of the running grace period are left. The period began together with the
 * lock manager (fs/lockd/svc.c, lockd_up_net). The result is 1 in the last second, and 0 if it is
 * unknown.
 */
guint kernel_grace_left(const struct kernel *self, const char *incarnation);

/*
 * The same for nfsd's own grace period. The result is an upper limit, because that period ends
 * early if no client is left to reclaim. The period began with nfsd (fs/nfsd/nfs4state.c,
 * nfs4_state_start_net), so the start time of an nfsd thread is used. If no nfsd thread can be
 * identified, the start time of the lock manager is used, because nfsd starts lockd right before
 * its own period.
 */
guint kernel_nfs4_grace_left(const struct kernel *self, const char *incarnation);

/*
 * A grace period of this length is enough for a client whose server crashed. Even if such a client
 * is notified at once, its kernel waits for its next attempt to connect, and the pauses between
 * attempts grow (net/sunrpc/xprtsock.c; 40 s were measured). The address may also come some time
 * after the period began.
 */
#define KERNEL_GRACE_ENOUGH_S 90

/*
 * Returns the incarnation of the lock manager. This text stays the same as long as the lock manager
 * keeps the locks of our network namespace. After every restart within one boot it is another text.
 * It is "none" if lockd is not running. The caller frees it. The form is "PID@START net:INODE
 * listener:INODE":
 *
 * - PID@START is lockd's kernel thread. One thread serves all namespaces. It exists while an NFS
 *   server or an NFSv3 mount in any of them uses it (fs/lockd/svc.c, lockd_up and lockd_down).
 * - net is our network namespace. Its locks are lost when its server stops (lockd_down_net).
 * - listener is the socket on which that server listens (listener.h). It is left out if there is
 *   none.
 */
char *kernel_lock_manager(const struct kernel *self);

/*
 * The same with what nobody can ask the kernel about a server in a namespace of its own, as lockd's
 * thread and its sysctl are of all namespaces: " began:SECONDS grace:SECONDS". `began`: when it was
 * begun, by kernel_uptime(); `grace_s`: how long lockd's grace period is. They do not tell one
 * incarnation from another.
 */
char *kernel_lock_manager_begun(const struct kernel *self, double began, guint grace_s);

/* Seconds since the boot; 0 when nobody can tell. */
double kernel_uptime(const struct kernel *self);

/* How long the grace period of that incarnation is, or was, in seconds; 0: it does not say. */
guint kernel_lock_manager_grace(const char *incarnation);

/*
 * Whether the lock manager still is of that incarnation; cheap, to be asked often. An NFSv3 mount
 * on this node keeps the locks while the server is restarted, so the socket says nothing then. A
 * text without a namespace was written by a version that knew lockd's thread only: that counts for
 * a server outside of all namespaces that were made for one.
 */
bool kernel_lock_manager_is(const struct kernel *self, const char *incarnation);

/* Whether our network namespace differs from the one that the node, or our container, booted
 * with. An NFS server in such a namespace is separate from the node's server. */
bool kernel_has_own_namespace(const struct kernel *self);

/* Whether that incarnation is certainly of another network namespace than ours: of a server that
 * was made for one group. */
bool kernel_lock_manager_is_elsewhere(const struct kernel *self, const char *incarnation);

/* The process id of lockd's thread in such a text, which its locks carry in /proc/locks; 0: none.
 */
gint64 kernel_lock_manager_pid(const char *incarnation);

/* Whether the lockd thread of an incarnation still runs, for any namespace. */
bool kernel_lockd_runs(const struct kernel *self, const char *incarnation);

/*
 * Returns when the server of our namespace began to keep locks, in seconds since the boot. The
 * result is negative if it is unknown. In the namespace that the node booted with, this is the
 * start of lockd's thread. In other namespaces that thread may be older than the server, because it
 * serves all of them.
 */
double kernel_server_began(const struct kernel *self, const char *incarnation);

/*
 * Returns a line of mounts(5) for an NFSv3 filesystem that is mounted on this node and therefore
 * keeps lockd running. Returns NULL if there is none. The caller frees it.
 */
char *kernel_nfs3_mount(const struct kernel *self);

/* Returns the incarnation of rpc.statd in our network namespace. Reads the entry of every
 * process in /proc. The caller frees it. */
char *kernel_statd(const struct kernel *self);

/* Whether the statd of that incarnation still runs. This is cheap. */
bool kernel_statd_is(const struct kernel *self, const char *incarnation);

/* Whether a process of that incarnation started before `began` (in seconds since the boot).
 * Returns false if either time is unknown. */
bool kernel_is_older(const char *incarnation, double began);

/* Returns the id of this boot (drivers/char/random.c), or NULL with `error`. The caller frees
 * it. */
char *kernel_boot_id(const struct kernel *self, GError **error);

/* Returns the node's name as lockd gives it to statd, which is the name of its UTS namespace
 * (Linux fs/lockd/mon.c). Returns NULL if it cannot be read. The caller frees it. */
char *kernel_host_name(const struct kernel *self);

/*
 * Drops every lock that clients took through the server address `ip`, or in the filesystem that
 * contains `dir` (fs/nfsd/nfsctl.c: unlock_ip, unlock_filesystem; fs/lockd/svcsubs.c:
 * nlmsvc_unlock_all_by_ip and _by_sb). On Linux 6.1, unlocking by address drops nothing, because
 * nlmsvc_match_ip compares the wrong two addresses. Unlocking by
 * filesystem also works where the NFS server does not run.
 */
bool kernel_unlock_address(const struct kernel *self, const char *ip, GError **error);
bool kernel_unlock_filesystem(const struct kernel *self, const char *dir, GError **error);

/* Returns the text of a small file of the kernel, without the newline at its end. Returns NULL
 * with `error`. The caller frees it. */
char *kernel_read(const char *dir, const char *name, GError **error);

#endif
