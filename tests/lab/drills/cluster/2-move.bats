#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

# What a move leaves behind would have the next drills' group come back of itself.
teardown() {
	lab exec node1 crm_resource --clear --resource nfs || true
}

@test "the group is moved: every lock goes with it, and the grace period ends with the last one" {
	local second begin_ms reclaimed_ms granted_ms

	second=$(other "$(primary)")
	begin_hold
	begin_rival
	begin_probe
	begin_watch "$second"

	begin_ms=$(now_ms)
	move nfs "$second"
	prove_recovered "$second" "$begin_ms"
	prove_verified "$second"
	ended_early "$second"
	reclaimed_ms=$(last_said "$second" watch.nfs locked 3)
	read -r _ granted_ms < <(longest_pause_after "$begin_ms")
	# The client tries again every 5 s.
	[ "$granted_ms" -lt $((reclaimed_ms + 20000)) ]

	prove_released
}
