#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

# What a move leaves behind would have the next drills' group come back of itself.
teardown() {
	lab exec node1 crm_resource --clear --resource nfs || true
}

# move NODE: as an admin does, and proves it.
move() {
	local node=$1 begin_ms

	begin_watch "$node"
	begin_ms=$(now_ms)
	lab exec "$node" crm_resource --move --resource nfs --node "$node"
	prove_recovered "$node" "$begin_ms"
	prove_verified "$node"
	lab exec "$node" crm_resource --clear --resource nfs
}

# rehearse_back NODE: the same by a drill on that node, which keeps its report.
rehearse_back() {
	local node=$1 begin_ms report=$BATS_TEST_TMPDIR/report

	refuses_on_primary "$(other "$node")"
	begin_watch "$node"
	begin_ms=$(now_ms)
	rehearse "$node" "$report" --report /root/report
	prove_recovered "$node" "$begin_ms"
	lab exec "$node" cat /root/report | cmp - "$report"
	lab exec "$node" rm /root/report
	rehearsal_passed "$node" "$report" '.kind == "move" and .locks.exact and .back == null'
}

# refuses_on_primary NODE: and moves nothing
refuses_on_primary() {
	local status=0

	lab exec "$1" lockferry drill --group nfs --yes 2>"$BATS_TEST_TMPDIR/refusal" || status=$?
	[ "$status" -eq 2 ]
	grep -q "is served on this node, '$1'" "$BATS_TEST_TMPDIR/refusal"
}

@test "the group is moved, and moved back by a drill: every lock goes with it" {
	local primary

	primary=$(primary)
	begin_hold
	begin_rival
	begin_probe

	move "$(other "$primary")"
	rehearse_back "$primary"

	prove_released
}
