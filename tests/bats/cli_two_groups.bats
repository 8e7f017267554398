#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several groups on one node: statd has the records of all their clients, and so does each group's list. If a client
# does not answer, and a group has no sign that the client uses it, the group reports "may have lost locks": neither
# "lost" nor nothing.
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load cli_helpers

setup() {
	world_setup
}

teardown() {
	cli_teardown
}

# connected CLIENT: it has a connection to the group's address. Addresses are printed as on a little-endian machine.
connected() {
	mkdir -p "$W/$NODE/proc/net"
	printf '   1: 0A0200C0:0801 %s:0303 01 00000000:00000000\n' "$1" >"$W/$NODE/proc/net/tcp"
}

account_has() {
	in_world grep -q -e "$1" "$STORE/account"
}

others_are_noted() {
	same others true "$(state other_groups)"
}

# moved_silently: a group moves to node2, which serves no other. 127.0.1.1 answers, 127.4.4.4 does not. The output is in
# $W/log.
moved_silently() {
	released_by_node1
	node2_begins
	served_in_foreground
	await phase_is armed
	address_comes
	await status_has '.acknowledged == 1'
	server_runs Y
	await phase_is serving
}

# every client is in exactly one state
adds_up() {
	status_has '.clients == .recorded + .told + .unreachable + .acknowledged + .reclaimed + .may_have_lost + .lost'
}

@test "a client of another group that does not answer is reported as "may have lost locks" by each group that it is not known to use" {
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.4.4.4
	serve_other
	moved_silently

	status_has '.lost == 0 and .may_have_lost == 1 and .acknowledged == 1'
	adds_up
	status_has '.warnings == ["client '\''127.4.4.4'\'' may have lost locks: it did not answer before the grace period ended, and is not known to use this group; if it does, restart its applications"]'
	run_lf status --group files
	says "warning: client '127.4.4.4' may have lost locks" "$output"
	says '0 lost, 1 may have lost locks, 0 recorded since, or without locks to reclaim' "$output"
	run_lf status --group files --output-as xml
	says 'may_have_lost' "$output"
	run_lf status --group files --brief
	same brief 'serving, 2 clients, 1 may have lost locks, 1 warning' "$output"
	grep -q "client '127.4.4.4' did not answer before the grace period ended: it may have lost locks, but is not known to use this group" "$W/log"
	grep -q '1 answered and were not recorded again, 0 lost, 1 may have lost locks' "$W/log"

	# the store has a word that an earlier version knows
	await account_has '^127.4.4.4 .* lost$'
	run_lf list --store "$STORE" --output-as json
	holds '[.clients[].recovery] == ["acknowledged", "may_have_lost"]'

	# the next process still knows it, until the client is recorded again
	crash
	served
	await phase_is serving
	status_has '.lost == 0 and .may_have_lost == 1 and (.warnings | length) == 1'
	monitored 127.4.4.4
	await status_has '.may_have_lost == 0 and .warnings == []'
	adds_up
}

@test "a client that had a connection with the group's address lost its locks, even if there are other groups" {
	clients_live 127.4.4.4
	connected 0404047F
	served_with 127.0.1.1 127.4.4.4
	await in_world grep -q 127.4.4.4 "$STORE/connections"
	serve_other
	moved_silently
	status_has '.lost == 1 and .may_have_lost == 0'
	adds_up
	status_has '.warnings | map(select(contains("127.4.4.4") and contains("lost its locks"))) | length == 1'

	# if it is silent again, this is no longer so: there is no connection any more
	server_runs N
	lockd_starts 2000
	await phase_is reclaiming
	server_runs Y
	await phase_is serving
	status_has '.lost == 1 and .may_have_lost == 0'
}

@test "the store says that other groups were served, also after a crash: the next node may serve none" {
	served_with 127.0.1.1 127.4.4.4
	run ! in_world grep -q other_groups "$STORE/state"
	serve_other
	await others_are_noted
	clients_live 127.4.4.4
	crash
	address_goes
	node2_begins
	served --require-fencing no
	address_comes
	await status_has '.acknowledged == 1'
	server_runs Y
	await phase_is serving
	status_has '.lost == 0 and .may_have_lost == 1'
}

@test "verify: a missing lock may be its lock" {
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.4.4.4
	locked 131
	serve_other
	moved_silently
	await account_has '^127.4.4.4 .* lost$'
	run_lf verify --store "$STORE" --export "$W/fs"
	same status 1 "$status"
	says '127.4.4.4 (did not answer, not known to use this group)' "$output"
	run_lf verify --store "$STORE" --export "$W/fs" --output-as json
	holds '.clients | map(select(.mon_name == "127.4.4.4").recovery) == ["may_have_lost"]'
}
