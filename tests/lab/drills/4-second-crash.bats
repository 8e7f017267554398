#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load drill

setup() {
	calm_down
}

node_is_online() {
	lab exec "$(other "$1")" crm_mon -1 | grep -q "Online:.* $1 "
}

@test "the adoptive node dies while it still notifies: the first node, up again, finishes the job" {
	local first second cut_ms

	first=$(primary)
	second=$(other "$first")
	begin_hold
	begin_rival
	begin_probe

	# client2 has locks too (its probe's), and can't be told: the recovery isn't done without it.
	lab link client2 down
	begin_watch "$second"
	lab cut "$first"
	wait_until 120 "client1's locks to come back" said "$second" watch "locked $LAB_LOCKS"
	lab boot "$first"
	wait_until 120 "\"$first\" to join" node_is_online "$first"
	lab exec "$second" lockferry list --store /srv/nfs/.lockferry | grep -q 10.99.0.22

	begin_watch "$first"
	cut_ms=$(now_ms)
	lab cut "$second"
	wait_until 120 "\"$first\" to take the address" group_is_on "$first"
	lab link client2 up

	prove_recovered "$first" "$cut_ms"
	prove_released
}
