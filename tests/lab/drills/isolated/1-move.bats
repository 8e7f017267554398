#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

setup() {
	settle node1 node2
}

# move FROM TO: prints the steps' milliseconds as a figure.
move() {
	local steps

	begin_watch "$2"
	probes_rest
	begin_ms=$(now_ms)
	steps=$(down "$1" nfs)
	probes_go_on
	steps+=$'\n'$(up "$2" nfs)
	figure "$1 to $2: milliseconds to stop: $(awk '$1 == "down" { print $2 }' <<<"$steps"), to start:" \
		"$(awk '$1 == "up" { print $2 }' <<<"$steps"), disk: $(awk '$1 == "released" { print $1 }' <<<"$steps")"
	grep -q '^released ' <<<"$steps"
}

@test "a group is moved to the other one's node, and back: it keeps its locks, the other one notices nothing" {
	local quiet_ms begin_ms

	begin_locking
	quiet_ms=$(now_ms)
	pause 5
	prove_undisturbed "nothing happens" "$quiet_ms"

	move node1 node2
	prove_recovered node2 "$begin_ms"
	prove_undisturbed "the group comes to its node" "$begin_ms"

	move node2 node1
	prove_recovered node1 "$begin_ms"
	prove_undisturbed "the group leaves its node" "$begin_ms"
	prove_kernel_is_well node1 node2
}
