#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

# client2 also gets a few locks, and is deaf from then on: its statd no longer answers.
begin_deaf_hold() {
	lab exec client2 mkdir -p /mnt/nfs/deaf
	lab start client2 deaf /lab/bin/locks hold /mnt/nfs/deaf 10
	wait_until 60 "client2 to take its locks" said client2 deaf held
	lab exec client2 pkill -STOP rpc.statd
}

# prove_deaf_held NODE MS
prove_deaf_held() {
	if ! said "$1" watch.deaf "locked 10"; then
		lab exec "$1" lockferry status --group nfs >&3
		lab exec client2 dmesg >&3
		return 1
	fi
	figure "nfs: the client that was deaf: seconds to the last reclaim:" \
		"$(seconds_between "$2" "$(last_said "$1" watch.deaf locked 3)")"
	LAB_TIMEOUT=20 lab exec "$1" /lab/bin/locks watch /srv/nfs/export/deaf 10 >/dev/null
	[ "$(reclaims_refused client2)" -eq 0 ]
	figure "locks of the client that was deaf: 10, kept: 10"
}

node_is_online() {
	lab exec "$(other "$1")" crm_mon -1 | grep -q "Online:.* $1 "
}

@test "the adoptive node dies while it still notifies: the first node, up again, completes the recovery" {
	local first second cut_ms

	first=$(primary)
	second=$(other "$first")
	# A node boots and joins within this time.
	use_grace $((LAB_GRACE + 40))
	begin_hold
	begin_rival
	begin_probe
	begin_deaf_hold

	begin_watch "$second"
	await_recorded "$first"
	lab cut "$first"
	cut_ms=$(now_ms)
	probe_goes_on
	wait_until 60 "\"$first\" to be fenced" fenced_since "$cut_ms" "$first"
	lab boot "$first"
	wait_until 180 "client1's locks to come back" said "$second" watch.nfs "locked $LAB_LOCKS"
	wait_until 180 "\"$first\" to join" node_is_online "$first"
	use_grace $((LAB_GRACE - 40))
	in_phase "$second" reclaiming

	begin_watch "$first"
	lab start "$first" watch.deaf /lab/bin/locks return /srv/nfs/export/deaf 10
	lab cut "$second"
	cut_ms=$(now_ms)
	lab exec client2 pkill -CONT rpc.statd

	await_locks "$first"
	lab boot --no-wait "$second"
	prove_recovered "$first" "$cut_ms"
	prove_deaf_held "$first" "$cut_ms"
	prove_verified "$first"
	lab signal client2 deaf TERM
	prove_released
}
