#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A process is killed before each system call by which it changes a file: nothing that was acknowledged is lost, and a
# repetition completes the operation.

# shellcheck disable=SC2154 # $template and $turn are of faults.bash and inject.bash
load faults

# kill_at CASE POINT
kill_at() {
	local case=$1 point=$2 left

	world_copy "$template" "$BATS_TEST_TMPDIR/$turn"
	"begin_$case" "$point" signal=KILL
	if [ "${ended-$status}" -ne 137 ]; then
		not_reached
		[ -z "${serving-}" ] || ends_by_kill "$serving"
		return
	fi
	store_is_whole
	leftovers
	[ "$left" -le $((${#clients[@]} + 1)) ] || fail "$left temporary files"
	"again_$case"
	store_is_whole
	"proof_$case"
	nothing_is_left
}

# but_syncs: the points of the input without syncs. A sync changes nothing that a later process can see: killed before
# it, or before the next call that changes a file, the process leaves the same files, and by then others may know more
# of their contents. Only after the last point there is no such next call.
but_syncs() {
	awk '{ last = $0; sync = /^(fsync|fdatasync) / } !sync { print } END { if (sync) print last }'
}

# survives CASE: killed at every point.
survives() {
	local points

	points=$(points_of "$1")
	points=$(but_syncs <<<"$points")
	say "$FAULTS_BACKEND: $1 is killed at $(wc -l <<<"$points") points"
	in_turn kill_at "$1" <<<"$points"
	most_were_reached "$(wc -l <<<"$points")"
}

@test "kill: the first snapshot" {
	survives first_snapshot
}

@test "kill: the next snapshot" {
	survives next_snapshot
}

@test "kill: restore" {
	survives restore
}

@test "kill: notify" {
	survives notify
}

@test "kill: the last duties after a crash" {
	survives last_duties
}

@test "kill: convert" {
	survives convert
}

@test "kill: release" {
	survives release
}

@test "kill: takeover of a group that was released" {
	survives take_over_released
}

@test "kill: takeover from a node that is gone" {
	survives take_over_crashed
}

@test "kill: taking conveyed records back" {
	survives take_back
}

@test "kill: recording the locks that are held" {
	survives record_locks
}
