# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab of the kind "cluster": two nodes that share a disk, two clients, and a power switch for fencing.

cluster_prepare() {
	mkdir "$LAB_DIR/share/power"
	session_start power "$LAB_DIR/power.log" "$LAB_SRC/lab" background power_serve
	if [ "$LAB_STACK" = stock ]; then
		# ocf:heartbeat:nfsserver makes these for root; Debian's statd couldn't write to them.
		install -d -o statd "$LAB_DIR"/tree/info/{sm,sm.bak,sm.ha}
	fi
}

# The cluster starts its service group, and the clients mount from it.
cluster_serve() {
	local client

	say "setting up the cluster"
	job_start node1 cluster /lab/guest/cluster
	wait_until 300 "the cluster to take its configuration" job_has_ended node1 cluster
	job_status node1 cluster || die "no cluster: $(cat "$(job_path node1 cluster).err")"
	say "waiting for the service group to start"
	wait_until 180 "the service group to start" cluster_group_is_up
	for client in client1 client2; do
		job_run "$client" mount -t nfs -o vers=3,hard nfs:/srv/nfs/export /mnt/nfs
	done
}

cluster_group_is_up() {
	ip netns exec "$LAB_NETNS" ping -q -c 1 -W 1 10.99.0.100 >/dev/null
}
