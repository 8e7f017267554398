# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the drills of the lone server's lab are made of.

LAB_NEEDED=server
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../drill.bash"

store=/srv/nfs/.lockferry

# It has just been switched on, and serves nothing yet.
boot_server() {
	lab cut server
	lab boot server
}

# begin_serving ADDRESS BACKEND CALLOUT [OPTION OF LOCKFERRY SERVE]...
begin_serving() {
	lab exec server /lab/guest/serve "$@" >/dev/null
}

# begin_clients JOB ADDRESS COUNT WINDOW_MS: see guest/first-locks. They are ready.
begin_clients() {
	lab start clients "$1" /lab/guest/first-locks "${@:2}"
	wait_until 60 "the clients to mount" said_times clients "$1" ready "$3"
}

# said_times GUEST JOB WORD COUNT
said_times() {
	[ "$(lab output "$1" "$2" | grep -c "^$3\b")" -ge "$4" ]
}

# recorded [OPTION OF LOCKFERRY LIST]...: the clients in the store, one a line, sorted.
recorded() {
	lab exec server lockferry list --store "$store" --output-as json | jq -r '.clients[].mon_name' | sort
}
