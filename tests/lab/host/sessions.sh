# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab's background processes. Each program is a session of its own, so that all of its processes can be found,
# including those that a guest's kernel made, and no others. If the kernel shares time between sessions (autogroup), the
# session gets the priority of its program.

# session_start NAME LOG COMMAND...: its output goes through a pipe, because a guest's console cannot be a file. The
# subshell keeps bash from reporting how the session ended. It returns when the session has begun, because before that
# the session would look like one that has ended.
session_start() {
	local name=$1 log=$2
	shift 2

	rm -f "$LAB_DIR/$name.session"
	(
		# A guest that loses its folder may write outside of it.
		cd "$LAB_DIR" || exit
		# shellcheck disable=SC2016 # for the inner shell
		setsid bash -c 'echo $$ >"$0" || exit; nice 2>/dev/null >/proc/$$/autogroup; exec "$@"' \
			"$LAB_DIR/$name.session" "$@" \
			</dev/null > >(exec cat >>"$log" 2>&1) 2>&1 &
	) 3>&- 4>&-
	wait_until 30 "\"$name\" to start" test -s "$LAB_DIR/$name.session"
}

# session_alive NAME: does its first process live? Runs no command, because it is called many times a second.
session_alive() {
	local pid stat fields

	{ read -r pid <"$LAB_DIR/$1.session" && read -r stat <"/proc/$pid/stat"; } 2>/dev/null || return
	# after the name: state, parent, process group, session
	read -r -a fields <<<"${stat##*) }"
	[ "${fields[0]}" != Z ] && [ "${fields[3]}" = "$pid" ]
}

# session_processes NAME: the pids of its living processes.
session_processes() {
	[ -s "$LAB_DIR/$1.session" ] || return 0
	ps -o pid=,stat= --sid "$(cat "$LAB_DIR/$1.session")" | awk '$2 !~ /^Z/ { print $1 }'
}

# session_kill NAME: kills all of them with SIGKILL.
session_kill() {
	local pids

	while pids=$(session_processes "$1") && [ -n "$pids" ]; do
		# shellcheck disable=SC2086 # $pids is a list
		kill -KILL $pids 2>/dev/null || true
		sleep 0.02
	done
}
