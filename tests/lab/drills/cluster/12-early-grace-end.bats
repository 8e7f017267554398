#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

teardown() {
	lab exec node1 crm_resource --clear --resource nfs || true
	lab exec node1 crm_resource --resource nfs-locks --delete-parameter early_grace_end || true
}

# move NODE YES-NO: sets begin_ms, reclaimed_ms, when the last lock was back, and granted_ms, when there were new ones again.
move() {
	begin_watch "$1"
	begin_ms=$(now_ms)
	lab exec "$1" crm_resource --move --resource nfs --node "$1"
	prove_recovered "$1" "$begin_ms"
	prove_verified "$1"
	reclaimed_ms=$(last_said "$1" watch.nfs locked 3)
	read -r paused_ms granted_ms < <(longest_pause_after "$begin_ms")
	lab exec "$1" crm_resource --clear --resource nfs
	figure "early_grace_end=$2: seconds without a new lock: $(seconds_between "$paused_ms" "$granted_ms")"
}

@test "a move: the grace period ends with the last lock, unless it is told not to" {
	local primary second begin_ms reclaimed_ms paused_ms granted_ms

	primary=$(primary)
	second=$(other "$primary")
	begin_hold
	begin_rival
	begin_probe

	move "$second" yes
	ended_early "$second"
	# The client tries again every 5 s.
	[ "$granted_ms" -lt $((reclaimed_ms + 20000)) ]

	lab exec "$second" crm_resource --resource nfs-locks --set-parameter early_grace_end --parameter-value no
	wait_until 240 "the group to be served again" is_calm
	move "$primary" no
	[ "$granted_ms" -ge $((begin_ms + LAB_GRACE * 1000)) ]

	prove_released
}
