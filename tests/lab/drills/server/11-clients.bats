#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load server

# Several kinds of clients. The server forgets their locks because its lock manager is restarted, which begins a
# recovery.

setup() {
	address=10.99.1.$((240 + BATS_TEST_NUMBER))
	fresh_server
}

teardown() {
	lab exec clients /lab/guest/on-client 1 ip link set eth0 up
	end_jobs
}

# restart_lock_manager [GRACE_S]
restart_lock_manager() {
	refused=$(reclaims_refused clients)
	began_ms=$(now_ms)
	# shellcheck disable=SC2016 # the guest expands it
	lab exec server sh -c 'echo "$1" >/proc/sys/fs/nfs/nlm_grace_period; rpc.nfsd 0; rpc.nfsd 8' sh "${1-20}"
}

# recovered NUMBER...: their locks are back, and still held after grace; no reclaim was refused.
recovered() {
	local number

	for number; do
		wait_until 90 "the lock of client $number" is_locked /srv/nfs "$number"
	done
	figure "seconds until the locks were back: $(seconds_between "$began_ms" "$(now_ms)")"
	wait_until 120 "the grace period to end" is_serving
	for number; do
		is_locked /srv/nfs "$number"
	done
	[ "$(reclaims_refused clients)" -eq "$refused" ]
	accounted_for $#
}

# accounted_for COUNT: that many clients came back. If lockd is restarted while a client is in use, it keeps what it
# knows of the client (fs/lockd/host.c, nlm_gc_hosts). Then statd is not asked to monitor that client again, and it
# counts as acknowledged.
accounted_for() {
	status_of_group >"$BATS_TEST_TMPDIR/status"
	figure "clients that statd recorded again: $(jq .reclaimed "$BATS_TEST_TMPDIR/status") of $1"
	jq -e ".reclaimed + .acknowledged == $1 and .lost == 0" "$BATS_TEST_TMPDIR/status" >/dev/null || {
		cat "$BATS_TEST_TMPDIR/status"
		grep lockferry "$LAB_DIR/share/server/messages"
		false
	}
}

@test "a client that mounted by name, and one that mounted by address" {
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT" --name files.example
	lab exec clients sh -c "echo $address files.example >>/etc/hosts"
	lock_by files.example 1
	lock_by "$address" 2
	restart_lock_manager
	recovered 1 2
}

@test "clients of a group with an IPv6 address" {
	lab exec server sh -e -c '
		ip addr add fd00:99::11/64 dev eth0 nodad
		exportfs -o rw,no_root_squash,fsid=1 "[fd00:99::]/64:/srv/nfs/export"'
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT" --ip fd00:99::60
	lab exec server ip addr add fd00:99::60/64 dev eth0 nodad
	lock_by fd00:99::60 1
	lab exec server test -e /var/lib/nfs/sm/fd00:99::101
	restart_lock_manager
	recovered 1
}

@test "a client that is out of reach when its server fails, and comes back within the grace period" {
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT"
	lock_by "$address" 1
	lock_by "$address" 2
	lab exec clients /lab/guest/on-client 1 ip link set eth0 down
	restart_lock_manager 60
	wait_until 30 "the lock of the client that is there" is_locked /srv/nfs 2
	wait_until 30 "the status to name the one that isn't" says_who_is_silent
	not is_locked /srv/nfs 1
	lab exec clients /lab/guest/on-client 1 ip link set eth0 up
	recovered 1 2
}

says_who_is_silent() {
	status_of_group | jq -e '.unreachable == 1 and (.warnings | any(contains("10.99.0.101") and contains("does not answer")))' >/dev/null
}

@test "a client that has no lock any more when its server is another: its record is conveyed, and goes again" {
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT"
	lock_by "$address" 1
	lock_by "$address" 2
	# It ends, and the server is not notified.
	lab exec clients /lab/guest/on-client 1 ip link set eth0 down
	lab signal clients "by.$BATS_TEST_NUMBER.1" KILL
	boot_server
	# As on another node: the records that statd wrote here for an earlier lock manager stay.
	lab exec server sh -c 'rm /var/lib/nfs/sm/*'
	lab exec server env AGAIN=40 /lab/guest/serve "$address" files "$LAB_INSTALLED_CALLOUT" --deletion-delay 3 >/dev/null
	is_monitored 1
	lab exec clients /lab/guest/on-client 1 ip link set eth0 up
	wait_until 90 "the grace period to end" is_serving
	status_of_group | jq -e '.reclaimed == 1 and .acknowledged == 1 and .lost == 0' >/dev/null
	wait_until 30 "statd's directory to be without the client" not is_monitored 1
	wait_until 30 "the store to be without it" not is_recorded 1
	is_monitored 2
	is_recorded 2
	is_locked /srv/nfs 2
}

@test "a client that will not come back: an administrator drops it, and others get its locks, but no other client's" {
	local told=$BATS_TEST_TMPDIR/told

	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT"
	lock_by "$address" 1
	lock_by "$address" 2
	lab exec clients /lab/guest/on-client 1 ip link set eth0 down
	lab signal clients "by.$BATS_TEST_NUMBER.1" KILL
	is_locked /srv/nfs 1
	lab exec server lockferry clients drop 10.99.0.101 --yes --output-as json >"$told"
	figure "locks held before and after the client was dropped: $(jq -c '[.locks_before, .locks_now]' "$told")"
	jq -e '.client == "10.99.0.101" and .locks_before == 2 and .locks_now == 1' "$told" >/dev/null
	not is_locked /srv/nfs 1
	is_locked /srv/nfs 2
	grep -q "client '10.99.0.101' was dropped by 'lockferry clients drop': 2 locks" "$LAB_DIR/share/server/messages"
}
