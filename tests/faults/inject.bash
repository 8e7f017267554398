# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # world.bash sets them
#
# Faults, by strace: at each system call that changes a file.
#
# A point is a system call, which of them, as strace counts, and what it is about: "fsync 3 fs/store". strace counts for
# each thread on its own, so only one thread is looked at: that of a command, or the worker's of a process that serves.

calls=write,pwrite64,fsync,fdatasync,openat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat
calls+=,ftruncate,fallocate,fchown,fchmod,utimensat

# points_in TRACE: each on a line. An openat() that makes nothing is none, and neither is what is written elsewhere.
#
# Before it is read, an sqlite store is copied to $TMPDIR, some 70 pieces of 64 KiB by one loop (copy_bytes() of
# store/database_copy.c), in which nothing is kept but how much it was: nothing else happens between two of them, the store is
# not touched, and of the copy nobody reads before it is whole. So the pieces are the same point but for the first ones and the
# last, which is shorter.
points_in() {
	awk -v world="<$(dirname "$1")/" '
		{ sub(/^[0-9]+ +/, ""); call = $0; sub(/\(.*/, "", call) }
		call !~ /^[a-z0-9]+$/ { next }
		{ n = ++count[call] }
		call == "futex" || /^openat\(/ && !/O_CREAT/ || /^write\([12]</ { next }
		{
			path = call == "openat" ? substr($0, index($0, " = ")) : $0
			at = index(path, world)
			path = at > 0 ? substr(path, at + length(world)) : "-"
			sub(/>.*/, "", path)
		}
		call == "write" && path == "-" { next }
		{
			same = path ~ /^tmp\// && call " " path == piece ? same + 1 : 0
			piece = call " " path
			if (same < 3 && held != "") print held
			held = call " " n " " path
		}
		END { if (held != "") print held }' "$1"
}

# unsynced TRACE: what a file of the store lacks to be on the disk: it got its name before its bytes were forced there, or the
# name itself was not in the end. No fault tells of a sync that is not called. What a process that serves does in the end is
# not in its trace.
unsynced() {
	awk '
		function file(text) { sub(/^[^<]*</, "", text); sub(/>.*/, "", text); return text }
		function number(text) { sub(/^[^(]*\(/, "", text); sub(/<.*/, "", text); return text }
		!/\/fs\/store[\/>]/ || / = -1 / { next }
		{ command = command || /^[0-9]/; sub(/^[0-9]+ +/, ""); call = $0; sub(/\(.*/, "", call) }
		call ~ /^p?write(64)?$/ { dirty[file($0)]; is[number($0)] = file($0) }
		call ~ /^f(data)?sync$/ { delete dirty[file($0)]; delete named[file($0)] }
		call ~ /^(renameat2?|linkat)$/ {
			split($0, part, "\"")
			from = file(part[1]) "/" part[2]
			if (sub(/^\/proc\/self\/fd\//, "", part[2])) from = is[part[2]]
			if (from in dirty) print from " gets its name, " part[4] ", before it is on the disk"
			named[file(part[3])]
		}
		END { for (where in named) if (command) print "names in " where " are not on the disk in the end" }' "$1"
}

# faults_at [one]: with each point of the input an error that it may have, and, unless one is asked for, what is no error
# at all at some of them. A write that takes none of its bytes is the shortest that there is.
faults_at() {
	local point turn=0 hard soft

	while read -r point; do
		turn=$((1 - turn))
		soft=()
		case $point in
		write\ * | pwrite64\ *)
			hard=(error=ENOSPC error=EIO)
			soft=(error=EINTR retval=0)
			;;
		fsync\ * | fdatasync\ *)
			hard=(error=EIO error=EIO)
			soft=(error=EINTR)
			;;
		openat\ * | mkdir* | rename* | link*) hard=(error=ENOSPC error=EROFS) ;;
		*) hard=(error=EIO error=EROFS) ;;
		esac
		echo "$point ${hard[turn]}"
		[ -z "${soft[turn]-}" ] || [ "${1-}" = one ] || echo "$point ${soft[turn]}"
	done
}

# tracing [POINT FAULT]: the options of strace, in $strace. It says what it did in $W/trace. --seccomp-bpf, which goes with
# -f, saves most of the time; but it injects no signals.
tracing() {
	local call number

	strace=(strace -qq -o "$W/trace" -e signal=none -e trace="$calls")
	[ ! -e "$W/trace" ] || rm "$W/trace"
	if [ "$#" -eq 0 ]; then
		strace+=(-y)
	else
		read -r call number _ <<<"$1"
		strace+=(-e inject="$call:$2:when=$number")
	fi
}

# traced [POINT FAULT]: carries $command out.
traced() {
	tracing "$@"
	[[ ${2-} == signal=* ]] || strace+=(-f --seccomp-bpf)
	"${strace[@]}" "${command[@]}" >"$W/out" 2>"$W/err"
}

# The store's: the one that looks at locks is begun later.
worker_of() {
	local task name

	for task in /proc/"$1"/task/*; do
		read -r name 2>/dev/null <"$task/comm" || continue
		[ "$name" = worker ] || continue
		worker=${task##*/}
		break
	done
	[ -n "$worker" ] || ! is_alive "$1"
}

has_begun() {
	[ -s "$W/trace" ] || ! is_alive "$tracer"
}

# attach PROCESS [POINT FAULT]: to its worker, which waits: for a file ("openat" in the trace tells that strace has it)
# or for work ("futex").
attach() {
	local process=$1
	shift

	worker=
	await 10 "the worker of process $process" worker_of "$process"
	tracing "$@"
	"${strace[@]}" -e trace="$calls,futex,restart_syscall" -p "$worker" 2>"$W/tracer" &
	tracer=$!
	await 10 "strace to attach itself to $worker" has_begun
}

detach() {
	kill "$tracer" 2>/dev/null || :
	wait "$tracer" 2>/dev/null || :
}

# begin_traced_serve NODE [POINT FAULT]: begin_serve, and nothing of the takeover is missed: the boot's id, with which it
# begins, is not there before strace is.
begin_traced_serve() {
	local node=$1 id=$W/$1/proc/sys/kernel/random/boot_id gate boot
	shift

	mv "$id" "$id.later"
	mkfifo "$id"
	begin_serve "$node" --require-fencing no
	attach "$serving" "$@"
	exec {gate}<>"$id"
	mv "$id.later" "$id"
	read -r boot <"$id"
	echo "$boot" >&"$gate"
	exec {gate}>&-
}

# The points are those of a run without a fault. In another the main loop wakes its threads more or less often, or has the
# account saved once more or not, and then the last points are never reached: that is no fault of what is tested, as
# long as it is few.

# Eight bytes wake a thread, and are no write to a file; an openat() that makes nothing is another than was meant, with
# one more or less before it.
was_injected() {
	awk '!/\(INJECTED\)/ || /^([0-9]+ +)?write\(.*, 8\) +=/ { next }
		!/^([0-9]+ +)?openat\(/ || /O_CREAT/ { found = 1 }
		END { exit !found }' "$W/trace"
}

not_reached() {
	echo "$turn" >>"$BATS_TEST_TMPDIR/not-reached"
}

# most_were_reached COUNT: three of four at least.
most_were_reached() {
	local missed=0

	[ ! -f "$BATS_TEST_TMPDIR/not-reached" ] || missed=$(wc -l <"$BATS_TEST_TMPDIR/not-reached")
	[ "$missed" -eq 0 ] || say "$missed of $1 points were not reached"
	[ $((missed * 4)) -le "$1" ] || fail "$missed of $1 points were not reached"
}

# Many points at a time.

# bats looks at every command; a shell that is not its own is faster without.
quietly() {
	trap - DEBUG ERR
	set +ET
}

# in_turn COMMAND CASE: once for each line of the input, which is its last argument; a few at once. Each is in a shell of
# its own, in which every command must succeed, and $turn is its number. What the first that failed said is shown. The
# world of one that is over goes with those of others.
in_turn() {
	(
		quietly
		set +e
		each_in_turn "$@"
	)
}

each_in_turn() {
	local line failed=0 turn=0 jobs=$((FAULTS_JOBS * ${beside[$2]-1}))
	local -A job=()
	local over=()

	while read -r line; do
		turn=$((turn + 1))
		(
			quietly
			set -e
			"$@" "$line"
		) >"$BATS_TEST_TMPDIR/log.$turn" 2>&1 3>&- </dev/null &
		job[$!]="$turn $line"
		[ "${#job[@]}" -lt "$jobs" ] || reap
	done
	while [ "${#job[@]}" -gt 0 ]; do
		reap
	done
	[ "$failed" -eq 0 ] || fail "$failed of $turn failed"
}

shown_max=5

reap() {
	local pid status=0

	wait -n -p pid "${!job[@]}" || status=$?
	if [ "$status" -ne 0 ]; then
		failed=$((failed + 1))
		[ "$failed" -gt "$shown_max" ] || {
			echo "-- ${job[$pid]#* }: status $status"
			tail -n 15 "$BATS_TEST_TMPDIR/log.${job[$pid]%% *}"
		}
	fi
	over+=("$BATS_TEST_TMPDIR/${job[$pid]%% *}")
	[ "${#over[@]}" -lt 8 ] || {
		rm -rf "${over[@]}"
		over=()
	}
	unset "job[$pid]"
}
