#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each system call that changes a file fails: the operation fails with a reason that says where and why, nothing that
# was acknowledged is lost, and a repetition completes it.

# shellcheck disable=SC2154 # $template and $turn are of faults.bash and inject.bash
load faults

# Cases in which the fault may have no effect: a call that was cut short or interrupted is repeated, leftovers are
# cleaned up the next time, and a process that serves tries again by itself; it does not keep running for the account
# (store/store.h).
may_succeed() {
	case $2 in
	*\ error=EINTR | *\ retval=0 | unlink*) return 0 ;;
	esac
	case "$1 $2" in
	take_over* | take_back* | record_locks* | release*\ fs/store/sm* | release*store.sqlite*) ;;
	release*) was_about account || sqlite_may_succeed "$@" ;;
	*) sqlite_may_succeed "$@" ;;
	esac
}

# was_about NAME: the fault came while that file was written, through its temporary file.
was_about() {
	awk '/"\.new-/ { last = $0 } /INJECTED/ { print last }' "$W/trace" | grep -q "$(printf %s "$1" | sha256sum | cut -c 1-64)"
}

# SQLite tries again to make a database, does not care who owns its log, and ignores a failed sync of a directory, which
# is why we do that ourselves. A copy for reading need not be durable.
sqlite_may_succeed() {
	case "$FAULTS_BACKEND $1 $2" in
	*convert\ * | sqlite\ first_snapshot\ *) ;;
	sqlite*\ fchown\ *store.sqlite* | sqlite*\ fdatasync\ *\ fs/store\ * | sqlite*\ tmp/*) ;;
	*) return 1 ;;
	esac
}

# Our own writes never fail because they were interrupted or cut short.
must_succeed() {
	case $1 in
	*store.sqlite*) return 1 ;;
	*\ error=EINTR | *\ retval=0) ;;
	*) return 1 ;;
	esac
}

# says_where TEXT: it names the file or the directory. A fault at another openat() than planned may be at any file.
says_where() {
	[[ $1 == *"$W/fs"* || $1 == *"$W/node2/sm"* || $1 == *"$W/node2/run"* ]] ||
		{ ! was_injected && not_reached && [[ $1 == *"$W/"* ]]; }
}

# told_why POINT-AND-FAULT: the message names the file or the directory, and what is wrong with it.
told_why() {
	local text

	read_text "$W/err"
	says_where "$text" || fail "it does not say where: $text" || return
	case $1 in
	*store.sqlite* | *tmp/*) ;; # SQLite has its own messages
	*ENOSPC) [[ $text == *'No space left on device'* ]] ;;
	*EIO) [[ $text == *'Input/output error'* ]] ;;
	*EROFS) [[ $text == *'Read-only file system'* ]] ;;
	esac || fail "it does not say what: $text"
}

# fail_at CASE POINT-AND-FAULT
fail_at() {
	local case=$1 point=${2% *} fault=${2##* }

	world_copy "$template" "$BATS_TEST_TMPDIR/$turn"
	"begin_$case" "$point" "$fault"
	store_is_whole
	case $status in
	0)
		if ! was_injected; then
			not_reached
		elif ! may_succeed "$case" "$2"; then
			fail "it reports success"
		fi
		[[ ! $case =~ snapshot|restore|last_duties|convert ]] || "proof_$case"
		;;
	1) told_why "$2" ;;
	*) fail "status $status: $(cat "$W/err")" ;;
	esac
	[ "$status" -eq 0 ] || ! must_succeed "$2" || fail "$(cat "$W/err")"
	"again_$case"
	store_is_whole
	"proof_$case"
	nothing_is_left
}

# copes_with_errors CASE [one]
copes_with_errors() {
	local points faults

	points=$(points_of "$1")
	faults=$(faults_at "${2-}" <<<"$points")
	say "$FAULTS_BACKEND: $1 fails in $(wc -l <<<"$faults") ways"
	in_turn fail_at "$1" <<<"$faults"
	most_were_reached "$(wc -l <<<"$faults")"
}

@test "error: the first snapshot" {
	copes_with_errors first_snapshot
}

@test "error: the next snapshot" {
	copes_with_errors next_snapshot
}

@test "error: restore" {
	copes_with_errors restore
}

@test "error: notify" {
	copes_with_errors notify
}

@test "error: the last duties after a crash" {
	copes_with_errors last_duties
}

@test "error: convert" {
	copes_with_errors convert one
}

@test "error: release" {
	copes_with_errors release
}

@test "error: takeover of a group that was released" {
	copes_with_errors take_over_released one
}

@test "error: taking conveyed records back" {
	copes_with_errors take_back
}

@test "error: recording the locks that are held" {
	copes_with_errors record_locks one
}
