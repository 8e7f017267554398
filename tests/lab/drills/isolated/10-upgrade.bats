#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

# NFSv4 clients know the two servers by different names, and lose their locks: docs/admin-guide.md says so.
# shellcheck disable=SC2034 # isolated.bash reads it
versions=3
load isolated

# The two kinds of groups cannot be on one node.
setup() {
	settle node2 node1
	is_shared=no
}

teardown() {
	[ "$is_shared" = no ] || shared down
}

# shared up [STORE], shared down: the group "nfs", on the server of node2
shared() {
	lab exec node2 /lab/guest/shared-group "$@"
	[ "$1" = down ] || is_shared=yes
}

# refuses TEXT COMMAND...: node2 must refuse that, with TEXT.
refuses() {
	local status=0

	lab exec node2 "${@:2}" >"$BATS_TEST_TMPDIR/refused" 2>&1 || status=$?
	[ "$status" -ne 0 ]
	grep -F -- "$1" "$BATS_TEST_TMPDIR/refused"
}

# to_shared, to_own: stops the group on the one server, and starts it on the other one.
to_shared() {
	down node2 nfs
	# a store that knows no client: nobody is told
	shared up ${LAB_CONTROL:+"/srv/nfs/$LAB_CONTROL"}
}

to_own() {
	shared down
	is_shared=no
	up node2 nfs
}

# change COMMAND: every lock is recovered.
change() {
	local begin_ms

	begin_watch node2
	probes_rest
	begin_ms=$(now_ms)
	"$1"
	probes_go_on
	prove_recovered node2 "$begin_ms"
	prove_kernel_is_well node2
}

@test "a group goes to the server that groups share, and back to one of its own: it keeps its NFSv3 locks" {
	begin_locking
	refuses "one of its own on this node" lockferry serve --daemon --group other --store /srv/nfs/other --ip 10.99.0.101
	change to_shared
	# shellcheck disable=SC2154 # isolated.bash sets it
	refuses "'10.99.0.100' is on this node already" /lab/guest/group up nfs "${options[@]}"
	lab exec node2 /lab/guest/many-groups make 1
	refuses "uses the NFS server that groups share" /lab/guest/many-groups up 1
	lab exec node2 /lab/guest/many-groups remove 1
	lab exec node2 bash -c '! ls /run/netns/lockferry-*'
	change to_own
}
