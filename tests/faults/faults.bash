# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Shared by the bats files here. tests/faults/run makes the namespaces in which they run.

# shellcheck disable=SC2154 # $clients and $status are of world.bash and cases.bash
bats_require_minimum_version 1.5.0
load world
load inject
load cases

setup_file() {
	[ -n "${FAULTS_DIR-}" ] || {
		echo "run it by $BATS_TEST_DIRNAME/run"
		return 1
	}
	[ -x "$BUILD/tests/bats/fake_clients" ] || make -s -C "$BUILD" tests/bats/fake_clients >&2
	"$BUILD/tests/bats/fake_clients" >"$BATS_FILE_TMPDIR/clients" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/clients.pid"
	await 5 'the clients' grep -q ready "$BATS_FILE_TMPDIR/clients"
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/clients.pid")"
}

setup() {
	template=$BATS_TEST_TMPDIR/template
}

teardown() {
	address_goes
}

# address_comes, address_goes: all processes of a test share one network.
address_comes() {
	ip address replace "$server/32" dev lo
}

address_goes() {
	ip address del "$server/32" dev lo 2>/dev/null || :
}

# leftovers: sets $left to the number of our temporary files. (The copy from which an sqlite store is read is in
# $TMPDIR; it is left to the cleaner of that directory.)
leftovers() {
	local found

	shopt -s globstar dotglob nullglob
	found=("$W"/fs/**/.new-* "$W"/fs/**/.lockferry-* "$W"/node*/sm/**/.new-* "$W"/node*/sm/**/.lockferry-*)
	shopt -u globstar dotglob nullglob
	left=${#found[@]}
}

nothing_is_left() {
	leftovers
	[ "$left" -eq 0 ] || fail "$left temporary files stay"
}

# points_of CASE: makes the world in $template, and runs the case once in a copy of it, which must leave nothing
# unsynced.
points_of() {
	# Not in a condition, where bash ignores every failure.
	go_through "$1" >"$BATS_TEST_TMPDIR/undisturbed.log" 2>&1 3>&- &
	wait $! || {
		cat "$BATS_TEST_TMPDIR/undisturbed.log" >&2
		return 1
	}
	points_in "$BATS_TEST_TMPDIR/undisturbed/trace" | grep -vE " $(elsewhere "$1")"
}

# elsewhere CASE: prints a pattern for the points to leave out. A takeover makes the same changes in statd's directory
# in every case and with every kind of store, so one of them tests these. take_back tests only statd's directory.
elsewhere() {
	case "$FAULTS_BACKEND $1" in
	files\ take_over_released | *\ restore) echo nothing ;;
	*\ take_back) echo fs/ ;;
	*) echo node2/ ;;
	esac
}

go_through() {
	quietly
	set -e
	world_new "$template"
	"prepare_$1"
	dig_holes
	world_copy "$template" "$BATS_TEST_TMPDIR/undisturbed"
	"begin_$1"
	[ "$status" -eq 0 ] || fail "status $status: $(cat "$W/err")"
	unsynced "$W/trace" >"$W/unsynced"
	[ ! -s "$W/unsynced" ] || fail "$(cat "$W/unsynced")"
	"again_$1"
	store_is_whole
	"proof_$1"
	nothing_is_left
}
