#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which of the locks noted before a move are back: the test plays the kernel, and sets which locks are held.
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

# file PATH: makes it in the group's filesystem, and prints its inode
file() {
	in_world mkdir -p "$(dirname "$W/fs/$1")"
	in_world touch "$W/fs/$1"
	in_world stat -c %i "$W/fs/$1"
}

# set_is TEXT: the lock set in the store
set_is() {
	in_world tee "$STORE/locks" <<<"$1" >/dev/null
}

# verify [OPTION]...
verify() {
	run_lf verify --store "$STORE" "$@"
}

# all_back: status 0
all_back() {
	verify
	[ "$status" = 0 ]
}

recovery_is() {
	json_has "$(lf list --store "$STORE" --output-as json)" ".clients[0].recovery == \"$1\""
}

grace_ends() {
	echo Y >"$W/$NODE/lockd/nlm_end_grace"
	await phase_is serving
}

@test "a move: each lock is accounted for, by its file, while clients come back and afterwards" {
	local one two
	one=$(file export/one)
	two=$(file 'export/a b/two')
	clients_live
	served_with_locks "$one" "$two" 4711
	moved
	await recovery_is acknowledged
	locked "$one" 4712
	verify --export "$W/fs"
	same status 1 "$status"
	same stderr '' "$stderr"
	says "group 'files': 3 locks were noted at 20" "$output"
	says '  exact: noted at a clean handover' "$output"
	says '  recovered: 1' "$output"
	says '  missing: 2' "$output"
	says "    WRITE 0-EOF inode 4711 in the filesystem of $STORE" "$output"
	says "    WRITE 0-EOF $W/fs/export/a b/two" "$output"
	says '  clients that may have held them: 127.0.1.1 (acknowledged)' "$output"
	says '  the recovery is still running: more of them may come back' "$output"
	says '  new: 1' "$output"

	verify --output-as json
	same status 1 "$status"
	holds '.exact and .pending and .phase == "reclaiming" and .noted == 3 and .recovered == 1'
	holds '.group == "files" and (now - .noted_at < 60)'
	holds "[.missing[] | [.inode, .file]] | sort == ([[4711, null], [$two, \"$W/fs/export/a b/two\"]] | sort)"
	holds '.missing[0] | .type == "WRITE" and .first == "0" and .last == "EOF" and (.directory | endswith(".lockferry"))'
	holds '[.new[] | .inode] == [4712]'
	holds '.clients == [{mon_name: "127.0.1.1", recovery: "acknowledged"}]'
	verify --output-as xml
	same status 1 "$status"
	says '<lockferry command="verify">' "$output"
	says '<recovered>1</recovered>' "$output"

	grace_ends
	verify --output-as json
	holds '.pending == false and .phase == "serving" and .clients[0].recovery == "acknowledged"'
	locked 4711 4712 "$one" "$two"
	verify --group files
	same status 0 "$status"
	says '  missing: 0' "$output"
	[[ $output != *'may have'* ]]
}

@test "a lock that two clients share counts as two, and a client that is back is not a suspect" {
	LOCKED_FOR=READ
	clients_live
	served_with_locks 100 100
	moved
	locked 100
	await status_has '.acknowledged == 1'
	monitored 127.0.1.1
	await status_has '.reclaimed == 1'
	await recovery_is reclaimed
	verify
	same status 1 "$status"
	says '  recovered: 1' "$output"
	says '  missing: 1' "$output"
	says '  no known client was told and did not come back' "$output"
	locked 100 100
	await all_back
}

@test "a path that does not fit on a line is escaped; a client that never answers is named" {
	served_with_locks "$(file $'new\nline')"
	moved
	locked
	verify
	same status 1 "$status"
	says "    WRITE 0-EOF $W/fs/new\\012line" "$output"
	# not told yet, or told in vain by now
	[[ $output =~ 'may have held them: 127.0.1.1 ('(recorded|unreachable)')' ]]
	grace_ends
	await recovery_is lost
	verify
	same status 1 "$status"
	says 'may have held them: 127.0.1.1 (lost)' "$output"
	[[ $output != *'still running'* ]]
}

@test "another filesystem of the group: the set says where it is" {
	local device two
	in_world touch "$W/other/two"
	two=$(in_world stat -c %i "$W/other/two")
	device=$(in_world stat -c '%Hd %Ld' "$W/other")
	# shellcheck disable=SC2086 # two words
	device=$(printf '%02x:%02x' $device)
	server_runs Y
	served --export "$W/other"
	address_comes
	await phase_is serving
	locked
	echo "1: POSIX  ADVISORY  READ  77 $device:$two 3 9" >"$W/node1/proc/locks"
	address_goes
	await phase_is frozen
	stop --export "$W/other"
	same status 0 "$status"
	node2_begins
	served --export "$W/other"
	verify
	same status 1 "$status"
	says "    READ  3-9 $W/other/two" "$output"
	cp "$W/node1/proc/locks" "$W/node2/proc/locks"
	verify --export "$W/fs" --export "$W/other"
	same status 0 "$status"
	in_world umount "$W/other"
	rmdir "$W/other"
	verify
	expect_refusal 5 "there is no '$W/other'"
}

@test "a store of kind sqlite: while a process serves from it" {
	server_runs Y
	served --backend sqlite
	address_comes
	await phase_is serving
	locked 100
	released_by_node1
	node2_begins
	served --backend sqlite
	locked 100
	all_back
	verify --output-as json
	holds '.recovered == 1 and .new == []'
}

# crashes: the process, and its node
crashes() {
	crash
	address_goes
}

# recorded_is LOCKS: this number, and inexact
recorded_is() {
	await in_world grep -q "^lockferry locks 1 inexact [0-9]* $1$" "$STORE/locks.recorded"
}

# recorded_with INODE...: by node1, which serves, for a client
# shellcheck disable=SC2119 # no other options
recorded_with() {
	locked "$@"
	server_runs Y
	monitored 127.0.1.1
	served
	address_comes
	await phase_is serving
	recorded_is $#
}

# node2_takes_it: from a node that is gone
node2_takes_it() {
	node2_begins
	served --require-fencing no
	address_comes
	await phase_is reclaiming
}

@test "a crash: the recorded locks are accounted for, but never count as all locks" {
	local one
	clients_live
	one=$(file one)
	EARLY_GRACE_END=yes
	recorded_with "$one" 100
	crashes
	node2_takes_it
	locked 100
	verify
	same status 1 "$status"
	says '2 locks were noted at' "$output"
	says '  inexact: clients may have locked and unlocked between' "$output"
	says "    WRITE 0-EOF $W/fs/one" "$output"
	says '  recovered: 1' "$output"
	locked 100 "$one"
	all_back
	sleep 1.2
	[ "$(<"$W/node2/lockd/nlm_end_grace")" = N ]
	status_has '.locks_noted == null'
	# the set of before the crash is still the one that is compared
	locked 100 "$one" 101
	grace_ends
	recorded_is 3
	verify --output-as json
	same status 0 "$status"
	holds '.noted == 2 and (.new | length) == 1 and .exact == false'
	# after a handover the set is exact again
	released_by_node1
	in_world grep -q '^lockferry locks 1 exact [0-9]* 3$' "$STORE/locks"
	NODE=node1
	node_make
	server_runs N
	served
	verify --output-as json
	holds '.noted == 3 and .exact'
}

@test "a lock manager that is restarted in place: the same, on the same node" {
	recorded_with 100
	lockd_starts 2000
	server_runs N
	locked
	await phase_is reclaiming
	verify
	same status 1 "$status"
	says 'inode 100 in the filesystem of' "$output"
}

# kernel_waits: a reader of the lock list waits for kernel_tells()
kernel_waits() {
	rm "$W/$NODE/proc/locks"
	mkfifo "$W/$NODE/proc/locks"
}

# kernel_tells SECONDS LOCKS: gives the list to the next reader, if there is one within that time
kernel_tells() {
	timeout "$1" cp "$W/$2" "$W/$NODE/proc/locks"
}

# locks_are INODE...: writes the list for kernel_tells() to a file, named after their number
locks_are() {
	locked "$@"
	cp "$W/$NODE/proc/locks" "$W/$#"
}

is_looking() {
	[ -n "$(find "/proc/$(<"$W/node1/run/files.lock")/fd" -lname "$W/node1/proc/locks")" ]
}

@test "a slow look at the locks delays nothing, and the next one comes much later" {
	locks_are 100
	kernel_waits
	# can be opened at once, and is empty
	exec 8<>"$W/node1/proc/locks"
	server_runs Y
	served 8>&-
	address_comes
	await is_looking
	monitored 127.0.1.1
	await status_has '.clients == 1'
	lf list --store "$STORE" 8>&- | grep -q 127.0.1.1
	sleep 0.5
	in_world [ ! -e "$STORE/locks.recorded" ]
	cat "$W/1" >&8
	exec 8>&-
	recorded_is 1
	run kernel_tells 12 1
	same 'a timeout of' 124 "$status"
}

@test "the held locks are recorded again when they change" {
	local before
	locks_are 100 101
	recorded_with 100
	before=$(in_world stat -c %i "$STORE/locks.recorded")
	locks_are 100
	kernel_waits
	kernel_tells 60 1
	sleep 1
	same inode "$before" "$(in_world stat -c %i "$STORE/locks.recorded")"
	kernel_tells 60 2
	recorded_is 2
}

@test "the lock manager is restarted in the middle of a look: locks that it no longer holds must still be reclaimed" {
	clients_live
	monitored 127.0.1.1
	recorded_with 100 101
	kernel_waits
	exec 8<>"$W/node1/proc/locks"
	await is_looking
	echo N >"$W/node1/lockd/nlm_end_grace"
	lockd_starts 2000
	: >"$W/no-locks"
	mv "$W/no-locks" "$W/node1/proc/locks"
	exec 8>&-
	await phase_is reclaiming
	verify --output-as json
	holds '.noted == 2 and (.missing | length) == 2'
}

@test "a set that cannot be compared is refused" {
	verify
	expect_refusal 5 "there is no store '$STORE'"
	in_world mkdir "$STORE"
	verify
	expect_refusal 5 "'$STORE' holds no store"
	server_runs Y
	served
	address_comes
	await phase_is serving
	verify
	expect_refusal 5 "the store '$STORE' has no lock set"
	verify --group red
	expect_refusal 6 "the store '$STORE' belongs to group 'files', not to 'red'"
	# written by an earlier version, and a truncated one
	set_is 'fe:00:131 WRITE 0 EOF'
	verify
	expect_refusal 5 'is damaged, or was noted by another version'
	set_is 'lockferry locks 1 exact 1 1'
	verify
	expect_refusal 5 'is damaged, or was noted by another version'
	set_is $'lockferry locks 1 exact 1 1\n/srv 1 WRITE'
	verify
	expect_refusal 5 'is damaged, or was noted by another version'
	released_by_node1
	verify
	expect_refusal 7 "group 'files' is not served on this node: its store says that node 'node1' had it last, phase released"
	node2_begins
	served
	NODE=node1
	verify
	expect_refusal 7 "node 'node2' had it last"
	verify --group ../x
	expect_refusal 64 '../x'
	run_lf snapshot --store "$W/fs/new" --sm-dir "$W/node1/sm"
	verify --store "$W/fs/new"
	expect_refusal 7 'has never been served'
}

# looks TEXT...: the kernel's list for each look; the last one for all further looks
looks() {
	[ -z "${shower-}" ] || kill "$shower"
	rm -f "$W/$NODE/proc/locks"
	mkfifo "$W/$NODE/proc/locks"
	while :; do
		printf '%s\n' "$1" >"$W/$NODE/proc/locks"
		[ $# -eq 1 ] || shift
		# the next look must not find this text still open
		pause 0.1
	done 3>&- &
	shower=$!
	pids+=("$shower")
}

@test "a lock that the kernel omits from some looks only is not missing" {
	local one two all
	one=$(file export/one)
	two=$(file export/two)
	clients_live
	served_with_locks "$one" "$two"
	moved
	locked "$one" "$two"
	await all_back
	kill -STOP "$(<"$W/$NODE/run/files.lock")"
	all=$(<"$W/$NODE/proc/locks")
	looks "${all%%$'\n'*}" "$all"
	verify
	same status 0 "$status"
	says '  missing: 0' "$output"
	looks "${all%%$'\n'*}"
	verify
	same status 1 "$status"
	says '  missing: 1' "$output"
	kill -CONT "$(<"$W/$NODE/run/files.lock")"
}
