#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load server

# In all of them client 1 holds a lock, and client 2 had one. The real programs remove the records; only the time until
# a missing record is deleted is shorter than usual.
delay_s=3
holder=1 idler=2

setup() {
	address=10.99.1.$((200 + BATS_TEST_NUMBER))
	fresh_server
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT" --deletion-delay "$delay_s"
	hold=hold.$BATS_TEST_NUMBER
	take_lock "$hold" "$address" "$holder"
	take_lock "idle.$BATS_TEST_NUMBER" "$address" "$idler"
	lab signal clients "idle.$BATS_TEST_NUMBER" TERM
	lab wait clients "idle.$BATS_TEST_NUMBER" || true
	is_recorded "$holder"
	is_recorded "$idler"
}

teardown() {
	lab signal clients "$hold" KILL
}

# Longer than it takes until a record is dropped.
let_deletions_happen() {
	sleep $((delay_s + 4))
}

holder_has_its_lock() {
	is_locked /srv/nfs "$holder"
}

yes_or_no() {
	if "$@"; then echo yes; else echo no; fi
}

# nfs_server THREADS
nfs_server() {
	lab exec server rpc.nfsd "$1"
}

@test "the NFS server is stopped cleanly, and started again: a client that did not come back is dropped, and not before" {
	nfs_server 0
	let_deletions_happen
	figure "after the stop statd has: the holder: $(yes_or_no is_monitored "$holder")," \
		"the idle client: $(yes_or_no is_monitored "$idler")"
	is_recorded "$holder"
	is_recorded "$idler"

	nfs_server 8
	wait_until 60 "the grace period to end" is_serving
	wait_until 30 "the idle client's conveyed record to be taken back" not is_monitored "$idler"
	wait_until 30 "its record to be dropped" not is_recorded "$idler"
	let_deletions_happen
	is_monitored "$holder"
	is_recorded "$holder"
	holder_has_its_lock
}

@test "statd is restarted, and comes back with an empty directory: no record is dropped" {
	lab exec server pkill -x rpc.statd
	# sm-notify does that, if statd was not told to leave the notifications alone
	lab exec server sh -c 'rm /var/lib/nfs/sm/*'
	let_deletions_happen
	is_recorded "$holder"

	lab exec server rpc.statd
	let_deletions_happen
	not is_monitored "$holder"
	is_recorded "$holder"
	is_recorded "$idler"
	holder_has_its_lock
}
