#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

# shellcheck disable=SC2154 # $store is of server.bash
load server

# A node on which other programs hold 4,000 locks, and take and drop a hundred each second: almost no look at
# /proc/locks is complete. And a local user who fills the control socket.
local_locks=4000
held=200

setup() {
	address=10.99.1.$((130 + BATS_TEST_NUMBER))
	fresh_server
	begin_serving "$address" files "$LAB_INSTALLED_CALLOUT"
}

teardown() {
	lab signal clients "hold.$BATS_TEST_NUMBER" KILL
}

make_node_busy() {
	local number

	lab exec server sh -c 'mkdir -p /tmp/local && chmod 755 /tmp/local'
	lab start server local.hold /lab/bin/locks hold /tmp/local "$local_locks"
	wait_until 120 "the local locks" said server local.hold held
	for number in 1 2 3 4 5; do
		lab exec server mkdir "/tmp/local/$number.d"
		lab start server "local.probe.$number" /lab/bin/locks probe "/tmp/local/$number.d"
	done
}

# hold_from_client COUNT: client 1 holds that many locks.
hold_from_client() {
	lab start clients "hold.$BATS_TEST_NUMBER" /lab/guest/on-client 1 bash -c "
		mkdir -p /mnt/nfs
		umount -f -l /mnt/nfs 2>/dev/null
		mount -t nfs -o vers=3,hard,proto=tcp,port=2049,mountproto=tcp,mountport=20048 $address:/srv/nfs/export /mnt/nfs &&
		mkdir -p /mnt/nfs/drill/busy && exec /lab/bin/locks hold /mnt/nfs/drill/busy $1"
	wait_until 120 "client 1 to take its locks" said clients "hold.$BATS_TEST_NUMBER" held
}

@test "4,000 local locks, and others that come and go: the handover accounts for every lock" {
	hold_from_client "$held"
	make_node_busy
	lab exec server ip addr del "$address/16" dev eth0
	wait_until 60 "the group to be frozen" in_phase frozen
	lab exec server lockferry stop --group nfs --timeout 60
	lab exec server sh -c 'rpc.nfsd 0; echo 30 >/proc/sys/fs/nfs/nlm_grace_period; rpc.nfsd 8'
	lab exec server lockferry serve --daemon --group nfs --store "$store" --ip "$address"
	lab exec server ip addr add "$address/16" dev eth0
	wait_until 100 "the grace period to end" is_serving
	LAB_TIMEOUT=60 lab exec server lockferry verify --store "$store" --output-as json >"$BATS_TEST_TMPDIR/account"
	figure "$(jq -r '"locks noted: \(.noted), missing: \(.missing | length), exact: \(.exact)"' "$BATS_TEST_TMPDIR/account")"
	jq -e ".noted == $held and .missing == []" "$BATS_TEST_TMPDIR/account" >/dev/null
	LAB_TIMEOUT=20 lab exec server /lab/bin/locks watch /srv/nfs/export/drill/busy "$held" >/dev/null
	[ "$(reclaims_refused clients)" -eq 0 ]
}

# storm: an unprivileged user opens as many connections to the control sockets as possible, all the time.
storm() {
	# shellcheck disable=SC2016 # the guest expands it
	lab start server storm setpriv --reuid=nobody --regid=nogroup --clear-groups perl -MSocket -e '
		while (1) {
			my @open;
			for (1 .. 500) {
				for my $path (glob "/run/lockferry/*") {
					next unless -S $path;
					socket(my $socket, AF_UNIX, SOCK_SEQPACKET, 0) or last;
					connect($socket, pack_sockaddr_un($path)) and push @open, $socket;
				}
			}
			select(undef, undef, undef, 0.01);
		}'
}

@test "a local user fills the control socket: no first lock is granted without its record" {
	local number

	storm
	begin_clients "storm.$BATS_TEST_NUMBER" "$address" 500 1 2 3 4 5 6 7 8
	begin_locking "storm.$BATS_TEST_NUMBER"
	wait_until 60 "the locks" said_times clients "storm.$BATS_TEST_NUMBER" granted 8
	lab cut server
	lab signal clients "storm.$BATS_TEST_NUMBER" KILL
	boot_server
	for number in 1 2 3 4 5 6 7 8; do
		is_recorded "$number"
	done
}
