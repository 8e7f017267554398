#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

# The control of all other drills, in which NFSv4's server scope is the same on both nodes though their names differ: a
# client reclaims from no server of another scope.

setup() {
	settle node2 node2
}

teardown() {
	down node1 nfs
}

# taken_all LOCK
taken_all() {
	said client2 "rival.$1" all
}

@test "control: with another scope on the other node, NFSv4 clients lose their locks to the rival, NFSv3 clients none" {
	begin_locking
	down node2 nfs
	up node1 nfs --scope another
	wait_until 120 "the rival to get every lock" taken_all nfs.4.1
	figure "nfs.4.1: locks held: $LAB_LOCKS, taken by the rival: $(last_said client2 rival.nfs.4.1 tried 3)"
	prove_held nfs.3
}
