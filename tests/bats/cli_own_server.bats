#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A group that has an NFS server of its own: serve --own-server, and what it asks the keeper of that server.
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load cli_helpers

setup() {
	world_setup
	keeper_begins
}

teardown() {
	cli_teardown
}

# keeper_begins: the keeper on the node $NODE, where no NFS server runs, nor lockd
keeper_begins() {
	local n=$W/$NODE
	rm "$n/proc/77/stat"
	mkdir -p "$n/run/server" "$n/proc/net"
	: >"$n/proc/net/tcp"
	: >"$n/asked"
	"$BATS_TEST_DIRNAME/stubs/keeper" "$n/run/server/files.sock" "$n" >"$n/keeper.log" 2>&1 3>&- &
	pids+=($!)
	await test -S "$n/run/server/files.sock"
}

# asked [LINE]...: what the keeper was asked since the last call
asked() {
	local found expected
	found=$(<"$W/$NODE/asked")
	: >"$W/$NODE/asked"
	printf -v expected '%s\n' "$@"
	same asked "${expected%$'\n'}" "$found"
}

# is_asked LINE: the keeper was asked that
is_asked() {
	grep -qx "$1" "$W/$NODE/asked"
}

# own_server_serves CLIENT...: on node1, which has the address
own_server_serves() {
	served --own-server
	asked stop-server 'start-server 10: '
	monitored "$@"
	await status_has '.clients == 1'
	address_comes
	await phase_is serving
}

node2_takes_over() {
	NODE=node2
	node_make
	keeper_begins
	served --own-server
}

grace_is() {
	same grace "$1" "$(<"$W/$NODE/lockd/nlm_end_grace")"
}

@test "a planned move: stopped with its server, which starts on the other node when the records are there" {
	clients_live
	own_server_serves 127.0.1.1
	locked 100 101
	address_goes
	await phase_is frozen
	asked ''
	stop
	same status 0 "$status"
	same stderr '' "$stderr"
	asked stop-server
	same phase released "$(state phase)"
	in_world grep -q '^lockferry locks 1 exact ' "$STORE/locks"

	EARLY_GRACE_END=yes
	node2_takes_over
	asked stop-server 'start-server 30: 127.0.1.1'
	phase_is armed
	grace_is N
	address_comes
	await status_has '.phase == "reclaiming" and .acknowledged == 1'
	status_has '.locks_noted == 2'
	locked 100 101
	await phase_is serving
	grace_is Y
	# the lock manager of a group of its own has nobody else's clients
	status_has '.lost == 0 and .may_have_lost == 0'

	# how long that took is known to the next one, on whichever node
	await in_world grep -q '^1 [0-9]* [0-9]* 0$' "$STORE/recoveries"
	address_goes
	await phase_is frozen
	stop
	NODE=node1
	: >"$W/node1/asked"
	served --own-server --grace 40
	asked stop-server 'start-server 40: 127.0.1.1'
	stop
	: >"$W/node1/asked"
	in_world sed -i '2s/ .*/ 1000 20 900/' "$STORE/recoveries"
	served --own-server
	asked stop-server 'start-server 70: 127.0.1.1'
}

@test "options of a server of its own" {
	serve --own-server --grace 9
	expect_refusal 64 '--grace takes auto, or 10 to 240 seconds, for a server of its own, not '"'9'"
	serve --own-server --grace restart-nfs
	expect_refusal 64 '--grace takes auto, or 10 to 240 seconds'
	serve --own-server --lease 3601
	expect_refusal 64 '--lease takes 0 to 3600 seconds, not 3601'
	serve --own-server --hang-timeout 3601
	expect_refusal 64 '--hang-timeout takes 0 to 3600 seconds, not 3601'
	serve --lease 30
	expect_refusal 64 '--lease goes only with --own-server'
	serve --hang-timeout 30
	expect_refusal 64 '--hang-timeout goes only with --own-server'
}

@test "another group on the node has its own server: grace ends without it, and a silent client lost its locks" {
	clients_live 127.4.4.4
	own_server_serves 127.4.4.4
	locked 100
	address_goes
	await phase_is frozen
	stop
	# its server is another one: another set of files
	NODE=node3
	node_make
	server_runs N
	mkdir -p "$W/node2/run"
	RUN_DIR=$W/node2/run serve_other
	EARLY_GRACE_END=yes
	node2_takes_over
	address_comes
	await phase_is reclaiming
	server_runs Y
	await phase_is serving
	status_has '.lost == 1 and .may_have_lost == 0'
	run ! in_world grep -q other_groups "$STORE/state"
}

@test "the process dies and is started again: its server is left alone, and nobody is told" {
	clients_live
	own_server_serves 127.0.1.1
	crash
	served --own-server
	asked ''
	await phase_is serving
	same heard '' "$(heard)"
}

@test "its server ends without the keeper: it is started again with the address there, and the clients are told" {
	local number
	clients_live
	own_server_serves 127.0.1.1
	number=$(state state_number)
	echo 0 >"$W/node1/nfsd/threads"
	rm "$W/node1/proc/77/stat"
	await is_asked 'start-server 80: 127.0.1.1'
	await status_has '.phase == "reclaiming" and .acknowledged == 1'
	same 'state number' $((number + 2)) "$(state state_number)"
	server_runs Y
	await status_has '.phase == "serving" and .problems == []'
}

@test "its server was restarted by hand, and grace is over: a problem, as others may have the locks" {
	own_server_serves 127.0.1.1
	server_runs Y
	lockd_starts 5000
	await status_has '.problems | any(contains("is not in its grace period, and the group'\''s address is here"))'
	asked ''
	run_lf status --group files
	same status 1 "$status"
}

@test "the server does not start: neither does the group, and the store is as it was" {
	own_server_serves 127.0.1.1
	address_goes
	await phase_is frozen
	stop
	NODE=node2
	node_make
	keeper_begins
	echo start-server >"$W/node2/fails"
	serve --own-server
	expect_refusal 1 'the keeper cannot do it'
	asked stop-server 'start-server 30: 127.0.1.1' stop-server
	same phase released "$(state phase)"
	same node node1 "$(state node)"
}

@test "the stop of the server fails: so does that of the group, which is not released; the next try ends it" {
	own_server_serves 127.0.1.1
	locked 100
	address_goes
	await phase_is frozen
	echo stop-server >"$W/node1/fails"
	stop
	expect_refusal 1 'cannot hand over group '\''files'\'': the keeper cannot do it'
	same phase frozen "$(state phase)"
	await is_asked stop-server
	rm "$W/node1/fails"
	stop
	same status 0 "$status"
	await test "$(state phase)" = released
	in_world grep -q '^lockferry locks 1 exact ' "$STORE/locks"
	in_world grep -q ' 100 WRITE' "$STORE/locks"
}

@test "SIGTERM: it is stopped in good order, too" {
	own_server_serves 127.0.1.1
	address_goes
	await phase_is frozen
	kill "$(<"$W/node1/run/files.lock")"
	await is_gone files
	asked stop-server
	same phase released "$(state phase)"
}

@test "SIGTERM with the address still there leaves the server alone" {
	own_server_serves 127.0.1.1
	kill "$(<"$W/node1/run/files.lock")"
	await is_gone files
	asked ''
	same phase serving "$(state phase)"
}

@test "the process is answered while the keeper works" {
	: >"$W/node1/waits"
	served_in_foreground --own-server
	await is_asked 'stop-server'
	phase_is adopting
	rm "$W/node1/waits"
	await phase_is armed
}

@test "the callout of its statd asks only its own group" {
	own_server_serves 127.0.1.1
	# only a shared group is easily made here, and refuses to be beside a keeper
	mv "$W/node1/run/server/files.sock" "$W/node1/hidden"
	RUN_DIR=$W/node1/run serve_other
	mv "$W/node1/hidden" "$W/node1/run/server/files.sock"
	LOCKFERRY_GROUP=files LOCKFERRY_RUNDIR=$W/node1/run run --separate-stderr in_world \
		"$BUILD/lockferry-callout" add-client 127.0.1.1 node1
	same status 0 "$status"
	status_has '.callouts == 1'
	status_of other '.callouts == 0'
	LOCKFERRY_RUNDIR=$W/node1/run run --separate-stderr in_world "$BUILD/lockferry-callout" add-client 127.0.1.1 node1
	status_has '.callouts == 2'
	status_of other '.callouts == 1'
}

@test "its process died: stop --own-server, in the namespaces, does its last steps" {
	own_server_serves 127.0.1.1
	locked 100
	address_goes
	await phase_is frozen
	crash
	run_lf stop --own-server --group files --store "$STORE" --ip "$ADDRESS" --export "$W/fs" --sm-dir "$W/$NODE/sm"
	same status 0 "$status"
	asked stop-server
	same phase released "$(state phase)"
	in_world grep -q '^lockferry locks 1 exact ' "$STORE/locks"
}

@test "the cluster's programs run outside of the group's namespaces, where Pacemaker listens" {
	local command
	mkdir "$W/bin"
	cat >"$W/bin/nsenter" <<-END
		#!/bin/sh
		echo "\$*" >$W/outside
		while [ "\$1" != -- ]; do shift; done
		shift
		exec "\$@"
	END
	cat >"$W/bin/stonith_admin" <<-END
		#!/bin/sh
		echo "<pacemaker-result api-version='2.25'><list name='Fencing history'>"
		echo "</list><status code='0' message='OK'/></pacemaker-result>"
	END
	chmod 755 "$W"/bin/*
	lf_command serve --daemon --timeout 30 --group files --node "$NODE" --store "$STORE" --ip "$ADDRESS" \
		--export "$W/fs" --sm-dir "$W/$NODE/sm" --own-server
	in_world env PATH="$W/bin:$PATH" "${command[@]:6}" 3>&-
	same outside "--target 1 --net --mount --uts -- $W/bin/stonith_admin --history * --verbose --output-as=xml" \
		"$(<"$W/outside")"
	status_has '.fencing == "never fenced"'
}

# keeper_says PROBLEM...: what its status has
keeper_says() {
	local n=$W/$NODE
	jq -n --args '{group: "files", pid: 9, namespace: {name: "lockferry-files", inode: 5}, scope: "files.192.0.2.10",
		threads: 8, daemons: [{name: "rpcbind", pid: 10, since: 1, restarts: 0, state: "running"},
		{name: "rpc.mountd", pid: 11, since: 2, restarts: 3, state: "running"}], problems: $ARGS.positional}' \
		"$@" >"$n/keeper.new"
	mv "$n/keeper.new" "$n/keeper.json"
}

@test "status: the keeper's daemons, the grace period's length and why, and the NFSv4 clients; the keeper's problems fail it" {
	mkdir -p "$W/metrics" "$W/node1/nfsd/clients/5"
	printf 'clientid: 0x1\naddress: "192.0.2.21:771"\nstatus: confirmed\nname: "Linux NFSv4.1 a"\nminor version: 1\n' \
		>"$W/node1/nfsd/clients/5/info"
	keeper_says
	served --own-server --metrics "$W/metrics"
	await status_has '.server.nfs4_clients == 1'
	status_has '.server.keeper.threads == 8 and .server.grace_seconds == 10 and .problems == []'
	status_has '.server.grace_rests_on == "no client has NFSv3 locks to reclaim"'
	status_has '.server.nfs4 == [{"address": "192.0.2.21:771", "name": "Linux NFSv4.1 a", "status": "confirmed",
		"minor_version": 1, "seconds_since_renewal": null}]'
	run_lf status --group files
	same status 0 "$status"
	says '  NFS server of its own: 8 threads, network namespace lockferry-files, scope files.192.0.2.10
  daemons: rpcbind running, rpc.mountd running (restarted: 3)
  its grace period: 10 s (no client has NFSv3 locks to reclaim)
  NFSv4 clients: 1
    NFSv4.1 client 192.0.2.21:771 '\''Linux NFSv4.1 a'\'': confirmed' "$output"
	run_lf status --group files --output-as xml
	same status 0 "$status"
	says 'Linux NFSv4.1 a' "$output"
	await grep -qx 'lockferry_nfs4_clients{group="files"} 1' "$W/metrics/lockferry-files.prom"

	keeper_says "rpc.mountd died 6 times in a minute"
	await status_has '.problems == ["rpc.mountd died 6 times in a minute"]'
	run_lf status --group files
	same status 1 "$status"
	same stderr 'lockferry: rpc.mountd died 6 times in a minute' "$stderr"
	keeper_says
	await status_has '.problems == []'
}

# disk_hangs BOOLEAN
disk_hangs() {
	status_has ".disk_hangs == $1"
}

@test "a disk that hangs is noticed though there is nothing to write: a warning, then a problem, until it answers" {
	disk_make
	mkdir -p "$W/metrics"
	keeper_says
	server_runs Y
	served --own-server --hang-timeout 8 --metrics "$W/metrics"
	address_comes
	await phase_is serving
	disk_hangs false
	freeze
	await status_has '.warnings | any(contains("has not answered for"))'
	disk_hangs false
	await disk_hangs true
	run_lf status --group files
	same status 1 "$status"
	says "the disk of group 'files' hangs, its store has not answered for" "$stderr"
	run_lf server status --group files
	same status 1 "$status"
	says "the disk of group 'files' hangs" "$stderr"
	await grep -qE '^lockferry_disk_wait_seconds\{group="files"\} ([89]|[1-9][0-9])$' "$W/metrics/lockferry-files.prom"
	thaw
	await disk_hangs false
	await status_has '.problems == []'
	await grep -qx 'lockferry_disk_wait_seconds{group="files"} 0' "$W/metrics/lockferry-files.prom"
}

@test "status: a keeper that is gone is a problem" {
	served --own-server --grace 90
	status_has '.server.grace_rests_on == "the configuration" and .server.grace_seconds == 90'
	rm "$W/node1/run/server/files.sock"
	await status_has '.problems | any(startswith("no keeper of an NFS server of its own runs for group '\''files'\''"))'
	run_lf status --group files
	same status 1 "$status"
	says '  NFS server of its own: nothing is known of it' "$output"
}
