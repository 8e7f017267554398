#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load groups

setup() {
	calm_down
	part
}

teardown() {
	stay nfs || true
}

@test "a group is moved to the other one's node, and back: no lock of either is lost" {
	local own shared begin_ms

	own=$(primary nfs)
	shared=$(primary nfs2)
	[ "$own" != "$shared" ]
	each begin_hold
	each begin_rival
	each begin_probe

	each begin_watch "$shared"
	begin_ms=$(now_ms)
	move nfs "$shared"
	each prove_recovered "$shared" "$begin_ms"
	prove_verified "$shared" nfs
	stay nfs

	begin_watch "$own" nfs
	begin_ms=$(now_ms)
	move nfs "$own"
	prove_recovered "$own" "$begin_ms" nfs
	prove_verified "$own" nfs
	stay nfs
	# its server kept running
	prove_held "$shared" nfs2
	figure "nfs2: clients notified: $(notified_since "$begin_ms" nfs2)"
	[ "$(notified_since "$begin_ms" nfs2)" -eq 0 ]

	each prove_released
}
