# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by all drills: they need a lab that is up (LAB_DIR), of the right kind (LAB_NEEDED).

: "${LAB_DIR:?no lab: boot one with tests/lab/lab up, or use tests/lab/run}"
LAB=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../lab")
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$LAB")/host/common.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$LAB")/host/jobs.sh"
. "$LAB_DIR/settings"
[ "$LAB_KIND" = "$LAB_NEEDED" ] || die "this drill needs a lab of the kind \"$LAB_NEEDED\", not \"$LAB_KIND\""

lab() {
	"$LAB" "$@"
}

# not COMMAND...: to wait until something is no longer true
not() {
	! "$@"
}

figure() {
	printf '# %s\n' "$*" >&3
}

seconds_between() {
	awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f", (to - from) / 1000 }'
}

# said GUEST JOB WORD: has it printed a line that begins with WORD? Runs no command, because it is called many times a
# second and would take processor time from the guests. A job that has failed will print nothing more.
said() {
	local job

	job=$(job_path "$1" "$2")
	grep -qs "^$3\b" "$job.out" && return
	[ ! -s "$job.exit" ] || [ "$(<"$job.exit")" -eq 0 ] || die "\"$2\" on \"$1\" failed: $(tail -n 3 "$job.err")"
	return 1
}

# last_said GUEST JOB WORD FIELD: that field of the last such line.
last_said() {
	awk -v word="$3" -v field="$4" '$1 == word { last = $field } END { print last }' "$(job_path "$1" "$2").out"
}

# If a client's reclaim is refused, it forgets the lock, and only its kernel's log shows it.
reclaims_refused() {
	lab exec "$1" sh -c 'dmesg | grep -c "failed to reclaim lock"' || true
}
