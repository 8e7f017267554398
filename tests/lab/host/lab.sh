# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The verbs of the command "lab".

# A folder for a lab's disks, memory and logs. In a memory file system if that has room: there it needs
# no patience with the host's disk. Many a container's /dev/shm is too small, or can't hold code.
verb_folder() {
	local parent=${TMPDIR:-/tmp}

	if [ "$(free_mib /dev/shm)" -gt 4096 ] && ! findmnt -n -o OPTIONS /dev/shm | grep -qw noexec; then
		parent=/dev/shm
	fi
	mktemp -d "$parent/lockferry-lab.XXXXXX"
}

# free_mib MEMORY_FILE_SYSTEM: what it and the memory have left.
free_mib() {
	{
		df --output=avail --block-size=1M "$1" 2>/dev/null || echo 0
		awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
	} | grep -x ' *[0-9]*' | sort -n | head -n 1
}

verb_up() {
	LAB_DIR=$(readlink -f "${LAB_DIR:-$(verb_folder)}")
	trap lab_give_up EXIT
	lab_prepare
	say "booting $LAB_GUESTS"
	network_up
	session_start witness "$LAB_DIR/sm_notify.log" "$LAB_SRC/lab" background network_witness
	session_start power "$LAB_DIR/power.log" "$LAB_SRC/lab" background power_serve
	lab_boot
	lab_serve
	trap - EXIT
	echo "LAB_DIR=$LAB_DIR"
}

lab_prepare() {
	local guest setting

	LAB_NETNS=lab-$(basename "$LAB_DIR")
	mkdir -p "$LAB_DIR"/{disks,uml,share/bin,share/power}
	for setting in LAB_NETNS LAB_GRACE LAB_STACK LAB_MEMORY_MIB; do
		printf '%s=%q\n' "$setting" "${!setting}"
	done >"$LAB_DIR/settings"
	cp -a "$LAB_SRC/guest" "$LAB_DIR/share/guest"
	cc -O2 -Wall -Wextra -Werror -o "$LAB_DIR/share/bin/locks" "$LAB_SRC/locks.c"
	lab_stage
	mkdir -p "$LAB_DIR/tree/export/drill"
	if [ "$LAB_STACK" = stock ]; then
		# ocf:heartbeat:nfsserver makes these for root; Debian's statd couldn't write to them.
		install -d -o statd "$LAB_DIR"/tree/info/{sm,sm.bak,sm.ha}
	fi
	guest_disk "$LAB_DIR/disks/shared" 256M -d "$LAB_DIR/tree"
	for guest in $LAB_GUESTS; do
		mkdir "$LAB_DIR/share/$guest"
		guest_disk "$LAB_DIR/disks/$guest" 512M
	done
}

# The software under test: what "make install" puts on a machine.
lab_stage() {
	local stage=${LOCKFERRY_STAGE-}

	if [ -z "$stage" ]; then
		say "building Lockferry"
		stage=$LAB_DIR/stage
		"$LAB_SRC/host/build" "$LAB_SRC/../.." "$stage" >"$LAB_DIR/build.log" 2>&1 ||
			die "can't build: $(tail -n 20 "$LAB_DIR/build.log")"
	fi
	cp -a "$stage" "$LAB_DIR/share/stage"
}

lab_boot() {
	local guest

	for guest in $LAB_GUESTS; do
		guest_boot "$guest"
	done
	for guest in $LAB_GUESTS; do
		guest_wait_ready "$guest"
	done
}

# The cluster starts its service group, and the clients mount from it.
lab_serve() {
	local client

	say "setting up the cluster"
	job_start node1 cluster /lab/guest/cluster
	wait_until 300 "the cluster to take its configuration" job_has_ended node1 cluster
	job_status node1 cluster || die "no cluster: $(cat "$(job_path node1 cluster).err")"
	say "waiting for the service group to start"
	wait_until 180 "the service group to start" lab_group_is_up
	for client in client1 client2; do
		job_run "$client" mount -t nfs -o vers=3,hard nfs:/srv/nfs/export /mnt/nfs
	done
}

lab_group_is_up() {
	ip netns exec "$LAB_NETNS" ping -q -c 1 -W 1 10.99.0.100 >/dev/null
}

# A lab that doesn't come up shows what its guests know of that, and goes away.
lab_give_up() {
	local guest

	for guest in $LAB_GUESTS; do
		say "the end of \"$guest\"'s log:"
		guest_log "$guest" 10 >&2
	done
	verb_down
}

verb_down() {
	local session

	for session in "$LAB_DIR"/*.session; do
		session_kill "$(basename "$session" .session)"
	done
	network_down
	if [ -n "${LAB_KEEP-}" ]; then
		say "what the guests wrote is in $LAB_DIR"
	else
		rm -rf "$LAB_DIR"
	fi
}

verb_background() {
	"$@"
}

verb_exec() {
	guest_known "$1"
	job_run "$@"
}

verb_start() {
	guest_known "$1"
	job_start "$@"
}

verb_output() {
	cat "$(job_path "$1" "$2").out" 2>/dev/null || true
}

verb_signal() {
	job_signal "$@"
}

verb_wait() {
	wait_until "$LAB_TIMEOUT" "\"$2\" on \"$1\" to end" job_has_ended "$1" "$2"
	job_status "$1" "$2"
}

verb_shell() {
	local line

	guest_known "$1"
	while read -r -e -p "$1# " line; do
		job_run "$1" bash -c "$line" || say "exit status $?"
	done
}

verb_cut() {
	guest_known "$1"
	guest_cut "$1"
}

verb_boot() {
	guest_known "$1"
	guest_boot "$1"
	guest_wait_ready "$1"
}

verb_link() {
	guest_known "$1"
	network_link "$1" "$2"
}

verb_log() {
	guest_known "$1"
	guest_log "$1"
}
