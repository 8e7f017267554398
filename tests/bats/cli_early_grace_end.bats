#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ending the grace period early, seen from outside: the test plays the kernel, and sets which locks are held.
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load cli_helpers

setup() {
	world_setup
	EARLY_GRACE_END=yes
}

teardown() {
	cli_teardown
}

grace_is() {
	[ "$(<"$W/node2/lockd/nlm_end_grace")" = "$1" ]
}

# grace_goes_on: even after the looks of three more ticks
grace_goes_on() {
	sleep 3.2
	grace_is N
}

other_has() {
	status_of other "$1"
}

@test "a move: the grace period ends with the last lock, and not before" {
	clients_live
	served_with_locks 100 101 102
	moved
	await status_has '.locks_noted == 3 and .locks_missing == 3 and .needs_grace'
	locked 100 102
	await status_has '.locks_missing == 1'
	run_lf status --group files
	says 'of the locks noted at the handover: 2 are back, 1 are missing' "$output"
	# not the same lock
	locked 100 102 103
	grace_goes_on
	locked 100 101 102
	await phase_is serving
	grace_is Y
	status_has '.recovery_due == false and .locks_noted == null and .lost == 0 and .warnings == []'
	status_has '.needs_grace == false'
}

@test "a move: locks that were not reclaimed before the grace period ended are reported as lost" {
	clients_live
	served_with_locks 100 101 102
	moved
	locked 100
	await status_has '.locks_missing == 2'
	echo Y >"$W/node2/lockd/nlm_end_grace"
	await status_has '.phase == "serving" and (.warnings | length) == 1'
	run_lf status --group files
	says '2 of the 3 locks noted at the handover were not reclaimed before the grace period ended' "$output"
	# a client that was only late has them
	lf stop --group files
	served
	await phase_is serving
	status_has '.warnings == []'
}

@test "a move, with early_grace_end=no: the grace period continues with every lock back" {
	EARLY_GRACE_END=no
	clients_live
	served_with_locks 100 101 102
	moved
	locked 100 101 102
	grace_goes_on
	locked 100 101
	echo Y >"$W/node2/lockd/nlm_end_grace"
	await status_has '.phase == "serving" and (.warnings | length) == 1'
	run_lf status --group files
	says '1 of the 3 locks noted at the handover were not reclaimed before the grace period ended' "$output"
}

@test "a move: the messages, in the foreground" {
	served_with_locks 100
	released_by_node1
	node2_begins
	served_in_foreground
	await phase_is armed
	address_comes
	await phase_is reclaiming
	locked 100
	await phase_is serving
	await grep -q 'every one of the 1 locks noted at the handover is back: grace is ended after ' "$W/log"
}

@test "a move: no lock was held, so there is nothing to wait for" {
	clients_live
	served_with_locks
	same heard '' "$(heard)"
	adopted
	# its client is told anyway
	await grep -q '^127.0.1.1 ' "$W/heard"
	await phase_is serving
	grace_is Y
	status_has '.locks_noted == null and .recovery_due == false'
}

@test "a move: no lock was held, and there is no client" {
	server_runs Y
	served
	address_comes
	await phase_is serving
	released_by_node1
	node2_begins
	served
	# still armed
	await grace_is Y
	phase_is armed
	address_comes
	await phase_is serving
}

@test "a move: it runs its full length if told to" {
	served_with_locks 100
	EARLY_GRACE_END=no
	moved
	locked 100
	grace_goes_on
	status_has '.locks_noted == null and .needs_grace'
}

@test "a crash: it runs its full length, even if all locks are back" {
	served_with_locks 100
	address_goes
	await phase_is frozen
	crash
	node2_begins
	served --require-fencing no
	address_comes
	await phase_is reclaiming
	locked 100
	grace_goes_on
	status_has '.locks_noted == null'
}

@test "a crash in the recovery: it runs its full length" {
	served_with_locks 100
	moved
	crash
	served
	await phase_is reclaiming
	locked 100
	grace_goes_on
}

@test "a lock in an unknown place: it runs its full length" {
	served_with_locks 100
	echo '2: POSIX  ADVISORY  WRITE 77 00:01:7 0 EOF' >>"$W/node1/proc/locks"
	moved
	locked 100
	grace_goes_on
}

@test "another group that reclaims: it continues until that one has recovered, too" {
	served_with_locks 100
	released_by_node1
	# the other group was not handed over cleanly, so it is unknown when it has recovered
	monitored 127.0.1.2
	serve_other
	in_world ip address add 192.0.2.11/32 dev lo
	await other_has '.phase == "serving"'
	crash other "$W/other/store"
	node2_begins
	serve_other --require-fencing no
	await other_has '.phase == "reclaiming"'
	served
	address_comes
	await phase_is reclaiming
	locked 100
	await status_has '.locks_missing == 0 and .grace_needed_by == "other"'
	status_has '.needs_grace == false'
	other_has '.needs_grace'
	run_lf status --group files
	says "the grace period continues: group 'other' may need it" "$output"
	grace_goes_on
	# a dead process cannot report that its group no longer needs it
	crash other "$W/other/store"
	grace_goes_on
	run_lf stop --group other
	same status 0 "$status"
	await grace_is Y
}

@test "two groups that move together: it ends when both have recovered" {
	clients_live
	served_with_locks 100
	monitored 127.0.1.2
	serve_other
	in_world ip address add 192.0.2.11/32 dev lo
	await other_has '.phase == "serving"'
	released_by_node1
	# as exportfs does when it stops
	locked
	in_world ip address del 192.0.2.11/32 dev lo
	await other_has '.phase == "frozen"'
	run_lf stop --group other
	same status 0 "$status"
	node2_begins
	serve_other
	served
	in_world ip address add 192.0.2.11/32 dev lo
	await other_has '.phase == "reclaiming" and .locks_missing == 0'
	address_comes
	await phase_is reclaiming
	grace_goes_on
	locked 100
	await phase_is serving
	await other_has '.phase == "serving"'
	grace_is Y
}

@test "another group that serves does not need it" {
	served_with_locks 100
	released_by_node1
	node2_begins
	serve_other
	in_world ip address add 192.0.2.11/32 dev lo
	await other_has '.phase == "serving" and .needs_grace == false'
	served
	address_comes
	await phase_is reclaiming
	locked 100
	await phase_is serving
	grace_is Y
}

@test "NFSv4: its grace period is ended if it is not served; otherwise the status says what new locks wait for" {
	served_with_locks 100
	released_by_node1
	node2_begins
	echo N >"$W/node2/nfsd/v4_end_grace"
	served
	address_comes
	await phase_is reclaiming
	locked 100
	await phase_is serving
	same 'grace of NFSv4' Y "$(<"$W/node2/nfsd/v4_end_grace")"

	released_by_node1
	NODE=node1
	node_make
	server_runs N
	echo '+3 +4 +4.1 +4.2' >"$W/node1/nfsd/versions"
	echo N >"$W/node1/nfsd/v4_end_grace"
	served
	address_comes
	await phase_is reclaiming
	locked 100
	await phase_is serving
	same 'grace of NFSv4' N "$(<"$W/node1/nfsd/v4_end_grace")"
	await status_has '.warnings | map(select(contains("start nfsdcld"))) | length == 1'
	echo Y >"$W/node1/nfsd/v4_end_grace"
	await status_has '.warnings == []'
}

@test "NFSv4: a kernel that refuses to end its own grace period leaves no recovery open" {
	served_with_locks 100
	released_by_node1
	node2_begins
	local file=$W/node2/nfsd/v4_end_grace
	echo N >"$file"
	in_world mount --bind "$file" "$file"
	in_world mount -o remount,bind,ro "$file"
	served
	address_comes
	await phase_is reclaiming
	locked 100
	await phase_is serving
	grace_is Y
	await status_has '.warnings | map(select(contains("start nfsdcld"))) | length == 1'
}
