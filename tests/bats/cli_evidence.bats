#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Anything that is unknown leads to a recovery, a warning or a message: never to "no lock was lost".
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2154

load cli_helpers

setup() {
	world_setup
}

teardown() {
	cli_teardown
}

# When a recovery is necessary, and which evidence must not be trusted

@test "the address comes after grace is over: another one is begun first, and the clients are told in it" {
	clients_live
	served_with 127.0.1.1
	moved_to_node2
	rpc_nfsd_starts_lockd
	served
	phase_is armed
	local number
	number=$(state state_number)
	# grace ends before the address comes
	server_runs Y
	await test -s "$W/node2/starts"
	await phase_is armed
	same 'in grace' N "$(<"$W/node2/lockd/nlm_end_grace")"
	same heard '' "$(heard)"
	address_comes
	await phase_is reclaiming
	await somebody_heard
	await status_has '.acknowledged == 1'
	[ "$(state state_number)" -gt "$number" ]
}

somebody_heard() {
	[ -n "$(heard)" ]
}

@test "the address comes after grace is over, and no other is possible: no client is told, and the monitor fails" {
	clients_live
	served_with 127.0.1.1
	moved_to_node2
	served --grace running
	phase_is armed
	server_runs Y
	address_comes
	await status_has '.problems != []'
	run_lf status --group files
	same status 1 "$status"
	sleep 3
	same heard '' "$(heard)"
	status_has '.told == 0 and .acknowledged == 0'
}

@test "little is left of the grace period, and the address has not come: another one is begun, if it concerns only this group" {
	clients_live
	served_with 127.0.1.1
	moved_to_node2
	rpc_nfsd_starts_lockd
	grace_periods 30 90 90
	serve_other
	served
	phase_is armed
	# 40 of 90 s are left
	grace_periods 60 90 90
	sleep 3
	same starts '' "$(<"$W/node2/starts")"
	# not if it is impossible either: the rest is better than nothing
	echo '192.0.2.9:/x /mnt nfs rw,vers=3 0 0' >"$W/node2/proc/mounts"
	run_lf stop --group other
	same status 0 "$status"
	sleep 3
	phase_is armed
	same starts '' "$(<"$W/node2/starts")"
	: >"$W/node2/proc/mounts"
	await test -s "$W/node2/starts"
	await phase_is armed
	same heard '' "$(heard)"
	address_comes
	await status_has '.phase == "reclaiming" and .acknowledged == 1'
	same starts 1 "$(wc -l <"$W/node2/starts")"
}

# crashed_with_locks INODE...: node1 served with these locks, all recorded; then its process died, and the address was
# removed
crashed_with_locks() {
	clients_live
	served_with 127.0.1.1
	locked "$@"
	await in_world grep -q . "$STORE/locks.recorded"
	await locks_are_recorded $#
	number=$(state state_number)
	crash
	address_goes
}

locks_are_recorded() {
	[ "$(in_world sed 1d "$STORE/locks.recorded" | wc -l)" = "$1" ]
}

@test "kill -9, the locks dropped meanwhile, served again: the clients are told" {
	local number
	crashed_with_locks 100 101 102
	locked 100 101
	server_runs N
	served
	address_comes
	await phase_is reclaiming
	await status_has '.acknowledged == 1'
	same 'state number' $((number + 2)) "$(state state_number)"
	await heard_of 127.0.1.1
	server_runs Y
	await status_has '.phase == "serving" and (.warnings | length) == 1'
	run_lf status --group files
	says '1 of the 3 locks recorded before the crash were not reclaimed before the grace period ended' "$output"
}

@test "kill -9, and every recorded lock is reclaimed: no warning" {
	local number
	crashed_with_locks 100 101 102
	locked
	server_runs N
	served
	address_comes
	await phase_is reclaiming
	locked 100 101 102 103
	server_runs Y
	await phase_is serving
	sleep 3
	status_has '.warnings == []'
}

@test "kill -9, every recorded lock still held, served again: nobody is told" {
	local number
	crashed_with_locks 100 101 102
	server_runs Y
	served
	address_comes
	await phase_is serving
	same 'state number' "$number" "$(state state_number)"
	same heard '' "$(heard)"
}

# While others lock and unlock, the kernel's list sometimes misses some of the locks.
@test "kill -9, every recorded lock still held, but some looks at the kernel's list miss one: nobody is told" {
	local number
	crashed_with_locks 100 101 102
	server_runs Y
	locked 100 102
	(
		pause 0.4
		locked 100 101 102
	) 3>&- &
	served
	wait $!
	address_comes
	await phase_is serving
	same 'state number' "$number" "$(state state_number)"
	same heard '' "$(heard)"
}

heard_of() {
	heard | grep -q "^$1 "
}

@test "an exported directory that was renamed while it was served: a warning, and the stop succeeds" {
	local with=(--export "$W/fs/export" --export "$W/fs/export/sub")
	server_runs Y
	monitored 127.0.1.1
	in_world mkdir -p "$W/fs/export/sub"
	run_lf serve --daemon --timeout 30 --group files --node node1 --store "$STORE" --ip "$ADDRESS" "${with[@]}" \
		--sm-dir "$W/node1/sm" --early-grace-end no
	same status 0 "$status"
	address_comes
	await phase_is serving
	in_world mv "$W/fs/export/sub" "$W/fs/export/gone"
	address_goes
	await phase_is frozen
	await status_has ".warnings | any(contains(\"the exported directory '$W/fs/export/sub' no longer exists\"))"
	run_lf stop --group files --store "$STORE" --ip "$ADDRESS" "${with[@]}" --sm-dir "$W/node1/sm"
	same status 0 "$status"
	same state released "$(state phase)"
	# the set may lack locks, so it must not count as complete
	in_world head -n 1 "$STORE/locks" >"$W/heading"
	run grep -w exact "$W/heading"
	same exact '' "$output"
}

# account_adds_up: every client is in exactly one state of the status
account_adds_up() {
	json_has "$(lf status --group files --output-as json)" '.clients ==
		.recorded + .told + .unreachable + .acknowledged + .reclaimed + .may_have_lost + .lost'
}

@test "status: the account of clients adds up, at each step of a recovery" {
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.0.1.2 127.4.4.4 client.example.com
	account_adds_up
	moved_to_node2
	served
	account_adds_up
	address_comes
	await phase_is reclaiming
	account_adds_up
	await status_has '.acknowledged == 2'
	account_adds_up
	# statd has a record for another lock manager
	record 127.0.1.1 | sed s/000cdda5/000cdda6/ >"$W/node2/sm/.127.0.1.1.new"
	mv "$W/node2/sm/.127.0.1.1.new" "$W/node2/sm/127.0.1.1"
	await status_has '.reclaimed == 1'
	account_adds_up
	run_lf status --group files
	# the text output adds up as well
	same clients 4 "$(grep 'of the clients:' <<<"$output" | grep -o '[0-9]*' | awk '{ sum += $1 } END { print sum }')"
	server_runs Y
	await phase_is serving
	account_adds_up
	run_lf status --group files
	same clients 4 "$(grep 'of the clients:' <<<"$output" | grep -o '[0-9]*' | awk '{ sum += $1 } END { print sum }')"
}

# The store, while it is in use

alarms_are() { # COUNT
	status_has "[.warnings[] | select(contains(\"was changed or removed by somebody else\"))] | length == $1"
}

@test "records, account and kind that somebody else changes while the group is served are corrected, with a warning" {
	served_before
	served_with 127.0.1.1 127.0.1.2
	# the process knows their state now: it looks for the first time within a second
	pause 3
	# its own changes do not count
	monitored 127.0.1.3
	await in_world grep -q '^127.0.1.3 ' "$STORE/account"
	alarms_are 0
	in_world rm "$STORE/sm/127.0.1.1"
	in_world tee "$STORE/sm/127.0.1.2" <<<rubbish >/dev/null
	in_world tee "$STORE/account" <<<'lockferry account 1' >/dev/null
	in_world tee "$STORE/kind" <<<sqlite >/dev/null
	await alarms_are 3
	status_has '.problems == []'
	await in_world diff -r "$W/node1/sm" "$STORE/sm"
	same kind files "$(in_world cat "$STORE/kind")"
	await in_world grep -q '^127.0.1.3 ' "$STORE/account"
	# each is reported once
	pause 12
	alarms_are 3
}
