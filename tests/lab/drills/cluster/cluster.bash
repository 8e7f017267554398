# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the drills of the labs with a cluster are made of. The holder is client1, its rival
# client2. New locks are asked for by client1: its connection to the server is up again as soon as it has
# reclaimed, so that what it waits for is the server. A GROUP is a service group, "nfs" unless told.

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

# in_phase NODE PHASE: does Lockferry say so?
in_phase() {
	lab exec "$1" lockferry status --group nfs --output-as json 2>/dev/null |
		grep -q "\"phase\" *: *\"$2\""
}

state_number() {
	lab exec "$1" grep '^state_number' /srv/nfs/.lockferry/state
}

# Both nodes are members, nothing is left to do, and new locks are granted.
is_calm() {
	local group node

	for group in $LAB_GROUPS; do
		node=$(primary "$group") || return
		lab exec "$node" bash -c '
			crm_resource --wait --timeout=30s &&
			crm_mon -1 --inactive | grep -q "Online: \[ node1 node2 \]" &&
			! crm_mon -1 --inactive | grep -qE "Stopped|FAILED" &&
			grep -q Y /proc/fs/lockd/nlm_end_grace' >/dev/null 2>&1 || return
	done
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
	for guest in node1 node2 client1 client2; do
		lab exec "$guest" pkill -KILL -x locks || true
	done
	for guest in client1 client2; do
		lab exec "$guest" pkill -CONT rpc.statd
		lab exec "$guest" dmesg --clear
	done
	wait_until 240 "the cluster to calm down" is_calm
	use_grace "$LAB_GRACE"
}

# use_grace SECONDS: how long the next grace period is, on either node. A node that boots has the lab's own length.
use_grace() {
	local node

	LAB_GRACE=$1
	for node in node1 node2; do
		lab exec "$node" sh -c "echo $1 >/proc/sys/fs/nfs/nlm_grace_period"
	done
}

# move GROUP NODE: as an admin does, once both clients' connections are recorded, which takes some ten seconds, and as many
# more as a client that found no server waits for its next attempt; "stay" takes back what that leaves, once the group is
# there. Where a client is cut off they never are ($connected_within). The probes rest until the address is gone: a lock that
# was granted to one and whose answer was lost, or that it dropped before all were back, is noted, and nobody has it.
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

# has_connections NODE GROUP: has its store those of both clients?
has_connections() {
	[ "$(lab exec "$1" sed 1d "/srv/$2/.lockferry/connections" 2>/dev/null | awk '{ print $3 }' | sort -u | wc -l)" -eq 2 ]
}

stay() {
	lab exec node1 crm_resource --clear --resource "$1"
}

# The clients' doings. Each is a job in a client, one for each group, see locks.c.

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

# probe_rests [GROUP]: it has no lock then, and asks for none, until it goes on.
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

# begin_watch NODE [GROUP]: count the held locks on a node that doesn't have the group yet, or is about to lose its locks.
begin_watch() {
	local group=${2-nfs}

	lab start "$1" "watch.$group" /lab/bin/locks return "/srv/$group/export/drill" "$LAB_LOCKS"
}

# new_lock_granted_after MS [GROUP]
new_lock_granted_after() {
	[ "$(last_said client1 "probe.${2-nfs}" granted 2)" -gt "$1" ]
}

# await_recorded NODE [GROUP]: until its recorder has the holder's locks, all of them and no other; sets $recorded, how many.
# The probe rests: the kernel's list is only sure to have each lock once while none comes and goes. The longer a look takes,
# the longer the recorder rests. Without Lockferry nothing is recorded.
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

# longest_pause_after MS [GROUP]: the longest time since then without a new lock: prints when it began, and ended.
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

# notified_at MS [GROUP]: when SM_NOTIFY were seen on the wire since then, those of a group or all: a line each.
notified_at() {
	awk -v ms="$1" -v from="${2:+$(group_address "$2")}" '
		$1 * 1000 >= ms && index($3, (from ? from : "10.99.0") ".") == 1 { printf "%d\n", $1 * 1000 }' \
		"$LAB_DIR/sm_notify.log"
}

# notified_since MS [GROUP]: how many.
notified_since() {
	notified_at "$@" | wc -l
}

fenced_since() {
	awk -v ms="$1" -v node="$2" '$1 >= ms && $2 == "off" && $3 == node && $4 == "off"' \
		"$LAB_DIR/power.log" | grep -q .
}

# prove_recovered NODE MS [GROUP]: what was held before that time is held on this node now, and was all the time.
prove_recovered() {
	local node=$1 since_ms=$2 group=${3-nfs} reclaimed_ms paused_ms granted_ms

	wait_until 240 "all locks to come back on \"$node\"" said "$node" "watch.$group" "locked $LAB_LOCKS"
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

# tell_times NODE MS GROUP RECLAIMED_MS GRANTED_MS: a line for the table at the end of tests/run: seconds from MS, when
# the primary was cut or the move began, to each step on the adoptive node. The guests' logs know whole seconds only.
tell_times() {
	local node=$1 since_ms=$2 group=$3

	figure "times $(printf '%-34s %7s %7s %7s %7s %7s %9s %9s' \
		"$(basename "$BATS_TEST_FILENAME" .bats) $group" \
		"$(seconds_to "$since_ms" "$(fenced_ms "$since_ms")")" \
		"$(seconds_to "$since_ms" "$(logged_ms "$node" "$since_ms" "mounted filesystem")")" \
		"$(seconds_to "$since_ms" "$(logged_ms "$node" "$since_ms" "group '$group' is armed")")" \
		"$(seconds_to "$since_ms" "$(logged_ms "$node" "$since_ms" "group '$group' is reclaiming")")" \
		"$(seconds_to "$since_ms" "$(notified_at "$since_ms" "$group" | head -n 1)")" \
		"$(seconds_to "$since_ms" "$4")" "$(seconds_to "$since_ms" "$5")")"
}

# seconds_to FROM_MS TO_MS: or a dash, if it did not happen
seconds_to() {
	if [ -n "$2" ]; then seconds_between "$1" "$2"; else echo -; fi
}

fenced_ms() {
	awk -v ms="$1" '$1 >= ms && $2 == "off" { print $1; exit }' "$LAB_DIR/power.log"
}

# logged_ms NODE MS TEXT: when its log has that first since then
logged_ms() {
	local line second

	while IFS= read -r line; do
		second=$(date -u -d "${line:0:15}" +%s)
		if [ "$second" -ge $(($2 / 1000)) ]; then
			echo $((second * 1000 > $2 ? second * 1000 : $2))
			return
		fi
	done < <(grep -F -- "$3" "$LAB_DIR/share/$1/messages" | tail -n 20)
}

# prove_renewed NODE GROUP: the connections of both clients, with the lock manager at least, were known there, and renewed.
prove_renewed() {
	local renewed

	renewed=$(sed -nE "s/.* ([0-9]+) connections that clients had with $(group_address "$2") are renewed\$/\1/p" \
		"$LAB_DIR/share/$1/messages" | tail -n 1)
	figure "$2: connections renewed: ${renewed:-0}"
	[ "${renewed:-0}" -ge 2 ]
}

# From the first notification on a new lock has to wait for the rest of the grace period, and for the
# client's next attempt, which Linux makes every 5 s; slow guests take their time for it.
granted_in_time() {
	local notified_ms

	notified_ms=$(notified_at "$1" "$3" | head -n 1)
	[ -n "$notified_ms" ]
	[ "$2" -lt $((notified_ms + LAB_GRACE * 1000 + 20000)) ]
}

# prove_handed_over: statd's callout always found the group, by the user and the rights that it has there. That a process
# does not answer in time may come of a guest that is slow.
prove_handed_over() {
	! grep -h 'daemon.crit lockferry-callout.* is handed to no group' "$LAB_DIR"/share/node*/messages
}

# prove_verified NODE [GROUP]: `lockferry verify` knows of the holder's locks, and of none that is not back; the probe's comes
# and goes.
prove_verified() {
	local group=${2-nfs} told=$BATS_TEST_TMPDIR/account

	LAB_TIMEOUT=30 lab exec "$1" lockferry verify --store "/srv/$group/.lockferry" --output-as json >"$told" || true
	figure "$group: locks noted: $(jq .noted "$told"), missing: $(jq '.missing | length' "$told")"
	jq -e --argjson least "$LAB_LOCKS" --arg probe "/srv/$group/export/probe" \
		'.noted >= $least and .pending == false and [.missing[] | select(.file != $probe)] == []' "$told"
}

# prove_held NODE [GROUP]: now that new locks are granted, the rival gets to try each one again, and gets none.
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

# rival_went_round_since MS GROUP: the round that was under way then tells nothing; a rival that has got them all is through.
rival_went_round_since() {
	said client2 "rival.$2" all ||
		[ "$(lab output client2 "rival.$2" | awk -v ms="$1" '$1 == "tried" && $4 > ms' | wc -l)" -ge 2 ]
}

# ended_early NODE: does its log say so, of all the locks? The probe may have had one as well.
ended_early() {
	grep -qE "every one of the ($LAB_LOCKS|$((LAB_LOCKS + 1))) locks noted at the handover is back: grace is ended" \
		"$LAB_DIR/share/$1/messages"
}

# prove_released [GROUP]: what the holder unlocks is free for the rival, at once, and not before. The clocks of two guests drift
# apart while their host is short of processors, a second and more: the figure is as good as they are.
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

# Drills by Lockferry itself.

# all_are_recorded NODE: what is compared after a crash was recorded before it; the holder's locks alone are held then.
all_are_recorded() {
	[ "$(lab exec "$1" sed -n '1s/.* //p' /srv/nfs/.lockferry/locks.recorded)" = "$LAB_LOCKS" ]
}

# As `crm_mon` tells.
says_serving() {
	lab exec "$1" cibadmin --query --xpath "//node_state[@uname='$1']//nvpair[@name='nfslock-nfs']" |
		grep -q 'value="serving'
}

# rehearse NODE REPORT [OPTION]...: bring the group to that node by a drill.
rehearse() {
	wait_until 60 "the cluster to know that the group is served" says_serving "$(other "$1")"
	LAB_TIMEOUT=600 lab exec "$1" lockferry drill --group nfs --yes --output-as json "${@:3}" >"$2"
}

# rehearsal_passed NODE REPORT JQ: it accounts for all, that expression holds as well, and its constraint is gone.
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
