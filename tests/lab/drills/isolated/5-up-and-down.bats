#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

: "${LAB_ROUNDS:=5}"

setup() {
	settle node2 node2
}

# status_code NODE: what `lockferry server status` exits with
status_code() {
	local code=0

	lab exec "$1" lockferry server status --group nfs >/dev/null 2>&1 || code=$?
	echo "$code"
}

@test "a group goes down and comes up again and again, with locks held: each time its disk is released" {
	local round begin_ms

	begin_locking
	begin_ms=$(now_ms)
	for ((round = 1; round <= LAB_ROUNDS; round++)); do
		begin_watch node2
		down node2 nfs | grep '^released'
		up node2 nfs
		for lock in $(locks nfs); do
			wait_until 120 "all locks of $lock" said node2 "watch.$lock" "locked $LAB_LOCKS"
		done
	done
	figure "$LAB_ROUNDS times down and up in $(seconds_between "$begin_ms" "$(now_ms)") s"
	prove_held
	prove_held_on node2
	prove_undisturbed "the group goes down and up" "$begin_ms"
	prove_kernel_is_well node2
}

@test "on a node that does not have the group, status is 7 and stop succeeds" {
	[ "$(status_code node1)" -eq 7 ]
	lab exec node1 lockferry server stop --group nfs
	[ "$(status_code node2)" -eq 0 ]
}
