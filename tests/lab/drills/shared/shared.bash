# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions of the drills with a cluster filesystem, in addition to those of the cluster. Both nodes always have it
# mounted, serve NFS and export: only nfslock and the address move.

LAB_NEEDED=shared
: "${LAB_LOCKS:=200}"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../cluster/cluster.bash"

# prove_undisturbed NODE MS: a migration that began then has failed without any harm.
prove_undisturbed() {
	local paused_ms granted_ms

	wait_until 120 "the group to be served on \"$1\" again" new_lock_granted_after "$(now_ms)"
	in_phase "$1" serving
	prove_held "$1"
	figure "nfs: clients notified: $(notified_since "$2")"
	[ "$(notified_since "$2")" -eq 0 ]
	read -r paused_ms granted_ms < <(longest_pause_after "$2")
	figure "nfs: seconds without a new lock: $(seconds_between "$paused_ms" "$granted_ms")"
}

# nlm_locks NODE: how many locks its lock manager holds.
nlm_locks() {
	# shellcheck disable=SC2016 # the guest expands it
	lab exec "$1" sh -c 'grep -c "^[0-9]*: POSIX .* $(pidof lockd) " /proc/locks' || true
}
