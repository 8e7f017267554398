# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Commands in a guest. A job is some files in the folder that the guest shares with its host:
#  NAME.cmd     the command; the guest takes it by renaming it to NAME.run
#  NAME.out     its output so far; NAME.err: its errors
#  NAME.kill    written by the host: the signal to send
#  bell         written by the host after any of these; the guest watches only this file
#  NAME.exit    its exit status, when it has ended

job_path() {
	echo "$LAB_DIR/share/$1/jobs/$2"
}

# job_start GUEST NAME COMMAND...
job_start() {
	local guest=$1 job

	guest_alive "$1" || die "\"$1\" is off"
	job=$(job_path "$1" "$2")
	shift 2
	rm -f "$job".{out,err,kill,exit}
	printf 'exec%s\n' "$(printf ' %q' "$@")" >"$job.tmp"
	mv "$job.tmp" "$job.cmd"
	job_ring "$guest"
}

job_ring() {
	: >"$(job_path "$1" bell)"
}

job_has_ended() {
	[ -e "$(job_path "$1" "$2").exit" ] || ! guest_alive "$1"
}

# job_status GUEST NAME: the exit status of a job that has ended; 125 if its guest died.
job_status() {
	local job

	job=$(job_path "$1" "$2")
	[ -e "$job.exit" ] || return 125
	return "$(cat "$job.exit")"
}

# job_signal GUEST NAME SIGNAL: the guest never sees a half-written file.
job_signal() {
	local job

	job=$(job_path "$1" "$2")
	echo "$3" >"$job.kill.tmp"
	mv "$job.kill.tmp" "$job.kill"
	job_ring "$1"
}

# job_run GUEST COMMAND...: runs it to the end, and passes on its output and exit status; 124 if it takes too long.
job_run() {
	local guest=$1 name=exec.$BASHPID.$RANDOM job status=0
	shift

	job=$(job_path "$guest" "$name")
	job_start "$guest" "$name" "$@"
	if try_until "$LAB_TIMEOUT" job_has_ended "$guest" "$name"; then
		job_status "$guest" "$name" || status=$?
	else
		job_signal "$guest" "$name" KILL
		status=124
	fi
	cat "$job.out" 2>/dev/null || true
	cat "$job.err" >&2 2>/dev/null || true
	[ "$status" -lt 124 ] && rm -f "$job".*
	return "$status"
}
