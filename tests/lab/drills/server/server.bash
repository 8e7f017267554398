# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions of the drills in the lab of the lone server.

LAB_NEEDED=server
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../drill.bash"

store=/srv/nfs/.lockferry
# jobs of the clients, begun by lock_by or the drill itself; for end_jobs
jobs=()

# It was just switched on, and does not serve yet.
boot_server() {
	lab cut server
	lab boot server
}

# fresh_server: the same, without a boot. The last drill's locks and processes are gone.
fresh_server() {
	lab exec server /lab/guest/clean
}

# begin_serving ADDRESS BACKEND CALLOUT [OPTION OF LOCKFERRY SERVE]...
begin_serving() {
	lab exec server /lab/guest/serve "$@" >/dev/null
}

# begin_clients JOB ADDRESS WINDOW_MS|+APART_MS NUMBER...: see guest/first-locks. Returns when they are ready;
# begin_locking starts them.
begin_clients() {
	lab start clients "$1" env "EXPORT=${EXPORT:-/srv/nfs/export}" /lab/guest/first-locks "${@:2}"
	wait_until 60 "the clients to mount" said_times clients "$1" ready $(($# - 3))
}

begin_locking() {
	lab signal clients "$1" USR1
}

# take_lock JOB ADDRESS NUMBER: one client has a lock.
take_lock() {
	begin_clients "$1" "$2" 1 "$3"
	begin_locking "$1"
	wait_until 60 "client $3 to get its lock" said clients "$1" granted
}

# lock_by ADDRESS-OR-NAME NUMBER: one client holds a lock on the group's filesystem, until end_jobs
lock_by() {
	jobs+=("by.$BATS_TEST_NUMBER.$2")
	take_lock "by.$BATS_TEST_NUMBER.$2" "$1" "$2"
	is_locked /srv/nfs "$2"
}

end_jobs() {
	local job

	for job in "${jobs[@]}"; do
		lab signal clients "$job" KILL
	done
}

# said_times GUEST JOB WORD COUNT
said_times() {
	[ "$(lab output "$1" "$2" | grep -c "^$3\b")" -ge "$4" ]
}

# recorded: the clients in the store, one per line, sorted.
recorded() {
	lab exec server lockferry list --store "$store" --output-as json | jq -r '.clients[].mon_name' | sort
}

# is_recorded NUMBER: does the store have the client? is_monitored NUMBER: does statd have it?
is_recorded() {
	recorded | grep -qxF "10.99.0.$((100 + $1))"
}

is_monitored() {
	lab exec server test -e "/var/lib/nfs/sm/10.99.0.$((100 + $1))"
}

# is_locked FILESYSTEM NUMBER: does the server hold that client's lock?
is_locked() {
	# shellcheck disable=SC2016 # the guest expands it
	lab exec server sh -c '
		inode=$(stat -c %i "$1") && device=$(stat -c "%Hd %Ld" "$1") || exit
		grep -q "POSIX .*WRITE .*$(printf "%02x:%02x:%d" $device "$inode") " /proc/locks' \
		sh "$1/export/drill/10.99.0.$((100 + $2))"
}

# status_of_group: the status of the group's process
status_of_group() {
	lab exec server lockferry status --group nfs --output-as json
}

is_serving() {
	in_phase serving
}

# in_phase PHASE: does the group's process report that phase?
in_phase() {
	status_of_group | jq -e --arg phase "$1" '.phase == $phase' >/dev/null
}
