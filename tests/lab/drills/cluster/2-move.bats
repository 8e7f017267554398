#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

# A constraint that stays after a move would move the next drill's group back.
teardown() {
	stay nfs || true
	lab exec node1 crm_resource --resource nfs-locks --delete-parameter early_grace_end || true
}

# last_grant_after MS: the time of the first new lock after the longest pause.
last_grant_after() {
	local granted_ms

	read -r _ granted_ms < <(longest_pause_after "$1")
	echo "$granted_ms"
}

# prove_ended_early NODE MS: new locks were granted as soon as the last one was back; the client tries again every 5 s.
# On a very slow machine the address comes when grace is nearly over; then another grace period begins, which is not
# ended early.
prove_ended_early() {
	if grep -q "the address of group 'nfs' is not on this node yet" "$LAB_DIR/share/$1/messages"; then
		figure "nfs: the address came so late that another grace period began"
		return
	fi
	ended_early "$1"
	[ "$(last_grant_after "$2")" -lt $(($(last_said "$1" watch.nfs locked 3) + 20000)) ]
}

@test "the group is moved: every lock goes with it, grace ends with the last one, or with early_grace_end=no at its end" {
	local first second begin_ms number

	first=$(primary)
	second=$(other "$first")
	begin_hold
	begin_rival
	begin_probe
	begin_watch "$second"

	begin_ms=$(now_ms)
	move nfs "$second"
	prove_recovered "$second" "$begin_ms"
	prove_verified "$second"
	prove_ended_early "$second" "$begin_ms"
	stay nfs

	# When a parameter is changed, the group is stopped and started on its node, and no client notices.
	number=$(state_number "$second")
	begin_ms=$(now_ms)
	lab exec node1 crm_resource --resource nfs-locks --set-parameter early_grace_end --parameter-value no
	wait_until 240 "the group to be served again" is_calm
	lab exec "$second" pgrep -f -- '--early-grace-end[= ]no'
	[ "$(state_number "$second")" = "$number" ]
	[ "$(notified_since "$begin_ms")" -eq 0 ]

	begin_watch "$first"
	begin_ms=$(now_ms)
	move nfs "$first"
	prove_recovered "$first" "$begin_ms"
	prove_verified "$first"
	[ "$(last_grant_after "$begin_ms")" -ge $((begin_ms + LAB_GRACE * 1000)) ]
	prove_released
}
