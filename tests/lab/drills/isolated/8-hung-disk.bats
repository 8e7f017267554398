#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

hang_timeout_s=10

# How long NFSv4 locks of the other group may wait, as in the other drills.
nfs4_ms=1000

# lockd waits for the statd of "nfs" until the keeper kills it: it asks every 5 s, twice for 2 s.
statd_ms=15000

# The disk of "nfs" is below the device mapper, which can suspend all reads and writes.
setup() {
	settle node1 node2
	down node1 nfs
	# shellcheck disable=SC2016 # the guest expands it
	lab exec node2 sh -e -c '
		modprobe dm_mod
		dmsetup create --noudevsync nfs --table "0 $(blockdev --getsz /dev/vdb) linear /dev/vdb 0"
		dmsetup mknodes'
	up node2 nfs --hang-timeout "$hang_timeout_s"
	begin_work
}

teardown() {
	release_disk || true
	down node2 nfs || true
	# without udev the name stays until it is asked to go
	lab exec node2 sh -c 'dmsetup remove --noudevsync nfs; dmsetup mknodes' || true
}

hold_disk() {
	lab exec node2 sh -c 'sync; echo 3 >/proc/sys/vm/drop_caches'
	lab exec node2 dmsetup suspend --nolockfs --noflush --noudevsync nfs
}

release_disk() {
	lab exec node2 dmsetup resume --noudevsync nfs
}

# begin_work: client1 asks for new locks of "nfs2" all the time; both clients have a file of "nfs" open.
begin_work() {
	local client

	for client in client1 client2; do
		lab start "$client" late /lab/bin/locks first /mnt/nfs.3/drill.3 "late.$client" 0
	done
	for client in client1 client2; do
		wait_until 60 "$client to open a file" said "$client" late ready
	done
	begin_probes nfs2
}

# reports GROUP WHAT TEXT: its status has a "problem" or a "warning" with that text.
reports() {
	lab exec node2 lockferry server status --group "$1" 2>/dev/null | grep -q "  $2: .*$3"
}

# took_ms COMMAND...: prints how long it took; what it said is in $BATS_TEST_TMPDIR/said.
took_ms() {
	local began_ms

	began_ms=$(now_ms)
	"$@" >"$BATS_TEST_TMPDIR/said" 2>&1 || true
	echo $(($(now_ms) - began_ms))
}

# prove_nfs4_undisturbed WHAT MS; figures for NFSv3
prove_nfs4_undisturbed() {
	local lock gap

	for lock in $(locks nfs2); do
		gap=$(longest_gap "$2" "$lock")
		figure "$lock, $1: longest time without a new lock: $gap ms"
		[[ $lock == *.3 ]] || [ "$gap" -lt "$nfs4_ms" ]
	done
}

@test "a group's statd hangs, then its disk: the other group's NFSv4 locks go on, and what its NFSv3 locks wait for ends in time" {
	local hung_ms lock took

	hung_ms=$(now_ms)
	lab exec node2 kill -STOP "$(status node2 nfs '.daemons[] | select(.name == "rpc.statd").pid')"
	lab signal client2 late USR1
	wait_until 30 "statd to be started again" is_restarted rpc.statd
	wait_until 30 "a new lock of nfs2.3" granted_after "$(now_ms)" nfs2.3
	prove_nfs4_undisturbed "the other's statd hangs" "$hung_ms"
	[ "$(longest_gap "$hung_ms" nfs2.3)" -lt "$statd_ms" ]
	figure "the first lock that waited for statd: $(lab output client2 late | tail -n 1) $(tail -n 1 "$(job_path client2 late).err")"

	hold_disk
	hung_ms=$(now_ms)
	lab signal client1 late USR1
	wait_until 20 "a warning" reports nfs warning "has not answered for"
	wait_until 30 "a problem" reports nfs problem "the disk of group 'nfs' hangs"
	figure "seconds until the monitor fails: $(seconds_between "$hung_ms" "$(now_ms)")"
	[ $(($(now_ms) - hung_ms)) -lt $(((hang_timeout_s + 10) * 1000)) ]
	took=$(took_ms lab exec node2 lockferry server status --group nfs2)
	figure "milliseconds for the other group's status: $took; $(grep -E 'warning|problem' "$BATS_TEST_TMPDIR/said" || echo no warning)"
	not reports nfs2 problem ''
	took=$(took_ms lab exec node2 lockferry server stop --group nfs)
	figure "milliseconds until a stop fails, and the node would be fenced: $took"
	[ "$took" -lt 10000 ]
	grep -q "cannot hand over group 'nfs': the disk of group 'nfs' hangs" "$BATS_TEST_TMPDIR/said"
	# shellcheck disable=SC2016 # the guest expands it
	figure "lockd: $(lab exec node2 sh -c 'head -n 3 "/proc/$(pgrep -x lockd)/stack" | tr "\n" " "')"
	prove_nfs4_undisturbed "the other's disk hangs" "$hung_ms"

	release_disk
	wait_until 60 "a new lock of nfs2.3" granted_after "$(now_ms)" nfs2.3
	figure "nfs2.3: without a new lock while the other's disk hung: $(longest_gap "$hung_ms" nfs2.3) ms"
	up node2 nfs --hang-timeout "$hang_timeout_s"
	wait_until 30 "the group to be well" is_up node2 nfs
	wait_until 60 "the lock that waited for the disk" said client1 late granted
	prove_kernel_is_well node2
}

is_restarted() {
	[ "$(status node2 nfs ".daemons[] | select(.name == \"$1\").restarts")" -gt 0 ]
}
