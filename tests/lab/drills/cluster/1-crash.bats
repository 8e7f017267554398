#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load cluster

setup() {
	calm_down
}

# prove_accounted_for NODE MS: every lock that was recorded before that time is back, except the probe's lock, which it
# drops.
prove_accounted_for() {
	local told probed

	told=$(lab exec "$1" lockferry verify --store /srv/nfs/.lockferry --export /srv/nfs/export --output-as json) || true
	probed=$(jq '[.missing[] | select(.file == "/srv/nfs/export/probe")] | length' <<<"$told")
	figure "nfs: locks recorded before the crash: $(jq .noted <<<"$told")," \
		"$(seconds_between "$(jq '.noted_at * 1000' <<<"$told")" "$2") s before it;" \
		"missing: $(jq '.missing | length' <<<"$told"), of the probe: $probed, new: $(jq '.new | length' <<<"$told")"
	jq -e --argjson held "$LAB_LOCKS" --argjson recorded "$recorded" --argjson probed "$probed" '
		.exact == false and .pending == false and .phase == "serving" and
		.noted == $recorded and $recorded <= $held + 1 and $probed <= $recorded - $held and
		(.missing | length) == $probed' <<<"$told"
}

@test "the primary loses its power: every lock is recovered on the adoptive node" {
	local primary adoptive recorded cut_ms

	primary=$(primary)
	adoptive=$(other "$primary")
	begin_hold
	begin_rival
	begin_probe
	begin_watch "$adoptive"
	await_recorded "$primary"

	lab cut "$primary"
	cut_ms=$(now_ms)
	probe_goes_on

	await_locks "$adoptive"
	lab boot --no-wait "$primary"
	prove_recovered "$adoptive" "$cut_ms"
	[ "$LAB_STACK" = stock ] || prove_accounted_for "$adoptive" "$cut_ms"
	fenced_since "$cut_ms" "$primary"
	[ "$(notified_since "$cut_ms")" -ge 2 ]
	prove_released
}
