#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How clients reach the NFS server of one group: the kinds of its link to the network. (ipvlan and VLANs are tested in the
# lab, because not every kernel that runs this has them.)
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load server_helpers

V6=2001:db8::10

# eth0_in_bridge: the node's NIC becomes a port of a bridge, which has its address then
eth0_in_bridge() {
	in_world sh -ec '
		ip link add br0 type bridge
		ip address del 192.0.2.1/24 dev eth0
		ip link set eth0 master br0
		ip address add 192.0.2.1/24 dev br0
		ip link set br0 up'
}

# forward FAMILY
forward() {
	in_world sh -ec "echo 1 >/proc/sys/net/$1/conf/all/forwarding"
}

# the MAC address by which the client knows an address
known_mac() {
	in_world ip -n client -json neighbour show "$1" | jq -r '.[].lladdr'
}

# mac_of INTERFACE: of the node
mac_of() {
	in_world ip -json link show dev "$1" | jq -r '.[].address'
}

# serves_clients: what clients need of the addresses $ADDRESS and $V6
serves_clients() {
	client_reaches "$ADDRESS"
	client_reaches "$V6"
	in_world ip netns exec client rpcinfo -t "$ADDRESS" mount 3
	await phase_is serving
}

# no_pair: the node has no interface of the group
no_pair() {
	fails in_world sh -c "ip link show | grep -q 'lf-files'"
}

@test "a bridge: the link is a port of it, the node reaches the group, and nothing stays after a stop" {
	eth0_in_bridge
	in_world ip link set br0 mtu 1400
	in_world ip link set eth0 mtu 1400
	server_started --address "$V6/64" --nic br0
	server status
	says "link: bridge on 'br0', up, 192.0.2.10 2001:db8::10" "$output"
	serves_clients
	in_world ping -c 1 -W 2 "$ADDRESS"
	# the bridge keeps its MTU
	in_world ip link show br0 | grep -q 'mtu 1400'
	enter ip link show nfs0
	says 'mtu 1400' "$output"
	server_stopped
	nothing_is_left
	no_pair
	unmounts
}

@test "a port of a bridge has no link of its own" {
	eth0_in_bridge
	server_starts --nic eth0
	expect_refusal 2 "'eth0' is a port of 'br0', so it cannot have a link of its own: set the parameter 'nic' to 'br0'"
	server_starts --nic eth0 --link bridge
	expect_refusal 2 "'eth0' is not a bridge: set the parameter 'nic' to a bridge of this node, or 'link' to another kind"
	# the one that is found by the route is right
	server_started --link bridge
	server status
	says "link: bridge on 'br0', up" "$output"
}

@test "a macvlan and an ipvlan are not on one network interface" {
	server_started
	in_world mkdir "$W/other/export"
	run_lf server start --group other --directory "$W/other" --address 192.0.2.11/24 --exports "$W/other/export *(rw,fsid=2)" \
		--link ipvlan --pipefs-dir "$W/$NODE/pipefs" --require-fencing no --node "$NODE"
	expect_refusal 2 "group 'files' has a link of kind macvlan on 'eth0', and a NIC cannot have both kinds"
}

@test "routed: the node forwards, answers for the addresses on its NIC, and nothing stays after a stop" {
	forward ipv4
	forward ipv6
	in_world ip address add 2001:db8::1/64 dev eth0 nodad
	server_started --address "$V6/64" --link routed --nic eth0
	server status
	says "link: routed on 'eth0', up, 192.0.2.10 2001:db8::10" "$output"
	serves_clients
	in_world ping -c 1 -W 2 "$ADDRESS"
	same 'MAC address' "$(mac_of eth0)" "$(known_mac "$ADDRESS")"
	same 'MAC address' "$(mac_of eth0)" "$(known_mac "$V6")"
	# only this address
	in_world ip route show dev lf-files | grep -q '^192.0.2.10 '
	fails in_world ip netns exec client ping -c 1 -W 1 192.0.2.11
	server_stopped
	nothing_is_left
	no_pair
	same 'neighbours that the node answers for' '' "$(in_world ip neighbour show proxy)"
	unmounts
}

@test "routed: everything is killed, and a stop cleans up all the same" {
	forward ipv4
	server_started --link routed --nic eth0
	kill_all
	server_stopped
	nothing_is_left
	no_pair
	same 'neighbours that the node answers for' '' "$(in_world ip neighbour show proxy)"
	server_started --link routed --nic eth0
	client_reaches "$ADDRESS"
}

@test "routed: a node that does not forward is refused, with the setting that it needs" {
	in_world sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/forwarding'
	server_starts --link routed --nic eth0
	expect_refusal 5 "link=routed: this node does not forward IPv4 packets from 'eth0': set 'net/ipv4/conf/eth0/forwarding=1'"
	forward ipv4
	server_starts --link routed --nic eth0 --address "$V6/64"
	expect_refusal 5 "link=routed: this node does not forward IPv6 packets from 'eth0': set 'net/ipv6/conf/all/forwarding=1'"
	nothing_is_left
	no_pair
}

@test "the address is announced: a client that had another MAC for it has the right one" {
	in_world ip netns exec client ip neighbour add "$ADDRESS" lladdr 02:00:00:00:00:01 dev peer0 nud reachable
	server_started
	# shellcheck disable=SC2317 # await calls it
	announced() {
		in_world ip -n client neighbour show "$ADDRESS" | grep -q "$(mac)"
	}
	mac() {
		in_world ip -n "$NETNS" -brief link show nfs0 | awk '{ print $3 }'
	}
	await announced
	# and once more: it may have been lost
	in_world ip netns exec client ip neighbour replace "$ADDRESS" lladdr 02:00:00:00:00:01 dev peer0 nud reachable
	await announced
	# the same address, the same MAC
	local before
	before=$(mac)
	server_stopped
	server_started
	same mac "$before" "$(mac)"
}

@test "a gateway" {
	server_started --gateway 192.0.2.254
	enter ip route show default
	expect 0 'default via 192.0.2.254 dev nfs0 '
}

# As that of a VLAN has. (Not every kernel that runs this has VLANs.)
@test "the name of the NIC has a dot" {
	in_world ip link add eth0.7 type veth peer name peer7
	in_world ip link set peer7 up
	in_world ip link set eth0.7 up
	server_started --nic eth0.7
	server status
	says "link: macvlan on 'eth0.7', up" "$output"
}

# refused_for REASON: the start got far enough to clean up, which says something, too
refused_for() {
	same status 1 "$status"
	says "$1" "$stderr"
}

@test "an address that another host has is refused before anything is taken over" {
	local mac
	mac=$(in_world ip -n client -json link show dev peer0 | jq -r '.[].address')
	in_world ip -n client address add "$V6/64" dev peer0 nodad
	server_starts --address "$V6/64"
	refused_for "the address '$V6' is in use: the host with the MAC address $mac on 'eth0' has it"
	in_world ip -n client address del "$V6/64" dev peer0
	in_world ip -n client address add "$CIDR" dev peer0
	server_starts --address "$V6/64"
	refused_for "the address '$ADDRESS' is in use: the host with the MAC address $mac on 'eth0' has it"
	nothing_is_left
	[ ! -e "$W/$NODE/starts" ]
	in_world test ! -e "$STORE"
	in_world ip -n client address del "$CIDR" dev peer0
	server_started --address "$V6/64"
	# what is here already is not asked for again: it is ours
	server_started --address "$V6/64"
}

# announcements KIND: how many a client got of that link; the kernel makes one of each by itself when the link goes up
# (arp_notify, ndisc_notify), where it is announced on the link
announcements() {
	in_world timeout 60 ip netns exec client tcpdump -n -e -l -i peer0 'arp or icmp6' >"$W/packets" 2>/dev/null 3>&- &
	await test -e "$W/packets"
	sleep 0.3
	server_started --address "$V6/64" --link "$1" --nic eth0
	announced() {
		[ "$(grep -c "Request who-has $ADDRESS tell $ADDRESS" "$W/packets")" -ge "$2" ] &&
			[ "$(grep -c "neighbor advertisement, tgt is $V6" "$W/packets")" -ge "$2" ]
	}
	await announced "$1" "$2" || {
		cat "$W/packets"
		return 1
	}
	# each has the MAC address of the link
	fails sh -c "grep -E 'who-has $ADDRESS tell $ADDRESS|advertisement, tgt is $V6' '$W/packets' | grep -v ' $3 >'"
}

@test "the addresses are announced by ARP and by neighbour discovery, now and three times more" {
	announcements macvlan 5 "$(in_world sh -c "printf 192.0.2.10 | sha256sum" | sed 's/^\(..\)\(..\)\(..\)\(..\)\(..\).*/02:\1:\2:\3:\4:\5/')"
}

@test "routed: the addresses are announced on the NIC" {
	forward ipv4
	forward ipv6
	announcements routed 4 "$(mac_of eth0)"
}

# connects ADDRESS PORT: whether the client can; a packet that is dropped is not answered
connects() {
	in_world timeout 2 ip netns exec client bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null
}

# listen_in NETNS PORT: a program that is not part of NFS, for one connection after the other
listen_in() {
	in_world ip netns exec "$1" sh -c "while busybox nc -l -p $2; do :; done" >/dev/null 2>&1 3>&- &
	pids+=($!)
	await in_world ip netns exec "$1" sh -c "ss -tln | grep -q ':$2 '"
}

needs_nft() {
	PATH=$PATH:/usr/sbin command -v nft >/dev/null || skip "there is no nft here"
}

@test "firewall: only what NFS needs comes in, and only from the clients of the exports" {
	needs_nft
	server_started --address "$V6/64"
	fails grep -q firewall <<<"$stderr"
	server status
	says 'firewall: only NFS, from 192.0.2.0/24' "$output"
	server_status_has '.firewall == {"rules": "default", "from": "192.0.2.0/24"}'
	connects "$ADDRESS" 111
	connects "$ADDRESS" 20048
	connects "$ADDRESS" 662
	in_world ip netns exec client rpcinfo -u "$ADDRESS" status 1
	client_reaches "$ADDRESS"
	client_reaches "$V6"
	listen_in "$NETNS" 7777
	fails connects "$ADDRESS" 7777
	# a client that the exports do not name, of either family
	in_world ip -n client address add 198.51.100.50/24 dev peer0
	in_world ip -n "$NETNS" address add 198.51.100.10/24 dev nfs0
	in_world ip netns exec client ping -c 1 -W 2 198.51.100.10
	fails connects 198.51.100.10 20048
	fails connects "$V6" 20048
	# what the server asks is answered, on a port that is not open
	listen_in client 8888
	enter bash -c 'exec 3<>/dev/tcp/192.0.2.50/8888'
	same status 0 "$status"
	# without the rules, all of it is reached
	in_world ip netns exec "$NETNS" nft flush ruleset
	connects "$ADDRESS" 7777
	connects 198.51.100.10 20048
	connects "$V6" 20048
	server_stopped
	nothing_is_left
	[ ! -e "$RUN_DIR/server/files.nft" ]
}

@test "firewall: other clients after a reload, and everywhere if a client is not an address" {
	needs_nft
	server_started
	server reload --exports "$W/fs/export 203.0.113.0/24(rw,fsid=1) 2001:db8::/32(rw,fsid=1)"
	expect 0
	server status
	says 'firewall: only NFS, from 203.0.113.0/24 2001:db8::/32' "$output"
	fails connects "$ADDRESS" 20048
	server reload --exports "$W/fs/export 203.0.113.0/24(rw,fsid=1) *.example.com(ro,fsid=1)"
	expect 0
	connects "$ADDRESS" 20048
	server status
	says "firewall: only NFS, from everywhere, because the exports name '*.example.com', which is not an address" "$output"
	listen_in "$NETNS" 7777
	fails connects "$ADDRESS" 7777
}

@test "firewall: a file of the administrator, or none" {
	needs_nft
	local file=$W/rules.nft
	server_starts --firewall "$file"
	expect_refusal 5 "parameter 'firewall': there is no file '$file' on this node"
	echo 'table inet own { chain in { type filter hook input priority 0; iifname != "lo" tcp dport 20048 drop; }' >"$file"
	server_starts --firewall "$file"
	refused_for "cannot load the firewall of group 'files': "
	nothing_is_left
	[ ! -e "$W/$NODE/starts" ]
	echo '}' >>"$file"
	server_started --firewall "$file"
	server status
	says "firewall: $file" "$output"
	connects "$ADDRESS" 662
	fails connects "$ADDRESS" 20048
	server_stopped
	server_started --firewall none
	server status
	says 'firewall: none' "$output"
	connects "$ADDRESS" 20048
	enter nft list ruleset
	expect 0 ''
}

@test "firewall: without nft there is none, with a warning; a file is refused" {
	local file=$W/rules.nft
	local name
	mkdir "$W/bin"
	for name in exportfs ip nfsdcld rpc.mountd rpc.statd rpcbind; do
		cp "$(command -v "$name")" "$W/bin/$name"
	done
	# /usr/sbin is looked at, too
	in_world mount -t tmpfs tmpfs /usr/sbin
	echo 'table inet own { }' >"$file"
	PATH=$W/bin:/usr/bin:/bin server_starts --firewall "$file"
	expect_refusal 5 "there is no 'nft' on this node: install nftables"
	PATH=$W/bin:/usr/bin:/bin server_starts
	same status 0 "$status"
	says "the NFS server of group 'files' has no firewall: there is no 'nft' on this node: install nftables" "$stderr"
	server status
	says 'firewall: none, because nft could not load one' "$output"
}
