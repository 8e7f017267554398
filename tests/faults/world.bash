# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A world in a directory ($W): a group's filesystem (fs), and nodes whose kernel and statd are only files (NODE/...).

# shellcheck disable=SC2034 # for those who source this
group=g1
server=10.99.0.100
clients=(127.0.0.21 127.0.0.22 127.0.0.23)

# say TEXT...: for the person who waits for the result
say() {
	echo "# $*" >&3
}

fail() {
	echo "$*"
	return 1
}

# await SECONDS WHAT COMMAND...: until it succeeds; on a busy machine six times as long
await() {
	local end=$((SECONDS + 6 * $1 + 1)) what=$2
	shift 2

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || fail "timed out waiting for $what" || return
		pause 0.05
	done
}

# Thousands of worlds are made, checked and compared: whatever the shell can do itself starts no process and no
# subshell.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../pause.bash"

# read_text FILE: sets $text to the exact contents. Fails if there is no file, or if it contains a NUL, which would hide
# the rest.
read_text() {
	text=
	[ -f "$1" ] && ! IFS= read -r -d '' text 2>/dev/null <"$1"
}

# same_text FILE FILE: reports if they differ.
same_text() {
	local text one

	{ read_text "$1" && one=$text && read_text "$2" && [ "$text" = "$one" ]; } || fail "'$1' and '$2' differ"
}

# names_in DIRECTORY [visible]: sets $names to all names in it, or only to those that are not hidden.
names_in() {
	[ "${2-}" = visible ] || shopt -s dotglob
	shopt -s nullglob
	names=("$1"/*)
	shopt -u nullglob dotglob
	names=("${names[@]#"$1/"}")
}

# same_files DIRECTORY DIRECTORY [visible]: both have the same files with the same contents.
same_files() {
	local names name one

	[ -d "$1" ] && [ -d "$2" ] || fail "'$1' or '$2' is not a directory" || return
	names_in "$1" "${3-}"
	one=${names[*]}
	names_in "$2" "${3-}"
	[ "${names[*]}" = "$one" ] || fail "'$1' has '$one', and '$2' has '${names[*]}'" || return
	for name in "${names[@]}"; do
		same_text "$1/$name" "$2/$name" || return
	done
}

# text_copy FILE TO: like cp.
text_copy() {
	local text

	read_text "$1" && printf %s "$text" >"$2"
}

# log_has NODE TEXT: the process that serves has logged that.
log_has() {
	local text

	read_text "$W/$1/err" && [[ $text == *"$2"* ]]
}

# The store is checked in $W/copy.1 and so on: directories that are part of the world, so that no process has to make
# them.
world_new() {
	W=$1
	copies=0
	[ -d "$W/tmp" ] || mkdir -p "$W/fs" "$W/tmp" "$W"/copy.{1..4}
	export TMPDIR=$W/tmp
}

# world_copy FROM TO: a copy that may be damaged. A lock is noted with the group's directory, which has another path
# there.
world_copy() {
	local text

	cp -a "$1" "$2"
	world_new "$2"
	[ ! -e "$1/fs/store/locks" ] || {
		locks_of_copy "$1" "$2"
		printf %s "$text" >"$2/fs/store/locks"
	}
}

# locks_of_copy FROM TO: sets $text.
locks_of_copy() {
	local from=$'\n'$1/ to=$'\n'$2/

	read_text "$1/fs/store/locks"
	text=${text//"$from"/"$to"}
}

# The log of an sqlite store is nearly all zeros, which need not be copied.
dig_holes() {
	[ ! -e "$W/fs/store/store.sqlite-wal" ] || fallocate --dig-holes "$W/fs/store/store.sqlite-wal"
}

# node_boots NODE: its NFS server was just started, and statd knows no client.
node_boots() {
	local at=$W/$1 device boot

	device=$(stat -c '%Hd %Ld' "$W/fs")
	[ ! -e "$at" ] || rm -rf "$at"
	mkdir -p "$at"/{sm,nfsd,lockd,run} "$at/proc/sys/kernel/random" "$at"/proc/{77,net}
	# a client's connection to the group's address
	echo '   1: 6400630A:0801 1500007F:0303 01 00000000:00000000 00:00000000' >"$at/proc/net/tcp"
	echo 8 >"$at/nfsd/threads"
	: >"$at/nfsd/unlock_filesystem"
	echo N >"$at/lockd/nlm_end_grace"
	read -r boot </proc/sys/kernel/random/uuid
	echo "$boot" >"$at/proc/sys/kernel/random/boot_id"
	echo "77 (lockd) S 2$seventeen $RANDOM" >"$at/proc/77/stat"
	printf '1: POSIX  ADVISORY  WRITE 77 %x:%x:131 0 EOF\n' "${device% *}" "${device#* }" >"$at/proc/locks"
}

# Fields of a process that do not matter.
printf -v seventeen ' 0%.0s' {1..17}

# node_serves NODE: grace is over, and statd has run for longer than the lock manager.
node_serves() {
	mkdir -p "$W/$1/proc/78"
	echo "78 (rpc.statd) S 1$seventeen 0" >"$W/$1/proc/78/stat"
	echo Y >"$W/$1/lockd/nlm_end_grace"
}

# statd_monitors NODE COOKIE CLIENT...: writes what statd then writes. A client that is monitored again has another
# cookie.
statd_monitors() {
	local node=$1 cookie=$2 client
	shift 2

	for client; do
		printf '0100007f 000186b5 00000003 00000010 %032x %s %s\n' "$cookie" "$client" "$node" >"$W/$node/sm/$client"
	done
}

# on NODE COMMAND [OPTION]...: sets $command to the command line.
on() {
	local at=$W/$1 cmd=$2
	shift 2

	command=("$BUILD/lockferry" "$cmd" --run-dir "$at/run" --nfsd-dir "$at/nfsd" --lockd-dir "$at/lockd"
		--proc-dir "$at/proc" "$@")
}

# lockferry NODE COMMAND [OPTION]...
lockferry() {
	on "$@"
	"${command[@]}"
}

# The commands of a group, with the options that they need.

snapshot() {
	on "$1" snapshot --store "$W/fs/store" --sm-dir "$W/$1/sm" --backend "$FAULTS_BACKEND"
}

restore() {
	on "$1" restore --store "$W/fs/store" --sm-dir "$W/$1/sm"
}

notify() {
	on "$1" notify --store "$W/fs/store" --from 127.0.0.1 --timeout 10 --output-as json
}

# stop NODE: like the agent, so that the stop of a crashed process is completed.
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

# Run the command of the same name.

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

# run_serve NODE [OPTION]...: until it is armed; from then on it is not a child of this shell.
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

# run_status NODE: the output is in $W/status.
run_status() {
	lockferry "$1" status --group "$group" >"$W/status" 2>"$W/status.err"
}

is_well() {
	run_status "$1"
}

is_in_phase() {
	run_status "$1" || :
	status_has ": $2, "
}

is_well_in_phase() {
	run_status "$1" && status_has ": $2, "
}

status_has() {
	local text

	read_text "$W/status" && [[ $text == *"$1"* ]]
}

# An armed process has logged this; until then it need not be asked.
may_be_in_phase() {
	[ "$2" != armed ] || log_has "$1" "' is armed"
}

# serve_until NODE PHASE [OPTION]...
serve_until() {
	local node=$1 phase=$2
	shift 2

	begin_serve "$node" "$@"
	await 10 "'$phase' on $node" is_in_phase_or_dead "$node" "$phase"
	status_has ": $phase, " || fail "$node: $(cat "$W/status" "$W/$node/err")"
}

is_in_phase_or_dead() {
	{ may_be_in_phase "$1" "$2" && is_in_phase "$1" "$2"; } || ! is_alive "$serving"
}

# The contents of the store.

# records_of_store: into $copy, which must be empty.
records_of_store() {
	copy=$W/copy.$((++copies))
	[ -d "$copy" ] || mkdir "$copy"
	"$BUILD/lockferry" restore --store "$W/fs/store" --sm-dir "$copy" >/dev/null
}

# read_state KEY: sets $found to the value in the group's state in the store, which is a file in every kind of store;
# empty if there is none.
read_state() {
	local key value

	found=
	[ -e "$W/fs/store/state" ] || return 0
	while IFS='=' read -r key value; do
		[ "$key" != "$1" ] || found=$value
	done <"$W/fs/store/state"
}

# state_is KEY PATTERN: a pattern of bash.
state_is() {
	local found

	read_state "$1"
	# shellcheck disable=SC2053 # a pattern
	[[ $found == $2 ]] || fail "$1 is '$found'"
}

state_of() {
	local found

	read_state "$1"
	echo "$found"
}

# acknowledge NODE: everything that its statd knows now is certainly in the store.
acknowledge() {
	mkdir -p "$W/acknowledged"
	cp -a "$W/$1/sm/." "$W/acknowledged"
}
