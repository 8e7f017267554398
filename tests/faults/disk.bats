#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A disk that is full, broken, read-only or stuck under a process that serves: the process keeps running, and says what
# is wrong. It never reports that something is on the disk when it is not. When the disk works again, so does
# everything, and nothing is lost.

# shellcheck disable=SC2154 # $clients and $command are of world.bash
load faults

# The group's address is not on this node at the end of these tests, so that the process may hand the group over then.

setup() {
	world_new "$BATS_TEST_TMPDIR/w"
	node_boots node1
	mounted=
}

# Frozen filesystems first: a process that waits for one cannot be killed.
teardown() {
	[ -z "${watchdog-}" ] || thaw || :
	[ -z "${tracer-}" ] || detach
	[ -z "${serving-}" ] || ends_by_kill "$serving"
	address_goes
	[ -z "$mounted" ] || umount "$W/fs"
}

# serve_three_clients: and record them.
serve_three_clients() {
	statd_monitors node1 1 "${clients[@]}"
	serve_until node1 armed --record-timeout 1
	await 5 'node1 to be well' is_well node1
	acknowledge node1
}

# callout CLIENT: what statd runs after it has written the client's record, and waits for.
callout() {
	LOCKFERRY_RUNDIR=$W/node1/run timeout 10 "$BUILD/lockferry-callout" add-client "$1" node1
}

# first_lock CLIENT: statd meets a client, and grants its lock when the callout has finished.
first_lock() {
	statd_monitors node1 1 "$1"
	callout "$1"
}

# lock_is_late CLIENT: the callout has a time limit, and nobody reports that the record is on the disk.
lock_is_late() {
	local began=$EPOCHREALTIME

	! first_lock "$1" || fail "the callout says that '$1' is recorded"
	[ "$(milliseconds_since "$began")" -lt 4000 ] || fail "the callout took $(milliseconds_since "$began") ms"
	is_warned_of "$1"
}

is_warned_of() {
	run_status node1 || :
	grep -q "warning: client '$1' may have got a lock before its record was on the disk" "$W/status" ||
		fail "nobody is warned: $(cat "$W/status")"
}

# locks_get_late: the log of an sqlite store may have room for some more records, which are then stored.
locks_get_late() {
	local count=1

	mkdir "$W/recorded"
	while first_lock "127.0.1.$count"; do
		cp "$W/node1/sm/127.0.1.$count" "$W/recorded"
		count=$((count + 1))
		[ "$count" -lt 250 ] || fail 'that disk is not full'
	done
	is_warned_of "127.0.1.$count"
	records_of_store
	! diff -r "$W/recorded" "$copy" | grep -qv "^Only in $copy" || fail 'what was acknowledged is not there'
}

milliseconds_since() {
	echo $(((${EPOCHREALTIME/./} - ${1/./}) / 1000))
}

# complains WORDS: the status says where, and these words.
complains() {
	! run_status node1 && grep -q "problem: .*'$W/fs/store'.*$1" "$W/status" && grep -q "$1" "$W/status.err"
}

# stop_is_refused WORDS: it fails for that reason, and the group is not released.
stop_is_refused() {
	local status=0

	run_stop node1 >"$W/out" 2>"$W/err" || status=$?
	[ "$status" -eq 1 ] || fail "stop: status $status: $(cat "$W/err")"
	grep -q "$1" "$W/err" || fail "stop: $(cat "$W/err")"
	[ "$(state_of phase)" = armed ] || fail "phase '$(state_of phase)'"
}

# all_is_well: without a restart, and with the records of statd's directory.
all_is_well() {
	await 10 'node1 to be well again' is_well node1
	is_alive "$serving"
	first_lock 127.0.0.26
	records_of_store
	same_files "$W/node1/sm" "$copy"
}

# hands_over: cleanly, with everything.
hands_over() {
	run_stop node1
	wait "$serving" || :
	is_released_by node1
	store_is_whole
	store_has "$W/node1/sm"
}

fill_up() {
	! dd if=/dev/zero of="$W/fs/full" bs=4k status=none 2>/dev/null
}

@test "disk: full" {
	mount -t tmpfs -o size=1m faults "$W/fs"
	mounted=yes
	serve_three_clients
	fill_up
	locks_get_late
	await 5 'a complaint' complains 'No space left on device\|no room for'
	rm "$W/fs/full"
	all_is_well
	fill_up
	statd_monitors node1 1 127.0.0.27
	stop_is_refused 'No space left on device\|no room for'
	rm "$W/fs/full"
	hands_over
}

@test "disk: broken for a while" {
	serve_three_clients
	broken
	lock_is_late 127.0.0.24
	await 5 'a complaint' complains 'Input/output error\|disk I/O error'
	detach
	all_is_well
	broken
	statd_monitors node1 1 127.0.0.27
	stop_is_refused 'Input/output error\|disk I/O error'
	detach
	hands_over
}

# Everything that the worker syncs to the disk fails.
broken() {
	attach "$serving" 'fsync,fdatasync 1+' error=EIO
}

# A filesystem on its own device, with real writes.
mount_device() {
	truncate -s 16M "$W/device"
	mkfs.ext4 -q -F -E lazy_itable_init=0 "$W/device"
	mount -o loop,errors=remount-ro "$W/device" "$W/fs" 2>"$W/err" || skip "no loop device: $(cat "$W/err")"
	mounted=yes
}

# The kernel does this when it finds the filesystem damaged.
becomes_read_only() {
	local name

	name=$(basename "$(findmnt --noheadings --output SOURCE "$W/fs")")
	[ -w "/sys/fs/ext4/$name/trigger_fs_error" ] || skip "this kernel has no /sys/fs/ext4/$name/trigger_fs_error"
	echo 'a test of Lockferry' >"/sys/fs/ext4/$name/trigger_fs_error"
}

@test "disk: suddenly read-only" {
	mount_device
	serve_three_clients
	becomes_read_only
	lock_is_late 127.0.0.24
	await 5 'a complaint' complains 'Read-only file system\|readonly\|I/O error'
	stop_is_refused 'Read-only file system\|readonly\|I/O error'
	# It must be unmounted and checked before it can be written, so its users must go.
	ends_by_kill "$serving"
	umount "$W/fs"
	# Inodes that were being freed make it inconsistent for -p: since 6.15 the kernel stops writing the journal.
	e2fsck -y -f "$W/device" >"$W/fsck" || [ "$?" -eq 1 ] || fail "e2fsck: $(cat "$W/fsck")"
	mount -o loop "$W/device" "$W/fs"
	hands_over
}

# Each sync takes a second.
slow() {
	attach "$serving" 'fsync,fdatasync 1+' delay_enter=1000000
}

phase_in_store() {
	[ "$(state_of phase)" = "$1" ]
}

@test "disk: slow: a state that changes during a save is saved afterwards" {
	serve_three_clients
	slow
	address_comes
	await 5 'the address to be seen' is_in_phase node1 reclaiming
	address_goes
	await 5 'the address to be missed' is_in_phase node1 freezing
	! phase_in_store reclaiming && ! phase_in_store frozen || fail 'that disk is not slow'
	await 20 'the last phase in the store' phase_in_store frozen
	detach
	hands_over
}

# begin_slow_start NODE: in the background, with a disk that is slow as soon as the process takes the group over; the
# boot id, which it reads first, appears only after strace has attached. $starting ends when the start has.
begin_slow_start() {
	local id=$W/$1/proc/sys/kernel/random/boot_id gate boot

	mv "$id" "$id.later"
	mkfifo "$id"
	serve "$1" --daemon --timeout 60
	"${command[@]}" >/dev/null 2>"$W/$1/err" 3>&- &
	starting=$!
	await 5 'its process' test -s "$W/$1/run/$group.lock"
	serving=$(<"$W/$1/run/$group.lock")
	slow
	exec {gate}<>"$id"
	mv "$id.later" "$id"
	read -r boot <"$id"
	echo "$boot" >&"$gate"
	exec {gate}>&-
}

node2_is_adopting() {
	state_is node node2 && state_is phase adopting
}

# The address would come at once, and others would take the locks of clients that cannot be told.
@test "disk: slow: a start does not succeed after the grace period" {
	local status=0

	serve_three_clients
	hands_over
	node_boots node2
	begin_slow_start node2
	await 10 'the takeover' node2_is_adopting
	echo Y >"$W/node2/lockd/nlm_end_grace"
	await 30 'the reason' log_has node2 'must reclaim locks, but'
	detach
	kill -KILL "$serving"
	serving=
	wait "$starting" || status=$?
	[ "$status" -ne 0 ] || fail "the start succeeded: $(cat "$W/node2/err")"
}

@test "disk: stuck" {
	mount_device
	serve_three_clients
	freeze
	lock_is_late 127.0.0.24
	answers_at_once
	await 10 'a complaint' complains 'has not answered'
	answers_at_once
	thaw
	all_is_well
	hands_over
}

# freeze: for half a minute at most, even if the test fails.
freeze() {
	mkfifo "$W/never"
	fsfreeze --freeze "$W/fs" 2>"$W/err" || skip "no freezer: $(cat "$W/err")"
	(
		cd "$W/fs" || exit
		read -r -t 30 _ <>"$W/never"
		fsfreeze --unfreeze .
	) 3>&- &
	watchdog=$!
}

thaw() {
	fsfreeze --unfreeze "$W/fs"
	ends_by_kill "$watchdog"
	watchdog=
}

answers_at_once() {
	local began=$EPOCHREALTIME

	run_status node1 || [ "$?" -eq 1 ]
	[ "$(milliseconds_since "$began")" -lt 1000 ] || fail "status took $(milliseconds_since "$began") ms"
}

# A process that waits for such a disk cannot be killed either; the cluster then fences the node.
@test "disk: stuck when the group is stopped" {
	local began status=0

	mount_device
	serve_three_clients
	freeze
	statd_monitors node1 1 127.0.0.24
	began=$EPOCHREALTIME
	stop node1
	"${command[@]}" --timeout 4 2>"$W/err" || status=$?
	[ "$status" -eq 124 ] || fail "stop: status $status: $(cat "$W/err")"
	[ "$(milliseconds_since "$began")" -lt 6000 ] || fail "stop took $(milliseconds_since "$began") ms"
	[ "$(state_of phase)" = armed ] || fail "phase '$(state_of phase)'"
	thaw
	hands_over
}
