#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The cluster's configuration from README.md and the administrator's guide, with pcs and with crmsh: the commands run
# exactly as written, on a separate CIB, and Pacemaker's simulator starts and stops the resources. No real cluster runs.

load helpers

HOME_OF_AGENTS=/usr/lib/ocf/resource.d

setup() {
	local why agent
	why=$(unshare --mount true 2>&1) || skip "no mount namespace to be had, run this as root: $why"
	W=$BATS_TEST_TMPDIR
	for agent in nfslock nfsgroup; do
		[ -x "$BUILD/agent/$agent" ] || make -s -C "$BUILD" "agent/$agent" >&2
	done
	mkdir -p "$W/agents/lockferry"
	cp -r "$HOME_OF_AGENTS/." "$W/agents"
	cp "$BUILD"/agent/nfs* "$W/agents/lockferry"
	export HOME=$W CIB_file=$W/cib
	cibadmin --empty >"$CIB_file"
	# a real cluster has fencing
	crm_attribute --type crm_config --name stonith-enabled --update false
}

# with_agent COMMAND...: in mounts in which Lockferry's agents are installed
with_agent() {
	unshare --mount --propagation private sh -c \
		"mount --bind '$W/agents' '$HOME_OF_AGENTS' && exec \"\$@\"" - "$@" 3>&-
}

# block FILE HEADING NUMBER: that code block below the heading
block() {
	awk -v heading="$2" -v number="$3" '
		/^#/ { here = $0 == heading; blocks = 0; inside = 0 }
		!here { next }
		/^    / { if (!inside) blocks++; inside = 1; if (blocks == number) print substr($0, 5); next }
		{ inside = 0 }' "$SRC/$1" | grep .
}

# by_pcs FILE HEADING NUMBER: each command is its own process. All of them fork from one process that has already loaded
# pcs, because loading takes longer than the commands; none cleans up at its end, which is slow too.
by_pcs() {
	block "$1" "$2" "$3" >"$W/pcs.sh"
	# shellcheck disable=SC2016 # the inner shell's
	bash -euc 'pcs() { printf "%s\0" "$#" "$@"; }; . "$0"' "$W/pcs.sh" >"$W/pcs.words"
	with_agent /usr/bin/python3 -Es -c '
import gc
import os
import sys
from pcs.entry_points.cli import main

def run(command):
    try:
        sys.exit(main(command))
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0 if end.code in (None, 0) else 1)

gc.freeze()

words = iter(sys.stdin.read().split("\0")[:-1])
for count in words:
    command = ["-f", sys.argv[1]] + [next(words) for _ in range(int(count))]
    child = os.fork()
    if child == 0:
        run(command)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("failed: pcs " + " ".join(command))' "$CIB_file" <"$W/pcs.words"
}

# by_crmsh FILE HEADING NUMBER
by_crmsh() {
	block "$1" "$2" "$3" >"$W/crm.txt"
	with_agent crm configure load update "$W/crm.txt"
}

# simulate [OPTION]...: prints the cluster's actions in order; the resulting state is the start of the next one
simulate() {
	crm_simulate --xml-file "$CIB_file" --simulate --quorum true "$@" --save-output "$W/next" |
		sed -nE 's/^ +\* Resource action: ([^ ]+) +(start|stop|promote|demote|migrate_to|migrate_from) on (.*)/\1 \2 \3/p'
	mv "$W/next" "$CIB_file"
}

# leave NODE
leave() {
	crm_attribute --type nodes --node "$1" --name standby --update on
}

# each FORMAT NAME...: one line for each
each() {
	# shellcheck disable=SC2059 # the format is the test's
	printf "$1\n" "${@:2}"
}

# one_group_moves: from node1 to node2, each time in the order of README.md's table
one_group_moves() {
	local up=(nfs_fs nfs_server nfs_export nfs_locks nfs_ip) down=(nfs_ip nfs_locks nfs_export nfs_server nfs_fs)

	same 'going up' "$(each '%s start node1' "${up[@]}")" "$(simulate --node-up node1)"
	simulate --node-up node2
	leave node1
	same 'moving' "$(each '%s stop node1' "${down[@]}" && each '%s start node2' "${up[@]}")" "$(simulate)"
}

# groups_are_at_home: each node's server starts before them; then one group comes to the other
groups_are_at_home() {
	local starts group node

	starts=$(simulate --node-up node1 --node-up node2)
	for node in 1 2; do
		group=nfs$node
		same "node$node" \
			"$(each "%s start node$node" nfs_server:x "${group}_fs" "${group}_export" "${group}_locks" "${group}_ip")" \
			"$(grep " node$node\$" <<<"$starts" | sed 's/^nfs_server:./nfs_server:x/')"
	done
	leave node1
	same 'moving' "$(each '%s stop node1' nfs1_ip nfs1_locks nfs1_export nfs1_fs nfs_server
		each '%s start node2' nfs1_fs nfs1_export nfs1_locks nfs1_ip)" "$(simulate | sort -s -k 3,3)"
}

# own_servers_are_at_home: each group has its server with it; then one group comes to the other
own_servers_are_at_home() {
	local starts node

	starts=$(simulate --node-up node1 --node-up node2)
	for node in 1 2; do
		same "node$node" "$(each "%s start node$node" "nfs${node}_fs" "nfs${node}_server")" \
			"$(grep " node$node\$" <<<"$starts")"
	done
	leave node1
	same 'moving' "$(each '%s stop node1' nfs1_server nfs1_fs && each '%s start node2' nfs1_fs nfs1_server)" \
		"$(simulate)"
}

# group_follows_drbd: to the node where DRBD has the better data, and away again
group_follows_drbd() {
	local up=(nfs_fs nfs_server nfs_export nfs_locks nfs_ip) down=(nfs_ip nfs_locks nfs_export nfs_server nfs_fs)

	same 'nothing promoted' "$(each '%s' 'nfs_drbd:0 start node1' 'nfs_drbd:1 start node2')" \
		"$(simulate --node-up node1 --node-up node2)"
	crm_attribute --type status --node node1 --name master-nfs_drbd --update 10000
	same 'promoted' "$(each '%s node1' 'nfs_drbd promote' "${up[@]/%/ start}")" "$(simulate)"
	leave node1
	crm_attribute --type status --node node2 --name master-nfs_drbd --update 10000
	same 'moving' "$(each '%s node1' "${down[@]/%/ stop}" 'nfs_drbd demote' 'nfs_drbd stop'
		each '%s node2' 'nfs_drbd promote' "${up[@]/%/ start}")" "$(simulate)"
}

# group_migrates: only the resources of the group; everything else runs on both nodes
group_migrates() {
	simulate --node-up node1 --node-up node2 >/dev/null
	crm_resource --move --resource nfs --node node2 >/dev/null
	same 'migrating' "$(printf '%s\n' 'nfs_ip stop node1' 'nfs_locks migrate_to node1' 'nfs_locks migrate_from node2' \
		'nfs_locks stop node1' 'nfs_ip start node2')" "$(simulate)"
}

# each_of XPATH-OF-ATTRIBUTES: their values in the cluster's configuration, one per line
each_of() {
	xmllint --xpath "$1" "$CIB_file" | sed 's/^[^"]*"//; s/"$//'
}

need_drbd() {
	[ -x "$HOME_OF_AGENTS/linbit/drbd" ] || skip "drbd-utils is not installed"
}

@test "README.md: its group starts and stops in the documented order" {
	by_pcs README.md '## Configure' 1
	one_group_moves
}

@test "admin guide: one group, by pcs" {
	by_pcs docs/admin-guide.md '### One group (active/passive)' 1
	one_group_moves
}

@test "admin guide: one group, by crmsh" {
	by_crmsh docs/admin-guide.md '### One group (active/passive)' 2
	one_group_moves
}

@test "admin guide: several groups, by pcs" {
	by_pcs docs/admin-guide.md '### Several groups on the nodes (active/active)' 1
	groups_are_at_home
}

@test "admin guide: several groups, by crmsh" {
	by_crmsh docs/admin-guide.md '### Several groups on the nodes (active/active)' 2
	groups_are_at_home
}

@test "admin guide: DRBD below the filesystem, by pcs" {
	need_drbd
	by_pcs docs/admin-guide.md '### One group (active/passive)' 1
	by_pcs docs/admin-guide.md '### DRBD below the filesystem' 1
	group_follows_drbd
}

@test "admin guide: DRBD below the filesystem, by crmsh" {
	need_drbd
	by_crmsh docs/admin-guide.md '### One group (active/passive)' 2
	by_crmsh docs/admin-guide.md '### DRBD below the filesystem' 2
	group_follows_drbd
}

@test "admin guide: a cluster filesystem, by pcs" {
	by_pcs docs/admin-guide.md '### A cluster filesystem (migration)' 1
	group_migrates
}

@test "admin guide: a cluster filesystem, by crmsh" {
	by_crmsh docs/admin-guide.md '### A cluster filesystem (migration)' 2
	group_migrates
}

@test "admin guide: a server for each group, by pcs" {
	by_pcs docs/admin-guide.md '### Configure it' 2
	by_pcs docs/admin-guide.md '### Configure it' 4
	by_pcs docs/admin-guide.md '### Configure it' 5
	own_servers_are_at_home
	same threads 16 "$(crm_resource --resource nfs1_server --get-parameter threads)"
	same 'levels of the monitors' 20 "$(each_of "//primitive[@id='nfs1_server']//op//nvpair[@name='OCF_CHECK_LEVEL']/@value")"
}

@test "admin guide: a server for each group, by crmsh" {
	by_crmsh docs/admin-guide.md '### Configure it' 3
	own_servers_are_at_home
}
