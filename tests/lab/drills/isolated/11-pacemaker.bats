#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

# The last of these drills, because the cluster stays. Pacemaker brings up what the others bring up by hand. The options
# that its resources do not set have their defaults: nobody takes over a group before its owner is fenced.
setup() {
	local node group

	drop_locks
	for node in node1 node2; do
		for group in nfs nfs2; do
			! is_up "$node" "$group" || down "$node" "$group"
		done
	done
	lab cluster
	wait_until 120 "\"nfs\" to be up on node1" runs_on node1
	mount_groups
	begin_locking
}

# runs_on NODE: does Pacemaker say so of the group's server?
runs_on() {
	lab exec "$1" crm_resource --resource nfs-server --locate 2>/dev/null | grep -q "is running on: $1"
}

# is_known_to_serve NODE: has its last monitor said so? A drill begins only then.
is_known_to_serve() {
	lab exec "$1" cibadmin --query --xpath "//node_state[@uname='$1']//nvpair[@name='nfslock-nfs']" |
		grep -q 'value="serving'
}

# prove_passed: the drill accounts for every NFSv3 lock, and for the NFSv4 client that held locks. The rival has none.
prove_passed() {
	local report=$BATS_TEST_TMPDIR/report

	lab output node2 drill >"$report"
	figure "drill: $(jq -r '"\(.verdict), NFSv3 locks noted: \(.locks.noted), missing: \(.locks.missing | length)," +
		" NFSv4 clients: \(.nfs4_clients.expected), lost: \(.nfs4_clients.lost | length)"' "$report")"
	jq -e --argjson locks "$LAB_LOCKS" '.verdict == "passed" and .locks.noted >= $locks and .locks.missing == [] and
		.nfs4_clients.expected >= 1 and .nfs4_clients.lost == []' "$report"
}

@test "Pacemaker moves a group to the other one's node, then this node loses its power: every lock is kept" {
	local begin_ms

	begin_watch node2
	wait_until 60 "the cluster to know that the group is served" is_known_to_serve node1
	probes_rest
	begin_ms=$(now_ms)
	lab start node2 drill lockferry drill --group nfs --yes --output-as json
	wait_until 120 "\"nfs\" to leave node1" not runs_on node1
	probes_go_on
	LAB_TIMEOUT=300 lab wait node2 drill
	prove_passed
	prove_recovered node2 "$begin_ms"
	prove_undisturbed "the group comes to its node" "$begin_ms"
	prove_kernel_is_well node1 node2

	begin_watch node1
	lab cut node2
	begin_ms=$(now_ms)
	wait_until 120 "\"nfs\" to be up on node1" runs_on node1
	prove_recovered node1 "$begin_ms"
	prove_new_lock_within 15 "$begin_ms"
	fenced_since "$begin_ms" node2
	prove_kernel_is_well node1
}
