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

# await SECONDS WHAT COMMAND...: until it succeeds; on a busy machine six times as long
await() {
	local end=$((SECONDS + 6 * $1 + 1)) what=$2
	shift 2

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || fail "waited in vain for $what" || return
		pause 0.05
	done
}

# Thousands of worlds are made, looked at and compared: what a shell can do itself starts no process, and no other shell.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../pause.bash"

# read_text FILE: sets $text, to the letter. Fails where there is none, or a NUL in it, behind which it would not be seen.
read_text() {
	text=
	[ -f "$1" ] && ! IFS= read -r -d '' text 2>/dev/null <"$1"
}

# same_text FILE FILE: and says which differ.
same_text() {
	local text one

	{ read_text "$1" && one=$text && read_text "$2" && [ "$text" = "$one" ]; } || fail "'$1' and '$2' differ"
}

# names_in DIRECTORY [visible]: sets $names, of all that is in it, or of what is not hidden.
names_in() {
	[ "${2-}" = visible ] || shopt -s dotglob
	shopt -s nullglob
	names=("$1"/*)
	shopt -u nullglob dotglob
	names=("${names[@]#"$1/"}")
}

# same_files DIRECTORY DIRECTORY [visible]: neither has a file that the other has not, or another text in it.
same_files() {
	local names name one

	[ -d "$1" ] && [ -d "$2" ] || fail "'$1' or '$2' is no directory" || return
	names_in "$1" "${3-}"
	one=${names[*]}
	names_in "$2" "${3-}"
	[ "${names[*]}" = "$one" ] || fail "'$1' has '$one', and '$2' has '${names[*]}'" || return
	for name in "${names[@]}"; do
		same_text "$1/$name" "$2/$name" || return
	done
}

# text_copy FILE TO: as cp.
text_copy() {
	local text

	read_text "$1" && printf %s "$text" >"$2"
}

# log_has NODE TEXT: the process that serves has said that.
log_has() {
	local text

	read_text "$W/$1/err" && [[ $text == *"$2"* ]]
}

# What is in the store is looked at in $W/copy.1 and so on: directories that come with the world are made by no process.
world_new() {
	W=$1
	copies=0
	[ -d "$W/tmp" ] || mkdir -p "$W/fs" "$W/tmp" "$W"/copy.{1..4}
	export TMPDIR=$W/tmp
}

# world_copy FROM TO: as it is, to be spoilt. A lock is noted with the group's directory, which is another there.
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

# Of the log of an sqlite store nearly all is zeros: those need not be copied.
dig_holes() {
	[ ! -e "$W/fs/store/store.sqlite-wal" ] || fallocate --dig-holes "$W/fs/store/store.sqlite-wal"
}

# node_boots NODE: its NFS server was just started, and statd knows no client.
node_boots() {
	local at=$W/$1 device boot

	device=$(stat -c '%Hd %Ld' "$W/fs")
	[ ! -e "$at" ] || rm -rf "$at"
	mkdir -p "$at"/{sm,nfsd,lockd,run} "$at/proc/sys/kernel/random" "$at"/proc/{77,net}
	# a client's connection with the group's address
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

# node_serves NODE: grace is over, and statd runs for longer than the lock manager.
node_serves() {
	mkdir -p "$W/$1/proc/78"
	echo "78 (rpc.statd) S 1$seventeen 0" >"$W/$1/proc/78/stat"
	echo Y >"$W/$1/lockd/nlm_end_grace"
}

# statd_monitors NODE COOKIE CLIENT...: what statd then writes. A client that is monitored again has another cookie.
statd_monitors() {
	local node=$1 cookie=$2 client
	shift 2

	for client; do
		printf '0100007f 000186b5 00000003 00000010 %032x %s %s\n' "$cookie" "$client" "$node" >"$W/$node/sm/$client"
	done
}

# on NODE COMMAND [OPTION]...: puts the command line into $command.
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
	status_has ": $2, "
}

is_well_in_phase() {
	run_status "$1" && status_has ": $2, "
}

status_has() {
	local text

	read_text "$W/status" && [[ $text == *"$1"* ]]
}

# A process that is armed has said so: till then it need not be asked.
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

# What is in the store.

# records_of_store: into $copy, which is empty before.
records_of_store() {
	copy=$W/copy.$((++copies))
	[ -d "$copy" ] || mkdir "$copy"
	"$BUILD/lockferry" restore --store "$W/fs/store" --sm-dir "$copy" >/dev/null
}

# read_state KEY: sets $found, of the group's state in the store, which every kind of store has as a file; nothing where it
# has none.
read_state() {
	local key value

	found=
	[ -e "$W/fs/store/state" ] || return 0
	while IFS='=' read -r key value; do
		[ "$key" != "$1" ] || found=$value
	done <"$W/fs/store/state"
}

# state_is KEY PATTERN: one of bash's.
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

# acknowledge NODE: all that its statd knows now is in the store for certain.
acknowledge() {
	mkdir -p "$W/acknowledged"
	cp -a "$W/$1/sm/." "$W/acknowledged"
}
