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

# in_each "GUEST..." COMMAND...: runs it in these guests, in all of them at the same time; fails if it fails in one.
in_each() {
	local guest pid pids=() status=0

	for guest in $1; do
		lab exec "$guest" "${@:2}" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	return "$status"
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

# notified_at MS [GROUP]: the times of the SM_NOTIFY packets since then, of one group or of all, one per line.
notified_at() {
	awk -v ms="$1" -v from="${2:+$(group_address "$2")}" '
		$1 * 1000 >= ms && index($3, (from ? from : "10.99.0") ".") == 1 { printf "%d\n", $1 * 1000 }' \
		"$LAB_DIR/sm_notify.log"
}

# notified_since MS [GROUP]: the number of these packets.
notified_since() {
	notified_at "$@" | wc -l
}

fenced_since() {
	awk -v ms="$1" -v node="$2" '$1 >= ms && $2 == "off" && $3 == node && $4 == "off"' \
		"$LAB_DIR/power.log" | grep -q .
}

# tell_times NODE MS GROUP RECLAIMED_MS GRANTED_MS [NAME]: a line for the table at the end of tests/run: seconds from MS, when
# the primary was cut or the move began, to each step on the adoptive node. The guests' logs have whole seconds only.
tell_times() {
	local node=$1 since_ms=$2 group=$3

	figure "times $(printf '%-34s %7s %7s %7s %7s %7s %9s %9s' \
		"$(basename "$BATS_TEST_FILENAME" .bats) ${6-$group}" \
		"$(seconds_to "$since_ms" "$(fenced_ms "$since_ms")")" \
		"$(seconds_to "$since_ms" "$(logged_ms "$node" "$since_ms" "mounted filesystem")")" \
		"$(seconds_to "$since_ms" "$(logged_ms "$node" "$since_ms" "group '$group' is armed")")" \
		"$(seconds_to "$since_ms" "$(logged_ms "$node" "$since_ms" "group '$group' is reclaiming")")" \
		"$(seconds_to "$since_ms" "$(notified_at "$since_ms" "$group" | head -n 1)")" \
		"$(seconds_to "$since_ms" "$4")" "$(seconds_to "$since_ms" "$5")")"
}

# seconds_to FROM_MS TO_MS: prints a dash if it did not happen
seconds_to() {
	if [ -n "$2" ]; then seconds_between "$1" "$2"; else echo -; fi
}

fenced_ms() {
	awk -v ms="$1" '$1 >= ms && $2 == "off" { print $1; exit }' "$LAB_DIR/power.log"
}

# logged_ms NODE MS TEXT: the time when that text was first logged since then
logged_ms() {
	local line second

	while IFS= read -r line; do
		second=$(date -u -d "${line:0:15}" +%s)
		if [ "$second" -ge $(($2 / 1000)) ]; then
			echo $((second * 1000 > $2 ? second * 1000 : $2))
			return
		fi
	done < <(grep -F -- "$3" "$LAB_DIR/share/$1/messages" | tail -n 20)
}

# If a client's reclaim is refused, it forgets the lock, and only its kernel's log shows it.
reclaims_refused() {
	lab exec "$1" sh -c 'dmesg | grep -c "failed to reclaim lock"' || true
}
