# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions of the drills in the labs with a cluster. client1 holds the locks, client2 is its rival. client1 also asks
# for new locks: its connection to the server is up again as soon as it has reclaimed, so it waits only for the server.
# A GROUP is a service group; the default is "nfs".

: "${LAB_NEEDED:=cluster}"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../drill.bash"
: "${LAB_LOCKS:=400}"

# The cluster.

# primary [GROUP]: prints the node that has its address.
primary() {
	local address node

	address=$(group_address "${1-nfs}")
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

# in_phase NODE PHASE: does Lockferry report that phase?
in_phase() {
	lab exec "$1" lockferry status --group nfs --output-as json 2>/dev/null |
		grep -q "\"phase\" *: *\"$2\""
}

state_number() {
	lab exec "$1" grep '^state_number' /srv/nfs/.lockferry/state
}

# Both nodes are members, no action is pending, and new locks are granted.
is_calm() {
	local group node

	for group in $LAB_GROUPS; do
		node=$(primary "$group") || return
		# shellcheck disable=SC2016 # the guest expands it
		lab exec "$node" bash -c '
			crm_resource --wait --timeout=30s && told=$(crm_mon -1 --inactive) &&
			[[ $told == *"Online: [ node1 node2 ]"* && ! $told =~ Stopped|FAILED ]] &&
			grep -q Y /proc/fs/lockd/nlm_end_grace' >/dev/null 2>&1 || return
	done
}

# Whatever state the last drill left, this one begins with two nodes, two clients and no lock.
calm_down() {
	local guest

	for guest in node1 node2 client1 client2; do
		lab link "$guest" up
	done
	lab boot node1 node2
	in_each "node1 node2 client1 client2" sh -c 'pkill -KILL -x locks; pkill -CONT rpc.statd; dmesg --clear'
	wait_until 240 "the cluster to calm down" is_calm
	use_grace "$LAB_GRACE"
}

# use_grace SECONDS: sets the length of the next grace period on both nodes. A node that boots has the lab's default
# length.
use_grace() {
	LAB_GRACE=$1
	in_each "node1 node2" sh -c "echo $1 >/proc/sys/fs/nfs/nlm_grace_period"
}

# move GROUP NODE: moves the group as an administrator does, when both clients' connections are recorded. That takes
# about ten seconds, plus the time until a client that found no server tries again. "stay" removes the constraint when
# the group has arrived. If a client is cut off, its connection is never recorded ($connected_within). The probes rest
# until the address is gone: otherwise a lock could be noted that nobody has, because its answer was lost, or because
# the probe dropped it before all locks were back.
move() {
	local from group

	from=$(other "$2")
	[ "$LAB_STACK" = stock ] || try_until "${connected_within:-60}" has_connections "$from" "$1" || true
	for group in $LAB_GROUPS; do
		! probe_runs "$group" || probe_rests "$group"
	done
	lab exec "$2" crm_resource --move --resource "$1" --node "$2"
	wait_until 60 "\"$1\" to leave \"$from\"" has_left "$from" "$1"
	for group in $LAB_GROUPS; do
		! probe_runs "$group" || probe_goes_on "$group"
	done
}

has_left() {
	[ "$(primary "$2")" != "$1" ]
}

# has_connections NODE GROUP: does its store have the connections of both clients?
has_connections() {
	[ "$(lab exec "$1" sed 1d "/srv/$2/.lockferry/connections" 2>/dev/null | awk '{ print $3 }' | sort -u | wc -l)" -eq 2 ]
}

stay() {
	lab exec node1 crm_resource --clear --resource "$1"
}

# The work of the clients. Each is a job in a client, one per group; see locks.c.

# begin_hold [GROUP]
begin_hold() {
	local group=${1-nfs}

	lab start client1 "hold.$group" /lab/bin/locks hold "/mnt/$group/drill" "$LAB_LOCKS"
	wait_until 180 "client1 to take its locks" said client1 "hold.$group" held
}

# begin_rival [GROUP]
begin_rival() {
	local group=${1-nfs}

	lab start client2 "rival.$group" /lab/bin/locks rival "/mnt/$group/drill" "$LAB_LOCKS"
	wait_until 60 "the rival to try every lock" said client2 "rival.$group" tried
}

# begin_probe [GROUP]
begin_probe() {
	local group=${1-nfs}

	lab start client1 "probe.$group" /lab/bin/locks probe "/mnt/$group"
	wait_until 60 "a new lock" said client1 "probe.$group" granted
}

probe_runs() {
	lab exec client1 pgrep -f "locks probe /mnt/$1\$" >/dev/null
}

# probe_rests [GROUP]: it has no lock, and asks for none, until probe_goes_on.
probe_rests() {
	lab signal client1 "probe.${1-nfs}" USR1
	wait_until 120 "the probe to rest" probe_is_resting "${1-nfs}"
}

probe_is_resting() {
	[[ $(lab output client1 "probe.$1" | tail -n 1) == resting* ]]
}

# probe_goes_on [GROUP]
probe_goes_on() {
	lab signal client1 "probe.${1-nfs}" USR2
}

# begin_watch NODE [GROUP]: counts the held locks on a node that does not have the group yet, or is about to lose its
# locks.
begin_watch() {
	local group=${2-nfs}

	lab start "$1" "watch.$group" /lab/bin/locks return "/srv/$group/export/drill" "$LAB_LOCKS"
}

# new_lock_granted_after MS [GROUP]
new_lock_granted_after() {
	[ "$(last_said client1 "probe.${2-nfs}" granted 2)" -gt "$1" ]
}

# await_recorded NODE [GROUP]: waits until its recorder has exactly the holder's locks; sets $recorded to their number.
# The probe rests, because the kernel's list is complete only while no lock is taken or dropped. The longer a look
# takes, the longer the recorder pauses. Without Lockferry, nothing is recorded.
await_recorded() {
	probe_rests "${2-nfs}"
	[ "$LAB_STACK" = stock ] || wait_until 180 "the locks to be recorded" has_recorded "$@"
}

has_recorded() {
	local held

	# shellcheck disable=SC2016 # the guest expands it
	read -r recorded held < <(lab exec "$1" bash -c '
		device=$(printf "%02x:%02x" $(stat -c "%Hd %Ld" "/srv/$1"))
		sed -n "1s/.* //p" "/srv/$1/.lockferry/locks.recorded"
		grep -c "^[0-9]*: POSIX .* $device:" /proc/locks' sh "${2-nfs}" 2>/dev/null | xargs)
	[ "${recorded:-0}" -ge "$LAB_LOCKS" ] && [ "$recorded" -eq "$held" ]
}

# longest_pause_after MS [GROUP]: prints the begin and the end of the longest time since then without a new lock.
longest_pause_after() {
	lab output client1 "probe.${2-nfs}" | awk -v ms="$1" '
		BEGIN { last = ms }
		$1 == "granted" && $2 > ms {
			if ($2 - last > longest) { longest = $2 - last; begin = last; end = $2 }
			last = $2
		}
		END { print begin, end }'
}

# Proofs.

# await_locks NODE [GROUP]: all of them are back there. From then on nothing happens until the grace period is over: a node
# that was fenced can boot meanwhile, for the next drill.
await_locks() {
	wait_until 240 "all locks to come back on \"$1\"" said "$1" "watch.${2-nfs}" "locked $LAB_LOCKS"
}

# prove_recovered NODE MS [GROUP]: all locks that were held before that time are held on this node now, and none was
# taken in between.
prove_recovered() {
	local node=$1 since_ms=$2 group=${3-nfs} reclaimed_ms paused_ms granted_ms

	await_locks "$node" "$group"
	reclaimed_ms=$(last_said "$node" "watch.$group" locked 3)
	wait_until 240 "a new lock to be granted" new_lock_granted_after "$reclaimed_ms" "$group"
	read -r paused_ms granted_ms < <(longest_pause_after "$since_ms" "$group")
	prove_held "$node" "$group"
	if [ "$LAB_STACK" != stock ]; then
		prove_renewed "$node" "$group"
		prove_handed_over
	fi
	figure "$group: seconds to the last reclaim: $(seconds_between "$since_ms" "$reclaimed_ms")," \
		"to the first new lock: $(seconds_between "$since_ms" "$granted_ms")," \
		"without a new lock: $(seconds_between "$paused_ms" "$granted_ms"), grace period: $LAB_GRACE"
	tell_times "$node" "$since_ms" "$group" "$reclaimed_ms" "$granted_ms"
	granted_in_time "$since_ms" "$granted_ms" "$group"
}

# prove_renewed NODE GROUP: the connections of both clients, at least to the lock manager, were known there, and were
# renewed.
prove_renewed() {
	local renewed

	renewed=$(sed -nE "s/.* ([0-9]+) connections that clients had with $(group_address "$2") are renewed\$/\1/p" \
		"$LAB_DIR/share/$1/messages" | tail -n 1)
	figure "$2: connections renewed: ${renewed:-0}"
	[ "${renewed:-0}" -ge 2 ]
}

# After the first notification, a new lock waits for the rest of the grace period and for the client's next attempt.
# Linux tries every 5 s; slow guests take longer.
granted_in_time() {
	local notified_ms

	notified_ms=$(notified_at "$1" "$3" | head -n 1)
	[ -n "$notified_ms" ]
	[ "$2" -lt $((notified_ms + LAB_GRACE * 1000 + 20000)) ]
}

# prove_handed_over: statd's callout always found the group, with the user and the permissions that it has. A missing
# answer is allowed, because slow guests can cause it.
prove_handed_over() {
	! grep -h 'daemon.crit lockferry-callout.* is handed to no group' "$LAB_DIR"/share/node*/messages
}

# prove_verified NODE [GROUP]: `lockferry verify` knows the holder's locks, and finds none missing; the probe's lock
# comes and goes.
prove_verified() {
	local group=${2-nfs} told=$BATS_TEST_TMPDIR/account

	LAB_TIMEOUT=30 lab exec "$1" lockferry verify --store "/srv/$group/.lockferry" --output-as json >"$told" || true
	figure "$group: locks noted: $(jq .noted "$told"), missing: $(jq '.missing | length' "$told")"
	jq -e --argjson least "$LAB_LOCKS" --arg probe "/srv/$group/export/probe" \
		'.noted >= $least and .pending == false and [.missing[] | select(.file != $probe)] == []' "$told"
}

# prove_held NODE [GROUP]: now that new locks are granted, the rival tries to take each lock again, and gets none.
prove_held() {
	local group=${2-nfs} now_ms refused taken

	now_ms=$(now_ms)
	wait_until 180 "the rival to try every lock again" rival_went_round_since "$now_ms" "$group"
	refused=$(reclaims_refused client1)
	taken=$(last_said client2 "rival.$group" tried 3)
	figure "$group: locks held: $LAB_LOCKS, kept: $((LAB_LOCKS - taken)), reclaims refused: $refused," \
		"taken by the rival: $taken in $(last_said client2 "rival.$group" tried 2) attempts"
	[ "$taken" -eq 0 ]
	[ "$refused" -eq 0 ]
	LAB_TIMEOUT=20 lab exec "$1" /lab/bin/locks watch "/srv/$group/export/drill" "$LAB_LOCKS" >/dev/null
}

# rival_went_round_since MS GROUP: the round that had begun before proves nothing; a rival that has got all locks is
# finished.
rival_went_round_since() {
	said client2 "rival.$2" all ||
		[ "$(lab output client2 "rival.$2" | awk -v ms="$1" '$1 == "tried" && $4 > ms' | wc -l)" -ge 2 ]
}

# ended_early NODE: does its log say that grace was ended early, with all locks? The probe may have had one more.
ended_early() {
	grep -qE "every one of the ($LAB_LOCKS|$((LAB_LOCKS + 1))) locks noted at the handover is back: grace is ended" \
		"$LAB_DIR/share/$1/messages"
}

# prove_released [GROUP]: when the holder unlocks, the rival gets the locks at once, and not before. The clocks of two
# guests drift apart by a second or more while their host is busy, so the figure is only as accurate as they are.
prove_released() {
	local group=${1-nfs} unlocking_ms

	[ -z "$(last_said client2 "rival.$group" first 2)" ]
	lab signal client1 "hold.$group" TERM
	LAB_TIMEOUT=60 lab wait client1 "hold.$group"
	LAB_TIMEOUT=60 lab wait client2 "rival.$group"
	unlocking_ms=$(last_said client1 "hold.$group" unlocking 2)
	figure "$group: the holder unlocked: the rival had all after" \
		"$(seconds_between "$unlocking_ms" "$(last_said client2 "rival.$group" all 2)") s"
	lab signal client1 "probe.$group" TERM
}

# Drills of Lockferry itself (lockferry drill).

# all_are_recorded NODE: after a crash, the locks that were recorded before it are compared; only the holder's locks are
# held then.
all_are_recorded() {
	[ "$(lab exec "$1" sed -n '1s/.* //p' /srv/nfs/.lockferry/locks.recorded)" = "$LAB_LOCKS" ]
}

# From the output of `crm_mon`.
says_serving() {
	lab exec "$1" cibadmin --query --xpath "//node_state[@uname='$1']//nvpair[@name='nfslock-nfs']" |
		grep -q 'value="serving'
}

# rehearse NODE REPORT [OPTION]...: brings the group to that node by a drill.
rehearse() {
	wait_until 60 "the cluster to know that the group is served" says_serving "$(other "$1")"
	LAB_TIMEOUT=600 lab exec "$1" lockferry drill --group nfs --yes --output-as json "${@:3}" >"$2"
}

# rehearsal_passed NODE REPORT JQ: the report accounts for everything, the expression is true, and the constraint is
# gone.
rehearsal_passed() {
	local constraints

	jq -e --arg node "$1" --arg other "$(other "$1")" --argjson locks "$LAB_LOCKS" "$3"' and
		.verdict == "passed" and .reason == "" and .to == $node and .from == $other and
		.locks.missing == [] and .locks.noted == $locks and .locks.recovered == $locks and
		.clients.lost == 0 and .clients.unreachable == 0 and .attention == [] and
		([.there.seconds | .address_away, .stopped, .address_up, .serving, .new_locks] | . == sort) and
		([.there.pauses[] | . > 0] | all)' "$2" >/dev/null || {
		cat "$2" >&3
		return 1
	}
	figure "by the drill: seconds without the address, to the last reclaim, to new locks:" \
		"$(jq -r '[.there.pauses | .address_up, .last_reclaim, .new_locks] | map(tostring) | join(", ")' "$2")"
	constraints=$(lab exec "$1" cibadmin --query --scope constraints)
	[[ $constraints != *cli-* ]]
}
