# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The labs with a cluster: two nodes that share the disk of each service group, two clients, and a power switch for
# fencing. The kind "cluster" has one group, "groups" has two.

cluster_prepare() {
	mkdir "$LAB_DIR/share/power"
	session_start power "$LAB_DIR/power.log" "$LAB_SRC/lab" background power_serve
	if [ "$LAB_STACK" = stock ]; then
		# ocf:heartbeat:nfsserver makes these for root, and Debian's statd cannot write to them.
		install -d -o statd "$LAB_DIR/tree/info${LAB_STATD#/var/lib/nfs}"{,/sm,/sm.bak,/sm.ha}
	fi
}

# The configuration is made on the host, because Python is slow in a guest. The nodes have it when they first boot.
# Meanwhile the clients boot, and must not look slow.
cluster_configure() {
	local release cib=$LAB_DIR/share/cib

	release=$(guest_release node1)
	(in_release "$release" nice -n 5 env LAB_STACK="$LAB_STACK" LAB_INIT="$LAB_INIT" unshare --mount --propagation private \
		"$LAB_SRC/host/configure" "$LAB_KIND" "$LAB_DIR/share/stage.$release" "$cib") >"$cib.log" 2>&1 </dev/null ||
		die "pcs failed: $(tail -n 5 "$cib.log")"
}

# The cluster starts its service groups, and the clients mount from all of them.
cluster_serve() {
	local group client

	for group in $LAB_GROUPS; do
		say "waiting for the service group \"$group\" to start"
		wait_until 300 "the service group to start" cluster_group_is_up "$group"
		for client in client1 client2; do
			job_run "$client" mount -t nfs -o vers=3,hard "$group:/srv/$group/export" "/mnt/$group"
		done
	done
	cluster_end_grace
}

# Nobody had a lock yet, so nobody needs the first grace period. NFSv4's may have ended by itself.
cluster_end_grace() {
	local node

	for node in node1 node2; do
		# shellcheck disable=SC2016 # the guest expands it
		job_run "$node" bash -c '
			for file in /proc/fs/lockd/nlm_end_grace /proc/fs/nfsd/v4_end_grace; do
				[ ! -e "$file" ] || echo Y >"$file" || true
			done 2>/dev/null'
	done
}

cluster_group_is_up() {
	ip netns exec "$LAB_NETNS" ping -q -c 1 -W 1 "$(group_address "$1")" >/dev/null
}
