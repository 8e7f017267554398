#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../server/server

# It waits for seven minutes, so it has its own lab. Client 1 holds a lock, client 2 had one.
delay_s=3
holder=1 idler=2

setup() {
	address=10.99.1.200
	boot_server
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT" --deletion-delay "$delay_s"
	take_lock hold "$address" "$holder"
	take_lock idle "$address" "$idler"
	lab signal clients idle TERM
	lab wait clients idle || true
	is_recorded "$holder"
	is_recorded "$idler"
}

teardown() {
	lab signal clients hold KILL
}

holder_has_its_lock() {
	is_locked /srv/nfs "$holder"
}

@test "a client that holds no lock is un-monitored: its record is dropped, the other stays" {
	local began_ms
	began_ms=$(now_ms)

	# lockd forgets a client 300 s after its last lock, when another client asks for one; it checks every 120 s
	# (fs/lockd/host.c)
	sleep 290
	lab start clients "probe" /lab/guest/on-client "$holder" /lab/bin/locks probe /mnt/nfs/drill
	wait_until 300 "lockd to forget the idle client" not is_monitored "$idler"
	figure "seconds until an idle client was un-monitored: $(seconds_between "$began_ms" "$(now_ms)")"
	wait_until 30 "its record to be dropped" not is_recorded "$idler"
	lab signal clients "probe" TERM
	is_monitored "$holder"
	is_recorded "$holder"
	holder_has_its_lock
}
