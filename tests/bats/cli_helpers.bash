# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Shared by the bats files of the command line: a world of namespaces and files. Nothing in it affects the machine:
# addresses come and go in its network, filesystems in its mounts, and the kernel's NFS server is a set of files.
#
# $W is the world's directory: fs (the group's filesystem) and other (one that isn't), and for each node sm, nfsd,
# lockd, proc and run; for the node that $NODE names.

load helpers

LOCKFERRY=$BUILD/lockferry
# asks a process how it is, over and over: what is sanitized takes five times as long to start. Set PLAIN to the tree of
# a build that isn't.
POLLER=${PLAIN:-$BUILD}/lockferry
FAKE_CLIENTS=$BUILD/tests/bats/fake_clients
ADDRESS=192.0.2.10
# shellcheck disable=SC2034 # for the tests: the commands with options, and those of the command "server"
COMMANDS=(serve snapshot restore notify unlock clients list status check stop convert verify drill)
# shellcheck disable=SC2034 # for the tests
SERVER_COMMANDS=(start validate stop status enter reload)

cli_setup() {
	[ -x "$LOCKFERRY" ] || {
		echo "'$LOCKFERRY' is not there: build it, or set BUILD"
		return 1
	}
	untraced
	W=$BATS_TEST_TMPDIR
	STORE=$W/fs/.lockferry
	pids=()
	# a grace period ends when the test ends it
	EARLY_GRACE_END=no
	NODE=node1
	node_make
}

# world_setup: makes the namespaces, or skips the test if that is impossible
world_setup() {
	cli_setup
	mkdir "$W/fs" "$W/other"
	# the world is ready when the process has become this program
	# shellcheck disable=SC2016 # the inner shell's
	unshare --net --mount --propagation private sh -ec '
		ip link set lo up
		mount -t tmpfs -o size=4m tmpfs "$0/fs"
		mount -t tmpfs -o size=4m tmpfs "$0/other"
		exec sleep infinity' "$W" 2>"$W/unshare" 3>&- &
	pids+=($!)
	world=$!
	await world_is_settled
	case $(<"$W/unshare") in
	'') ;;
	'unshare: '*) skip "no network and mount namespace to be had, run this as root: $(<"$W/unshare")" ;;
	*)
		echo "no world: $(<"$W/unshare")"
		return 1
		;;
	esac
}

# disk_make: the group's filesystem is one that can be frozen
disk_make() {
	in_world umount "$W/fs"
	truncate -s 16M "$W/disk"
	mkfs.ext4 -q -F "$W/disk"
	in_world mount -o loop "$W/disk" "$W/fs" 2>"$W/err" || skip "no loop device: $(<"$W/err")"
}

# freeze: the group's disk does not answer, for half a minute at most, even if the test fails
freeze() {
	in_world fsfreeze --freeze "$W/fs" 2>"$W/err" || skip "no freezer: $(<"$W/err")"
	# shellcheck disable=SC2016 # the inner shell's
	in_world sh -c 'sleep 30; fsfreeze --unfreeze "$0"' "$W/fs" >/dev/null 2>&1 3>&- &
	pids+=($!)
}

# thaw: it answers
thaw() {
	in_world fsfreeze --unfreeze "$W/fs"
}

world_is_settled() {
	[ -s "$W/unshare" ] || [ "$(<"/proc/$world/comm")" = sleep ]
}

# Every process of a test is ended by its id, after checking that it is the right one: a free id may soon belong to
# another test.
cli_teardown() {
	local pid lock
	for lock in "$W"/*/run/*.lock; do
		[ -f "$lock" ] || continue
		pid=$(<"$lock")
		! process_is "$pid" "$LOCKFERRY" || ! grep -qzF "$W" "/proc/$pid/cmdline" || kill -KILL "$pid"
	done
	for pid in "${pids[@]}"; do
		! is_child "$pid" || kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# is_child PID: is it a child of this shell?
is_child() {
	local stat

	read -r stat 2>/dev/null <"/proc/$1/stat" && [[ ${stat##*) } == ?" $BASHPID "* ]]
}

# process_is PID PROGRAM
process_is() {
	[ -n "$1" ] && [ "/proc/$1/exe" -ef "$2" ]
}

in_world() {
	nsenter --target "$world" --net --mount -- "$@"
}

# await COMMAND...: until it succeeds, for a minute at most. Many tests run in parallel and need the processors too, so
# it pauses for 0.05 to 0.4 s, each time twice as long.
await() {
	local end=$((SECONDS + 60)) rest_ms=50 rest
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "in vain: $*"
			return 1
		}
		printf -v rest '0.%03d' "$rest_ms"
		pause "$rest"
		rest_ms=$((rest_ms < 400 ? rest_ms * 2 : 400))
	done
}

# node_make: makes the node $NODE, where no NFS server runs, but lockd does, as for an NFSv3 mount
node_make() {
	local n=$W/$NODE
	mkdir -p "$n"/{sm,nfsd,lockd,run} "$n/proc/sys/kernel/random" "$n/proc/77"
	echo "boot-of-$NODE" >"$n/proc/sys/kernel/random/boot_id"
	: >"$n/proc/locks"
	: >"$n/proc/mounts"
	server_stops
	lockd_starts 1000
}

# server_runs Y|N: Y if grace is over
server_runs() {
	echo 8 >"$W/$NODE/nfsd/threads"
	echo "$1" >"$W/$NODE/lockd/nlm_end_grace"
	: >"$W/$NODE/nfsd/unlock_ip"
	: >"$W/$NODE/nfsd/unlock_filesystem"
}

server_stops() {
	rm -f "$W/$NODE"/nfsd/* "$W/$NODE"/lockd/*
}

# grace_periods UPTIME NLM NFSV4: their lengths, on a node that has been up for UPTIME; lockd started after 10 s
grace_periods() {
	local n=$W/$NODE
	mkdir -p "$n/proc/sys/fs/nfs"
	echo "$1 0.00" >"$n/proc/uptime"
	echo "$2" >"$n/proc/sys/fs/nfs/nlm_grace_period"
	echo 10 >"$n/proc/sys/fs/nfs/nlm_timeout"
	echo "$3" >"$n/nfsd/nfsv4gracetime"
}

# lockd_starts TICKS: starts lockd again
lockd_starts() {
	echo "77 (lockd) S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 $1 0" >"$W/$NODE/proc/77/stat"
}

# rpc_nfsd_starts_lockd: makes a program that ends lockd with the NFS server, and starts both
rpc_nfsd_starts_lockd() {
	local n=$W/$NODE
	echo '+3 -4.2' >"$n/nfsd/versions"
	echo 'tcp 2049' >"$n/nfsd/portlist"
	: >"$n/starts"
	cat >"$n/rpc.nfsd" <<-END
		#!/bin/sh
		echo "\$*" >>$n/starts
		echo 8 >$n/nfsd/threads
		echo N >$n/lockd/nlm_end_grace
		echo '77 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 2000 0' >$n/proc/77/stat
	END
	chmod 755 "$n/rpc.nfsd"
	(
		trap - DEBUG ERR
		set +e
		while pause 0.02; do
			# in this order: the lockd of a new server appears after the threads
			[ -e "$n/proc/77/stat" ] || continue
			read -r threads <"$n/nfsd/threads"
			[ "$threads" != 0 ] || rm -f "$n/proc/77/stat"
		done
	) >/dev/null 2>&1 3>&- &
	pids+=($!)
}

# lf_command COMMAND [OPTION]...: sets $command to the command line that runs it as that node, in the world if there is
# one
lf_command() {
	local n=$W/$NODE
	command=("$LOCKFERRY" "$@" --nfsd-dir "$n/nfsd" --lockd-dir "$n/lockd" --proc-dir "$n/proc"
		--rpc-nfsd "$n/rpc.nfsd" --run-dir "${RUN_DIR:-$n/run}")
	[ -z "${world-}" ] || command=(nsenter --target "$world" --net --mount -- "${command[@]}")
}

lf() {
	local command
	lf_command "$@"
	"${command[@]}" 3>&-
}

run_lf() {
	local command
	lf_command "$@"
	run_apart "${command[@]}" 3>&-
}

# serve [OPTION]...: serves the group in the background
serve() {
	run_lf serve --daemon --timeout 30 --group files --node "$NODE" --store "$STORE" --ip "$ADDRESS" \
		--export "$W/fs" --sm-dir "$W/$NODE/sm" --early-grace-end "$EARLY_GRACE_END" "$@"
}

# served [OPTION]...: the same, and it must succeed
# shellcheck disable=SC2120,SC2154 # other files give options; run sets them
served() {
	serve "$@"
	if same status 0 "$status" && same stdout '' "$output"; then
		return 0
	fi
	echo "stderr: $stderr"
	return 1
}

# served_in_foreground [OPTION]...: its output is in $W/log
served_in_foreground() {
	local n=$W/$NODE
	# not through a function, which would run in its own shell: the id must be that of the process
	nsenter --target "$world" --net --mount -- "$LOCKFERRY" serve --group files --node "$NODE" --store "$STORE" \
		--ip "$ADDRESS" --export "$W/fs" --sm-dir "$n/sm" --nfsd-dir "$n/nfsd" --lockd-dir "$n/lockd" \
		--proc-dir "$n/proc" --run-dir "$n/run" "$@" >/dev/null 2>"$W/log" 3>&- &
	pids+=($!)
}

# serve_other [OPTION]...: another group on the node, with its own store and address
serve_other() {
	run_lf serve --daemon --timeout 30 --group other --node "$NODE" --store "$W/other/store" --ip 192.0.2.11 \
		--export "$W/other" --sm-dir "$W/$NODE/sm" "$@"
	same status 0 "$status"
}

# served_before: serves the group once without a client, so that its store is not new, which would be a warning
served_before() {
	server_runs Y
	served
	stop
	same status 0 "$status"
}

# stop [OPTION]...: as the agent does
# shellcheck disable=SC2120 # some tests pass options
stop() {
	run_lf stop --group files --store "$STORE" --ip "$ADDRESS" --export "$W/fs" --sm-dir "$W/$NODE/sm" "$@"
}

# record MON_NAME: as statd writes it
record() {
	printf '0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 %s %s\n' "$1" "$NODE"
}

# record_again MON_NAME: the same for a lock manager that meets the client again: its cookie is new
record_again() {
	record "$1" | sed 's/000cdda5/000cdda6/'
}

# monitored MON_NAME...: adds them to statd, unless it has them
monitored() {
	local name
	for name; do
		if [ -e "$W/$NODE/sm/$name" ]; then
			record_again "$name" >"$W/$NODE/sm/$name"
		else
			record "$name" >"$W/$NODE/sm/$name"
		fi
	done
}

# status_has JQ-EXPRESSION: true for the status of the process of group files
status_has() {
	status_of files "$1"
}

# status_of GROUP JQ-EXPRESSION: in any world, with any exit status. Leaks of a sanitized command are checked where a
# test runs it once.
status_of() {
	local json
	json=$(ASAN_OPTIONS=detect_leaks=0 exec "$POLLER" status --group "$1" --output-as json \
		--run-dir "${RUN_DIR:-$W/$NODE/run}" 2>/dev/null 3>&-) || true
	json_has "$json" "$2"
}

# json_has JSON JQ-EXPRESSION: jq takes longer to start than the check takes, so it is not used for expressions of the
# form ".NAME == VALUE and .NAME != VALUE ..." on top-level members, which have their own lines, nor for an expression
# that was just evaluated
json_has() {
	# for empty input, jq 1.6 reports success
	[ -n "$1" ] || return 1
	local rest="$2 and " lines=$'\n'$1$'\n' said=yes name value
	while [[ $rest =~ ^\.([a-z_]+)\ ([!=]=)\ (\"[a-z ]*\"|[0-9]+|true|false|null|\[\])\ and\ (.*)$ ]]; do
		name=$'\n'"  \"${BASH_REMATCH[1]}\" : " value=${BASH_REMATCH[3]}
		case ${BASH_REMATCH[2]} in
		'==') [[ $lines == *"$name$value"[,$'\n']* ]] || said=no ;;
		'!=') [[ $lines == *"$name"* && $lines != *"$name$value"[,$'\n']* ]] || said=no ;;
		esac
		rest=${BASH_REMATCH[4]}
	done
	if [ -z "$rest" ]; then
		[ "$said" = yes ]
		return
	fi
	if [ "$2 $1" != "${jq_was_asked-}" ]; then
		jq_says=0
		jq -e "$2" <<<"$1" >/dev/null || jq_says=$?
		jq_was_asked="$2 $1"
	fi
	return "$jq_says"
}

phase_is() {
	status_has ".phase == \"$1\""
}

# state KEY: its value in the store's state
state() {
	in_world sed -n "s/^$1=//p" "$STORE/state"
}

address_comes() {
	in_world ip address add "$ADDRESS/32" dev lo
}

address_goes() {
	in_world ip address del "$ADDRESS/32" dev lo
}

# locked [INODE]...: the locks that the node's lock manager holds on the group's filesystem, as in /proc/locks; for
# $LOCKED_FOR
locked() {
	local inode device
	device=$(in_world stat -c '%Hd %Ld' "$W/fs")
	# shellcheck disable=SC2086 # two words
	device=$(printf '%02x:%02x' $device)
	for inode; do
		echo "1: POSIX  ADVISORY  ${LOCKED_FOR-WRITE} 77 $device:$inode 0 EOF"
	done >"$W/$NODE/locks"
	mv "$W/$NODE/locks" "$W/$NODE/proc/locks"
}

# served_with CLIENT...: by node1, which has the address
# shellcheck disable=SC2119 # no other options
served_with() {
	server_runs Y
	monitored "$@"
	served
	address_comes
	await phase_is serving
}

# served_with_locks INODE...: by node1, for a client
served_with_locks() {
	served_with 127.0.1.1
	locked "$@"
}

# crash [GROUP STORE]: the group's process on the node is killed, and is gone: it may lose its first lock before its
# last one
# not mean that it has none
crash() {
	kill -KILL "$(<"$W/$NODE/run/${1-files}.lock")"
	await is_gone "${1-files}"
	await in_world flock --nonblock "${2-$STORE}/.lock" true
}

is_gone() {
	flock --nonblock "$W/$NODE/run/${1-files}.lock" true
}

# node2_begins: it will take the group over, and its kernel is in grace
node2_begins() {
	NODE=node2
	node_make
	server_runs N
	echo '+3 -4 -4.1 -4.2' >"$W/node2/nfsd/versions"
	echo Y >"$W/node2/nfsd/v4_end_grace"
}

# shellcheck disable=SC2119 # no other options
released_by_node1() {
	address_goes
	await phase_is frozen
	stop
	same status 0 "$status"
}

# moved_to_node2: node1 released the group, and node2's kernel is in grace
moved_to_node2() {
	released_by_node1
	NODE=node2
	node_make
	server_runs N
}

# adopted: by node2, and its address is there. If there is nothing to wait for, the recovery may be over already.
# shellcheck disable=SC2119 # no other options
adopted() {
	released_by_node1
	node2_begins
	served
	address_comes
}

moved() {
	adopted
	await phase_is reclaiming
}

# clients_live [DEAD-CLIENT]...: from now on there are clients at every 127.x.y.z, and heard() shows what they receive
clients_live() {
	[ -x "$FAKE_CLIENTS" ] || make -s -C "$BUILD" tests/bats/fake_clients >&2
	# not through a function, which would run in its own shell: the id must be that of the clients
	nsenter --target "$world" --net --mount -- "$FAKE_CLIENTS" "$@" >"$W/heard" 3>&- &
	pids+=($!)
	await grep -q ready "$W/heard"
}

# heard: what the clients received, sorted
heard() {
	sed 1d "$W/heard" | sort
}

# In a test's body, each of these must be a line of its own: bash (and so bats) overlooks a failure of a in `a && b`.

# says TEXT WHAT: WHAT contains TEXT
says() {
	[[ $2 == *"$1"* ]] || {
		printf "'%s' does not say '%s'\n" "$2" "$1"
		return 1
	}
}

# holds JQ-EXPRESSION: true for the JSON output of the last run
holds() {
	json_has "$output" "$1" || {
		echo "'$1' does not hold for $output"
		return 1
	}
}

# expect_refusal STATUS TEXT: the last run_lf failed with that status and one line on stderr, and printed nothing else
expect_refusal() {
	# shellcheck disable=SC2154 # run sets them
	same status "$1" "$status" && same stdout '' "$output" && says "$2" "$stderr" &&
		same 'the line of stderr' "${stderr%%$'\n'*}" "$stderr" && [[ $stderr == 'lockferry: '* ]]
}
