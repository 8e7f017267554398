#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

serving_pid() {
	lab exec "$1" pidof lockferry 2>/dev/null
}

is_served_anew() {
	local pid

	pid=$(serving_pid "$1") && [ "$pid" != "$2" ] && in_phase "$1" serving
}

state_number() {
	lab exec "$1" grep '^state_number' /srv/nfs/.lockferry/state
}

@test "lockferry is killed: Pacemaker starts it again, and no client notices" {
	local primary pid state kill_ms

	primary=$(primary)
	begin_hold
	begin_rival
	begin_probe
	pid=$(serving_pid "$primary")
	state=$(state_number "$primary")

	kill_ms=$(now_ms)
	lab exec "$primary" kill -KILL "$pid"

	wait_until 120 "Pacemaker to start it again" is_served_anew "$primary" "$pid"
	figure "seconds until it served again: $(seconds_between "$kill_ms" "$(now_ms)")"
	wait_until 120 "a new lock to be granted" new_lock_granted_after "$(now_ms)"
	prove_held "$primary"
	figure "clients notified: $(notified_since "$kill_ms")"
	[ "$(notified_since "$kill_ms")" -eq 0 ]
	[ "$(state_number "$primary")" = "$state" ]
	prove_released
}
