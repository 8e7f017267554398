# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions of the drills with two service groups, in addition to those of the cluster. A node's groups share its one
# NFS server. client1 holds locks in each group.

LAB_NEEDED=groups
: "${LAB_LOCKS:=200}"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../cluster/cluster.bash"

# each COMMAND [ARGUMENT]...: runs it for each group; the group's name is the last argument.
each() {
	local group

	for group in $LAB_GROUPS; do
		"$@" "$group"
	done
}

# Each group is on its own node, and new locks are granted on both.
part() {
	local here

	here=$(primary nfs)
	if [ "$here" = "$(primary nfs2)" ]; then
		move nfs "$(other "$here")"
		wait_until 240 "the groups to part" is_calm
		stay nfs
	fi
}
