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
	lab exec "$node" crm_resource --clear --resource nfs
}

@test "the group is moved and moved back: every lock goes with it" {
	local primary

	primary=$(primary)
	begin_hold
	begin_rival
	begin_probe

	move "$(other "$primary")"
	move "$primary"

	prove_released
}
