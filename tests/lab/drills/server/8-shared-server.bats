#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load server

# Two groups on one NFS server: "nfs", in which client 1 holds a lock, and "other", with its own filesystem and store,
# in which client 2 holds one.

setup() {
	address=10.99.1.$((220 + BATS_TEST_NUMBER))
	other=10.99.1.$((230 + BATS_TEST_NUMBER))
	first=first.$BATS_TEST_NUMBER second=second.$BATS_TEST_NUMBER
	fresh_server
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT"
	make_other
	start_other
	address_of_other add
	take_lock "$first" "$address" 1
	EXPORT=/srv/other/export take_lock "$second" "$other" 2
	both_are_locked
}

teardown() {
	lab signal clients "$first" KILL
	lab signal clients "$second" KILL
}

make_other() {
	lab exec server sh -e -c '
		mkdir -p /srv/other
		mount -t tmpfs -o mode=755 tmpfs /srv/other
		mkdir -p /srv/other/export/drill
		exportfs -o rw,no_root_squash,fsid=2 10.99.0.0/16:/srv/other/export'
}

# start_other [OPTION OF LOCKFERRY SERVE]...
start_other() {
	lab exec server lockferry serve --daemon --group other --store /srv/other/.lockferry --ip "$other" "$@"
}

# address_of_other add|del
address_of_other() {
	lab exec server ip addr "$1" "$other/16" dev eth0
}

# It leaves cleanly, and its locks are dropped, as its exportfs resource would do.
stop_other() {
	address_of_other del
	lab exec server lockferry stop --group other
	lab exec server lockferry unlock --export /srv/other
	is_locked /srv/nfs 1
	not is_locked /srv/other 2
}

both_are_locked() {
	is_locked /srv/nfs 1 && is_locked /srv/other 2
}

state_numbers() {
	lab exec server lockferry status --output-as json | jq -c '[.groups[] | {(.group): .state_number}] | add'
}

lockd() {
	lab exec server pidof lockd
}

# No reclaim was refused, and both groups recovered once, each with its own new state number.
both_recovered_since() {
	local began_ms
	began_ms=$(now_ms)
	wait_until 60 "the locks of both groups" both_are_locked
	figure "seconds until the locks of both groups were back: $(seconds_between "$began_ms" "$(now_ms)")"
	wait_until 60 "new locks to be granted" both_serve
	both_are_locked
	[ "$(state_numbers)" = "$(jq -c '.nfs += 2 | .other += 2' <<<"$1")" ]
	[ "$(reclaims_refused clients)" -eq "$refused" ]
}

both_serve() {
	lab exec server lockferry status --output-as json | jq -e '[.groups[].phase] == ["serving", "serving"]' >/dev/null
}

# comes_back [OPTION OF LOCKFERRY SERVE]...: the other group leaves, and returns to a server that serves the first one.
comes_back() {
	local numbers was
	refused=$(reclaims_refused clients)
	numbers=$(state_numbers)
	stop_other
	is_locked /srv/nfs 1
	not is_locked /srv/other 2
	was=$(lockd)
	start_other "$@"
	[ "$(lockd)" != "$was" ]
	[ "$(lab exec server sh -c 'cat /proc/fs/nfsd/threads')" = 8 ]
	address_of_other add
	both_recovered_since "$numbers"
}

@test "a group comes to a server that serves another: the lock manager is restarted, and both recover" {
	comes_back
}

@test "the same, with the NFS server started with the settings of nfs.conf" {
	comes_back --grace restart-nfs
}

@test "the lock manager is restarted by hand under two groups: both recover" {
	local numbers
	refused=$(reclaims_refused clients)
	numbers=$(state_numbers)
	lab exec server sh -c 'rpc.nfsd 0; rpc.nfsd 8'
	both_recovered_since "$numbers"
}

@test "an NFSv3 mount keeps the lock manager running: the group is refused, says why, and the other is left alone" {
	local was
	stop_other
	was=$(lockd)
	lab exec server sh -e -c '
		exportfs -o rw,no_root_squash,fsid=1 127.0.0.1:/srv/nfs/export
		mkdir -p /mnt/own
		mount -t nfs -o vers=3,port=2049,mountproto=tcp,mountport=20048 127.0.0.1:/srv/nfs/export /mnt/own'
	if start_other 2>"$BATS_TEST_TMPDIR/said"; then false; fi
	grep -q "an NFSv3 filesystem is mounted on this node (127.0.0.1:/srv/nfs/export /mnt/own" "$BATS_TEST_TMPDIR/said"
	[ "$(lockd)" = "$was" ]
	is_locked /srv/nfs 1
	lab exec server umount /mnt/own
	start_other
	[ "$(lockd)" != "$was" ]
	wait_until 60 "the lock of the group that was here" is_locked /srv/nfs 1
}
