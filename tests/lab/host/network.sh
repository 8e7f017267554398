# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab's network: a bridge, and a tap device for each guest, in the lab's own network namespace. So names and
# addresses are always free, two labs can run at the same time, and removing the namespace removes everything.

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

# network_link GUEST up|down: plugs the guest's cable in, or pulls it out. This is done at the bridge, because a guest
# does not recover if its tap device goes down.
network_link() {
	case $2 in
	up) ip -n "$LAB_NETNS" link set "$1" master br0 ;;
	down) ip -n "$LAB_NETNS" link set "$1" nomaster ;;
	*) die "a link is up or down" ;;
	esac
}

# Prints every SM_NOTIFY that crosses the bridge, one per line: a witness that depends on neither server nor client. The
# port varies, so the RPC header identifies it: a call (0) of program 100024, procedure 6. Over TCP, which is used for
# clients that answer slowly, a record mark precedes it. (In pcap, "and" and "or" have the same precedence.)
network_witness() {
	local data='((tcp[12] & 0xf0) >> 2)'

	ip netns exec "$LAB_NETNS" tcpdump -i br0 -n -tt -l -Z root \
		"(udp[12:4] = 0 and udp[20:4] = 100024 and udp[28:4] = 6) or
		(tcp[$data + 8:4] = 0 and tcp[$data + 16:4] = 100024 and tcp[$data + 24:4] = 6)"
}
