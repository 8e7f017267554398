# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the drills of the cluster's lab are made of. The holder is client1, its rival
# client2. New locks are asked for by client1: its connection to the server is up again as soon as it has
# reclaimed, so that what it waits for is the server.

LAB_NEEDED=cluster
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../drill.bash"
: "${LAB_LOCKS:=1000}"

on_client=/mnt/nfs/drill
on_server=/srv/nfs/export/drill
address=10.99.0.100

# The cluster.

# Prints the node that has the group's address.
primary() {
	local node

	for node in node1 node2; do
		if lab exec "$node" ip -o -4 address show to "$address" 2>/dev/null | grep -q "$address"; then
			echo "$node"
			return
		fi
	done
	return 1
}

other() {
	case $1 in
	node1) echo node2 ;;
	node2) echo node1 ;;
	esac
}

group_is_on() {
	[ "$(primary)" = "$1" ]
}

# in_phase NODE PHASE: does Lockferry say so?
in_phase() {
	lab exec "$1" lockferry status --group nfs --output-as json 2>/dev/null |
		grep -q "\"phase\" *: *\"$2\""
}

# Both nodes are members, nothing is left to do, and new locks are granted.
is_calm() {
	local node

	node=$(primary) || return
	lab exec "$node" bash -c '
		crm_resource --wait --timeout=30s &&
		crm_mon -1 --inactive | grep -q "Online: \[ node1 node2 \]" &&
		! crm_mon -1 --inactive | grep -qE "Stopped|FAILED" &&
		grep -q Y /proc/fs/lockd/nlm_end_grace' >/dev/null 2>&1
}

# Whatever the drill before has left, this one begins with two nodes, two clients and no lock.
calm_down() {
	local guest

	for guest in node1 node2 client1 client2; do
		lab link "$guest" up
	done
	for guest in node1 node2; do
		lab boot "$guest"
	done
	for guest in client1 client2; do
		lab exec "$guest" pkill -KILL -x locks || true
		lab exec "$guest" pkill -CONT rpc.statd
		lab exec "$guest" dmesg --clear
	done
	wait_until 240 "the cluster to calm down" is_calm
}

# The clients' doings. Each is a job in a client, see locks.c.

begin_hold() {
	lab start client1 hold /lab/bin/locks hold "$on_client" "$LAB_LOCKS"
	wait_until 180 "client1 to take its locks" said client1 hold held
}

begin_rival() {
	lab start client2 rival /lab/bin/locks rival "$on_client" "$LAB_LOCKS"
	wait_until 60 "the rival to try every lock" said client2 rival tried
}

begin_probe() {
	lab start client1 probe /lab/bin/locks probe /mnt/nfs
	wait_until 60 "a new lock" said client1 probe granted
}

# begin_watch NODE: count the held locks on a node that may not have the group yet.
begin_watch() {
	lab start "$1" watch /lab/bin/locks watch "$on_server" "$LAB_LOCKS"
}

new_lock_granted_after() {
	[ "$(last_said client1 probe granted 2)" -gt "$1" ]
}

# The longest time since then without a new lock: prints when it ended.
new_locks_resumed_after() {
	lab output client1 probe | awk -v ms="$1" '
		BEGIN { last = ms }
		$1 == "granted" && $2 > ms {
			if ($2 - last > longest) { longest = $2 - last; end = $2 }
			last = $2
		}
		END { print end }'
}

# Proofs.

# notified_since MS: how many SM_NOTIFY were seen on the wire since then.
notified_since() {
	awk -v ms="$1" '$1 * 1000 >= ms' "$LAB_DIR/sm_notify.log" | grep -c '10\.99\.0\.' || true
}

fenced_since() {
	awk -v ms="$1" -v node="$2" '$1 >= ms && $2 == "off" && $3 == node && $4 == "off"' \
		"$LAB_DIR/power.log" | grep -q .
}

# prove_recovered NODE MS: what was held before that time is held on this node now, and was all the time.
prove_recovered() {
	local node=$1 since_ms=$2 reclaimed_ms granted_ms

	wait_until 240 "all locks to come back on \"$node\"" said "$node" watch "locked $LAB_LOCKS"
	reclaimed_ms=$(last_said "$node" watch locked 3)
	wait_until 240 "a new lock to be granted" new_lock_granted_after "$reclaimed_ms"
	granted_ms=$(new_locks_resumed_after "$since_ms")
	prove_held "$node"
	figure "seconds to the last reclaim: $(seconds_between "$since_ms" "$reclaimed_ms")," \
		"to the first new lock: $(seconds_between "$since_ms" "$granted_ms"), grace period: $LAB_GRACE"
	granted_in_time "$since_ms" "$granted_ms"
}

# From the first notification on a new lock has to wait for the rest of the grace period, and for the
# client's next attempt, which Linux makes every 5 s.
granted_in_time() {
	local notified_ms

	notified_ms=$(awk -v ms="$1" '$1 * 1000 >= ms { printf "%d", $1 * 1000; exit }' "$LAB_DIR/sm_notify.log")
	[ "$2" -lt $((notified_ms + LAB_GRACE * 1000 + 10000)) ]
}

# prove_held NODE: now that new locks are granted, the rival gets to try each one anew, and gets none.
prove_held() {
	local now_ms refused taken

	now_ms=$(now_ms)
	wait_until 180 "the rival to try every lock again" rival_went_round_since "$now_ms"
	refused=$(reclaims_refused client1)
	taken=$(last_said client2 rival tried 3)
	figure "locks held: $LAB_LOCKS, kept: $((LAB_LOCKS - taken)), reclaims refused: $refused," \
		"taken by the rival: $taken in $(last_said client2 rival tried 2) attempts"
	[ "$taken" -eq 0 ]
	[ "$refused" -eq 0 ]
	LAB_TIMEOUT=20 lab exec "$1" /lab/bin/locks watch "$on_server" "$LAB_LOCKS" >/dev/null
}

# The round that was under way then tells nothing; a rival that has got them all is through.
rival_went_round_since() {
	said client2 rival all || [ "$(lab output client2 rival | awk -v ms="$1" '$1 == "tried" && $4 > ms' | wc -l)" -ge 2 ]
}

# prove_released: what the holder unlocks is free for the rival, at once.
prove_released() {
	local unlocking_ms

	lab signal client1 hold TERM
	LAB_TIMEOUT=60 lab wait client1 hold
	LAB_TIMEOUT=60 lab wait client2 rival
	unlocking_ms=$(last_said client1 hold unlocking 2)
	# the clocks of two guests drift apart while their host is short of processors
	[ "$(last_said client2 rival first 2)" -ge $((unlocking_ms - 1000)) ]
	figure "the holder unlocked: the rival had all after" \
		"$(seconds_between "$unlocking_ms" "$(last_said client2 rival all 2)") s"
	lab signal client1 probe TERM
}
