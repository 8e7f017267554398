# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A world in a directory ($W): a group's filesystem (fs), and nodes whose kernel and statd are files only (NODE/...).

# shellcheck disable=SC2034 # for those who source this
group=g1
server=10.99.0.100
clients=(127.0.0.21 127.0.0.22 127.0.0.23)

# say TEXT...: for whoever waits for the end of it all
say() {
	echo "# $*" >&3
}

fail() {
	echo "$*"
	return 1
}

# await SECONDS WHAT COMMAND...: until it succeeds
await() {
	local end=$((SECONDS + $1 + 1)) what=$2
	shift 2

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || fail "waited in vain for $what" || return
		sleep 0.05
	done
}

world_new() {
	W=$1
	mkdir -p "$W/fs" "$W/tmp"
	export TMPDIR=$W/tmp
}

# world_copy FROM TO: as it is, to be spoilt. A lock is noted with the group's directory, which is another there.
world_copy() {
	cp -a "$1" "$2"
	world_new "$2"
	[ ! -e "$1/fs/store/locks" ] || locks_of_copy "$1" "$2" >"$2/fs/store/locks"
}

locks_of_copy() {
	sed "s|^$1/|$2/|" "$1/fs/store/locks"
}

# node_boots NODE: its NFS server was just started, and statd knows no client.
node_boots() {
	local at=$W/$1

	rm -rf "$at"
	mkdir -p "$at"/{sm,nfsd,lockd,run} "$at/proc/sys/kernel/random" "$at"/proc/{77,net}
	# a client's connection with the group's address
	echo '   1: 6400630A:0801 1500007F:0303 01 00000000:00000000 00:00000000' >"$at/proc/net/tcp"
	echo 8 >"$at/nfsd/threads"
	: >"$at/nfsd/unlock_filesystem"
	echo N >"$at/lockd/nlm_end_grace"
	cat /proc/sys/kernel/random/uuid >"$at/proc/sys/kernel/random/boot_id"
	echo "77 (lockd) S 2$(printf ' 0%.0s' {1..17}) $RANDOM" >"$at/proc/77/stat"
	printf '1: POSIX  ADVISORY  WRITE 77 %x:%x:131 0 EOF\n' "$(device_of major)" "$(device_of minor)" >"$at/proc/locks"
}

# device_of major|minor: of the group's filesystem.
device_of() {
	mountpoint -d "$(df --output=target "$W/fs" | tail -n 1)" | case $1 in
	major) cut -d : -f 1 ;;
	minor) cut -d : -f 2 ;;
	esac
}

# node_serves NODE: grace is over, and statd runs for longer than the lock manager.
node_serves() {
	mkdir -p "$W/$1/proc/78"
	echo "78 (rpc.statd) S 1$(printf ' 0%.0s' {1..17}) 0" >"$W/$1/proc/78/stat"
	echo Y >"$W/$1/lockd/nlm_end_grace"
}

# statd_monitors NODE COOKIE CLIENT...: what statd then writes. A client that is monitored anew has another cookie.
statd_monitors() {
	local node=$1 cookie=$2 client
	shift 2

	for client; do
		printf '0100007f 000186b5 00000003 00000010 %032x %s %s\n' "$cookie" "$client" "$node" >"$W/$node/sm/$client"
	done
}

# on NODE VERB [OPTION]...: puts the command line into $command.
on() {
	local at=$W/$1 verb=$2
	shift 2

	command=("$BUILD/lockferry" "$verb" --run-dir "$at/run" --nfsd-dir "$at/nfsd" --lockd-dir "$at/lockd"
		--proc-dir "$at/proc" "$@")
}

# lockferry NODE VERB [OPTION]...
lockferry() {
	on "$@"
	"${command[@]}"
}

# The verbs of a group, with the options that they need.

snapshot() {
	on "$1" snapshot --store "$W/fs/store" --sm-dir "$W/$1/sm" --backend "$FAULTS_BACKEND"
}

restore() {
	on "$1" restore --store "$W/fs/store" --sm-dir "$W/$1/sm"
}

notify() {
	on "$1" notify --store "$W/fs/store" --from 127.0.0.1 --deadline 10 --output-as json
}

# stop NODE: as the agent does, so that a crashed process has its last duties done.
stop() {
	on "$1" stop --group "$group" --store "$W/fs/store" --export "$W/fs" --ip "$server" --sm-dir "$W/$1/sm" --timeout 20
}

# convert TO: to that kind of store.
convert() {
	on node1 convert --store "$W/fs/store" --backend "$1"
}

# serve NODE [OPTION]...
serve() {
	local node=$1
	shift
	on "$node" serve --group "$group" --node "$node" --store "$W/fs/store" --export "$W/fs" --ip "$server" \
		--sm-dir "$W/$node/sm" --backend "$FAULTS_BACKEND" "$@"
}

# The same, carried out.

run_snapshot() {
	snapshot "$1"
	"${command[@]}"
}

run_stop() {
	stop "$1"
	"${command[@]}"
}

# begin_serve NODE [OPTION]...: in the background; $serving is its process.
begin_serve() {
	serve "$@"
	"${command[@]}" >/dev/null 2>"$W/$1/err" 3>&- &
	serving=$!
}

# run_serve NODE [OPTION]...: until it is armed, from when on it is nobody's child.
run_serve() {
	serve "$@" --daemon --timeout 20
	"${command[@]}" 3>&-
}

# ends_by_kill PROCESS: a child of this shell.
ends_by_kill() {
	kill -KILL "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

is_alive() {
	kill -0 "$1" 2>/dev/null
}

# run_status NODE: what it says is in $W/status.
run_status() {
	lockferry "$1" status --group "$group" >"$W/status" 2>"$W/status.err"
}

is_well() {
	run_status "$1"
}

is_in_phase() {
	run_status "$1" || :
	grep -q ": $2, " "$W/status"
}

is_well_in_phase() {
	run_status "$1" && grep -q ": $2, " "$W/status"
}

# serve_until NODE PHASE [OPTION]...
serve_until() {
	local node=$1 phase=$2
	shift 2

	begin_serve "$node" "$@"
	await 10 "'$phase' on $node" is_in_phase_or_dead "$node" "$phase"
	is_in_phase "$node" "$phase" || fail "$node: $(cat "$W/status" "$W/$node/err")"
}

is_in_phase_or_dead() {
	is_in_phase "$1" "$2" || ! is_alive "$serving"
}

# What is in the store.

# records_of_store TO: into an empty directory.
records_of_store() {
	rm -rf "$1"
	mkdir "$1"
	"$BUILD/lockferry" restore --store "$W/fs/store" --sm-dir "$1" >/dev/null
}

# state_of KEY: of the group's state in the store, which every kind of store has as a file; nothing where it has none.
state_of() {
	[ ! -e "$W/fs/store/state" ] || sed -n "s/^$1=//p" "$W/fs/store/state"
}

# acknowledge NODE: all that its statd knows now is in the store for certain.
acknowledge() {
	mkdir -p "$W/acknowledged"
	cp -a "$W/$1/sm/." "$W/acknowledged"
}
