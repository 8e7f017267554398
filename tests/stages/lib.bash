# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Functions that the stages of tests/run share. $TOP is the source, prepared by autoreconf, $WORK the directory for
# builds. Results go to descriptor 3, in TAP.
set -eu -o pipefail

# How many tests run in parallel: nearly all of them wait most of the time.
beside=$((4 * $(nproc)))

# check NAME COMMAND...: runs a test of that name; if it fails, prints the output of the command. Within a function,
# `set -e` has no effect, so link commands by &&.
check() {
	local name=$1 output began_ms
	shift

	began_ms=$(now_ms)
	if output=$("$@" 2>&1 3>&-); then
		echo "ok - $name in $(($(now_ms) - began_ms))ms" >&3
	else
		{
			echo "not ok - $name"
			printf '%s\n' "$output" | tail -n 40 | sed 's/^/# /'
		} >&3
	fi
	printf '%s\n' "$output"
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# build NAME [OPTION OF CONFIGURE]...: builds in $WORK/NAME, for later stages too, and changes to that directory. If
# stages of two lanes want the same build, the second one waits.
build() {
	local name=$1
	shift

	mkdir -p "$WORK/$name"
	cd "$WORK/$name"
	{
		flock 9
		[ -f Makefile ] || "$TOP/configure" --quiet "$@"
		make -j"$(nproc)" 9>&-
	} 9>"$WORK/$name.lock"
}

# build_plain: the build that README describes, with warnings as errors.
build_plain() {
	build plain --enable-werror --prefix=/usr --sysconfdir=/etc --localstatedir=/var
}

# build_sanitized: with the address and undefined-behaviour sanitizers. Optimized less: that takes half the time.
build_sanitized() {
	build sanitized --enable-werror --enable-sanitizers CFLAGS='-g -O1'
}

# make_check: runs `make check` in the current directory, and prints its results, with the time of each test and the log
# of each failed test.
make_check() {
	local status=0 result times=$PWD/times

	: >"$times"
	export TIMES=$times
	make -j"$beside" check AM_COLOR_TESTS=no LOG_COMPILER="$TOP/tests/stages/timed" | tee /dev/fd/2 |
		awk -v times="$times" '
			function in_ms(name, line, found, parts) {
				while ((getline line <times) > 0) {
					split(line, parts, " ")
					if (parts[1] == name) found = " in " parts[2] "ms"
				}
				close(times)
				return found
			}
			/^(PASS|XFAIL): / { print "ok - " $2 in_ms($2) }
			/^(FAIL|XPASS|ERROR): / { print "not ok - " $2 }
			/^SKIP: / { print "ok - " $0 " # skip" }
			{ fflush() }' >&3 || status=$?
	while read -r result; do
		echo "# ${result%.trs}:"
		tail -n 40 "${result%.trs}.log" | sed 's/^/# /'
	done < <(grep -rlE --include='*.trs' '^:test-result: (FAIL|XPASS|ERROR)' .) >&3
	return "$status"
}
