#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lockferry server: an NFS server for one group, in namespaces of its own.
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load server_helpers

@test "a group is served: namespaces, daemons that answer, server, address; and it is stopped without a trace" {
	server_started --address 2001:db8::10/64
	same stdout '' "$output"
	server status
	same status 0 "$status"
	says "group 'files': 8 threads in namespace 'lockferry-files', scope 'files.192.0.2.10'" "$output"
	says "link: macvlan on 'eth0', up, 192.0.2.10 2001:db8::10" "$output"
	for name in rpcbind rpc.statd nfsdcld rpc.mountd; do
		says "$name: running" "$output"
	done
	same starts '8 threads, host files.192.0.2.10, lockd 30, ports 4045 4045, nfsd 30, lease 30' "$(<"$W/$NODE/starts")"
	# the node's own setting is back
	same setting 7 "$(<"$W/$NODE/proc/sys/fs/nfs/nlm_grace_period")"
	same setting '0 1234' "$(cat "$W/$NODE"/proc/sys/fs/nfs/nlm_{tcp,udp}port | xargs)"
	client_reaches "$ADDRESS"
	client_reaches 2001:db8::10
	in_world ip netns exec client rpcinfo -t "$ADDRESS" mount 3
	in_world ip netns exec client rpcinfo -t "$ADDRESS" status 1
	in_world ip netns exec client showmount -e "$ADDRESS" | grep -q "$W/fs/export"
	await phase_is serving
	in_world test -d "$STORE/server/nfsdcld"
	# nothing of it is in the node's own namespaces
	fails in_world sh -c "ip -4 address show | grep -q '$ADDRESS'"
	fails in_world grep -q rpc_pipefs /proc/mounts

	server_stopped
	same stdout "the NFS server of group 'files' is stopped" "$output"
	same stderr '' "$stderr"
	same phase released "$(state phase)"
	same threads 0 "$(<"$W/$NODE/nfsd/threads")"
	same unlocked "$W/fs" "$(<"$W/$NODE/nfsd/unlock_filesystem")"
	nothing_is_left
	server status
	same status 7 "$status"
	unmounts
}

@test "what is not there is stopped already, and is started again after a stop" {
	server_stopped
	same stdout "group 'files' has no NFS server of its own here" "$output"
	server_started
	server_started
	same starts 1 "$(wc -l <"$W/$NODE/starts")"
	server_stopped
	server_stopped
	server_started
	same starts 2 "$(wc -l <"$W/$NODE/starts")"
	server_stopped
	unmounts
}

@test "enter runs a command where the server is" {
	enter true
	expect_refusal 7 "group 'files' has no NFS server of its own here"
	server_started
	enter hostname
	expect 0 files.192.0.2.10
	enter sh -c 'ip -4 -oneline address show nfs0 | grep -o "192[^ ]*"; exit 3'
	expect 3 192.0.2.10/24
	enter exportfs -s
	says "$W/fs/export" "$output"
	enter
	expect_refusal 64 "no command was given: write it after '--'"
	enter no-such-program
	expect_refusal 5 "cannot run 'no-such-program'"
}

@test "reload changes exports and threads of the running server" {
	server_started
	in_world mkdir "$W/fs/second"
	server reload --exports "$W/fs/second *(ro,fsid=2)" --threads 3
	expect 0
	enter exportfs -s
	says "$W/fs/second  *(" "$output"
	fails grep -q "$W/fs/export " <<<"$output"
	same threads 3 "$(<"$W/$NODE/nfsd/threads")"
	server reload --exports '/etc *(ro)'
	expect_refusal 64 "parameter 'exports': '/etc' is not in the group's filesystem"
	# what exportfs refuses changes nothing
	server reload --exports "$W/fs/second *(ro,no_such_option,fsid=2)" --threads 7
	expect_refusal 1 "cannot export for group 'files'"
	enter exportfs -s
	says "$W/fs/second  *(" "$output"
	same threads 3 "$(<"$W/$NODE/nfsd/threads")"
	server reload --threads 0
	expect_refusal 64 "parameter 'threads' takes 1 to 4096, not 0"
	same threads 3 "$(<"$W/$NODE/nfsd/threads")"
	# a server that was started again has what was reloaded
	server reload --threads 5
	expect 0
	enter exportfs -s
	says "$W/fs/second  *(" "$output"
}

@test "exports may be in a file of the group's filesystem" {
	in_world sh -c "echo '$W/fs/export *(rw,fsid=1)' >$W/fs/exports"
	server start --directory "$W/fs" --address "$CIDR" --exports-file "$W/fs/exports" \
		--pipefs-dir "$W/$NODE/pipefs" --require-fencing no --node "$NODE"
	same status 0 "$status"
	enter exportfs -s
	says "$W/fs/export  *(" "$output"
	in_world sh -c "echo '$W/fs/export *(rw,sec=krb5)' >$W/fs/exports"
	server reload
	expect_refusal 1 "Kerberos is not supported by a group's own server in this version"
}

@test "each daemon that is killed is started again, and rpcbind knows all services then" {
	server_started
	local before name pid
	before=$(registered)
	says '100005 3 tcp' "$before"
	for name in nfsdcld rpc.statd rpc.mountd rpcbind; do
		pid=$(daemon_pid "$name")
		kill -KILL "$pid"
		await daemon_is_new "$name" "$pid"
	done
	all_are_registered() {
		same registered "$before" "$(registered)"
	}
	await all_are_registered
	server status
	same status 0 "$status"
	says 'rpcbind: running' "$output"
	says 'restarts: 1' "$output"
}

@test "a daemon that hangs is killed and started again" {
	server_started
	local pid
	pid=$(daemon_pid rpc.statd)
	kill -STOP "$pid"
	await daemon_is_new rpc.statd "$pid"
	in_world ip netns exec client rpcinfo -t "$ADDRESS" status 1
}

# stop_each DAEMON: each one of the group that is started, until this process is killed
stop_each() {
	local pid
	while :; do
		for pid in $(pids_of "$NETNS"); do
			# one that has ended since is not an error, which would end this loop
			[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || kill -STOP "$pid" 2>/dev/null || true
		done
		sleep 0.1
	done
}

@test "a daemon that hangs again each time it is started: a warning, and after the hang timeout a problem" {
	server_started --hang-timeout 10
	stop_each rpc.mountd 3>&- &
	pids+=($!)
	is_warned() {
		server status
		[ "$status" -eq 0 ] && grep -q "  warning: 'rpc.mountd' has not answered for . s" <<<"$output"
	}
	await is_warned
	is_failed() {
		server status
		[ "$status" -eq 1 ] && grep -q "'rpc.mountd' has not answered for 1. s, and was killed to be restarted" <<<"$stderr"
	}
	await is_failed
	kill -KILL "${pids[-1]}"
	is_well() {
		server status --output-as json
		holds '.problems == [] and .warnings == []'
	}
	await is_well
}

@test "status asks each daemon with --depth 10: one that hangs is killed at once" {
	server_started
	local pid tries=0
	pid=$(daemon_pid rpc.mountd)
	kill -STOP "$pid"
	server status --depth 10
	# sooner than the keeper itself would look, in nearly all cases
	while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 40 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	fails kill -0 "$pid"
	await daemon_is_new rpc.mountd "$pid"
}

@test "a daemon that ends again and again is a problem" {
	server_started
	local pid i
	for i in 1 2 3 4 5 6; do
		pid=$(daemon_pid rpc.mountd)
		kill -KILL "$pid"
		await daemon_is_new rpc.mountd "$pid"
	done
	server status
	same status 1 "$status"
	says "lockferry: 'rpc.mountd' ended 6 times within a minute" "$stderr"
}

@test "a keeper that is killed: the server goes on, and the next start takes it over" {
	server_started
	local keeper statd
	keeper=$(keeper_pid)
	statd=$(daemon_pid rpc.statd)
	kill -KILL "$keeper"
	await test ! -d "/proc/$keeper"
	client_reaches "$ADDRESS"
	in_world ip netns exec client rpcinfo -t "$ADDRESS" mount 3
	server status
	expect_refusal 1 "the keeper of the NFS server of group 'files' is dead: start or stop the group's resource"

	server_started
	same starts 1 "$(wc -l <"$W/$NODE/starts")"
	same statd "$statd" "$(daemon_pid rpc.statd)"
	# it watches what it took over
	kill -KILL "$statd"
	await daemon_is_new rpc.statd "$statd"
	server_stopped
	same phase released "$(state phase)"
	unmounts
}

@test "a stop without a keeper is as good" {
	server_started
	kill -KILL "$(keeper_pid)"
	server_stopped
	same stderr '' "$stderr"
	same phase released "$(state phase)"
	nothing_is_left
	unmounts
}

@test "everything was killed: a stop hands the group over in place of its process, drops the locks and leaves nothing" {
	server_started
	kill_all
	: >"$W/$NODE/nfsd/unlock_filesystem"
	server_stopped
	same phase released "$(state phase)"
	same threads 0 "$(<"$W/$NODE/nfsd/threads")"
	same unlocked "$W/fs" "$(<"$W/$NODE/nfsd/unlock_filesystem")"
	nothing_is_left
	unmounts
}

@test "everything was killed: a start serves the group again" {
	server_started
	kill_all
	server_started
	await phase_is serving
	client_reaches "$ADDRESS"
	server status
	same status 0 "$status"
}

@test "the process of the group is killed: its keeper starts it again, and the server goes on" {
	server_started
	await phase_is serving
	local pid
	pid=$(<"$RUN_DIR/files.lock")
	kill -KILL "$pid"
	is_new() {
		phase_is serving && [ "$(<"$RUN_DIR/files.lock")" != "$pid" ]
	}
	await is_new
	same starts 1 "$(wc -l <"$W/$NODE/starts")"
	server_status_has '.process_restarts == 1'
	server_stopped
	same stderr '' "$stderr"
	same phase released "$(state phase)"
	unmounts
}

@test "the process of the group is killed, and cannot be started again: the monitor fails" {
	server_started
	await phase_is serving
	in_world rm -r "$STORE"
	in_world touch "$STORE"
	kill -KILL "$(<"$RUN_DIR/files.lock")"
	monitor_fails() {
		server status
		[ "$status" = 1 ] && says "no process serves group 'files' on this node" "$stderr"
	}
	await monitor_fails
}

@test "a filesystem that is in use within the namespace fails the stop, and the next stop goes on" {
	server_started
	# not in the network namespace, so it is not found there
	nsenter "--mount=/proc/$(keeper_pid)/ns/mnt" sh -c "exec sleep 1000 <$W/fs/export" 3>&- &
	pids+=($!)
	in_use() {
		[ "/proc/${pids[-1]}/fd/0" -ef "/proc/$(keeper_pid)/root/$W/fs/export" ]
	}
	await in_use
	server stop --timeout 30
	expect_refusal 1 "cannot unmount '$W/fs' within the namespace of group 'files', so it is still in use here"
	kill -KILL "${pids[-1]}"
	wait "${pids[-1]}" || true
	server_stopped
	nothing_is_left
	unmounts
}

@test "a lock that lockd keeps fails the stop" {
	server_started
	locked 100
	server stop --timeout 30
	expect_refusal 1 "lockd still holds 1 lock in the filesystem of group 'files'"
	same phase frozen "$(state phase)"
	: >"$W/$NODE/proc/locks"
	server_stopped
	nothing_is_left
}

@test "a process that somebody left in the namespace is ended by the stop" {
	server_started
	local command
	lf_command server enter --group files
	"${command[@]}" -- sleep 1000 3>&- &
	local pid=$!
	pids+=("$pid")
	is_inside() {
		pids_of "$NETNS" | grep -qx "$pid"
	}
	await is_inside
	server_stopped
	nothing_is_left
}

@test "a namespace of that name that is not ours is refused, and is left alone" {
	in_world ip netns add "$NETNS"
	server_starts
	expect_refusal 1 "there is a network namespace 'lockferry-files' that Lockferry did not make"
	server stop
	expect_refusal 1 "there is a network namespace 'lockferry-files' with 0 processes, but no note"
	in_world ip netns list | grep -q "^$NETNS"
	in_world ip netns delete "$NETNS"
	server_started
}

# shared_serves: as serve_other, but may fail
shared_serves() {
	run_lf serve --daemon --timeout 10 --group other --node "$NODE" --store "$W/other/store" --ip 192.0.2.11 \
		--export "$W/other" --sm-dir "$W/$NODE/sm"
}

shared_stops() {
	run_lf stop --group other --store "$W/other/store" --ip 192.0.2.11 --export "$W/other" --sm-dir "$W/$NODE/sm"
	same status 0 "$status"
}

@test "a group of the server that groups share, and one with a server of its own, are not on one node" {
	shared_serves
	same status 0 "$status"
	server_starts
	expect_refusal 1 "group 'other' uses the NFS server that groups share on this node"
	nothing_is_left
	shared_stops

	server_started
	shared_serves
	expect_refusal 1 "group 'files' has one of its own on this node"
	# also while its keeper is dead: its locks may be held
	kill -KILL "$(keeper_pid)"
	shared_serves
	expect_refusal 1 "group 'files' has one of its own on this node"
	server_stopped
	shared_serves
	same status 0 "$status"
	shared_stops
}

@test "the group's disk hangs: status fails, and so does a stop, at once, when the address is gone" {
	local began_s
	disk_make
	in_world mkdir "$W/fs/export"
	server_started --hang-timeout 10
	freeze
	hangs() {
		server status
		[ "$status" -eq 1 ] && grep -q "the disk of group 'files' hangs" <<<"$stderr"
	}
	await hangs
	began_s=$SECONDS
	server stop --timeout 60
	expect_refusal 1 "cannot hand over group 'files': the disk of group 'files' hangs"
	[ $((SECONDS - began_s)) -lt 10 ]
	server status --output-as json
	holds '.link.up == false'
	thaw
	await fails hangs
	server_stopped
	in_world umount "$W/fs"
}

@test "a start that fails leaves nothing, and names the cause" {
	touch "$W/$NODE/rpc.nfsd.fails"
	server_starts
	same status 1 "$status"
	says "cannot start the NFS server of group 'files'" "$stderr"
	says 'no such luck' "$stderr"
	nothing_is_left
	rm "$W/$NODE/rpc.nfsd.fails"

	printf '#!/bin/sh\necho "cannot bind" >&2; exit 1\n' >"$RUN_DIR/rpc.mountd"
	chmod 755 "$RUN_DIR/rpc.mountd"
	PATH=$RUN_DIR:$PATH server_starts
	same status 1 "$status"
	says "'rpc.mountd' does not stay up (cannot bind): see the system log" "$stderr"
	nothing_is_left
	unmounts
}

@test "what is missing on the node is named" {
	server_starts --nic eth7
	expect_refusal 5 "there is no network interface 'eth7' on this node: correct the parameter 'nic'"
	server start --directory "$W/fs" --address 198.51.100.1/24 --exports "$W/fs *(rw)"
	expect_refusal 5 "no network interface of this node is in the network of '198.51.100.1'"
	server start --directory "$W/fs" --address 192.0.2.1/24 --exports "$W/fs *(rw)"
	expect_refusal 1 "the address '192.0.2.1' is on this node already"
	server start --directory "$W/nowhere" --address "$CIDR" --exports "$W/nowhere *(rw)"
	expect_refusal 5 "there is no directory '$W/nowhere': mount the group's filesystem first"
	server start --directory "$W/fs/export" --address "$CIDR" --exports "$W/fs/export *(rw)"
	expect_refusal 5 "'$W/fs/export' is not a mount point: mount the group's filesystem there first"
	in_world ln -s fs "$W/link"
	server start --directory "$W/link" --address "$CIDR" --exports "$W/link *(rw)"
	expect_refusal 2 "'$W/link' is a link: set the parameter 'directory' to '$W/fs'"
	nothing_is_left
}

@test "a daemon that is not installed is named" {
	mkdir "$W/bin"
	local name
	for name in rpcbind rpc.statd rpc.mountd exportfs; do
		cp "$(command -v "$name")" "$W/bin/$name"
	done
	lf_command server start --group files --directory "$W/fs" --address "$CIDR" --exports "$W/fs *(rw)"
	# /usr/sbin is looked at, too
	in_world mount -t tmpfs tmpfs /usr/sbin
	PATH=$W/bin:/usr/bin:/bin run_apart "${command[@]}" 3>&-
	expect_refusal 5 "there is no 'nfsdcld' on this node: install nfs-utils"
}

@test "a server with other parameters is not changed while it runs" {
	server_started
	server_starts --scope other
	expect_refusal 1 "the NFS server of group 'files' runs with other parameters: stop it first"
	# its keeper is dead: what is left of it goes
	kill_all
	server_started --scope other
	enter hostname
	expect 0 other
}

@test "two groups: each has its own ports, and one is started and stopped while the other serves" {
	server_started
	in_world mkdir "$W/other/export"
	local keeper
	keeper=$(keeper_pid)
	# its part of the kernel
	NODE=node1/second
	node_make
	kernel_make
	run_lf server start --group other --directory "$W/other" --address 192.0.2.11/24 \
		--exports "$W/other/export *(rw,fsid=2)" --pipefs-dir "$W/$NODE/pipefs" --require-fencing no \
		--node node1 --timeout 60
	same status 0 "$status"
	same starts '8 threads, host other.192.0.2.11, lockd 30, ports 4045 4045, nfsd 30, lease 30' "$(<"$W/$NODE/starts")"
	in_world ip netns exec client rpcinfo -t 192.0.2.11 mount 3
	in_world ip netns exec client rpcinfo -t "$ADDRESS" mount 3
	run_lf server status --output-as json
	same status 0 "$status"
	holds '.groups | length == 2'
	run_lf server stop --group other
	same status 0 "$status"
	in_world umount "$W/other"
	fails grep -qsF " $W/other " /proc/[0-9]*/mountinfo
	same keeper "$keeper" "$(keeper_pid)"
	in_world ip netns exec client rpcinfo -t "$ADDRESS" mount 3
}

@test "status asks the server for what a client does with --depth 20: this one has no kernel behind it" {
	server_started
	server status --depth 10
	same status 0 "$status"
	server status --depth 20
	same status 1 "$status"
	says "the NFS server of group 'files' does not serve: " "$stderr"
	server status --depth -1
	expect_refusal 64 '--depth cannot be negative (-1)'
}

@test "the link is down, or an address is gone: the monitor fails" {
	server_started
	enter ip address del 192.0.2.10/24 dev nfs0
	server status
	same status 1 "$status"
	says "0 of 1 addresses of group 'files' are on its link" "$stderr"
	enter ip link set nfs0 down
	server status
	says "the link 'nfs0' of group 'files' is down: look at the network interface 'eth0' of this node" "$stderr"
	echo 0 >"$W/$NODE/nfsd/threads"
	server status
	says "the NFS server of group 'files' has no threads: somebody stopped it" "$stderr"
}

@test "validate checks the parameters, and nothing else" {
	server validate --directory /srv/nowhere --address "$CIDR" --exports '/srv/nowhere *(rw)'
	expect 0
	local bad=(
		"parameter 'directory' is missing"
		'--address 192.0.2.10/24'
		"parameter 'address' is missing"
		'--directory /srv/a'
		"parameter 'directory': 'srv' is not an absolute path: begin it with '/'"
		'--directory srv'
		"parameter 'directory': the root filesystem cannot be a group's"
		'--directory / --address 192.0.2.10/24'
		"parameter 'store': '/srv/b' is not in '/srv/a'"
		'--directory /srv/a --store /srv/b'
		"parameter 'address': '192.0.2.10' needs a prefix length from 1 to 32: give it as 192.0.2.10/24"
		'--directory /srv/a --address 192.0.2.10'
		"parameter 'address': '2001:db8::1/129' needs a prefix length from 1 to 128"
		'--directory /srv/a --address 2001:db8::1/129'
		"parameter 'address': 'x/24' is not an IPv4 or IPv6 address"
		'--directory /srv/a --address x/24'
		"parameter 'address': '192.0.2.10' is there twice"
		'--directory /srv/a --address 192.0.2.10/24,192.0.2.10/16'
		"parameter 'gateway': '192.0.2.1/24' is not an IPv4 or IPv6 address"
		'--directory /srv/a --address 192.0.2.10/24 --gateway 192.0.2.1/24'
		"parameter 'nic': 'a/b' cannot be the name of a network interface"
		'--directory /srv/a --address 192.0.2.10/24 --nic a/b'
		"parameter 'link' takes auto, macvlan, ipvlan, bridge or routed, not 'wire'"
		'--directory /srv/a --address 192.0.2.10/24 --link wire'
		"link=routed needs the parameter 'nic'"
		'--directory /srv/a --address 192.0.2.10/24 --link routed'
		"parameter 'gateway' has no use with link=routed"
		'--directory /srv/a --address 192.0.2.10/24 --link routed --nic eth0 --gateway 192.0.2.1'
		"parameter 'firewall' takes auto, none, or the absolute path of an nftables file, not 'x.nft'"
		'--directory /srv/a --address 192.0.2.10/24 --firewall x.nft'
		"parameter 'firewall' takes auto, none"
		'--directory /srv/a --address 192.0.2.10/24 --firewall /etc/*.nft'
		"port 4045 cannot serve two services"
		'--directory /srv/a --address 192.0.2.10/24 --mountd-port 4045'
		"parameter 'lockd_port' takes 1 to 65535, not 0"
		'--directory /srv/a --address 192.0.2.10/24 --lockd-port 0'
		"parameter 'versions': '2' is not a list of NFS versions"
		'--directory /srv/a --address 192.0.2.10/24 --versions 2'
		"parameter 'scope': 'a/b' cannot be a host name"
		'--directory /srv/a --address 192.0.2.10/24 --scope a/b'
		"parameter 'threads' takes 1 to 4096, not -1"
		'--directory /srv/a --address 192.0.2.10/24 --threads -1'
		"parameter 'grace' takes 10 to 240, not 5"
		'--directory /srv/a --address 192.0.2.10/24 --grace 5'
		"parameter 'grace' takes a number of seconds, or auto, not 'long'"
		'--directory /srv/a --address 192.0.2.10/24 --grace long'
		"parameter 'lease' takes 10 to 3600, not 5"
		'--directory /srv/a --address 192.0.2.10/24 --lease 5'
		"parameter 'threads' takes 1 to 4096, not 0"
		'--directory /srv/a --address 192.0.2.10/24 --threads 0'
		"parameter 'grace' takes a number of seconds, or auto, not '0'"
		'--directory /srv/a --address 192.0.2.10/24 --grace 0'
		"parameter 'lease' takes 10 to 3600, not 0"
		'--directory /srv/a --address 192.0.2.10/24 --lease 0'
		"parameter 'mountd_port' takes 1 to 65535, not 0"
		'--directory /srv/a --address 192.0.2.10/24 --mountd-port 0'
		"parameter 'statd_port' takes 1 to 65535, not -662"
		'--directory /srv/a --address 192.0.2.10/24 --statd-port -662'
		"parameter 'record_timeout' takes 1 to 12, not 0"
		'--directory /srv/a --address 192.0.2.10/24 --record-timeout 0'
		"port 2049 cannot serve two services"
		'--directory /srv/a --address 192.0.2.10/24 --mountd-port 2049'
		"port 662 cannot serve two services"
		'--directory /srv/a --address 192.0.2.10/24 --mountd-port 662'
		"parameter 'record_timeout' takes 1 to 12, not 13"
		'--directory /srv/a --address 192.0.2.10/24 --record-timeout 13'
		"give one of the parameters 'exports' and 'exports_file'"
		'--directory /srv/a --address 192.0.2.10/24'
		"give one of the parameters 'exports' and 'exports_file'"
		'--directory /srv/a --address 192.0.2.10/24 --exports-file /srv/a/e --exports x'
		"parameter 'exports': '/srv/b' is not in the group's filesystem: export '/srv/a', or a directory in it"
		'--directory /srv/a --address 192.0.2.10/24 --exports /srv/b'
		"Kerberos is not supported by a group's own server in this version"
		'--directory /srv/a --address 192.0.2.10/24 --exports /srv/a@*(rw,sec=krb5p:sys)'
		"'pnfs' is not supported by a group's own server in this version: leave it out"
		'--directory /srv/a --address 192.0.2.10/24 --exports /srv/a@*(rw,pnfs)'
		"parameter 'backend': 'x' is not a kind of store: set it to files or sqlite"
		'--directory /srv/a --address 192.0.2.10/24 --exports /srv/a --backend x'
		"parameter 'require_fencing' takes yes or no, not 'x'"
		'--directory /srv/a --address 192.0.2.10/24 --exports /srv/a --require-fencing x'
	)
	local i words
	for ((i = 0; i < ${#bad[@]}; i += 2)); do
		read -ra words <<<"${bad[i + 1]}"
		server validate "${words[@]//@/ }"
		expect_refusal 64 "${bad[i]}"
	done
	run_lf server validate --group a/b --directory /srv/a
	expect_refusal 64 "parameter 'group': 'a/b' is not a valid group name"
	server start --timeout 0
	expect_refusal 64 'the timeout must be at least one second, not 0'
	run_lf server
	same status 64 "$status"
	run_lf server run
	expect_refusal 64 "unknown command 'server run': see 'lockferry server --help'"
	run_apart "$LOCKFERRY" server --help
	says 'lockferry server COMMAND [OPTION...]' "$output"
}

# agent ACTION [PARAMETER=VALUE]...: ocf:lockferry:nfsgroup, with the real helper
agent() {
	local action=$1 n=$W/$NODE
	shift
	if [ ! -e "$W/lockferry" ]; then
		stubs_make attrd_updater crm_attribute
		cat >"$W/lockferry" <<-END
			#!/bin/sh
			case "\$1 \$2" in 'server start' | 'server validate') set -- "\$@" --pipefs-dir "$n/pipefs" ;; esac
			exec "$LOCKFERRY" "\$@" --nfsd-dir "$n/nfsd" --lockd-dir "$n/lockd" --proc-dir "$n/proc" \
				--rpc-nfsd "$n/rpc.nfsd" --run-dir "$RUN_DIR"
		END
		chmod 755 "$W/lockferry"
	fi
	run_apart nsenter --target "$world" --net --mount -- env -i PATH="$STUB_DIR/bin:$PATH" STUB_DIR="$STUB_DIR" \
		LOCKFERRY="$W/lockferry" ASAN_OPTIONS=detect_leaks=0 HA_LOGFILE="$W/log" HA_RSCTMP="$W" OCF_ROOT=/usr/lib/ocf \
		OCF_RESOURCE_INSTANCE=files OCF_RESKEY_CRM_meta_timeout=90000 OCF_RESKEY_CRM_meta_on_node="$NODE" \
		"${cluster[@]}" OCF_RESKEY_directory="$W/fs" OCF_RESKEY_address="$CIDR" \
		OCF_RESKEY_exports="$W/fs/export 192.0.2.0/24(rw,fsid=1)" OCF_RESKEY_require_fencing=no \
		"${@/#/OCF_RESKEY_}" "$BUILD/agent/nfsgroup" "$action" </dev/null 3>&-
}

# agent_says STATUS [REASON]: what the agent must have answered
agent_says() {
	same status "$1" "$status" && says "${2-}" "$stderr" && return
	echo "stderr: $stderr"
	return 1
}

@test "the agent: a group is probed, started, monitored, changed and stopped" {
	local level cluster=()
	agent monitor
	agent_says 7
	agent stop
	agent_says 0
	agent validate-all
	agent_says 0
	agent start
	agent_says 0
	agent start
	agent_says 0
	agent monitor
	agent_says 0
	client_reaches "$ADDRESS"
	await phase_is serving
	# level 20 asks the kernel, which does not serve here: the drills do it
	for level in 0 10; do
		cluster=(OCF_RESKEY_CRM_meta_interval=10000 "OCF_CHECK_LEVEL=$level")
		agent monitor
		agent_says 0
	done
	grep -q 'attrd_updater --name nfslock-files --update .serving' "$STUB_DIR/calls"

	agent reload-agent threads=3 exports="$W/fs/export *(ro,fsid=1)"
	agent_says 0
	same threads 3 "$(<"$W/$NODE/nfsd/threads")"
	enter exportfs -s
	says "$W/fs/export  *(" "$output"

	agent stop
	agent_says 0
	same phase released "$(state phase)"
	nothing_is_left
	unmounts
}

@test "the agent: the process of the group is started again; the keeper is dead; the group is stopped and started" {
	local cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	agent start
	agent_says 0
	await phase_is serving
	kill -KILL "$(<"$RUN_DIR/files.lock")"
	agent monitor
	agent_says 0
	# by hand, without the stop that the cluster would do first
	agent start
	agent_says 0
	agent monitor
	agent_says 0
	same starts 1 "$(wc -l <"$W/$NODE/starts")"

	kill -KILL "$(keeper_pid)"
	agent monitor
	agent_says 1 "the keeper of the NFS server of group 'files' is dead"
	agent stop
	agent_says 0
	nothing_is_left
	agent start
	agent_says 0
	agent stop
	agent_says 0
	unmounts
}

@test "the agent: without its filesystem a group does not run, is stopped, and is not started" {
	local cluster=()
	in_world umount "$W/fs"
	agent monitor
	agent_says 7
	agent stop
	agent_says 0
	agent start
	agent_says 5 "'$W/fs' is not a mount point: mount the group's filesystem there first"
	nothing_is_left
}
