#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

# NFSv4.0 only here: Linux (6.1) records such a client for the next restart when it opens a file, not when it reclaims
# (fs/nfsd/nfs4state.c, nfsd4_open_confirm()), so it can reclaim after one restart, not after two.
# shellcheck disable=SC2034 # isolated.bash reads it
versions="3 4.0 4.1 4.2"
load isolated

setup() {
	settle node1 node2
}

@test "a node loses its power: its group goes to the other one's node, and grants new NFSv3 locks within 20 s" {
	local cut_ms

	begin_locking
	begin_watch node2
	lab cut node1
	cut_ms=$(now_ms)
	up node2 nfs

	prove_recovered node2 "$cut_ms"
	prove_undisturbed "the group comes to its node" "$cut_ms"
	# the grace period, which clients of NFSv4.0 make longer by a second (fs/nfsd/nfs4state.c, clients_still_reclaiming()),
	# and a client's next attempt, which it makes every 5 s (fs/lockd/clntproc.c, NLMCLNT_GRACE_WAIT)
	prove_new_lock_within $((LAB_OWN_GRACE + 10)) "$cut_ms"
	prove_kernel_is_well node2
}
