# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every part of the lab needs: words for trouble, the addresses, and waiting with an end.

say() {
	echo "lab: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# group_address GROUP: where the clients find it.
group_address() {
	case $1 in
	nfs) echo 10.99.0.100 ;;
	nfs2) echo 10.99.0.110 ;;
	esac
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../../pause.bash"

# try_until SECONDS COMMAND...: until it succeeds, 10 times a second; fails after SECONDS.
try_until() {
	local end_ms=$(($(now_ms) + $1 * 1000))
	shift

	until "$@"; do
		[ $((${EPOCHREALTIME/[.,]/} / 1000)) -lt "$end_ms" ] || return 1
		pause 0.1
	done
}

# wait_until SECONDS WHAT COMMAND...: the same, or say what was waited for and give up.
wait_until() {
	local seconds=$1 what=$2
	shift 2

	try_until "$seconds" "$@" || die "waited $seconds s for $what in vain"
}
