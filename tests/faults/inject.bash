# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # world.bash sets them
#
# Injects faults with strace, at each system call that changes a file.
#
# A point is a system call, its number in strace's count, and its file: "fsync 3 fs/store". strace counts each thread
# separately, so only one thread is traced: that of a command, or the worker of a process that serves.

calls=write,pwrite64,fsync,fdatasync,openat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat
calls+=,ftruncate,fallocate,fchown,fchmod,utimensat

# points_in TRACE: one per line. An openat() that creates nothing does not count, and neither do writes elsewhere.
#
# Before an sqlite store is read, it is copied to $TMPDIR, in about 70 pieces of 64 KiB by one loop (copy_bytes() of
# store/database_copy.c). The loop keeps only the count of bytes; nothing else happens between two pieces, the store is
# not changed, and nobody reads the copy before it is complete. So all pieces are the same point, except the first ones
# and the last one, which is shorter.
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

# unsynced TRACE: prints the files of the store that are not durable: a file got its name before its contents were
# synced, or its name was not synced at the end. No injected fault finds a missing sync. The last actions of a process
# that serves are not in its trace.
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

# faults_at [one]: adds to each point of the input an error that it may have, and, unless only one is wanted, results at
# some points that are not errors. A write that accepts none of its bytes is the shortest one.
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

# tracing [POINT FAULT]: sets $strace to the options of strace. The trace is in $W/trace. --seccomp-bpf, which needs -f,
# saves most of the time, but cannot inject signals.
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

# traced [POINT FAULT]: runs $command.
traced() {
	tracing "$@"
	[[ ${2-} == signal=* ]] || strace+=(-f --seccomp-bpf)
	"${strace[@]}" "${command[@]}" >"$W/out" 2>"$W/err"
}

# The store's worker: the one that looks at locks starts later.
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

# attach PROCESS [POINT FAULT]: to its worker, which waits: for a file ("openat" in the trace shows that strace has it)
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

# begin_traced_serve NODE [POINT FAULT]: like begin_serve, but the trace has all of the takeover: the boot id, which it
# reads first, appears only after strace has attached.
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

# The points are those of a run without a fault. In another run the main loop may wake its threads more or less often,
# or save the account once more or not, and the last points are not reached. That is fine, as long as they are few.

# A write of eight bytes wakes a thread and does not count; an openat() that creates nothing is another point than the
# planned one, with one more or less before it.
was_injected() {
	awk '!/\(INJECTED\)/ || /^([0-9]+ +)?write\(.*, 8\) +=/ { next }
		!/^([0-9]+ +)?openat\(/ || /O_CREAT/ { found = 1 }
		END { exit !found }' "$W/trace"
}

not_reached() {
	echo "$turn" >>"$BATS_TEST_TMPDIR/not-reached"
}

# most_were_reached COUNT: at least three of four.
most_were_reached() {
	local missed=0

	[ ! -f "$BATS_TEST_TMPDIR/not-reached" ] || missed=$(wc -l <"$BATS_TEST_TMPDIR/not-reached")
	[ "$missed" -eq 0 ] || say "$missed of $1 points were not reached"
	[ $((missed * 4)) -le "$1" ] || fail "$missed of $1 points were not reached"
}

# Many points in parallel.

# bats inspects every command; a separate shell is faster without.
quietly() {
	trap - DEBUG ERR
	set +ET
}

# in_turn COMMAND CASE: runs it once for each line of the input, which is its last argument; several in parallel. Each
# runs in its own shell, in which every command must succeed, and $turn is its number. The output of the first failure
# is shown. The worlds of finished runs are removed in groups.
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
