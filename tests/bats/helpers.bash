# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Shared by all bats files. $SRC is the top of the source tree, $BUILD that of the build tree (set it, or
# abs_top_builddir as make does, if they differ).

bats_require_minimum_version 1.5.0

SRC=${SRC:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
BUILD=${BUILD:-${abs_top_builddir:-$SRC}}

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../pause.bash"

# untraced, in a setup(): bats looks at the stack before each command, which takes longer than most commands here. From
# now on it does so only for the lines of the test itself, which is where a failure is shown. After a command has
# failed, no later one may replace it.
untraced() {
	local trap
	trap=$(trap -p ERR)
	eval "${trap%"' ERR"}; trap - DEBUG' ERR"
	set +T
}

# same WHAT EXPECTED ACTUAL: fails and shows the difference, unless the texts are identical
same() {
	[ "$2" != "$3" ] || return 0
	echo "$1 (- expected, + actual):"
	diff -u <(printf '%s\n' "$2") <(printf '%s\n' "$3") | tail -n +4
	return 1
}

# expect STATUS [STDOUT [STDERR]]: the result that the last run_apart must have
expect() {
	# shellcheck disable=SC2154 # run sets them
	if same status "$1" "$status" && same stdout "${2-}" "$output" && same stderr "${3-}" "$stderr"; then
		return 0
	fi
	echo "status: $status; stdout: $output; stderr: $stderr"
	return 1
}

# run_apart PROGRAM [ARGUMENT]...: like `run --separate-stderr`, with one process instead of four
run_apart() {
	local said=$BATS_TEST_TMPDIR/stderr
	output=$(exec "$@" 2>"$said") && status=0 || status=$?
	# shellcheck disable=SC2034 # for the tests
	IFS=$'\n' read -r -d '' -a lines <<<"$output" || true
	read -r -d '' stderr <"$said" || true
}

# Stubs: commands that record how they were called, and answer as configured. They are in $STUB_DIR/bin, which the test
# puts in PATH, or names by path.

stubs_make() {
	local name
	export STUB_DIR=$BATS_TEST_TMPDIR/stubs
	mkdir -p "$STUB_DIR/bin"
	: >"$STUB_DIR/calls"
	for name; do
		printf '#!/bin/sh\n. %s\n' "$(quoted "$BATS_TEST_DIRNAME/stubs/stub")" >"$STUB_DIR/bin/$name"
	done
	chmod 755 "$STUB_DIR"/bin/*
}

# stub_does NAME[-COMMAND[-SUBCOMMAND]] SHELL-CODE: the code runs with the stub's arguments, and may exit
stub_does() {
	printf '%s\n' "$2" >"$STUB_DIR/$1.sh"
}

# stub_answers NAME[-COMMAND[-SUBCOMMAND]] STATUS [STDOUT [STDERR]]
stub_answers() {
	stub_does "$1" "answer $2 $(quoted "${3-}") $(quoted "${4-}")"
}

# quoted TEXT: as one word of any shell
quoted() {
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

# expect_calls [LINE]...: all command lines of the stubs since the last call, in order
expect_calls() {
	local calls expected
	calls=$(<"$STUB_DIR/calls")
	: >"$STUB_DIR/calls"
	printf -v expected '%s\n' "$@"
	expected=${expected%$'\n'}
	same calls "$expected" "$calls"
}
