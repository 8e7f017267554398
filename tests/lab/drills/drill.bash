# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What all drills need: a lab that is up (LAB_DIR), of the kind that they are made for (LAB_NEEDED).

: "${LAB_DIR:?no lab: boot one with tests/lab/lab up, or use tests/lab/run}"
LAB=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../lab")
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$LAB")/host/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$LAB")/host/jobs.sh"
. "$LAB_DIR/settings"
[ "$LAB_KIND" = "$LAB_NEEDED" ] || die "this drill needs a lab of the kind \"$LAB_NEEDED\", and this is a \"$LAB_KIND\""

lab() {
	"$LAB" "$@"
}

# not COMMAND...: for what waits until something is no more
not() {
	! "$@"
}

figure() {
	printf '# %s\n' "$*" >&3
}

seconds_between() {
	awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f", (to - from) / 1000 }'
}

# said GUEST JOB WORD: has it printed a line that begins so? Asked many times a second, so not by way of a command: what
# a drill does on this machine the guests have to wait for. A job that has failed will say nothing more.
said() {
	local job

	job=$(job_path "$1" "$2")
	grep -qs "^$3\b" "$job.out" && return
	[ ! -s "$job.exit" ] || [ "$(<"$job.exit")" -eq 0 ] || die "\"$2\" on \"$1\" failed: $(tail -n 3 "$job.err")"
	return 1
}

# last_said GUEST JOB WORD FIELD: of the last such line, one field.
last_said() {
	awk -v word="$3" -v field="$4" '$1 == word { last = $field } END { print last }' "$(job_path "$1" "$2").out"
}

# A client that is refused a lock it held forgets it, and only its kernel's log tells.
reclaims_refused() {
	lab exec "$1" sh -c 'dmesg | grep -c "failed to reclaim lock"' || true
}
