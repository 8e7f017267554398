#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load groups

setup() {
	calm_down
	part
	use_grace $((LAB_GRACE + 10))
}

# prove_notified MS GROUP
prove_notified() {
	[ "$(notified_since "$1" "$2")" -ge 2 ]
}

@test "a node loses its power: its group goes to the other one's node, every lock of both is recovered" {
	local primary adoptive cut_ms

	primary=$(primary nfs)
	adoptive=$(primary nfs2)
	[ "$primary" != "$adoptive" ]
	each begin_hold
	each begin_rival
	each begin_probe
	each begin_watch "$adoptive"

	await_recorded "$primary" nfs
	lab cut "$primary"
	cut_ms=$(now_ms)
	probe_goes_on

	each await_locks "$adoptive"
	lab boot --no-wait "$primary"
	each prove_recovered "$adoptive" "$cut_ms"
	prove_verified "$adoptive" nfs
	fenced_since "$cut_ms" "$primary"
	each prove_notified "$cut_ms"
	each prove_released
}
