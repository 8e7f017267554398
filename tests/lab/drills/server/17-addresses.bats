#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

# Each test runs in its own subshell. $store is set by server.bash.
# shellcheck disable=SC2030,SC2031,SC2154

load server

# Which client must be notified from which address: a group with two addresses, several clients in one record, a
# filesystem of the group that is not configured. The group is handed over to the same server, whose lock manager is
# restarted meanwhile; its addresses come back one after the other, as with two IPaddr2.
setup() {
	address=10.99.1.$((100 + BATS_TEST_NUMBER))
	second=10.99.1.$((150 + BATS_TEST_NUMBER))
	fresh_server
}

teardown() {
	end_jobs
}

# serve_two: at both addresses.
serve_two() {
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT" --ip "$second"
	lab exec server ip addr add "$second/16" dev eth0
}

# hand_over SECONDS: the second address comes that long after the first.
hand_over() {
	refused=$(reclaims_refused clients)
	began_ms=$(now_ms)
	lab exec server ip addr del "$second/16" dev eth0
	lab exec server ip addr del "$address/16" dev eth0
	wait_until 20 "the group to be frozen" in_phase frozen
	lab exec server lockferry stop --group nfs
	lab exec server sh -c 'rpc.nfsd 0; echo 40 >/proc/sys/fs/nfs/nlm_grace_period; rpc.nfsd 8'
	lab exec server lockferry serve --daemon --group nfs --store "$store" --ip "$address" --ip "$second"
	lab exec server ip addr add "$address/16" dev eth0
	sleep "$1"
	lab exec server ip addr add "$second/16" dev eth0
}

# kept NUMBER...: their locks are still held when new ones are granted, no reclaim was refused, and all of this is
# reported.
kept() {
	local number

	wait_until 100 "the grace period to end" is_serving
	figure "seconds until the group was served again: $(seconds_between "$began_ms" "$(now_ms)")"
	for number; do
		is_locked /srv/nfs "$number"
	done
	[ "$(reclaims_refused clients)" -eq "$refused" ]
	status_of_group >"$BATS_TEST_TMPDIR/status"
	jq -e ".reclaimed + .acknowledged == $# and .lost == 0" "$BATS_TEST_TMPDIR/status" >/dev/null || {
		cat "$BATS_TEST_TMPDIR/status"
		false
	}
	lab exec server lockferry verify --store "$store"
}

@test "one client mounted by the first address, another by the second: both locks are kept" {
	serve_two
	lock_by "$address" 1
	lock_by "$second" 2
	hand_over 2
	kept 1 2
}

@test "two clients have one reverse name, and statd one file for both: both locks are kept" {
	lab exec server sh -c 'printf "10.99.0.104 pool.example\n10.99.0.105 pool.example\n" >>/etc/hosts'
	serve_two
	lock_by "$address" 4
	lock_by "$address" 5
	[ "$(lab exec server sh -c 'ls /var/lib/nfs/sm | wc -l')" -eq 1 ]
	[ "$(lab exec server sh -c 'cat /var/lib/nfs/sm/* | wc -l')" -eq 2 ]
	hand_over 0
	kept 4 5
}

# Client 6 also mounts by the second address, and locks another file there.
lock_twice() {
	jobs+=("twice.$BATS_TEST_NUMBER")
	lab start clients "twice.$BATS_TEST_NUMBER" /lab/guest/on-client 6 bash -c "
		mkdir -p /mnt/nfs2
		mount -t nfs -o vers=3,hard,proto=tcp,port=2049,mountproto=tcp,mountport=20048 $second:/srv/nfs/export /mnt/nfs2 &&
		exec /lab/bin/locks first /mnt/nfs2/drill 10.99.0.107 0"
	wait_until 60 "the client to mount" said clients "twice.$BATS_TEST_NUMBER" ready
	lab signal clients "twice.$BATS_TEST_NUMBER" USR1
	wait_until 60 "the lock by the second address" said clients "twice.$BATS_TEST_NUMBER" granted
	is_locked /srv/nfs 7
}

@test "one client has a mount and a lock by each address: both locks are kept" {
	serve_two
	lock_by "$address" 6
	lock_twice
	hand_over 1
	wait_until 30 "the lock by the first address" is_locked /srv/nfs 6
	wait_until 30 "the lock by the second address" is_locked /srv/nfs 7
	kept 6
	is_locked /srv/nfs 7
}

# A filesystem below the group's, which is not configured; exportfs drops its locks when it stops.
@test "a second filesystem of the group is dropped in a stop and start in place: its lock is recovered" {
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT" --export /srv/nfs
	lab exec server sh -e -c '
		mkdir -p /srv/nfs/second
		mount -t tmpfs -o mode=755 tmpfs /srv/nfs/second
		mkdir -p /srv/nfs/second/export/drill
		exportfs -o rw,no_root_squash,fsid=2 10.99.0.0/16:/srv/nfs/second/export'
	jobs+=("second.$BATS_TEST_NUMBER")
	EXPORT=/srv/nfs/second/export take_lock "second.$BATS_TEST_NUMBER" "$address" 1
	is_locked /srv/nfs/second 1

	lab exec server ip addr del "$address/16" dev eth0
	wait_until 20 "the group to be frozen" in_phase frozen
	lab exec server lockferry stop --group nfs
	lab exec server sh -c 'echo /srv/nfs/second/export >/proc/fs/nfsd/unlock_filesystem'
	not is_locked /srv/nfs/second 1
	lab exec server lockferry serve --daemon --group nfs --store "$store" --ip "$address" --export /srv/nfs
	lab exec server ip addr add "$address/16" dev eth0
	wait_until 60 "the lock to be recovered" is_locked /srv/nfs/second 1
}

# A subvolume: stat() shows another device number than /proc/locks.
make_volume() {
	lab exec server sh -e -c '
		truncate -s 128M /var/tmp/image
		mkfs.btrfs -q /var/tmp/image
		modprobe loop
		mkdir -p /srv/btrfs
		mount -o loop /var/tmp/image /srv/btrfs
		btrfs -q subvolume create /srv/btrfs/volume
		mkdir -p /srv/btrfs/volume/export/drill
		chmod 755 /srv/btrfs /srv/btrfs/volume
		exportfs -o rw,no_root_squash,fsid=3 10.99.0.0/16:/srv/btrfs/volume/export'
}

serve_volume() {
	lab exec server lockferry serve --daemon --group volume --store /srv/btrfs/volume/.lockferry --ip "$second"
	lab exec server ip addr add "$second/16" dev eth0
}

stop_volume() {
	lab exec server ip addr del "$second/16" dev eth0
	lab exec server lockferry stop --group volume
}

# volume_state NAME: a field of its state in the store
volume_state() {
	lab exec server sed -n "s/^$1=//p" /srv/btrfs/volume/.lockferry/state
}

lockd_has() {
	# shellcheck disable=SC2016 # the guest expands it
	lab exec server sh -c 'grep -q "POSIX .*WRITE $(pidof lockd) " /proc/locks'
}


@test "the group's filesystem is a btrfs subvolume: its lock is noted, causes no recovery while it is held, and is recovered when it is gone" {
	local number

	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT"
	make_volume
	serve_volume
	jobs+=("volume.$BATS_TEST_NUMBER")
	EXPORT=/srv/btrfs/volume/export take_lock "volume.$BATS_TEST_NUMBER" "$second" 1
	lockd_has
	number=$(volume_state state_number)

	stop_volume
	figure "as the kernel lists it: $(lab exec server grep WRITE /proc/locks), as stat() has its device:" \
		"$(lab exec server stat -c '%Hd:%Ld' /srv/btrfs/volume), as it was noted: $(lab exec server cat /srv/btrfs/volume/.lockferry/locks)"
	[[ $(lab exec server sed -n 1p /srv/btrfs/volume/.lockferry/locks) == 'lockferry locks 1 exact '*' 1' ]]
	serve_volume
	[ "$(volume_state state_number)" = "$number" ]
	lockd_has

	stop_volume
	lab exec server sh -c 'echo /srv/btrfs/volume/export >/proc/fs/nfsd/unlock_filesystem'
	not lockd_has
	serve_volume
	wait_until 60 "the lock to be recovered" lockd_has
	[ "$(volume_state state_number)" = $((number + 2)) ]
}
