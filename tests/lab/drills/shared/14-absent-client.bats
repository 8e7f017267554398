#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load shared

setup() {
	calm_down
	use_grace $((LAB_GRACE + 10))
	begin_hold
	begin_probe
	lab exec client2 mkdir -p /mnt/nfs/absent
	lab start client2 absent /lab/bin/locks hold /mnt/nfs/absent 10
	wait_until 60 "client2 to take its locks" said client2 absent held
}

teardown() {
	lab link client2 up
	stay nfs || true
}

names_client2() {
	lab exec "$1" lockferry status --group nfs | grep -F "client '10.99.0.22'"
}

verify() {
	LAB_TIMEOUT=30 lab exec "$1" lockferry verify --store /srv/nfs/.lockferry --output-as json >"$BATS_TEST_TMPDIR/account"
}

# in_account FILTER: the account, through jq
in_account() {
	jq -e "$1" "$BATS_TEST_TMPDIR/account"
}

@test "a client that does not come back keeps grace to its full length, and is named with its locks" {
	local second begin_ms reclaimed_ms granted_ms

	second=$(other "$(primary)")
	lab link client2 down
	# shellcheck disable=SC2034 # for move
	connected_within=5
	begin_watch "$second"
	begin_ms=$(now_ms)
	move nfs "$second"
	wait_until 120 "client1's locks to come back" said "$second" watch.nfs "locked $LAB_LOCKS"
	reclaimed_ms=$(last_said "$second" watch.nfs locked 3)
	wait_until 60 "the status to name client2" names_client2 "$second"
	in_phase "$second" reclaiming

	wait_until 240 "a new lock to be granted" new_lock_granted_after "$reclaimed_ms"
	read -r _ granted_ms < <(longest_pause_after "$begin_ms")
	figure "nfs: seconds to the last reclaim: $(seconds_between "$begin_ms" "$reclaimed_ms")," \
		"to the first new lock: $(seconds_between "$begin_ms" "$granted_ms"), grace period: $LAB_GRACE"
	[ "$granted_ms" -ge $((begin_ms + LAB_GRACE * 1000)) ]

	figure "$(names_client2 "$second")"
	[ "$(reclaims_refused client1)" -eq 0 ]
	not verify "$second"
	figure "locks noted: $(in_account .noted), recovered: $(in_account .recovered), missing: $(in_account '.missing | length')"
	in_account '[.missing[] | select(.file | startswith("/srv/nfs/export/absent/"))] | length == 10'
	in_account '[.missing[] | select(.file | startswith("/srv/nfs/export/drill/"))] == []'
	in_account '.clients[].mon_name == "10.99.0.22"'
}
