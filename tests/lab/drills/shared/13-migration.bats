#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load shared

setup() {
	calm_down
	begin_hold
	begin_rival
	begin_probe
}

teardown() {
	lab exec node1 chmod +x /usr/sbin/lockferry
	lab exec node2 chmod +x /usr/sbin/lockferry
	stay nfs || true
	lab exec node1 crm_resource --cleanup --resource nfs || true
}

# migrate NODE: the group moves there, by its process and address alone.
migrate() {
	local from begin_ms

	from=$(other "$1")
	begin_watch "$1"
	begin_ms=$(now_ms)
	move nfs "$1"
	prove_recovered "$1" "$begin_ms"
	prove_verified "$1"
	# the lock set has no lock of an NFSv4 client
	ended_early "$1"
	stay nfs
	lab exec "$1" crm_resource --list-operations --resource nfs-locks | grep -q 'migrate_from.*complete'
	wait_until 60 "the cluster to know that the group is served on \"$1\" alone" is_served_on_alone "$1"
	# a lock that stays there would be in the way of clients that are granted a lock here
	figure "locks left on \"$from\": $(nlm_locks "$from")"
	[ "$(nlm_locks "$from")" -eq 0 ]
}

is_served_on_alone() {
	says_serving "$1" && ! says_serving "$(other "$1")"
}

@test "the adoptive node cannot take it over: the primary keeps every lock" {
	local primary second begin_ms

	primary=$(primary)
	second=$(other "$primary")
	lab exec "$second" chmod -x /usr/sbin/lockferry
	begin_ms=$(now_ms)
	move nfs "$second"
	wait_until 60 "the migration to fail" migration_failed "$second"
	prove_undisturbed "$primary" "$begin_ms"
	prove_released
}

migration_failed() {
	grep -q "is not on this node: install lockferry" "$LAB_DIR/share/$1/messages"
}

@test "it is cancelled during migrate_to: the primary keeps every lock" {
	local primary second begin_ms

	primary=$(primary)
	second=$(other "$primary")
	# before the process is stopped: it would not record them, and "move" waits for them longer than the monitor does
	wait_until 120 "the connections to be recorded" has_connections "$primary" nfs
	lab exec "$primary" pkill -STOP -x lockferry
	begin_ms=$(now_ms)
	move nfs "$second"
	wait_until 60 "migrate_to to begin" lab exec "$primary" pgrep -f '[l]ockferry stop --migrate'
	stay nfs
	lab exec "$primary" crm_resource --ban --resource nfs --node "$second"
	lab exec "$primary" pkill -CONT -x lockferry
	prove_undisturbed "$primary" "$begin_ms"
	prove_released
}

# NFSv4 has its own grace period, for which new locks also wait if that server has served the client before: an idle
# client notices nothing until it renews its lease.
begin_nfs4() {
	lab exec client2 mount -t nfs -o vers=4.1,hard nfs:/ /mnt/nfs2
	lab exec client2 mkdir -p /mnt/nfs2/nfs4
	lab start client2 nfs4 /lab/bin/locks hold /mnt/nfs2/nfs4 5
	wait_until 60 "the NFSv4.1 client to take its locks" said client2 nfs4 held
}

end_nfs4() {
	lab signal client2 nfs4 TERM
	LAB_TIMEOUT=60 lab exec client2 touch /mnt/nfs2/nfs4/after
	LAB_TIMEOUT=60 lab wait client2 nfs4
	lab exec client2 umount /mnt/nfs2
}

@test "the group migrates, and back with an NFSv4.1 client beside: every lock goes with it" {
	local primary

	primary=$(primary)
	migrate "$(other "$primary")"
	begin_nfs4
	migrate "$primary"
	end_nfs4
	prove_released
}
