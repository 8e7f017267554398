/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "nsm/notifier_tcp.h"

/* How long a client that is down occupies one of the places for clients that are notified over
 * TCP. */
#define PLACE_S 2

/* If two grace periods differ by more than this, clients wait longer than necessary. */
#define MUCH_LONGER 2

/* The kernel grants a new lock only when both grace periods are over. */
static void compare(guint lockd_s, guint nfsd_s, struct findings *findings)
{
	if (nfsd_s < lockd_s)
		finding_add(findings, FINDING_WARNING,
			"set 'grace-time' in the section [nfsd] of nfs.conf to the length of the lock manager's grace period; it takes effect at the next start of the NFS server",
			"nfsd's grace period is %u s long, and the lock manager's %u s: NFSv4 clients cannot reclaim for the whole time in which no new lock is granted",
			nfsd_s, lockd_s);
	else if (nfsd_s >= MUCH_LONGER * lockd_s)
		finding_add(findings, FINDING_WARNING,
			"set 'grace-time' in the section [nfsd] of nfs.conf and 'options lockd nlm_grace_period' in a file in /etc/modprobe.d to the same length",
			"nfsd's grace period is %u s long, and the lock manager's %u s: no new lock is granted until both are over",
			nfsd_s, lockd_s);
	else
		finding_add(findings, FINDING_OK, "",
			"nfsd's grace period, %u s, fits the lock manager's", nfsd_s);
}

/* Without early_grace_end, this helps only the NFSv4 clients themselves. */
static void look_for_nfsdcld(const struct kernel *kernel, struct findings *findings)
{
	if (kernel_nfs4(kernel) != KERNEL_NFS4_SERVED || kernel_nfsdcld_runs(kernel))
		return;
	finding_add(findings, FINDING_NOTE,
		"start it before the NFS server ('systemctl start nfsdcld'), or disable NFSv4 ('vers4=n' in the section [nfsd] of nfs.conf)",
		"the NFS server serves NFSv4, and nfsdcld does not run: new locks wait for the whole of nfsd's grace period, even after a planned move");
}

void check_grace(const struct check *self, struct findings *findings)
{
	guint nfsd_s = kernel_nfsd_grace_seconds(self->kernel);
	guint seconds = kernel_grace_seconds(self->kernel);

	if (seconds == 0)
		finding_add(findings, FINDING_NOTE,
			"check again when the NFS server runs; this is normal on a standby node",
			"the length of the lock manager's grace period is not known yet: lockd is not loaded");
	else if (seconds < KERNEL_GRACE_ENOUGH_S)
		finding_add(findings, FINDING_WARNING,
			"set 'options lockd nlm_grace_period=90' in a file in /etc/modprobe.d, and 'grace-time=90' in the section [nfsd] of nfs.conf",
			"the lock manager's grace period is only %u s long: a client whose kernel takes longer than that to come back loses its locks",
			seconds);
	else
		finding_add(findings, FINDING_OK, "",
			"the lock manager's grace period is %u s long", seconds);
	if (seconds > 0 && nfsd_s > 0)
		compare(seconds, nfsd_s, findings);
	look_for_nfsdcld(self->kernel, findings);
}

void check_grace_for(const struct check *self, guint clients, struct findings *findings)
{
	guint seconds = kernel_grace_seconds(self->kernel);
	guint last_s = clients / NOTIFIER_TCP_ATTEMPTS_MAX * PLACE_S;

	if (seconds > 0 && last_s > seconds)
		finding_add(findings, FINDING_NOTE,
			"make the grace period longer to give them time; no new lock is granted while it runs",
			"if most of %u clients are down, a client that can be notified over TCP only is told after up to %u s, but the lock manager's grace period is %u s long",
			clients, last_s, seconds);
}
