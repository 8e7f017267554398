#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

teardown() {
	lab exec node1 crm_resource --clear --resource nfs || true
}

# refuses_on_primary NODE: the drill is refused there, and moves nothing
refuses_on_primary() {
	local status=0

	lab exec "$1" lockferry drill --group nfs --yes 2>"$BATS_TEST_TMPDIR/refusal" || status=$?
	[ "$status" -eq 2 ]
	grep -q "is served on this node, '$1'" "$BATS_TEST_TMPDIR/refusal"
}

@test "a drill moves the group, and back: every lock goes with it" {
	local primary second report=$BATS_TEST_TMPDIR/report

	primary=$(primary)
	second=$(other "$primary")
	begin_hold
	begin_rival
	begin_watch "$primary"

	refuses_on_primary "$primary"
	rehearse "$second" "$report" --move-back --output-to /root/report
	# the same, but for the exit status, which is not known yet when the file is written
	diff <(lab exec "$second" cat /root/report | jq .) <(jq 'del(.status)' "$report")
	lab exec "$second" rm /root/report
	rehearsal_passed "$second" "$report" '.kind == "move" and .locks.exact and (.back.attribute | startswith("serving")) and
		([.back.seconds | .address_away, .stopped, .address_up, .serving] | . == sort and all(. != null))'
	await_locks "$primary"
	prove_held "$primary"
	prove_released
}
