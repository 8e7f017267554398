#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A cluster in the middle of an upgrade: node1 has this machine's release, node2 the next one. The group moves both
# ways, by a planned move and by a crash.

load ../cluster/cluster

setup() {
	[ "$(lab exec node1 cat /etc/debian_version)" != "$(lab exec node2 cat /etc/debian_version)" ] ||
		die "both nodes are of one release: boot the lab with \"lab up mixed\""
	calm_down
	figure "node1: Debian $(lab exec node1 cat /etc/debian_version), Linux $(lab exec node1 uname -r);" \
		"node2: Debian $(lab exec node2 cat /etc/debian_version), Linux $(lab exec node2 uname -r)"
}

teardown() {
	lab exec client1 pkill -KILL -x locks || true
	lab exec client2 pkill -KILL -x locks || true
	stay nfs || true
}

begin_all() {
	begin_hold
	begin_rival
	begin_probe
}

# carry TO: a planned move
carry() {
	local begin_ms

	begin_watch "$1"
	begin_ms=$(now_ms)
	move nfs "$1"
	prove_recovered "$1" "$begin_ms"
	stay nfs
}

# crash NODE: the other node takes the group over; then NODE is switched on again.
crash() {
	local adoptive cut_ms

	adoptive=$(other "$1")
	begin_watch "$adoptive"
	await_recorded "$1"
	lab cut "$1"
	cut_ms=$(now_ms)
	probe_goes_on
	prove_recovered "$adoptive" "$cut_ms"
	fenced_since "$cut_ms" "$1"
	lab boot "$1"
	wait_until 240 "the cluster to calm down" is_calm
}

@test "the group is moved to the node of the other release, and back" {
	local primary

	primary=$(primary)
	begin_all
	carry "$(other "$primary")"
	carry "$primary"
	prove_released
}

@test "the node of either release crashes, and that of the other takes the group over" {
	local primary

	primary=$(primary)
	begin_all
	crash "$primary"
	crash "$(other "$primary")"
	prove_released
}
