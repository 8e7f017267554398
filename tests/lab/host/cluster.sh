# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The labs with a cluster: two nodes that share the disk of each service group, two clients, and a power switch for
# fencing. In the kind "cluster" there is one group, in "groups" there are two.

cluster_prepare() {
	mkdir "$LAB_DIR/share/power"
	session_start power "$LAB_DIR/power.log" "$LAB_SRC/lab" background power_serve
	if [ "$LAB_STACK" = stock ]; then
		# ocf:heartbeat:nfsserver makes these for root; Debian's statd couldn't write to them.
		install -d -o statd "$LAB_DIR"/tree/info/{sm,sm.bak,sm.ha}
	fi
}

# The cluster starts its service groups, and the clients mount from all of them.
cluster_serve() {
	local group client

	say "setting up the cluster"
	job_start node1 cluster /lab/guest/cluster "$LAB_KIND"
	wait_until 300 "the cluster to take its configuration" job_has_ended node1 cluster
	job_status node1 cluster || die "no cluster: $(cat "$(job_path node1 cluster).err")"
	for group in $LAB_GROUPS; do
		say "waiting for the service group \"$group\" to start"
		wait_until 180 "the service group to start" cluster_group_is_up "$group"
		for client in client1 client2; do
			job_run "$client" mount -t nfs -o vers=3,hard "$group:/srv/$group/export" "/mnt/$group"
		done
	done
}

cluster_group_is_up() {
	ip netns exec "$LAB_NETNS" ping -q -c 1 -W 1 "$(group_address "$1")" >/dev/null
}
