# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by all parts of the lab: messages, addresses, and waiting with a limit.

say() {
	echo "lab: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# group_address GROUP: the address that clients mount from.
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

# try_until SECONDS COMMAND...: runs it until it succeeds; fails after SECONDS. A look into a guest takes processor time
# from the guest: so the pause until the next look is three times as long as the look, 0.1 to 1 second.
try_until() {
	local end_ms=$(($(now_ms) + $1 * 1000)) began_ms looked_ms pause_ms pause_s
	shift

	while :; do
		began_ms=$((${EPOCHREALTIME/[.,]/} / 1000))
		! "$@" || return 0
		looked_ms=$((${EPOCHREALTIME/[.,]/} / 1000))
		[ "$looked_ms" -lt "$end_ms" ] || return 1
		pause_ms=$(((looked_ms - began_ms) * 3))
		pause_ms=$((pause_ms < 100 ? 100 : pause_ms > 1000 ? 1000 : pause_ms))
		printf -v pause_s '%d.%03d' $((pause_ms / 1000)) $((pause_ms % 1000))
		pause "$pause_s"
	done
}

# wait_until SECONDS WHAT COMMAND...: the same, but gives up with a message that names WHAT.
wait_until() {
	local seconds=$1 what=$2
	shift 2

	try_until "$seconds" "$@" || die "waited $seconds s for $what in vain"
}
