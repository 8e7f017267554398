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
	local cut_ms address_ms granted_ms

	begin_locking
	begin_watch node2
	lab cut node1
	cut_ms=$(now_ms)
	up node2 nfs

	prove_recovered node2 "$cut_ms"
	prove_undisturbed "the group comes to its node" "$cut_ms"
	address_ms=$(notified_at "$cut_ms" nfs | head -n 1)
	granted_ms=$(first_granted_after "$(quiet_since "$cut_ms" nfs.3)" nfs.3)
	figure "seconds from the cut to the address: $(seconds_between "$cut_ms" "$address_ms")," \
		"from the address to the first new NFSv3 lock: $(seconds_between "$address_ms" "$granted_ms")"
	# the grace period, and a client's next attempt, which it makes every 5 s (fs/lockd/clntproc.c, NLMCLNT_GRACE_WAIT)
	[ $((granted_ms - address_ms)) -lt 20000 ]
	prove_kernel_is_well node2
}
