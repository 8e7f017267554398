#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

# The kinds of link by which clients reach a group (ocf:lockferry:nfsgroup, parameter "link"). "nfs" gets another one with
# each move, and its clients keep their locks. "nfs2" is routed, which goes with each of them on one NIC.

: "${LAB_LOCKS:=5}"
load isolated

setup() {
	local node

	lab boot node1 node2
	for node in node1 node2; do
		! is_up "$node" nfs2 || down "$node" nfs2
	done
	lab exec node2 /lab/guest/network forward
	up node2 nfs2 --link routed
	settle node1 node2
}

teardown() {
	local node group

	for node in node1 node2; do
		for group in nfs nfs2; do
			! is_up "$node" "$group" || down "$node" "$group"
		done
		lab exec "$node" /lab/guest/network plain
	done
	lab exec client1 /lab/guest/network plain
	lab exec client1 pkill -x tcpdump || true
}

# move FROM TO KIND NIC
move() {
	begin_watch "$2"
	probes_rest
	begin_ms=$(now_ms)
	down "$1" nfs | grep -q '^released '
	probes_go_on
	up "$2" nfs --link "$3" --nic "$4" >/dev/null
	[ "$(status "$2" nfs .link.kind)" = "$3" ]
}

# announced MAC: how often client1 was told that the address of "nfs" is there
announced() {
	lab output client1 arp | grep -c "^$1 .* 10.99.0.100 tell 10.99.0.100" || true
}

# nic_mac NODE NIC
nic_mac() {
	lab exec "$1" cat "/sys/class/net/$2/address"
}

# reached_at ADDRESS VERSION [6]: client1 mounts from there, and sees what is exported. (The mounts of the drill are 4.1:
# a client that knows the server by another address already would use that one.)
reached_at() {
	lab exec client1 bash -c "mkdir -p /mnt/other && mount -t nfs -o 'vers=$2,proto=tcp${3-}' '$1:/srv/nfs/export' /mnt/other &&
		test -d /mnt/other/drill.3 && umount /mnt/other"
}

# prove_callback: client2 waits for a lock of client1, and gets it when client1 gives it back: the server's call to client2
# was answered through the firewall. By itself, client2 asks again only after 30 s (fs/lockd/clntproc.c,
# NLMCLNT_POLL_TIMEOUT).
prove_callback() {
	lab start client1 callback bash -c 'exec 9>/mnt/nfs.3/callback && flock 9 && echo taken && sleep 3'
	wait_until 30 "client1 to take the lock" said client1 callback taken
	lab exec client2 flock --wait 15 /mnt/nfs.3/callback true
}

@test "a group moves from a macvlan to an ipvlan, a bridge, a routed link, a VLAN: it keeps its locks, the other one notices nothing" {
	local begin_ms told

	[ "$(status node1 nfs .firewall.from)" = 10.99.0.0/24 ]
	# as the firewall has it
	lab exec client1 rpcinfo -p nfs | grep -E '100021 +4 +tcp +4045 '
	lab start client1 arp /lab/guest/network announcements
	begin_locking

	move node1 node2 ipvlan eth0
	prove_recovered node2 "$begin_ms"
	prove_undisturbed "the group comes by an ipvlan" "$begin_ms"
	told=$(announced "$(nic_mac node2 eth0)")
	figure "ipvlan: announced $told times"
	[ "$told" -ge 4 ]

	lab exec node1 /lab/guest/network bridge
	move node2 node1 bridge br0
	prove_recovered node1 "$begin_ms"
	prove_undisturbed "the group leaves its ipvlan" "$begin_ms"

	move node1 node2 routed eth0
	prove_recovered node2 "$begin_ms"
	prove_undisturbed "the group comes by a routed link" "$begin_ms"
	prove_callback

	lab exec node1 /lab/guest/network plain
	lab exec node1 /lab/guest/network vlan
	lab exec client1 /lab/guest/network vlan
	down node2 nfs >/dev/null
	up node1 nfs --nic eth0.100 --address 10.99.100.100/24,fd00:100::100/64 \
		--exports '/srv/nfs/export 10.99.100.0/24(rw,no_subtree_check,fsid=1) fd00:100::/64(rw,no_subtree_check,fsid=1)' >/dev/null
	reached_at 10.99.100.100 3
	reached_at '[fd00:100::100]' 4.2 6
	prove_kernel_is_well node1 node2
}
