#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load server

# In the environment: how often the power is cut; what statd runs for a new client ("none": nothing, so that Lockferry
# depends on inotify alone, and locks may be lost).
: "${LAB_CUTS:=6}" "${LAB_CALLOUT:=$LAB_INSTALLED_CALLOUT}"

# The clients ask for their first locks within this time. The server needs longer to grant all of them, so some are
# always in progress when the power fails.
window_ms=500

setup_file() {
	export CUTS=$BATS_FILE_TMPDIR/cuts
	: >"$CUTS"
}

# The lists of clients that were granted their locks before the cut, of those that had asked but got no answer, and of
# those that the next boot finds in the store.
cut_once() {
	local round=$1 backend=$2 job=first.$1

	begin_serving "10.99.1.$round" "$backend" "$LAB_CALLOUT"
	# shellcheck disable=SC2046 # a list
	begin_clients "$job" "10.99.1.$round" "$window_ms" $(seq "$LAB_CLIENTS")
	begin_locking "$job"
	wait_until 20 "the first lock" said clients "$job" granted
	sleep "$(awk -v ms=$((RANDOM % window_ms)) 'BEGIN { print ms / 1000 }')"
	lab cut server
	# packets that the server had already sent may still arrive
	sleep 0.5
	clients_that "$job" asked >"$BATS_TEST_TMPDIR/asked"
	clients_that "$job" granted >"$BATS_TEST_TMPDIR/granted"
	lab signal clients "$job" KILL
	boot_server
	recorded >"$BATS_TEST_TMPDIR/recorded"
}

clients_that() {
	lab output clients "$1" | awk -v word="$2" '$1 == word { print $2 }' | sort
}

# One line per cut: BACKEND GRANTED IN_FLIGHT RECORDED LOST
note_cut() {
	local granted in_flight recorded lost dir=$BATS_TEST_TMPDIR

	granted=$(wc -l <"$dir/granted")
	in_flight=$(comm -23 "$dir/asked" "$dir/granted" | wc -l)
	recorded=$(comm -12 "$dir/granted" "$dir/recorded" | wc -l)
	lost=$(comm -23 "$dir/granted" "$dir/recorded" | wc -l)
	echo "$1 $granted $in_flight $recorded $lost" >>"$CUTS"
}

# figures_of BACKEND
figures_of() {
	awk -v backend="$1" '
		$1 == backend { cuts++; granted += $2; in_flight += $3; recorded += $4; lost += $5; losing += $5 > 0 }
		END {
			printf "store of kind %s: power cuts: %d, locks granted: %d, in flight at the cut: %d, granted and recorded: %d, " \
				"lost: %d, in %d cuts\n", backend, cuts, granted, in_flight, recorded, lost, losing
		}' "$CUTS"
}

@test "the power is cut among first locks: every client whose lock was granted is in the store" {
	local round backends=(files sqlite)

	boot_server
	for ((round = 1; round <= LAB_CUTS; round++)); do
		cut_once "$round" "${backends[round % 2]}"
		note_cut "${backends[round % 2]}"
	done
	figure "$(figures_of files)"
	figure "$(figures_of sqlite)"
	# the drill proves nothing if no lock was granted, or if no lock was in progress at a cut
	awk '{ granted += $2; in_flight += $3 } END { exit !(granted > 0 && in_flight > 0) }' "$CUTS"
	awk '{ lost += $5 } END { exit lost > 0 }' "$CUTS"
}
