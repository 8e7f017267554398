# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab's network: a bridge and a tap device per guest, in a network namespace of the lab's own, so that names and
# addresses are free for the taking, two labs can live side by side and taking the namespace down takes down everything.

network_up() {
	local guest

	ip netns add "$LAB_NETNS"
	ip -n "$LAB_NETNS" link set lo up
	ip -n "$LAB_NETNS" link add br0 type bridge forward_delay 0
	ip -n "$LAB_NETNS" addr add 10.99.0.1/24 dev br0
	ip -n "$LAB_NETNS" link set br0 up
	for guest in $LAB_GUESTS; do
		ip -n "$LAB_NETNS" tuntap add dev "$guest" mode tap
		ip -n "$LAB_NETNS" link set "$guest" master br0 up
	done
}

network_down() {
	if [ -e "/run/netns/$LAB_NETNS" ]; then
		ip netns delete "$LAB_NETNS"
	fi
}

# network_link GUEST up|down: plug the guest's cable in, or pull it out. At the bridge: a guest whose
# tap device itself goes down never gets over it.
network_link() {
	case $2 in
	up) ip -n "$LAB_NETNS" link set "$1" master br0 ;;
	down) ip -n "$LAB_NETNS" link set "$1" nomaster ;;
	*) die "a link is up or down" ;;
	esac
}

# Every SM_NOTIFY that crosses the bridge, one line each: a witness that trusts neither server nor client.
# The port varies, so it is told by the RPC header: a call (0) of program 100024, procedure 6. Over TCP, by which a client
# that is slow to answer is told as well, a record's mark goes before it. (To pcap, "and" binds no closer than "or".)
network_witness() {
	local data='((tcp[12] & 0xf0) >> 2)'

	ip netns exec "$LAB_NETNS" tcpdump -i br0 -n -tt -l -Z root \
		"(udp[12:4] = 0 and udp[20:4] = 100024 and udp[28:4] = 6) or
		(tcp[$data + 8:4] = 0 and tcp[$data + 16:4] = 100024 and tcp[$data + 24:4] = 6)"
}
