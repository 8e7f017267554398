# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions of the drills with isolated service groups: each group has an NFS server of its own, in namespaces of its own
# (lockferry server). client1 holds locks in both groups with each version of NFS, client2 is the rival for those of the
# group "nfs". client1 also asks for new locks in both groups. A LOCK is "GROUP.VERSION", "nfs.4.1" say.

LAB_NEEDED=isolated
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../drill.bash"
: "${LAB_LOCKS:=20}"
: "${versions:=3 4.1}"
# The kernel grants no shorter grace period for NFSv4; a client of NFSv4 comes back within a lease.
: "${LAB_OWN_GRACE:=10}"
options=(--versions "3 4.0 4.1 4.2" --grace "$LAB_OWN_GRACE" --lease 10 --require-fencing no)
# How long the other group's clients may wait for a lock while this group comes and goes: twice what was measured with ten
# to twenty programs on two processors, 0.24 and 0.82 s (without Pacemaker 0.54 s; 0.13 s is the time between two attempts).
# lockd's one thread serves all groups, and waits while a client's first lock is recorded.
gap_ms=500
gap_v3_ms=1600

# The groups.

# up NODE GROUP [OPTION OF LOCKFERRY SERVER START]...: the last of two options counts.
up() {
	lab exec "$1" /lab/guest/group up "$2" "${options[@]}" "${@:3}"
}

# down NODE GROUP: succeeds only if the disk is released.
down() {
	local how=down

	[ "${LAB_CONTROL-}" != leave-locks ] || how=leave-locks
	lab exec "$1" /lab/guest/group "$how" "$2"
}

# is_up NODE GROUP: does it run there, without a problem?
is_up() {
	lab exec "$1" lockferry server status --group "$2" >/dev/null 2>&1
}

# status NODE GROUP JQ: that value of what `lockferry server status` tells.
status() {
	lab exec "$1" lockferry server status --group "$2" --output-as json | jq -r "$3"
}

# place GROUP NODE: brings it there, if it is not there yet.
place() {
	local other=node1

	[ "$2" = node2 ] || other=node2
	! is_up "$other" "$1" || down "$other" "$1"
	is_up "$2" "$1" || up "$2" "$1"
}

# settle NODE NODE2: whatever state the last drill left, this one begins with "nfs" on NODE, "nfs2" on NODE2, and without
# a lock.
settle() {
	drop_locks
	place nfs "$1"
	place nfs2 "$2"
	mount_groups
}

# drop_locks: the last drill's processes end, those that wait for a server that is away only when it is back.
drop_locks() {
	local guest

	lab boot node1 node2
	for guest in client1 client2; do
		lab exec "$guest" bash -c 'pkill -KILL -x locks; dmesg --clear'
	done
}

# mount_groups: with both groups up
mount_groups() {
	local guest

	for guest in client1 client2; do
		wait_until 60 "the last drill's processes on \"$guest\" to end" not lab exec "$guest" pgrep -x locks >/dev/null
		# shellcheck disable=SC2086 # a list
		LAB_TIMEOUT=120 lab exec "$guest" /lab/guest/mount-groups $versions
	done
}

# The work of the clients.

# locks GROUP...: prints each LOCK of these groups.
locks() {
	local group version

	for group; do
		for version in $versions; do
			echo "$group.$version"
		done
	done
}

# drill_dir LOCK: where its files are, below a client's /mnt/LOCK and the server's /srv/GROUP/export.
drill_dir() {
	echo "drill.${1#*.}"
}

# begin_locking: all holders, rivals and probes.
begin_locking() {
	local lock

	for lock in $(locks nfs nfs2); do
		lab start client1 "hold.$lock" /lab/bin/locks hold "/mnt/$lock/$(drill_dir "$lock")" "$LAB_LOCKS"
	done
	for lock in $(locks nfs nfs2); do
		wait_until 120 "client1 to take its locks of $lock" said client1 "hold.$lock" held
	done
	begin_probes nfs nfs2
	for lock in $(locks nfs); do
		lab start client2 "rival.$lock" /lab/bin/locks rival "/mnt/$lock/$(drill_dir "$lock")" "$LAB_LOCKS"
	done
	for lock in $(locks nfs); do
		wait_until 120 "the rival to try every lock of $lock" said client2 "rival.$lock" tried
	done
}

# begin_probes GROUP...: client1 asks for new locks in these groups, and gets them.
begin_probes() {
	local lock

	for lock in $(locks "$@"); do
		[[ $lock != *.4.* ]] || share_probe "$lock"
		lab start client1 "probe.$lock" /lab/bin/locks probe "/mnt/$lock/$(drill_dir "$lock")"
	done
	for lock in $(locks "$@"); do
		wait_until 60 "a new lock of $lock" said client1 "probe.$lock" granted
	done
}

# share_probe LOCK: client2 has the probe's file open, too. Otherwise newer kernels delegate it to client1, which then takes
# its locks by itself and does not ask the server.
share_probe() {
	lab start client2 "share.$1" /lab/bin/locks first "/mnt/$1/$(drill_dir "$1")" probe 0
	wait_until 60 "client2 to open the probe's file of $1" said client2 "share.$1" ready
}

# probes_rest: those of "nfs" have no lock, and ask for none, until probes_go_on: a lock whose answer is lost is noted at the
# handover, but nobody has it, and the grace period then does not end before its time.
probes_rest() {
	local lock

	for lock in $(locks nfs); do
		lab signal client1 "probe.$lock" USR1
	done
	for lock in $(locks nfs); do
		wait_until 120 "the probe of $lock to rest" probe_is_resting "$lock"
	done
}

probe_is_resting() {
	[[ $(lab output client1 "probe.$1" | tail -n 1) == resting* ]]
}

probes_go_on() {
	local lock

	for lock in $(locks nfs); do
		lab signal client1 "probe.$lock" USR2
	done
}

# begin_watch NODE: counts the locks of "nfs" on a node that does not have them yet.
begin_watch() {
	local lock

	for lock in $(locks nfs); do
		lab start "$1" "watch.$lock" /lab/bin/locks return "/srv/nfs/export/$(drill_dir "$lock")" "$LAB_LOCKS"
	done
}

# granted_after MS LOCK
granted_after() {
	[ "$(last_said client1 "probe.$2" granted 2)" -gt "$1" ]
}

# first_granted_after MS LOCK: when the first new lock since then was granted
first_granted_after() {
	lab output client1 "probe.$2" | awk -v ms="$1" '$1 == "granted" && $2 > ms { print $2; exit }'
}

# longest_gap MS LOCK: the longest time between two new locks since then, in milliseconds
longest_gap() {
	lab output client1 "probe.$2" | awk -v ms="$1" '
		$1 != "granted" { next }
		$2 > ms && last && $2 - last > longest { longest = $2 - last }
		{ last = $2 }
		END { print longest + 0 }'
}

# Proofs.

# prove_recovered NODE MS: all locks of "nfs" that were held before that time are held on this node now, none was taken
# in between, and new locks are granted.
prove_recovered() {
	local node=$1 since_ms=$2 lock back_ms granted_ms

	for lock in $(locks nfs); do
		wait_until 120 "all locks of $lock to come back on \"$node\"" said "$node" "watch.$lock" "locked $LAB_LOCKS"
		back_ms=$(last_said "$node" "watch.$lock" locked 3)
		wait_until 120 "a new lock of $lock" granted_after "$back_ms" "$lock"
		granted_ms=$(first_granted_after "$(quiet_since "$since_ms" "$lock")" "$lock")
		figure "$lock: seconds to the last reclaim: $(seconds_between "$since_ms" "$back_ms")," \
			"to the first new lock: $(seconds_between "$since_ms" "$granted_ms"), without a new lock:" \
			"$(seconds_between 0 "$(longest_gap "$since_ms" "$lock")")"
		tell_times "$node" "$since_ms" nfs "$back_ms" "$granted_ms" "$lock"
	done
	prove_held
	prove_held_on "$node"
}

# prove_new_lock_within SECONDS MS: so soon after the address of "nfs" came, since MS, a new NFSv3 lock was granted.
prove_new_lock_within() {
	local address_ms granted_ms

	address_ms=$(notified_at "$2" nfs | head -n 1)
	granted_ms=$(first_granted_after "$(quiet_since "$2" nfs.3)" nfs.3)
	figure "grace period of $LAB_OWN_GRACE s: seconds to the address: $(seconds_between "$2" "$address_ms")," \
		"from the address to the first new NFSv3 lock: $(seconds_between "$address_ms" "$granted_ms")"
	[ $((granted_ms - address_ms)) -lt $(($1 * 1000)) ]
}

# quiet_since MS LOCK: the begin of the longest time without a new lock since then
quiet_since() {
	lab output client1 "probe.$2" | awk -v ms="$1" '
		$1 != "granted" { next }
		$2 > ms && last && $2 - last > longest { longest = $2 - last; begin = last }
		{ last = $2 }
		END { print begin + 0 }'
}

# prove_held [LOCK]...: new locks are granted, so the rival could get any lock that is free: two more rounds, and it has
# none. Default: every LOCK of "nfs".
prove_held() {
	local lock now_ms refused taken

	# shellcheck disable=SC2046 # a list
	[ $# -gt 0 ] || set -- $(locks nfs)
	now_ms=$(now_ms)
	refused=$(refused)
	for lock; do
		wait_until 120 "the rival to try every lock of $lock again" rival_went_round_since "$now_ms" "$lock"
		taken=$(last_said client2 "rival.$lock" tried 3)
		figure "$lock: locks held: $LAB_LOCKS, kept: $((LAB_LOCKS - taken)), taken by the rival: $taken in" \
			"$(last_said client2 "rival.$lock" tried 2) attempts, reclaims refused: $refused"
		[ "$taken" -eq 0 ]
	done
	[ "$refused" -eq 0 ]
}

rival_went_round_since() {
	said client2 "rival.$2" all ||
		[ "$(lab output client2 "rival.$2" | awk -v ms="$1" '$1 == "tried" && $4 > ms' | wc -l)" -ge 2 ]
}

# prove_held_on NODE: its kernel has every lock of "nfs".
prove_held_on() {
	local lock

	for lock in $(locks nfs); do
		LAB_TIMEOUT=20 lab exec "$1" /lab/bin/locks watch "/srv/nfs/export/$(drill_dir "$lock")" "$LAB_LOCKS" >/dev/null
	done
}

# refused: how many reclaims the server of either group refused to client1, as its kernel tells.
refused() {
	reclaims_refused client1
}

# prove_undisturbed WHAT MS: since then the clients of the other group got new locks all the time.
prove_undisturbed() {
	local lock gap limit now_ms

	now_ms=$(now_ms)
	for lock in $(locks nfs2); do
		wait_until 60 "a new lock of $lock" granted_after "$now_ms" "$lock"
		gap=$(longest_gap "$2" "$lock")
		figure "$lock, $1: longest time without a new lock: $gap ms"
		limit=$gap_ms
		[[ $lock != *.3 ]] || limit=$gap_v3_ms
		[ "$gap" -lt "$limit" ]
	done
}

# prove_kernel_is_well NODE...: no kernel found anything wrong: a reference used after its end, say.
prove_kernel_is_well() {
	local node warnings=$BATS_TEST_TMPDIR/warnings

	for node; do
		lab exec "$node" dmesg | grep -E 'WARNING|refcount|BUG|Oops|use-after-free|nsm_handles|host garbage' >"$warnings" || true
		figure "$node: warnings of the kernel: $(grep -c '' "$warnings" || true)"
		sed -n 's/^/# /; 1,5p' "$warnings" >&3
		[ ! -s "$warnings" ]
	done
}
