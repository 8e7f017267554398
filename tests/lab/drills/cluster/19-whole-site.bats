#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

teardown() {
	stay nfs || true
}

nobody_banned() {
	local told

	told=$(lab exec node1 crm_mon -1 --inactive --failcounts)
	! grep -q 'nfs-locks.*fail-count=INFINITY\|nfs-locks_start_0.*error' <<<"$told"
}

# Both nodes lose their power within seconds, so neither can fence the other: after the boot, the fencing history is
# empty. The fact that the owner has booted since proves that it released its locks.
@test "both nodes lose their power: the group is up again with every lock, and a drill that fences its node passes" {
	local first second cut_ms begin_ms report=$BATS_TEST_TMPDIR/report

	first=$(primary)
	second=$(other "$first")
	begin_hold
	begin_rival
	begin_probe
	await_recorded "$first"
	lab cut "$first"
	lab cut "$second"
	cut_ms=$(now_ms)
	probe_goes_on
	# Both nodes boot within the first one's grace period.
	LAB_BOOT_GRACE=$((LAB_GRACE + 10)) lab boot node1 node2
	use_grace $((LAB_GRACE + 10))
	wait_until 240 "the group's address" primary >/dev/null
	figure "seconds until the group's address was there: $(seconds_between "$cut_ms" "$(now_ms)"), on $(primary)"
	wait_until 240 "a new lock to be granted" new_lock_granted_after "$(now_ms)"
	prove_held "$(primary)"
	nobody_banned
	lab signal client1 probe.nfs TERM

	wait_until 240 "the cluster to calm down" is_calm
	first=$(primary)
	second=$(other "$first")
	use_grace $((LAB_GRACE - 10))
	begin_watch "$second"
	wait_until 60 "the locks to be recorded" all_are_recorded "$first"
	begin_ms=$(now_ms)
	rehearse "$second" "$report" --fence
	fenced_since "$begin_ms" "$first"
	rehearsal_passed "$second" "$report" '.kind == "fence" and (.locks.exact | not) and .back == null'
	await_locks "$second"
	prove_held "$second"
	prove_released
}
