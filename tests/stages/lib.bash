# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the stages of tests/run share. $TOP is the source, prepared by autoreconf, and $WORK where to build; results go
# to descriptor 3, in TAP.
set -eu -o pipefail

# check NAME COMMAND...: a test of that name; what the command says is told where it fails. It fails as a whole: within
# a function, link commands by &&.
check() {
	local name=$1 output
	shift

	if output=$("$@" 2>&1 3>&-); then
		echo "ok - $name" >&3
	else
		{
			echo "not ok - $name"
			printf '%s\n' "$output" | tail -n 40 | sed 's/^/# /'
		} >&3
	fi
	printf '%s\n' "$output"
}

# build NAME [OPTION OF CONFIGURE]...: in $WORK/NAME, where it stays for the stages to come; ends there.
build() {
	local name=$1
	shift

	mkdir -p "$WORK/$name"
	cd "$WORK/$name"
	[ -f Makefile ] || "$TOP/configure" --quiet "$@"
	make -j"$(nproc)"
}

# make_check: `make check` in the current directory, its results as ours, with the log of each test that failed. Most
# tests wait most of the time: two run for each processor.
make_check() {
	local status=0 result

	make -j$((2 * $(nproc))) check AM_COLOR_TESTS=no | tee /dev/fd/2 | sed --unbuffered --quiet >&3 \
		-e 's/^\(PASS\|XFAIL\): /ok - /p' \
		-e 's/^\(FAIL\|XPASS\|ERROR\): /not ok - /p' \
		-e 's/^SKIP: .*/ok - & # skip/p' || status=$?
	while read -r result; do
		echo "# ${result%.trs}:"
		tail -n 40 "${result%.trs}.log" | sed 's/^/# /'
	done < <(grep -rlE --include='*.trs' '^:test-result: (FAIL|XPASS|ERROR)' .) >&3
	return "$status"
}
