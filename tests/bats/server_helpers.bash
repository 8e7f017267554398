# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lockferry server, for the tests of its command line: an NFS server for one group, in namespaces of its own. All of it is
# real, the daemons of nfs-utils too, except for the kernel's NFS server: that is a set of files, and a program in place of
# rpc.nfsd.
#
# Tests run in subshells; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load cli_helpers

CIDR=$ADDRESS/24
NETNS=lockferry-files

setup() {
	local program
	for program in ip rpcbind rpc.statd nfsdcld rpc.mountd exportfs; do
		PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip "there is no $program here"
	done
	PATH=$PATH:/usr/sbin
	world_setup
	# within the namespace of the server, only the run directory is where it is outside
	RUN_DIR=$W/$NODE
	network_make
	kernel_make
}

teardown() {
	kill_namespace "$NETNS"
	kill_namespace lockferry-other
	cli_teardown
}

# network_make: a NIC, and a client behind it; names of namespaces are the world's own
network_make() {
	# shellcheck disable=SC2016 # the inner shell's
	in_world sh -ec '
		mkdir -p /run/netns
		mount -t tmpfs tmpfs /run/netns
		ip link add eth0 type veth peer name peer0
		ip address add 192.0.2.1/24 dev eth0
		ip netns add client
		ip link set peer0 netns client
		ip -n client address add 192.0.2.50/24 dev peer0
		ip -n client address add 2001:db8::50/64 dev peer0 nodad
		ip -n client link set peer0 up
		ip link set eth0 up
		mkdir "$0/fs/export"' "$W"
}

kernel_make() {
	local n=$W/$NODE
	rm -f "$n/proc/77/stat"
	mkdir -p "$n/proc/sys/fs/nfs" "$n/pipefs/nfsd"
	mkfifo "$n/pipefs/nfsd/cld"
	echo 7 >"$n/proc/sys/fs/nfs/nlm_grace_period"
	echo 10 >"$n/proc/sys/fs/nfs/nlm_timeout"
	echo 0 >"$n/proc/sys/fs/nfs/nlm_tcpport"
	echo 1234 >"$n/proc/sys/fs/nfs/nlm_udpport"
	: >"$n/nfsd/unlock_filesystem"
	: >"$n/nfsd/nfsv4gracetime"
	: >"$n/nfsd/nfsv4leasetime"
	echo 0 >"$n/nfsd/threads"
	echo '+3 +4 -4.0 +4.1 +4.2' >"$n/nfsd/versions"
	echo 'tcp 2049' >"$n/nfsd/portlist"
	cat >"$n/rpc.nfsd" <<-END
		#!/bin/sh
		echo "\$1 threads, host \$(hostname), lockd \$(cat $n/proc/sys/fs/nfs/nlm_grace_period)," \
			"ports \$(cat $n/proc/sys/fs/nfs/nlm_tcpport) \$(cat $n/proc/sys/fs/nfs/nlm_udpport)," \
			"nfsd \$(cat $n/nfsd/nfsv4gracetime), lease \$(cat $n/nfsd/nfsv4leasetime)" >>$n/starts
		[ ! -e $n/rpc.nfsd.fails ] || { echo 'no such luck' >&2; exit 1; }
		echo "\$1" >$n/nfsd/threads
		echo N >$n/lockd/nlm_end_grace
		echo '77 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 2000 0' >$n/proc/77/stat
	END
	chmod 755 "$n/rpc.nfsd"
}

# server COMMAND [OPTION]...: for the group files
server() {
	local sub=$1
	shift
	run_lf server "$sub" --group files "$@"
}

# enter COMMAND [ARGUMENT]...: in the namespaces of the group's server
enter() {
	local command
	lf_command server enter --group files
	run_apart "${command[@]}" -- "$@" 3>&-
}

# server_starts [OPTION]...: as the agent does it
server_starts() {
	server start --directory "$W/fs" --address "$CIDR" --exports "$W/fs/export 192.0.2.0/24(rw,fsid=1)" \
		--pipefs-dir "$W/$NODE/pipefs" --require-fencing no --node "$NODE" --timeout 60 "$@"
}

# server_started [OPTION]...: and must succeed
server_started() {
	server_starts "$@"
	same status 0 "$status" || {
		echo "stderr: $stderr"
		return 1
	}
}

server_stopped() {
	server stop --timeout 30
	same status 0 "$status" || {
		echo "stderr: $stderr"
		return 1
	}
	# the world is a mount namespace, so Linux 6.18 may say so
	stderr=$(grep -v 'this kernel cannot keep the mount namespace' <<<"$stderr" || true)
}

# pids_of NAMESPACE: the processes in it
pids_of() {
	[ -z "${world-}" ] || in_world ip netns pids "$1" 2>/dev/null || true
}

# kill_namespace NAMESPACE: all processes in it
kill_namespace() {
	local pid pids
	while pids=$(pids_of "$1") && [ -n "$pids" ]; do
		for pid in $pids; do
			kill -KILL "$pid" 2>/dev/null || true
		done
	done
}

# kill_all: the keeper first, which would start the others again
kill_all() {
	kill -KILL "$(keeper_pid)"
	kill_namespace "$NETNS"
}

keeper_pid() {
	cat "$RUN_DIR/server/files.lock"
}

# server_status_has JQ-EXPRESSION
server_status_has() {
	local json
	json=$(lf server status --group files --output-as json 2>/dev/null) || true
	json_has "$json" "$1"
}

daemon_pid() {
	lf server status --group files --output-as json | jq ".daemons[] | select(.name == \"$1\").pid"
}

daemon_is_new() {
	local now
	now=$(daemon_pid "$1") && [ "$now" != 0 ] && [ "$now" != "$2" ]
}

# has_address ADDRESS: a client reaches it
client_reaches() {
	in_world ip netns exec client ping -c 1 -W 2 "$1"
}

# registered: what the group's rpcbind tells a client
registered() {
	in_world ip netns exec client rpcinfo "$ADDRESS" | awk '$1 != 100000 && NR > 1 { print $1, $2, $3 }' | sort
}

nothing_is_left() {
	fails in_world sh -c "ip netns list | grep -q '^$NETNS'" && [ ! -e "$RUN_DIR/server/files.conf" ] &&
		[ ! -e "$RUN_DIR/server/files.sock" ] && [ -z "$(pids_of "$NETNS")" ]
}

# unmounts: the group's filesystem is free, as a tmpfs that is still mounted in another namespace would not show, look
# there as well
unmounts() {
	in_world umount "$W/fs" && fails grep -qsF " $W/fs " /proc/[0-9]*/mountinfo
}

# fails COMMAND...: it must fail
fails() {
	! "$@"
}
