#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The life of a group, seen from outside: the real command in its own network and mount namespace, with a real
# filesystem, addresses that come and go, clients that answer, and a kernel made of files.
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

# account_has PATTERN: a line of the store's account
account_has() {
	in_world grep -q "$1" "$STORE/account"
}

# disk_fills, disk_empties: the group's own filesystem
disk_fills() {
	# shellcheck disable=SC2016 # the inner shell's
	in_world sh -c 'head -c 8M /dev/zero >"$0/filler"' "$W/fs" || true
}

disk_empties() {
	in_world rm "$W/fs/filler"
}

# statd_starts TICKS: starts statd again; the lock manager of node_make started at 1000
statd_starts() {
	mkdir -p "$W/$NODE/proc/700"
	echo "700 (rpc.statd) S 1 700 700 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 $1 0" >"$W/$NODE/proc/700/stat"
}

# ticks_pass: at least two
ticks_pass() {
	sleep 3
}

# Refused starts

# a filesystem of its own that moves with the group is as good as that of the exports: lockferry check asks the cluster
@test "serve: the store on a small filesystem of its own beside the exports; a stop and a start find it" {
	STORE=$W/other/store
	served_with 127.0.1.1
	locked 11
	address_goes
	await phase_is frozen
	stop
	same status 0 "$status"
	same state released "$(state phase)"
	in_world grep -q ':11 ' "$STORE/locks" || in_world grep -q ' 11 ' "$STORE/locks"
	served
	address_comes
	await phase_is serving
	status_has '.clients == 1'
}

@test "serve: a store that would not move with the group" {
	local place
	server_runs N
	for place in /lockferry-of-no-group /run/lockferry-of-no-group /dev/shm/lockferry-of-no-group; do
		STORE=$place serve
		expect_refusal 2 'not on a filesystem of the group'
		in_world test ! -e "$place"
	done
	run_lf serve --daemon --group files --node node1 --store /dev/shm/lockferry-of-no-group --ip "$ADDRESS" \
		--sm-dir "$W/node1/sm"
	expect_refusal 2 'which does not move with the group'
	run_lf serve --daemon --group files --node node1 --store /lockferry-of-no-group --ip "$ADDRESS" \
		--sm-dir "$W/node1/sm"
	expect_refusal 2 'is on the root filesystem'
	STORE=$W/not/there serve
	expect_refusal 5 "there is no '$W/not'"
	STORE=relative/store serve
	expect_refusal 64 'absolute'
	in_world umount "$W/fs"
	# the mount point's own filesystem has no exports on it
	run_lf serve --daemon --group files --node node1 --store "$STORE" --ip "$ADDRESS" --export "$W/other" \
		--sm-dir "$W/node1/sm"
	expect_refusal 2 'mount the group'
	same 'on the mount point' '' "$(ls -A "$W/fs")"
	run_lf status
	same status 7 "$status"
}

@test "serve: invalid addresses, and directories that do not exist" {
	local bad
	for bad in '' nowhere 192.0.2.10/24 2001:db8::x 192.0.2.10,192.0.2.10; do
		ADDRESS=$bad serve
		expect_refusal 64 address
	done
	run_lf serve --daemon --group files --store "$STORE" --ip "$ADDRESS" --sm-dir "$W/no-sm"
	expect_refusal 5 "'$W/no-sm'"
	serve --export "$W/no-export"
	expect_refusal 5 "'$W/no-export'"
	in_world test ! -e "$STORE"
}

@test "serve: a store of another group, another kind or another version" {
	served_with 10.99.0.21
	address_goes
	stop
	serve --group blue
	expect_refusal 6 "belongs to group 'files'"
	serve --backend sqlite
	expect_refusal 2 "is of kind 'files'"
	in_world sed -i s/^format=1/format=2/ "$STORE/state"
	serve
	expect_refusal 5 'format 2'
	stop
	same status 1 "$status"
	says 'format 2' "$stderr"
	run_lf status
	same status 7 "$status"
}

@test "serve: a second process of the group" {
	served_with
	serve
	expect_refusal 1 "group 'files' is served already, by process"
	phase_is serving
	# not with a socket elsewhere either
	mkdir "$W/run2"
	RUN_DIR=$W/run2 serve
	expect_refusal 1 'another process is writing'
	phase_is serving
}

@test "serve: clients, but no grace" {
	served_with 127.0.1.1
	moved_to_node2
	server_runs Y
	in_world cat "$STORE/state" >"$W/state-before"
	in_world cat "$STORE/account" >"$W/account-before"
	serve --grace running
	expect_refusal 1 '1 client must reclaim locks, but the lock manager is not in its grace period'
	server_stops
	serve
	expect_refusal 1 'the NFS server is not running'
	same state "$(<"$W/state-before")" "$(in_world cat "$STORE/state")"
	same account "$(<"$W/account-before")" "$(in_world cat "$STORE/account")"
	same 'records here' '' "$(ls "$W/node2/sm")"
	run_lf status
	same status 7 "$status"
}

@test "serve: an owner that may be alive" {
	served_with 127.0.1.1
	local number
	number=$(state state_number)
	NODE=node2
	node_make
	server_runs N
	NODE=node1 crash
	serve
	expect_refusal 1 "belongs to node 'node1' (phase serving)"
	same node node1 "$(state node)"
	served --require-fencing no
	same node node2 "$(state node)"
	same 'state number' $((number + 2)) "$(state state_number)"
}

# The phases

# is_stored NAME VALUE: in the state of the store
is_stored() {
	[ "$(state "$1")" = "$2" ]
}

@test "armed, serving, frozen, serving again, frozen, released" {
	clients_live
	served_with 127.0.1.1
	local number
	number=$(state state_number)
	status_has '.clients == 1 and .addresses == [{"address": "192.0.2.10", "here": true}] and .problems == []'
	same state serving "$(state phase)"

	address_goes
	await phase_is frozen
	# statd's last records, when nobody can reach us any more; logged when they are stored
	is_stored phase frozen
	in_world test -f "$STORE/locks"

	address_comes
	await phase_is serving
	same 'state number' "$number" "$(state state_number)"
	same heard '' "$(heard)"

	address_goes
	await phase_is frozen
	stop
	expect 0 "group 'files' is stopped"
	same state released "$(state phase)"
	same 'state number' "$number" "$(state state_number)"
	same heard '' "$(heard)"
	run_lf status --group files
	same status 7 "$status"
	# a second stop succeeds
	stop
	expect 0 "group 'files' was not served here"
	same state released "$(state phase)"
}

@test "an address that comes before the process" {
	server_runs Y
	address_comes
	served
	await phase_is serving
}

@test "records are stored as they come, even without the address" {
	served_before
	served_with 127.0.1.1
	monitored 127.0.1.2
	await in_world cmp "$W/node1/sm/127.0.1.2" "$STORE/sm/127.0.1.2"
	await status_has '.clients == 2'
	mv "$W/node1/sm/127.0.1.2" "$W/node1/sm/.127.0.1.2.new"
	mv "$W/node1/sm/.127.0.1.2.new" "$W/node1/sm/127.0.1.3"
	await in_world test -f "$STORE/sm/127.0.1.3"
	address_goes
	await phase_is frozen
	monitored 127.0.1.4
	await in_world test -f "$STORE/sm/127.0.1.4"
	ln -s /etc/passwd "$W/node1/sm/link"
	printf 'rubbish\n' >"$W/node1/sm/rubbish"
	await status_has '.warnings != []'
	in_world test ! -e "$STORE/sm/rubbish"
	run_lf status --group files
	same status 0 "$status"
	says 'warning: ' "$output"
	# it stays as long as the file exists, even if other records come
	monitored 127.0.1.5
	await in_world test -f "$STORE/sm/127.0.1.5"
	rm "$W/node1/sm/link"
	status_has '.warnings != []'
	rm "$W/node1/sm/rubbish"
	await status_has '.warnings == []'
}

@test "status: text, JSON, XML, of one and of all" {
	served_with 127.0.1.1
	run_lf status --group files
	same status 0 "$status"
	same stderr '' "$stderr"
	same head "group 'files' on node 'node1': serving, 1 client" "${lines[0]}"
	same addresses "  addresses: $ADDRESS (here)" "${lines[1]}"
	run_lf status --output-as json
	same status 0 "$status"
	holds '.groups | length == 1'
	holds '.groups[0] | .group == "files" and .phase == "serving" and .epoch == 1 and .recorded == 1'
	run_lf status --output-as xml
	same phase serving "$(xmllint --xpath 'string(/lockferry/groups/item/phase)' - <<<"$output")"
}

@test "status: what new locks wait for, also while serving, and if it is unknown" {
	served_before
	server_runs N
	echo N >"$W/node1/nfsd/v4_end_grace"
	grace_periods 30.25 90 120
	served
	address_comes
	await phase_is serving
	run_lf status --group files
	same status 0 "$status"
	same waits '  new locks wait: grace period of lockd runs for 69 s at most, of NFSv4 runs for 99 s at most' "${lines[3]}"
	status_has '.grace == {"lockd": {"state": "runs", "seconds_left": 69},
		"nfsv4": {"state": "runs", "seconds_left": 99}, "new_locks_wait": true}'
	run_lf status --output-as xml
	same nfsv4 99 "$(xmllint --xpath 'string(/lockferry/groups/item/grace/nfsv4/seconds_left)' - <<<"$output")"

	# nfsd was restarted later than the lock manager, which an NFSv3 mount kept running
	mkdir "$W/node1/proc/88"
	echo "88 (nfsd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 2000 0" >"$W/node1/proc/88/stat"
	status_has '.grace.nfsv4.seconds_left == 109'

	# one is over, and the length of the other one is unknown
	server_runs Y
	rm "$W/node1/nfsd/nfsv4gracetime"
	status_has '.grace == {"lockd": {"state": "over", "seconds_left": 0},
		"nfsv4": {"state": "runs", "seconds_left": null}, "new_locks_wait": true}'
	run_lf status --group files
	same waits '  new locks wait: grace period of lockd over, of NFSv4 runs for an unknown time' "${lines[3]}"

	echo Y >"$W/node1/nfsd/v4_end_grace"
	status_has '.grace.new_locks_wait == false'
	run_lf status --group files
	same 'no word' '' "$(grep 'new locks' <<<"$output" || true)"

	rm "$W/node1/nfsd/v4_end_grace"
	status_has '.grace.nfsv4 == {"state": "unknown", "seconds_left": null} and .grace.new_locks_wait == null'
	run_lf status --group files
	same waits '  new locks may wait: grace period of lockd over, of NFSv4 unknown' "${lines[3]}"
	server_stops
	status_has '.grace.lockd.state == "no server" and .grace.new_locks_wait == null'
}

@test "many clients that do not answer: the log names ten of them, and counts the others" {
	clients_live 127.4.4.{1..12}
	served_with 127.4.4.{1..12}
	released_by_node1
	node2_begins
	served_in_foreground
	await phase_is armed
	address_comes
	await status_has '.unreachable == 12'
	server_runs Y
	await status_has '.lost == 12'
	same silent 10 "$(grep -c "client '127.4.4.[0-9]*' does not answer, and is told again" "$W/log")"
	same 'more of them' 1 "$(grep -c 'more than 10 clients do not answer, and are told again' "$W/log")"
	same lost 10 "$(grep -c "client '127.4.4.[0-9]*' did not answer before the grace period ended" "$W/log")"
	same 'more lost' 1 "$(grep -c ' 2 more clients did not answer before the grace period ended' "$W/log")"
}

@test "many new clients at once are a warning; those that statd had before the start are not" {
	local i
	in_world mount -o remount,size=16m "$W/fs"
	served_before
	for ((i = 0; i < 601; i++)); do
		monitored "127.1.$((i / 250)).$((i % 250 + 1))"
	done
	served
	address_comes
	await phase_is serving
	status_has '.clients == 601 and .warnings == []'
	for ((i = 0; i < 601; i++)); do
		monitored "127.2.$((i / 250)).$((i % 250 + 1))"
	done
	await status_has '.clients == 1202'
	await status_has '.warnings | any(contains("601 new clients came within a minute"))'
}

@test "status: in brief, and degraded" {
	served_before
	served_with 127.0.1.1
	run_lf status --group files --brief --degraded
	expect 0 'serving, 1 client'
	run_lf status --brief
	expect 0 'files: serving, 1 client'
	printf 'rubbish\n' >"$W/node1/sm/rubbish"
	await status_has '.warnings | length == 1'
	run_lf status --group files --brief
	expect 0 'serving, 1 client, 1 warning'
	run_lf status --group files --brief --degraded
	same status 190 "$status"
	same stdout 'serving, 1 client, 1 warning' "$output"
	says "'rubbish' is not a file of statd and was ignored" "$stderr"
	run_lf status --degraded
	same status 190 "$status"
	# a problem is more severe than any warning, although its number is smaller, and gives the reason
	disk_fills
	monitored 127.0.1.2
	await status_has '.problems != []'
	run_lf status --group files --brief --degraded
	same status 1 "$status"
	says "cannot" "$stderr"
	run_lf status --degraded
	same status 1 "$status"
	NODE=node2
	node_make
	mkdir -p "$W/node2/run"
	run_lf status --degraded
	same status 7 "$status"
}

# Metrics

# metrics_are_good FILE: at least as strict as the parsers of Prometheus' text format: each metric once, HELP and TYPE
# before its samples, no sample twice, no time, histograms that add up.
metrics_are_good() {
	awk '
		function bad(what) { printf "line %d: %s: %s\n", NR, what, $0; failed = 1 }
		$1 == "#" && $2 == "HELP" && NF > 3 { if ($3 in help) bad("again"); help[$3] = 1; name = $3; type = ""; next }
		$1 == "#" && $2 == "TYPE" && NF == 4 {
			if ($3 != name || type != "") bad("out of place")
			type = $4
			if (type !~ /^(counter|gauge|histogram)$/) bad("type")
			if ((type == "counter") != (name ~ /_total$/)) bad("name of a counter")
			next
		}
		$1 == "#" && $2 == "UNIT" && NF == 4 { if ($3 != name || name !~ "_" $4 "$") bad("unit"); next }
		/^#/ { bad("comment"); next }
		!/^[a-z_]+\{[a-z]+="([^"\\]|\\[\\n"])*"(,[a-z]+="([^"\\]|\\[\\n"])*")*\} [0-9.e+-]+$/ { bad("no sample"); next }
		{
			base = $0
			sub(/\{.*/, "", base)
			if ($1 in seen) bad("again")
			seen[$1] = 1
			if (type == "histogram") {
				if (base !~ "^" name "_(bucket|sum|count)$") bad("of another metric")
				if (base ~ /_bucket$/) { if ($NF < last) bad("not cumulative"); last = $NF; inf = /le="\+Inf"/ }
				if (base ~ /_count$/ && (!inf || $NF != last)) bad("count")
			} else if (type == "" || base != name)
				bad("of another metric")
		}
		END { exit failed || NR == 0 }' "$1" || return
	same 'last byte' '\n' "$(tail -c 1 "$1" | od -An -c | tr -d ' ')"
}

# metric NAME-AND-LABELS: its value
metric() {
	awk -v name="$1" '$1 == name { print $2 }' "$W/metrics/lockferry-files.prom"
}

metric_is() {
	[ "$(metric "$1")" = "$2" ]
}

@test "metrics: their values during a recovery; written atomically, removed by a stop" {
	local file=$W/metrics/lockferry-files.prom reader
	mkdir "$W/metrics"
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.4.4.4
	moved_to_node2
	served --metrics "$W/metrics"
	await metric_is 'lockferry_phase{group="files",phase="armed"}' 1
	metrics_are_good "$file"
	same mode 644 "$(stat -c %a "$file")"
	# a reader never gets a part of the file
	(
		trap - DEBUG ERR
		while sleep 0.01; do
			tail -n 1 "$file" | grep -q '^lockferry_epoch{group="files"} [0-9]*$' || echo torn
		done
	) >"$W/torn" 2>&1 3>&- &
	reader=$!
	pids+=("$reader")

	address_comes
	await metric_is 'lockferry_phase{group="files",phase="reclaiming"}' 1
	await metric_is 'lockferry_clients{group="files",recovery="acknowledged"}' 1
	same began "$(lf status --group files --output-as json | jq .recovery_began)" \
		"$(metric 'lockferry_recovery_start_time_seconds{group="files"}')"
	same recoveries 1 "$(metric 'lockferry_recoveries_total{group="files"}')"
	{ record 127.0.1.1 && record_again 127.0.1.1; } >"$W/node2/sm/.127.0.1.1.new"
	mv "$W/node2/sm/.127.0.1.1.new" "$W/node2/sm/127.0.1.1"
	await metric_is 'lockferry_clients{group="files",recovery="reclaimed"}' 1
	run_lf status --group files --brief
	same brief 'reclaiming, 1 of 2 clients back' "${output%%, ? warnings}"
	same degraded 0 "$(metric 'lockferry_problem{group="files"}')"

	server_runs Y
	await metric_is 'lockferry_phase{group="files",phase="serving"}' 1
	same phases 1 "$(awk '/^lockferry_phase/ { sum += $2 } END { print sum }' "$file")"
	same lost 1 "$(metric 'lockferry_clients{group="files",recovery="lost"}')"
	same degraded 1 "$(metric 'lockferry_degraded{group="files"}')"
	LOCKFERRY_RUNDIR=$W/node2/run in_world "$BUILD/lockferry-callout" add-client 127.0.1.1 node1
	await metric_is 'lockferry_record_latency_seconds_count{group="files"}' 1
	metrics_are_good "$file"
	kill "$reader"
	same torn '' "$(<"$W/torn")"

	address_goes
	stop
	same status 0 "$status"
	same left '' "$(ls -A "$W/metrics")"
}

@test "metrics: a directory that cannot be written is only a warning" {
	served_before
	server_runs Y
	served --metrics "$W/metrics"
	address_comes
	await phase_is serving
	await status_has '.warnings | any(contains("metrics") and contains("No such file or directory"))'
	run_lf status --group files
	same status 0 "$status"
	mkdir "$W/metrics"
	await status_has '.warnings == []'
	metrics_are_good "$W/metrics/lockferry-files.prom"
}

@test "status: a process that hangs is 124, and stop kills it" {
	served_with 127.0.1.1
	kill -STOP "$(<"$W/node1/run/files.lock")"
	run_lf status --group files --timeout 1
	expect_refusal 124 'did not answer within 1000 ms'
	run_lf status --timeout 1
	same status 124 "$status"
	address_goes
	stop --timeout 4
	same status 0 "$status"
	says 'killing it' "$stderr"
	same state released "$(state phase)"
}

# Stopping

@test "stop: if the address is still here, the group is not released, and a message says so" {
	served_with 127.0.1.1
	stop
	same status 0 "$status"
	says 'stopped but not released, because its address is still on this node' "$stderr"
	same state serving "$(state phase)"
	NODE=node2
	node_make
	server_runs N
	serve
	expect_refusal 1 "belongs to node 'node1'"
}

@test "stop --migrate: continues to serve while the address is here, then hands over" {
	served_with 127.0.1.1
	stop --migrate
	expect_refusal 1 "group 'files' cannot migrate while its address is on this node"
	same state serving "$(state phase)"
	address_goes
	await phase_is frozen
	stop --migrate
	same status 0 "$status"
	same state released "$(state phase)"
	same unlocked '' "$(<"$W/node1/nfsd/unlock_filesystem")"
	NODE=node2
	node_make
	server_runs N
	serve
	same status 0 "$status"
	NODE=node1
	stop
	same status 0 "$status"
	same 'unlocked once it has left' "$W/fs" "$(<"$W/node1/nfsd/unlock_filesystem")"
}

@test "stop: a signal does the same" {
	served_with 127.0.1.1
	address_goes
	kill -TERM "$(<"$W/node1/run/files.lock")"
	await is_gone
	same state released "$(state phase)"
}

@test "stop: drops the locks if asked to, and only when the address is gone" {
	server_runs Y
	serve --unlock-on-stop
	address_comes
	await phase_is serving
	stop --unlock-on-stop
	same unlocked '' "$(<"$W/node1/nfsd/unlock_filesystem")"
	address_goes
	stop --unlock-on-stop
	same status 0 "$status"
	same unlocked "$W/fs" "$(<"$W/node1/nfsd/unlock_filesystem")"
	same state released "$(state phase)"
}

@test "stop: a process that is killed while it is asked" {
	served_with 127.0.1.1
	address_goes
	await phase_is frozen
	kill -STOP "$(<"$W/node1/run/files.lock")"
	lf stop --group files --store "$STORE" --ip "$ADDRESS" --export "$W/fs" --sm-dir "$W/node1/sm" \
		>"$W/out" 2>"$W/err" 3>&- &
	local stopper=$!
	pids+=("$stopper")
	await is_asked
	kill -KILL "$(<"$W/node1/run/files.lock")"
	wait "$stopper"
	says "group 'files'" "$(<"$W/out")"
	same state released "$(state phase)"
}

# is_asked: two sockets, the listening one, and one that waits to be accepted
is_asked() {
	[ "$(in_world grep -c "$W/node1/run/files.sock" /proc/net/unix)" -eq 2 ]
}

@test "stop: it fails if the disk cannot be written, and succeeds when it can again" {
	served_with 127.0.1.1
	disk_fills
	address_goes
	await status_has '.problems != []'
	run_lf status --group files
	same status 1 "$status"
	says 'No space left on device' "$stderr"
	stop --timeout 5
	same status 1 "$status"
	says 'cannot hand over group' "$stderr"
	same state serving "$(state phase)"
	disk_empties
	stop
	same status 0 "$status"
	same state released "$(state phase)"
}

@test "records that cannot be stored wait, status says so, and they are stored later" {
	served_with 127.0.1.1
	disk_fills
	monitored 127.0.1.2
	await status_has '.problems != []'
	disk_empties
	await in_world test -f "$STORE/sm/127.0.1.2"
	await status_has '.problems == []'
	run_lf status --group files
	same status 0 "$status"
}

# A process that dies

@test "kill -9: status says 7, and serve continues without notifying the clients" {
	clients_live
	served_with 127.0.1.1
	local number
	number=$(state state_number)
	crash
	run_lf status --group files
	same status 7 "$status"
	run_lf status
	same status 7 "$status"
	monitored 127.0.1.2
	served
	await phase_is serving
	status_has '.clients == 2'
	same 'state number' "$number" "$(state state_number)"
	same epoch 1 "$(state epoch)"
	same heard '' "$(heard)"
}

@test "kill -9: stop completes the handover" {
	served_with 127.0.1.1
	crash
	monitored 127.0.1.2
	stop
	same status 0 "$status"
	says 'not released' "$stderr"
	same state serving "$(state phase)"
	in_world test -f "$STORE/sm/127.0.1.2"
	address_goes
	stop
	expect 0 "group 'files' was not served here"
	same state released "$(state phase)"

	# without the store, nothing can be completed
	in_world umount "$W/fs"
	stop
	expect 0 "group 'files' was not served here"
	same 'on the mount point' '' "$(ls -A "$W/fs")"
}

@test "kill -9 and restarted after a clean stop with no lock held" {
	served_with 127.0.1.1
	local number
	number=$(state state_number)
	address_goes
	await phase_is frozen
	stop
	served
	same 'state number' "$number" "$(state state_number)"
}

@test "locks that were dropped since the stop: the clients must reclaim" {
	served_with 127.0.1.1
	local number
	number=$(state state_number)
	in_world stat -c '1: POSIX  ADVISORY  WRITE 77 %Hd:%Ld:%i 0 EOF' "$STORE/state" |
		awk '{ split($6, d, ":"); $6 = sprintf("%02x:%02x:%d", d[1], d[2], d[3]); print }' >"$W/node1/proc/locks"
	address_goes
	await phase_is frozen
	stop
	same locks 1 "$(in_world grep -c WRITE "$STORE/locks")"
	: >"$W/node1/proc/locks"
	serve --grace running
	expect_refusal 1 'in its grace period'
	server_runs N
	served
	same 'state number' $((number + 2)) "$(state state_number)"
	status_has .recovery_due
}

# Recovery

@test "a move: clients are told when the address is here, from it, by every name, and grace ends it" {
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.0.1.2 127.4.4.4
	local number
	number=$(($(state state_number) + 2))
	moved_to_node2
	served --name nfs1 --name nfs1.example.com
	phase_is armed
	same 'state number' "$number" "$(state state_number)"
	same 'records here' '127.0.1.1 127.0.1.2 127.4.4.4' "$(cd "$W/node2/sm" && echo *)"
	same heard '' "$(heard)"

	address_comes
	await phase_is reclaiming
	await status_has '.acknowledged == 2'
	same heard "$(for client in 127.0.1.1 127.0.1.2; do
		for name in "$ADDRESS" nfs1 nfs1.example.com; do
			echo "$client heard $name $number from $ADDRESS"
		done
	done | sort)" "$(heard)"

	# one comes back: statd adds a line for its new lock
	{ record 127.0.1.1 && record_again 127.0.1.1; } >"$W/node2/sm/.127.0.1.1.new"
	mv "$W/node2/sm/.127.0.1.1.new" "$W/node2/sm/127.0.1.1"
	await status_has '.reclaimed == 1'

	server_runs Y
	await phase_is serving
	status_has '.reclaimed == 1 and .acknowledged == 1 and .lost == 1 and .recovery_due == false'
	status_has '.warnings | map(select(contains("127.4.4.4") and contains("lost its locks"))) | length == 1'
	run_lf status --group files
	same status 0 "$status"
	says "client '127.4.4.4' lost its locks" "$output"
	says 'of the clients: 1 reclaimed, 1 acknowledged, 0 told, 0 unreachable, 1 lost' "$output"
	says 'the last client was told after 0.' "$output"
	status_has '.recovery_seconds | .told <= .acknowledged and .acknowledged <= .reclaimed and .reclaimed > 0'
	await account_has '127.4.4.4 .* lost'
	run_lf list --store "$STORE" --output-as json
	holds '[.clients[].recovery] == ["reclaimed", "acknowledged", "lost"]'
}

@test "a client by its host name is told at its address in /etc/hosts; without one it is named before a failover" {
	clients_live
	cp /etc/hosts "$W/hosts"
	in_world mount --bind "$W/hosts" /etc/hosts
	served_with client1.example.com 2001:db8::1 127.0.1.1
	untold() { # REGEX
		status_has "[.warnings[] | select(contains(\"cannot be told to reclaim after a failover\"))] | length == 1 and (.[0] | test(\"$1\"))"
	}
	untold "lose their locks: '2001:db8::1', 'client1.example.com': add"
	echo '127.0.1.2 client1.example.com' >>"$W/hosts"
	await untold "lose their locks: '2001:db8::1': add"
	monitored client2.example.com
	await untold "lose their locks: '2001:db8::1', 'client2.example.com': add"
	moved_to_node2
	served
	untold "lose their locks: '2001:db8::1', 'client2.example.com': add"
	address_comes
	await status_has '.acknowledged == 2'
	says "127.0.1.2 heard $ADDRESS" "$(heard)"
}

@test "a crash in the recovery: it continues with the same number, for the clients that have not answered" {
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.4.4.4
	moved_to_node2
	serve
	address_comes
	await status_has '.acknowledged == 1 and .told == 0'
	local number
	number=$(state state_number)
	await account_has '127.0.1.1 .* acknowledged'
	crash
	served
	await phase_is reclaiming
	same 'state number' "$number" "$(state state_number)"
	server_runs Y
	await phase_is serving
	status_has '.acknowledged == 1 and .lost == 1'
	same heard "127.0.1.1 heard $ADDRESS $number from $ADDRESS" "$(heard)"
}

@test "a crash in the recovery of a group with two addresses: answers and lookups at one of them count" {
	local second=192.0.2.20 number
	answered() { # CLIENT ADDRESSES ASKED
		in_world grep -qx "$1 $2 $3" "$STORE/answers"
	}
	clients_live 127.4.4.4 127.4.4.5
	served_with 127.0.1.1 127.0.1.2 127.4.4.4 127.4.4.5
	moved_to_node2
	served --ip "$second"
	address_comes
	await phase_is reclaiming
	monitored 127.4.4.5
	await answered 127.0.1.1 "$ADDRESS" -
	await answered 127.0.1.2 "$ADDRESS" -
	await answered 127.4.4.5 - reclaimed
	number=$(state state_number)
	same heading "lockferry answers 1 $number 3" "$(in_world head -n 1 "$STORE/answers")"
	crash

	# one address goes away before the client is told from the other one
	kill "${pids[-1]}"
	wait "${pids[-1]}" || true
	clients_live 127.0.1.2 127.4.4.4 127.4.4.5
	in_world ip address add "$second/32" dev lo
	served --ip "$second"
	await status_has '.acknowledged == 1'
	server_runs Y
	await phase_is serving
	# who asked for a lock, and answered nowhere, may have asked for a new one
	status_has '.acknowledged == 1 and .told == 1 and .reclaimed == 0 and .lost == 2'
	same heard "127.0.1.1 heard $second $number from $second" "$(heard)"
}

@test "a crash in the recovery, and grace is over: if all were told, no other grace period is needed" {
	clients_live
	served_with 127.0.1.1
	moved_to_node2
	serve
	address_comes
	await account_has '127.0.1.1 .* acknowledged'
	crash
	server_runs Y
	served
	await phase_is serving
	status_has '.problems == [] and .recovery_due == false'
}

@test "the address disappears for a moment in the recovery: no client is forgotten" {
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.4.4.4
	moved_to_node2
	serve
	address_comes
	await status_has '.acknowledged == 1'
	address_goes
	await phase_is frozen
	address_comes
	await phase_is reclaiming
	server_runs Y
	await phase_is serving
	status_has '.acknowledged == 1 and .lost == 1'
}

@test "lockd is restarted under a group that is served: all clients are told, with a new number" {
	clients_live
	served_with 127.0.1.1
	local number
	number=$(state state_number)
	server_runs N
	lockd_starts 2000
	await phase_is reclaiming
	await status_has '.acknowledged == 1'
	same heard "127.0.1.1 heard $ADDRESS $((number + 2)) from $ADDRESS" "$(heard)"
	server_runs Y
	await phase_is serving
	same epoch 2 "$(state epoch)"
}

@test "a move to a node that serves others: its lock manager is restarted, and they recover" {
	local number ours=$STORE
	clients_live
	served_with 127.0.1.1
	number=$(state state_number)
	moved_to_node2
	rpc_nfsd_starts_lockd
	server_runs Y
	STORE=$W/fs/.other
	monitored 127.0.1.2
	run_lf serve --daemon --timeout 30 --group other --node node2 --store "$STORE" --ip 192.0.2.11 \
		--export "$W/fs" --sm-dir "$W/node2/sm"
	same status 0 "$status"
	in_world ip address add 192.0.2.11/32 dev lo
	await other_is serving

	STORE=$ours
	served
	same 'rpc.nfsd' '--nfs-version 3 --no-nfs-version 4.2 --no-udp --tcp --port 2049 8' "$(<"$W/node2/starts")"
	says 'the lock manager of this node was restarted, so that 1 client of group' "$stderr"
	address_comes
	await status_has '.phase == "reclaiming" and .acknowledged == 2'
	same 'state number' $((number + 2)) "$(state state_number)"
	await other_is reclaiming
	await eval 'heard | grep -q "127.0.1.2 heard 192.0.2.11 .* from 192.0.2.11"'
	same 'restarts' 1 "$(wc -l <"$W/node2/starts")"
	in_world "$LOCKFERRY" stop --group other --run-dir "$W/node2/run" --timeout 10
}

other_is() {
	status_of other ".phase == \"$1\""
}

@test "a process is killed while the NFS server is stopped: the next one starts the server as it was" {
	local words='--nfs-version 3 --no-nfs-version 4.2 --no-udp --tcp --port 2049 8'
	served_with 127.0.1.1
	moved_to_node2
	rpc_nfsd_starts_lockd
	server_runs Y
	mv "$W/node2/rpc.nfsd" "$W/node2/rpc.nfsd.good"
	# shellcheck disable=SC2016 # for the program
	printf '#!/bin/sh\nkill -9 $PPID\n' >"$W/node2/rpc.nfsd"
	chmod 755 "$W/node2/rpc.nfsd"
	serve
	same status 1 "$status"
	same threads 0 "$(<"$W/node2/nfsd/threads")"
	same owner node1 "$(state node)"
	# the kernel forgets the ports of a server that is stopped
	: >"$W/node2/nfsd/portlist"

	mv "$W/node2/rpc.nfsd.good" "$W/node2/rpc.nfsd"
	served
	same 'rpc.nfsd' "$words" "$(<"$W/node2/starts")"
	same threads 8 "$(<"$W/node2/nfsd/threads")"
	says 'the NFS server was started again' "$stderr"
	[ ! -e "$W/node2/run/.restart" ]
	address_comes
	await phase_is reclaiming
}

@test "a move to a node whose lock manager cannot be restarted: nothing is done, and the reason is given" {
	served_with 127.0.1.1
	moved_to_node2
	rpc_nfsd_starts_lockd
	server_runs Y
	echo '192.0.2.9:/x /mnt nfs rw,vers=3 0 0' >"$W/node2/proc/mounts"
	serve
	expect_refusal 1 "unmount it, or mount it with 'nolock' or as NFSv4"
	same threads 8 "$(<"$W/node2/nfsd/threads")"
	: >"$W/node2/proc/mounts"
	address_comes
	serve
	expect_refusal 1 "the group's address is on this node already"
	same node node1 "$(state node)"
}

@test "lockd is restarted, but not in grace: a problem until it is" {
	clients_live
	served_with 127.0.1.1
	lockd_starts 2000
	await status_has '.problems != []'
	run_lf status --group files
	same status 1 "$status"
	says 'grace period' "$stderr"
	same heard '' "$(heard)"
	server_runs N
	await status_has '.problems == [] and .acknowledged == 1'
}

@test "another node has taken over: the process ends, and leaves the store alone" {
	served_with 127.0.1.1
	in_world sed -i 's/^node=.*/node=node2/; s/^epoch=.*/epoch=2/' "$STORE/state"
	await is_gone
	same node node2 "$(state node)"
}

# A store in a database

@test "the same with a sqlite store: a crash, a move, and what the clients receive" {
	clients_live
	server_runs Y
	monitored 127.0.1.1
	served --backend sqlite
	address_comes
	await phase_is serving
	monitored 127.0.1.2
	await status_has '.clients == 2'
	local number
	number=$(state state_number)
	crash
	served
	await phase_is serving
	status_has '.clients == 2'
	same 'state number' "$number" "$(state state_number)"
	moved_to_node2
	served
	same 'records here' '127.0.1.1 127.0.1.2' "$(cd "$W/node2/sm" && echo *)"
	# recorded with this node's name, as statd here would write it
	same 'record here' "$(record 127.0.1.2)" "$(<"$W/node2/sm/127.0.1.2")"
	address_comes
	await status_has '.acknowledged == 2'
	same heard "$(for client in 127.0.1.1 127.0.1.2; do
		echo "$client heard $ADDRESS $((number + 2)) from $ADDRESS"
	done)" "$(heard)"
}

# Deletions

@test "a record leaves the store when statd dropped it while the group was served, and not before" {
	statd_starts 900
	server_runs Y
	monitored 127.0.1.1 127.0.1.2
	served --deletion-delay 0
	rm "$W/node1/sm/127.0.1.1"
	# armed, not served
	await status_has '.clients == 2'
	in_world test -f "$STORE/sm/127.0.1.1"
	address_comes
	await in_world test ! -e "$STORE/sm/127.0.1.1"
	await status_has '.clients == 1'
	in_world test -f "$STORE/sm/127.0.1.2"
}

@test "a client that is told and does not come back: its record leaves statd's directory, and then the store" {
	clients_live 127.4.4.4
	served_with 127.0.1.1 127.0.1.2 127.4.4.4
	moved_to_node2
	statd_starts 900
	# statd's own record; its client has a lock by now, in another group
	monitored 127.0.1.3
	served --deletion-delay 0
	address_comes
	await status_has '.acknowledged == 3'
	# one comes back
	{ record 127.0.1.1 && record_again 127.0.1.1; } >"$W/node2/sm/.127.0.1.1.new"
	mv "$W/node2/sm/.127.0.1.1.new" "$W/node2/sm/127.0.1.1"
	await status_has '.reclaimed == 1'
	ticks_pass
	same 'records in grace' '127.0.1.1 127.0.1.2 127.0.1.3 127.4.4.4' "$(cd "$W/node2/sm" && echo *)"

	server_runs Y
	await test ! -e "$W/node2/sm/127.4.4.4"
	await in_world test ! -e "$STORE/sm/127.0.1.2"
	ticks_pass
	same 'records here' '127.0.1.1 127.0.1.3' "$(cd "$W/node2/sm" && echo *)"
	same 'records in the store' '127.0.1.1 127.0.1.3 127.4.4.4' "$(in_world ls "$STORE/sm" | xargs)"

	# a lost client is reported, by the next process too, until it comes back
	status_has '.clients == 3 and .reclaimed == 1 and .acknowledged == 1 and .lost == 1'
	await account_has '127.4.4.4 .* lost'
	crash
	served --deletion-delay 0
	await phase_is serving
	ticks_pass
	status_has '.warnings | map(select(contains("127.4.4.4") and contains("lost its locks"))) | length == 1'
	record_again 127.4.4.4 >"$W/node2/sm/127.4.4.4"
	await status_has '.lost == 0 and .warnings == []'
	ticks_pass
	test -e "$W/node2/sm/127.4.4.4"
}

@test "records of clients that do not come back stay if statd started after the lock manager, or does not run" {
	clients_live
	served_with 127.0.1.1
	moved_to_node2
	statd_starts 1001
	served --deletion-delay 0
	address_comes
	await status_has '.acknowledged == 1'
	server_runs Y
	await phase_is serving
	ticks_pass
	test -e "$W/node2/sm/127.0.1.1"
	rm -r "$W/node2/proc/700"
	ticks_pass
	test -e "$W/node2/sm/127.0.1.1"
	# no matter who wrote it
	crash
	statd_starts 900
	served --deletion-delay 0
	await test ! -e "$W/node2/sm/127.0.1.1"
}

@test "a record stays while a grace period runs, even one for another group" {
	statd_starts 900
	server_runs Y
	monitored 127.0.1.1 127.0.1.2
	served --deletion-delay 0
	address_comes
	await phase_is serving
	echo N >"$W/node1/lockd/nlm_end_grace"
	rm "$W/node1/sm/127.0.1.1"
	ticks_pass
	in_world test -f "$STORE/sm/127.0.1.1"
	server_runs Y
	await in_world test ! -e "$STORE/sm/127.0.1.1"
	in_world test -f "$STORE/sm/127.0.1.2"
}

@test "a record stays if no statd runs that could have dropped it" {
	server_runs Y
	monitored 127.0.1.1 127.0.1.2
	serve --deletion-delay 0
	address_comes
	await phase_is serving
	rm "$W/node1/sm/127.0.1.1"
	# stored after the deletion was noticed; then a tick or two
	monitored 127.0.1.3
	await in_world test -f "$STORE/sm/127.0.1.3"
	local asked=0
	two_more_ticks() {
		sleep 1
		[ $((asked += 1)) -gt 2 ]
	}
	await two_more_ticks
	in_world test -f "$STORE/sm/127.0.1.1"
}

# The callout

@test "callout: when it returns, the record is in the store" {
	served_with
	local client
	for client in 127.0.1.{1..5}; do
		monitored "$client"
		LOCKFERRY_RUNDIR=$W/node1/run run --separate-stderr in_world "$BUILD/lockferry-callout" add-client \
			"$client" node1
		expect 0
		in_world cmp "$W/node1/sm/$client" "$STORE/sm/$client"
	done
	status_has '.callouts == 5'
}

@test "callout: if the disk cannot be written, it waits for the timeout and fails, and status says so" {
	server_runs Y
	serve --record-timeout 1
	address_comes
	await phase_is serving
	disk_fills
	monitored 127.0.1.1
	LOCKFERRY_RUNDIR=$W/node1/run run --separate-stderr in_world "$BUILD/lockferry-callout" add-client 127.0.1.1 node1
	same status 1 "$status"
	status_has '.warnings | map(select(contains("127.0.1.1"))) | length > 0'
	disk_empties
	await in_world test -f "$STORE/sm/127.0.1.1"
}

# first_lock CLIENT: statd has a new client, and runs the callout for it
first_lock() {
	monitored "$1"
	LOCKFERRY_RUNDIR=$W/node1/run run --separate-stderr in_world "$BUILD/lockferry-callout" add-client "$1" node1
}

@test "callout: on a disk that does not answer, one client waits, and the next ones do not" {
	local client callout ended callouts=()
	served_before
	serve --record-timeout 3
	address_comes
	await phase_is serving
	disk_fills
	first_lock 127.0.1.1
	same status 1 "$status"
	for client in 127.0.1.{2..5}; do
		monitored "$client"
		LOCKFERRY_RUNDIR=$W/node1/run in_world "$BUILD/lockferry-callout" add-client "$client" node1 3>&- &
		callouts+=($!)
	done
	# a waiting client is counted at once, but is late only after 3 s
	await status_has '.callouts == 5'
	status_has '.warnings | map(select(startswith("5 clients, the last of them '"'127.0.1."'"))) | length == 1'
	for callout in "${callouts[@]}"; do
		ended=0
		wait "$callout" || ended=$?
		same "a callout's end" 1 "$ended"
	done
	# when the disk has answered, they wait for it again
	disk_empties
	await status_has '.warnings | any(contains("may have got")) | not'
	first_lock 127.0.1.6
	expect 0
	in_world cmp "$W/node1/sm/127.0.1.6" "$STORE/sm/127.0.1.6"
}

@test "callout: more of them than fit into the socket's queue all hand over their clients" {
	local pid client callouts=() failed=0
	in_world sh -c 'echo 4 >/proc/sys/net/core/somaxconn'
	served_with
	pid=$(<"$W/node1/run/files.lock")
	kill -STOP "$pid"
	for client in 127.0.1.{1..12}; do
		monitored "$client"
		LOCKFERRY_RUNDIR=$W/node1/run in_world "$BUILD/lockferry-callout" add-client "$client" node1 3>&- &
		callouts+=($!)
	done
	await queue_is_full
	kill -CONT "$pid"
	for pid in "${callouts[@]}"; do
		wait "$pid" || failed=$((failed + 1))
	done
	same failed 0 "$failed"
	status_has '.callouts == 12'
}

# queue_is_full: as many as fit, plus one, wait to be accepted (net/unix/af_unix.c)
queue_is_full() {
	[ "$(in_world ss --family=unix --no-header --listening | awk '/files/ { print $3 }')" -ge 5 ]
}

@test "callout: a client that it could not hand over is a warning, also of the next process" {
	served_with
	crash
	first_lock 127.0.1.1
	same status 1 "$status"
	served
	await status_has '.callouts_missed == 1'
	status_has '.warnings | map(select(contains("could not hand over 1 client") and contains("127.0.1.1"))) | length == 1'
	run_lf status --group files --degraded
	same status 190 "$status"
	same left '' "$(<"$W/node1/run/files.missed")"
}

@test "a warning: statd cannot record clients any more, because its directory was given to another user" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	statd_starts 900
	chown daemon "$W/node1/proc/700" "$W/node1/sm"
	served_with
	status_has '.warnings | any(contains("rpc.statd runs as user")) | not'
	chown nobody "$W/node1/sm"
	await status_has '.warnings | any(contains("rpc.statd runs as user") and contains("does not let this user record clients"))'
	run_lf status --group files --degraded
	same status 190 "$status"
	chown daemon "$W/node1/sm"
	await status_has '.warnings | any(contains("rpc.statd runs as user")) | not'
	# statd was restarted since then: as the owner of the directory at that time
	chown nobody "$W/node1/proc/700" "$W/node1/sm"
	await status_has '.warnings | any(contains("belonged to user"))'
}

@test "callout: while the group is adopted again, with its address here, a first lock waits for its record" {
	served_with
	crash
	# the adoption needs this
	flock "$W/node1/run/.lock-manager" sleep 2 3>&- &
	pids+=($!)
	(served) 3>&- &
	pids+=($!)
	await phase_is adopting
	first_lock 127.0.1.9
	expect 0
	in_world cmp "$W/node1/sm/127.0.1.9" "$STORE/sm/127.0.1.9"
}

@test "callout: a group that is being adopted without its address makes no client wait" {
	server_runs Y
	flock --no-fork "$W/node1/run/.lock-manager" sleep 120 3>&- &
	pids+=($!)
	served_in_foreground
	await phase_is adopting
	# one that waits does so for 15 s, and then fails
	first_lock 127.0.1.9
	expect 0
}

@test "callout: no group, other calls of statd, and invalid calls" {
	LOCKFERRY_RUNDIR=$W/nowhere run_apart "$BUILD/lockferry-callout" add-client 127.0.1.1 node1
	expect 0
	LOCKFERRY_RUNDIR=$W/nowhere run_apart "$BUILD/lockferry-callout" del-client 127.0.1.1 node1
	expect 0
	run_apart "$BUILD/lockferry-callout" sm-notify 127.0.1.1 127.0.1.1 1234567
	expect 0
	# statd omits a negative state
	run_apart "$BUILD/lockferry-callout" sm-notify 127.0.1.1 127.0.1.1
	expect 0
	: >"$W/nothing"
	LOCKFERRY_RUNDIR=$W/nothing run_apart "$BUILD/lockferry-callout" add-client 127.0.1.1 node1
	same status 1 "$status"
	run_apart "$BUILD/lockferry-callout" add-client 127.0.1.1
	same status 64 "$status"
	run_apart "$BUILD/lockferry-callout" dance 127.0.1.1 node1
	same status 64 "$status"
	LOCKFERRY_RUNDIR=$W/nowhere run_apart "$BUILD/lockferry-callout" add-client $'a\nstop' node1
	same status 1 "$status"
}

# Two resources with one group name

@test "two resources with one group name: start, monitor and stop of the second one leave the first alone" {
	local other=(--store "$W/other/.lockferry" --ip 192.0.2.11)
	server_runs Y
	served
	run_lf status --group files --store "$STORE/" --ip "$ADDRESS"
	same status 0 "$status"
	run_lf status --group files "${other[@]}"
	expect_refusal 7 "is served here for another resource, with the store '$STORE' and the addresses '$ADDRESS'"
	run_lf status --group files --store "$STORE" --ip 192.0.2.11
	expect_refusal 7 'for another resource'
	run_lf serve --daemon --timeout 30 --group files "${other[@]}" --sm-dir "$W/node1/sm"
	expect_refusal 1 "give each resource a 'group' of its own"
	local options
	for options in '' --only-process; do
		# shellcheck disable=SC2086 # none, or one
		run_lf stop --group files "${other[@]}" --sm-dir "$W/node1/sm" $options
		same status 0 "$status"
		says 'it is left alone' "$stderr"
		phase_is armed
	done
	run_lf stop --group files --store "$STORE" --only-process
	same status 0 "$status"
	run_lf status --group files
	same status 7 "$status"
}

@test "serve --validate: checks the options, and serves nothing" {
	run_lf serve --validate --group files --store "$STORE" --ip "$ADDRESS" --export '/srv/My\040Files'
	expect 0
	run_lf serve --validate --group files --store "$STORE" --ip "$ADDRESS,$ADDRESS"
	expect_refusal 64 "parameter 'ip': the address '$ADDRESS' is given twice"
	run_lf status --group files
	same status 7 "$status"
}

# One dead client

@test "trailing slashes of a directory are ignored, even if it does not exist yet" {
	server_runs Y
	monitored 127.0.1.1
	run_lf serve --daemon --timeout 30 --group files --node node1 --store "$STORE//" --ip "$ADDRESS" --export "$W/fs/" --sm-dir "$W/node1/sm/"
	same status 0 "$status"
	status_has ".store == \"$STORE\" and .sm_dir == \"$W/node1/sm\" and .clients == 1"
	# but a group's name cannot have any
	run_lf status --group files/
	same status 64 "$status"
	STORE=$STORE/ stop
	same status 0 "$status"
}

@test "clients drop: tells the node's own statd that a client restarted, after a question" {
	command -v rpc.statd rpcbind >/dev/null || skip 'no rpc.statd and rpcbind'
	server_runs Y
	monitored 127.0.1.1 127.0.1.2
	served
	run_lf clients list --output-as json
	holds '[.clients[].mon_name] | sort == ["127.0.1.1", "127.0.1.2"]'
	run_lf clients drop 127.0.9.9 --sm-dir "$W/node1/sm"
	expect_refusal 1 "'$W/node1/sm' has no record of a client '127.0.9.9'"
	# without a terminal it must not happen by mistake
	run_lf clients drop 127.0.1.1 --sm-dir "$W/node1/sm" </dev/null
	same status 1 "$status"
	says "client '127.0.1.1' was not dropped" "$stderr"
	run_lf clients drop 127.0.1.1 --sm-dir "$W/node1/sm" --yes --timeout 2
	same status 1 "$status"
	says 'the rpcbind of this node did not accept the notification' "$stderr"
	# in any spelling
	record ::ffff:127.0.1.3 >"$W/node1/sm/mapped"
	run_lf clients drop 127.0.1.3 --sm-dir "$W/node1/sm" </dev/null
	says "client '::ffff:127.0.1.3' is monitored by rpc.statd" "$stderr"
	# shellcheck disable=SC2016 # that shell expands it
	in_world sh -c 'mount -t tmpfs tmpfs /run; mkdir /run/rpcbind; mount -t tmpfs tmpfs /var/lib/nfs; mkdir /var/lib/nfs/sm /var/lib/nfs/sm.bak; cp "$0"/sm/* /var/lib/nfs/sm; chown -R statd /var/lib/nfs' "$W/node1"
	nsenter --target "$world" --net --mount -- rpcbind -w -f 3>&- &
	pids+=($!)
	await in_world rpcinfo -p 127.0.0.1
	nsenter --target "$world" --net --mount -- rpc.statd --no-notify --foreground 3>&- >/dev/null 2>&1 &
	pids+=($!)
	await in_world rpcinfo -u 127.0.0.1 status
	run_lf clients drop 127.0.1.1 --sm-dir /var/lib/nfs/sm --yes --output-as json
	same status 0 "$status"
	holds '.client == "127.0.1.1"'
	says "is monitored by rpc.statd, as a client of 'node1'" "$stderr"
}

# Notification by hand

# notified [OPTION]...: notify, for a store that no process serves
notified() {
	run_lf notify --store "$STORE" --from "$ADDRESS" --timeout 10 "$@"
}

# stored CLIENT...: in a store that no process serves
stored() {
	monitored "$@"
	run_lf snapshot --store "$STORE" --sm-dir "$W/$NODE/sm"
	same status 0 "$status"
}

@test "notify: tells every client of the store, from the address, by every name" {
	clients_live
	stored 127.0.1.1 127.0.1.2
	server_runs N
	address_comes
	notified --name nfs1 --output-as json
	same status 0 "$status"
	same stderr '' "$stderr"
	holds '.clients == 2 and .acknowledged == 2 and .unreachable == 0 and .seconds < 5 and .silent == []'
	local number
	number=$(state state_number)
	holds ".state == $number"
	same heard "$(for client in 127.0.1.1 127.0.1.2; do
		for name in "$ADDRESS" nfs1; do
			echo "$client heard $name $number from $ADDRESS"
		done
	done | sort)" "$(heard)"

	notified
	same status 0 "$status"
	says '2 of 2 clients answered within ' "$output"
	same 'state number' $((number + 2)) "$(state state_number)"
}

@test "notify: clients that do not answer are named, and nothing else is printed" {
	clients_live 127.4.4.4
	stored 127.0.1.1 127.4.4.4
	server_runs N
	address_comes
	run_lf notify --store "$STORE" --from "$ADDRESS" --timeout 1
	same status 1 "$status"
	same stderr '' "$stderr"
	says '1 of 2 clients answered within 1.' "${lines[0]}"
	same silent 'no answer: 127.4.4.4' "${lines[1]}"
	run_lf list --store "$STORE" --output-as json
	holds '[.clients[].recovery] == ["acknowledged", "recorded"]'
}

@test "notify: refused outside of grace, unless forced; without a server it warns" {
	clients_live
	stored 127.0.1.1
	server_runs Y
	address_comes
	notified
	expect_refusal 1 'not in its grace period'
	in_world test ! -e "$STORE/state"
	same heard '' "$(heard)"
	notified --force
	same status 0 "$status"
	server_stops
	notified
	same status 0 "$status"
	says 'the NFS server does not run' "$stderr"
}

@test "notify: from an address that is not here, or is invalid" {
	stored 127.0.1.1
	server_runs N
	notified
	expect_refusal 1 "cannot send from '$ADDRESS'"
	ADDRESS=nowhere notified
	expect_refusal 2 "'nowhere' is not a numeric address"
}

@test "notify: a client that cannot be told by its record, and no client at all" {
	clients_live
	stored client.example.com
	server_runs N
	address_comes
	run_lf notify --store "$STORE" --from "$ADDRESS" --timeout 1
	same status 1 "$status"
	says 'no answer: client.example.com' "$output"
	in_world rm -r "$STORE/sm" && in_world mkdir "$STORE/sm"
	notified --output-as json
	same status 0 "$status"
	holds '.clients == 0'
}

@test "notify: refused while a process serves the group" {
	served_with 127.0.1.1
	server_runs N
	notified
	expect_refusal 1 'another process is writing'
}
