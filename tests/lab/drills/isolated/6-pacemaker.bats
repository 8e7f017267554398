#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

# Pacemaker brings up what the other drills bring up by hand. The options that its resources do not set have their
# defaults: nobody takes over a group before its owner is fenced.
setup() {
	settle node1 node2
	down node1 nfs
	down node2 nfs2
	lab cluster
	wait_until 120 "\"nfs\" to be up on node1" runs_on node1
	begin_locking
}

# runs_on NODE: does Pacemaker say so of the group's server?
runs_on() {
	lab exec "$1" crm_resource --resource nfs-server --locate 2>/dev/null | grep -q "is running on: $1"
}

@test "Pacemaker moves a group to the other one's node, then this node loses its power: every lock is kept" {
	local begin_ms

	begin_watch node2
	begin_ms=$(now_ms)
	lab exec node1 crm_resource --move --resource nfs --node node2
	wait_until 120 "\"nfs\" to be up on node2" runs_on node2
	prove_recovered node2 "$begin_ms"
	prove_undisturbed "the group comes to its node" "$begin_ms"
	prove_kernel_is_well node1 node2
	lab exec node1 crm_resource --clear --resource nfs

	begin_watch node1
	lab cut node2
	begin_ms=$(now_ms)
	wait_until 120 "\"nfs\" to be up on node1" runs_on node1
	prove_recovered node1 "$begin_ms"
	fenced_since "$begin_ms" node2
	prove_kernel_is_well node1
}
