#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

setup() {
	settle node2 node2
	begin_locking
	begin_ms=$(now_ms)
}

# pid_of DAEMON|keeper
pid_of() {
	case $1 in
	keeper) status node2 nfs .pid ;;
	serve) lab exec node2 pgrep -f '^[^ ]*lockferry serve .*--group nfs( |$)' ;;
	*) status node2 nfs ".daemons[] | select(.name == \"$1\").pid" ;;
	esac
}

daemon_pids() {
	status node2 nfs '.daemons[] | "\(.name) \(.pid)"'
}

# kill_pieces PIECE...: all of them at once
kill_pieces() {
	local pid pids=()

	for piece; do
		pids+=("$(pid_of "$piece")")
	done
	lab exec node2 kill -KILL "${pids[@]}"
}

is_another() {
	local pid

	pid=$(pid_of "$1" 2>/dev/null) && [ -n "$pid" ] && [ "$pid" != "$2" ] && is_up node2 nfs
}

# prove_nothing_lost: no lock, and nobody was told that locks must be reclaimed.
prove_nothing_lost() {
	prove_held
	prove_held_on node2
	figure "clients notified: $(notified_since "$begin_ms")"
	[ "$(notified_since "$begin_ms")" -eq 0 ]
}

# prove_new_client: a client finds the server, mounts by NFSv3, and gets a lock.
prove_new_client() {
	# shellcheck disable=SC2016 # the guest expands it
	lab exec client2 bash -c '
		mkdir -p /mnt/new && mount -t nfs -o vers=3,proto=tcp nfs:/srv/nfs/export /mnt/new && cd /mnt/new &&
		timeout 20 flock --verbose -n new true; status=$?; cd /; umount /mnt/new; exit "$status"'
}

@test "each daemon of a group is killed: it is started again, no lock is lost, the other group notices nothing" {
	local daemon pid killed_ms

	for daemon in rpcbind rpc.statd nfsdcld rpc.mountd; do
		pid=$(pid_of "$daemon")
		killed_ms=$(now_ms)
		kill_pieces "$daemon"
		wait_until 30 "\"$daemon\" to be started again" is_another "$daemon" "$pid"
		figure "$daemon: seconds until it ran again: $(seconds_between "$killed_ms" "$(now_ms)")"
		prove_new_client
		prove_undisturbed "$daemon is killed" "$killed_ms"
	done
	prove_nothing_lost
}

@test "the keeper and serve are killed: the server goes on, and start takes it up where it was" {
	local pid pids

	pids=$(daemon_pids)
	pid=$(pid_of serve)
	kill_pieces serve
	wait_until 30 "\"lockferry serve\" to be started again" is_another serve "$pid"
	[ "$(daemon_pids)" = "$pids" ]
	kill_pieces keeper
	not is_up node2 nfs
	up node2 nfs
	is_up node2 nfs
	[ "$(daemon_pids)" = "$pids" ]
	prove_nothing_lost
	prove_undisturbed "the keeper and serve are killed" "$begin_ms"
}

@test "every process of a group is killed: stop releases the disk, start recovers every lock" {
	local daemon

	kill_pieces keeper serve rpcbind rpc.statd nfsdcld rpc.mountd
	down node2 nfs | grep '^released'
	begin_watch node2
	begin_ms=$(now_ms)
	up node2 nfs
	prove_recovered node2 "$begin_ms"
	prove_undisturbed "every process is killed" "$begin_ms"
	prove_kernel_is_well node2
}
