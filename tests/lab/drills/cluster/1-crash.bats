#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

@test "the primary loses its power: every lock is recovered on the adoptive node" {
	local primary adoptive cut_ms

	primary=$(primary)
	adoptive=$(other "$primary")
	begin_hold
	begin_rival
	begin_probe
	begin_watch "$adoptive"

	lab cut "$primary"
	cut_ms=$(now_ms)

	prove_recovered "$adoptive" "$cut_ms"
	fenced_since "$cut_ms" "$primary"
	[ "$(notified_since "$cut_ms")" -ge 2 ]
	prove_released
}
