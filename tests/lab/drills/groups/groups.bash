# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the drills with two service groups add to those of the cluster. Both of a node's groups have its one NFS server.
# client1 holds locks in each group.

LAB_NEEDED=groups
: "${LAB_LOCKS:=200}"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../cluster/cluster.bash"

# each COMMAND [ARGUMENT]...: for one group after the other, whose name is the last argument.
each() {
	local group

	for group in $LAB_GROUPS; do
		"$@" "$group"
	done
}

# Each group is on a node of its own, and new locks are granted on both.
part() {
	local here

	here=$(primary nfs)
	if [ "$here" = "$(primary nfs2)" ]; then
		move nfs "$(other "$here")"
		wait_until 240 "the groups to part" is_calm
		stay nfs
	fi
}
