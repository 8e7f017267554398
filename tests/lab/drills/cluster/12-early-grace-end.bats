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

@test "a move, with early_grace_end=no: the grace period runs its full length" {
	local second begin_ms granted_ms

	lab exec node1 crm_resource --resource nfs-locks --set-parameter early_grace_end --parameter-value no
	wait_until 240 "the group to be served again" is_calm
	second=$(other "$(primary)")
	begin_hold
	begin_rival
	begin_probe
	begin_watch "$second"

	begin_ms=$(now_ms)
	move nfs "$second"
	prove_recovered "$second" "$begin_ms"
	prove_verified "$second"
	read -r _ granted_ms < <(longest_pause_after "$begin_ms")
	[ "$granted_ms" -ge $((begin_ms + LAB_GRACE * 1000)) ]

	prove_released
}
