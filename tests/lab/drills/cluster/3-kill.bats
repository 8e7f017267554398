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

# attribute_is NODE PATTERN: crm_mon shows such an attribute for that node, and for no other.
attribute_is() {
	lab exec "$1" crm_mon -1 -A | awk -v where="$1" -v text="$2" '
		/^ *\* Node: / { node = $3; sub(/:$/, "", node) }
		index($0, "nfslock-nfs") { count++; good = node == where && $0 ~ text }
		END { exit !(count == 1 && good) }'
}

# is_degraded NODE: Pacemaker shows that an administrator should look at a file in statd's directory.
is_degraded() {
	attribute_is "$1" ", 1 warning *$" && lab exec "$1" crm_mon -1 | grep -q "monitor.*OCF_DEGRADED.*rubbish"
}

@test "lockferry is killed: Pacemaker starts it again, and no client notices" {
	local primary pid state kill_ms

	primary=$(primary)
	begin_hold
	begin_rival
	begin_probe
	pid=$(serving_pid "$primary")
	wait_until 30 "the node attribute" attribute_is "$primary" "serving, [0-9]+ clients *$"

	lab exec "$primary" sh -c 'echo rubbish >/var/lib/nfs/sm/rubbish'
	wait_until 60 "the monitor to say that it is degraded" is_degraded "$primary"
	figure "$(lab exec "$primary" crm_mon -1 | grep OCF_DEGRADED)"
	lab exec "$primary" rm /var/lib/nfs/sm/rubbish
	wait_until 60 "it to be well again" attribute_is "$primary" "serving, [0-9]+ clients *$"
	lab exec "$primary" crm_resource --cleanup
	[ "$(serving_pid "$primary")" = "$pid" ]
	state=$(state_number "$primary")

	# If a recorded lock were unlocked before the process is back, it would look like a dropped one, and cause a
	# recovery.
	await_recorded "$primary"
	kill_ms=$(now_ms)
	lab exec "$primary" kill -KILL "$pid"

	wait_until 120 "Pacemaker to start it again" is_served_anew "$primary" "$pid"
	probe_goes_on
	figure "seconds until it served again: $(seconds_between "$kill_ms" "$(now_ms)")"
	wait_until 120 "a new lock to be granted" new_lock_granted_after "$(now_ms)"
	prove_held "$primary"
	figure "clients notified: $(notified_since "$kill_ms")"
	[ "$(notified_since "$kill_ms")" -eq 0 ]
	[ "$(state_number "$primary")" = "$state" ]
	prove_released
}
