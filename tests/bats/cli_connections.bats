#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The TCP connections of clients: recorded, moved with the group, and renewed where its address comes up. The test plays
# the kernel, and sets which connections there are.
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

# connected [STATE:]PORT...: clients at 127.0.1.1 have connections from these ports to the group's address. Addresses
# are printed as on a little-endian machine.
connected() {
	local port
	mkdir -p "$W/$NODE/proc/net"
	for port; do
		[[ $port == *:* ]] || port=01:$port
		printf '   1: 0A0200C0:0801 0101007F:%04X %s 00000000:00000000\n' "${port#*:}" "${port%:*}"
	done >"$W/$NODE/tcp"
	mv "$W/$NODE/tcp" "$W/$NODE/proc/net/tcp"
}

# connections_are PORT...: in the store
connections_are() {
	local port
	echo "lockferry connections 1 $#" >"$W/expected"
	for port; do
		echo "$ADDRESS 2049 127.0.1.1 $port"
	done >>"$W/expected"
	in_world cmp "$W/expected" "$STORE/connections"
}

# serve_here PHASE: until it is in that phase
serve_here() {
	served_in_foreground --require-fencing no
	await phase_is "$1"
}

# shellcheck disable=SC2119 # no other options
served_with_connections() {
	server_runs Y
	monitored 127.0.1.1
	connected "$@"
	served
	address_comes
	await phase_is serving
	await connections_are "$@"
}

@test "they are recorded while the group is served, and once more when it leaves" {
	local pid
	served_with_connections 701 702
	# at one moment for the process, which looks every ten seconds
	pid=$(<"$W/node1/run/files.lock")
	kill -STOP "$pid"
	connected 04:702 03:703 703
	address_goes
	kill -CONT "$pid"
	await phase_is frozen
	await connections_are 701 702 703
}

@test "they are renewed on the next node, as soon as the address is there" {
	served_with_connections 701 702
	released_by_node1
	node2_begins
	serve_here armed
	run ! grep -q renewed "$W/log"
	address_comes
	await phase_is reclaiming
	await grep -q "2 connections that clients had with $ADDRESS are renewed" "$W/log"
	# only once, even if the address comes again
	address_goes
	await phase_is frozen
	address_comes
	await phase_is reclaiming
	same renewed 1 "$(grep -c 'are renewed' "$W/log")"
}

@test "after a crash the recorded ones are renewed" {
	served_with_connections 701
	crash
	address_goes
	node2_begins
	serve_here armed
	address_comes
	await grep -q "1 connections that clients had with $ADDRESS are renewed" "$W/log"
}

@test "a process that is started again leaves them alone: they still work" {
	served_with_connections 701
	crash
	server_runs Y
	serve_here serving
	run ! grep -q renewed "$W/log"
}

@test "a damaged or missing list does not prevent a takeover" {
	served_with_connections 701
	released_by_node1
	in_world tee "$STORE/connections" <<<'lockferry connections 1 7' >/dev/null
	node2_begins
	serve_here armed
	address_comes
	await phase_is reclaiming
	run ! grep -q renewed "$W/log"
	address_goes
	await phase_is frozen
	stop
	same status 0 "$status"
	in_world rm "$STORE/connections"
	NODE=node3
	node_make
	server_runs N
	serve_here armed
}

@test "without the right to send such packets, clients notice by themselves, and the log says so" {
	served_with_connections 701
	released_by_node1
	node2_begins
	LOCKFERRY=$W/weak
	cat >"$W/weak" <<-END
		#!/bin/sh
		exec setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$BUILD/lockferry" "\$@"
	END
	chmod 755 "$W/weak"
	serve_here armed
	LOCKFERRY=$BUILD/lockferry
	address_comes
	await phase_is reclaiming
	await grep -q "cannot renew the connections that clients had with '$ADDRESS'" "$W/log"
}
