# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the stages of tests/run share. $TOP is the source, prepared by autoreconf, and $WORK where to build; results go
# to descriptor 3, in TAP.
set -eu -o pipefail

# How many tests run beside each other: nearly all of them wait most of the time.
beside=$((4 * $(nproc)))

# check NAME COMMAND...: a test of that name; what the command says is told where it fails. It fails as a whole: within
# a function, link commands by &&.
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

# build NAME [OPTION OF CONFIGURE]...: in $WORK/NAME, where it stays for the stages to come; ends there. Stages of two
# lanes may want the same build: the second waits for the first.
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

# build_plain: what README's commands build, with warnings as errors.
build_plain() {
	build plain --enable-werror --prefix=/usr --sysconfdir=/etc --localstatedir=/var
}

# make_check: `make check` in the current directory, its results as ours, with the time of each test and the log of each
# that failed.
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
