# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One lab for all drills. A lab that is up already (LAB_DIR) is used, and left as it is.

setup_suite() {
	LAB=$(readlink -f "$BATS_TEST_DIRNAME/../lab")
	export LAB
	if [ -z "${LAB_DIR-}" ]; then
		LAB_DIR=$("$LAB" up | sed -n 's/^LAB_DIR=//p')
		[ -n "$LAB_DIR" ]
		export LAB_DIR LAB_IS_OURS=1
	fi
	printf '# grace period: %s s, locks: %s\n' "$(. "$LAB_DIR/settings" && echo "$LAB_GRACE")" "${LAB_LOCKS:-1000}" >&3
}

teardown_suite() {
	[ -z "${LAB_IS_OURS-}" ] || "$LAB" down
}
