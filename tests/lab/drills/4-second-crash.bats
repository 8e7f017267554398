#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load drill

setup() {
	calm_down
}

# The first adoptive node isn't done before it has told client2, which has a few locks too and can't be
# reached.
begin_unreachable_hold() {
	lab exec client2 mkdir -p /mnt/nfs/unreachable
	lab start client2 unreachable /lab/bin/locks hold /mnt/nfs/unreachable 10
	wait_until 60 "client2 to take its locks" said client2 unreachable held
	lab link client2 down
}

prove_unreachable_held() {
	LAB_TIMEOUT=20 lab exec "$1" /lab/bin/locks watch /srv/nfs/export/unreachable 10 >/dev/null
	[ "$(reclaims_refused client2)" -eq 0 ]
	figure "locks of the client that couldn't be reached: 10, kept: 10"
	lab signal client2 unreachable TERM
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
	begin_unreachable_hold

	begin_watch "$second"
	lab cut "$first"
	wait_until 180 "client1's locks to come back" said "$second" watch "locked $LAB_LOCKS"
	lab boot "$first"
	wait_until 180 "\"$first\" to join" node_is_online "$first"
	lab exec "$second" lockferry list --store /srv/nfs/.lockferry | grep "10\.99\.0\.22" | grep -qv reclaimed

	begin_watch "$first"
	lab cut "$second"
	cut_ms=$(now_ms)
	lab link client2 up

	prove_recovered "$first" "$cut_ms"
	prove_unreachable_held "$first"
	prove_released
}
