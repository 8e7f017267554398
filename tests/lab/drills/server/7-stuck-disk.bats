#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load server

record_timeout_s=4

# The disk of the store is below the device mapper, which can suspend all reads and writes.
setup() {
	address=10.99.1.$((210 + BATS_TEST_NUMBER))
	quick=quick.$BATS_TEST_NUMBER stuck=stuck.$BATS_TEST_NUMBER
	fresh_server
	# shellcheck disable=SC2016 # the guest expands it
	lab exec server sh -e -c '
		umount /srv/nfs
		modprobe dm_mod
		dmsetup create --noudevsync store --table "0 $(blockdev --getsz /dev/vdb) linear /dev/vdb 0"
		dmsetup mknodes
		mount /dev/mapper/store /srv/nfs'
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT" --record-timeout "$record_timeout_s"
}

teardown() {
	release_disk || true
	lab signal clients "$stuck" KILL
}

hold_disk() {
	lab exec server dmsetup suspend --nolockfs --noflush --noudevsync store
}

release_disk() {
	lab exec server dmsetup resume --noudevsync store
}

# took_ms COMMAND...: prints the time that it took on the server, whether it succeeded or not; its output is in
# $BATS_TEST_TMPDIR/said.
took_ms() {
	# shellcheck disable=SC2016 # the guest expands it
	lab exec server bash -c '
		began=${EPOCHREALTIME/./}
		"$@" >&2
		echo $(((${EPOCHREALTIME/./} - began) / 1000))' bash "$@" 2>"$BATS_TEST_TMPDIR/said"
}

latency_ms() {
	lab output clients "$1" | awk '$1 == "granted" { print int($4 / 1000) }'
}

status_tells_why() {
	took_ms lockferry status --group nfs >"$BATS_TEST_TMPDIR/took"
	grep -q "the store '/srv/nfs/.lockferry' has not answered for .* s: look at its disk" "$BATS_TEST_TMPDIR/said"
}

@test "the disk of the store hangs: status says so at once, first locks wait no longer than necessary, no record is lost" {
	# opened while the disk still answers
	begin_clients "$quick" "$address" 1 1
	begin_clients "$stuck" "$address" 1 2
	begin_locking "$quick"
	wait_until 20 "a lock" said clients "$quick" granted

	hold_disk
	begin_locking "$stuck"
	wait_until 30 "a lock, though the disk hangs" said clients "$stuck" granted
	figure "milliseconds for a first lock: $(latency_ms "$quick"), while the disk hangs: $(latency_ms "$stuck")"
	[ "$(latency_ms "$stuck")" -ge $((record_timeout_s * 1000)) ]
	[ "$(latency_ms "$stuck")" -lt $((record_timeout_s * 1000 + 3000)) ]
	lab log server | grep -q "lockferry-callout.*client '10.99.0.102' may get a lock before"
	lab log server | grep -q "client '10.99.0.102' may have got a lock before its record was on the disk"

	wait_until 20 "the status to tell why" status_tells_why
	figure "milliseconds for \"lockferry status\" while the disk hangs: $(cat "$BATS_TEST_TMPDIR/took")"
	[ "$(cat "$BATS_TEST_TMPDIR/took")" -lt 1000 ]

	release_disk
	wait_until 20 "the record that waited" is_recorded 2
	is_recorded 1
	wait_until 20 "the status to be good again" lab exec server lockferry status --group nfs
}

@test "the disk of the store hangs while the group is stopped: the stop says so in its time" {
	begin_clients "$stuck" "$address" 1 1

	hold_disk
	begin_locking "$stuck"
	wait_until 30 "a lock, though the disk hangs" said clients "$stuck" granted

	wait_until 20 "the status to tell why" status_tells_why

	lab exec server ip addr del "$address/16" dev eth0
	took_ms lockferry stop --group nfs --timeout 8 >"$BATS_TEST_TMPDIR/took"
	figure "milliseconds for \"lockferry stop --timeout 8\" while the disk hangs: $(cat "$BATS_TEST_TMPDIR/took")"
	[ "$(cat "$BATS_TEST_TMPDIR/took")" -lt 10000 ]
	grep -q "the process of group 'nfs' still exists" "$BATS_TEST_TMPDIR/said"
	grep -q "group 'nfs' has a problem, and is stopped anyway: the store .* has not answered" "$BATS_TEST_TMPDIR/said"
}
