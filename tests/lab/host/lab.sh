# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands of "lab".

# A folder for a lab's disks, memory and logs. In a memory filesystem if that has room, because the host's disk may be
# slow. In many containers /dev/shm is too small, or cannot hold code.
command_folder() {
	local parent=${TMPDIR:-/tmp}

	if [ "$(free_mib /dev/shm)" -gt 4096 ] && ! findmnt -n -o OPTIONS /dev/shm | grep -qw noexec; then
		parent=/dev/shm
	fi
	mktemp -d "$parent/lockferry-lab.XXXXXX"
}

# free_mib MEMORY_FILESYSTEM: the space left in it and in the machine's memory, whichever is less.
free_mib() {
	{
		df --output=avail --block-size=1M "$1" 2>/dev/null || echo 0
		awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
	} | grep -x ' *[0-9]*' | sort -n | head -n 1
}

# command_up [cluster|mixed|shared|groups|isolated|server]: starts a lab of that kind. The drills themselves configure a
# lone server, and service groups with a server of their own.
command_up() {
	local configuring

	LAB_KIND=${1-cluster} LAB_GROUPS=nfs
	case $LAB_KIND in
	cluster) LAB_GUESTS="node1 node2 client1 client2" ;;
	mixed)
		LAB_KIND=cluster LAB_GUESTS="node1 node2 client1 client2"
		: "${LAB_RELEASE_node2:=trixie}"
		;;
	shared) LAB_GUESTS="node1 node2 client1 client2" ;;
	groups) LAB_GUESTS="node1 node2 client1 client2" LAB_GROUPS="nfs nfs2" ;;
	isolated) LAB_GUESTS="node1 node2 client1 client2" LAB_GROUPS="nfs nfs2" ;;
	server) LAB_GUESTS="server clients" ;;
	*) die "unknown kind of lab \"$LAB_KIND\": use cluster, mixed, shared, groups, isolated or server" ;;
	esac
	systemd_check
	LAB_DIR=$(readlink -f "${LAB_DIR:-$(command_folder)}")
	trap lab_give_up EXIT
	lab_prepare
	say "booting $LAB_GUESTS"
	network_up
	session_start witness "$LAB_DIR/sm_notify.log" "$LAB_SRC/lab" background network_witness
	if lab_has_cluster; then
		cluster_configure &
		configuring=$!
		lab_boot_clients
		wait "$configuring"
	fi
	# shellcheck disable=SC2086 # $LAB_GUESTS is a list
	command_boot $LAB_GUESTS
	if lab_has_cluster; then
		cluster_serve
	fi
	trap - EXIT
	echo "LAB_DIR=$LAB_DIR"
}

# lab_has_cluster: is there a Pacemaker from the boot on, and one grace period for all groups?
lab_has_cluster() {
	[ "$LAB_KIND" != server ] && [ "$LAB_KIND" != isolated ]
}

# The clients boot first, and show how fast this machine is. On a slow machine takeovers and reclaims take long too, so
# the grace period must be longer. But not longer than necessary: waiting for it is most of a drill's time.
# 40 s at least: a client's pauses between its attempts to connect grow while its server is away. With 30 s a client came
# back one second after the grace period, and lost its locks (4-second-crash).
lab_boot_clients() {
	local began_s=$SECONDS

	command_boot client1 client2
	[ "$LAB_GRACE" = auto ] || return 0
	LAB_GRACE=$(((SECONDS - began_s) * 3))
	LAB_GRACE=$((LAB_GRACE < 40 ? 40 : LAB_GRACE > 50 ? 50 : LAB_GRACE))
	printf 'LAB_GRACE=%q\n' "$LAB_GRACE" >>"$LAB_DIR/settings"
	say "the grace period is $LAB_GRACE s"
}

lab_prepare() {
	local group guest setting

	# shellcheck disable=SC2034 # the other parts of the lab read it
	LAB_NETNS=lab-$(basename "$LAB_DIR")
	mkdir -p "$LAB_DIR"/{disks,share/bin,tree/export/drill}
	for setting in LAB_KIND LAB_GUESTS LAB_GROUPS LAB_NETNS LAB_GRACE LAB_STACK LAB_MEMORY_MIB LAB_CLIENTS \
		LAB_ACCELERATOR LAB_INIT LAB_STATD LAB_RELEASE ${!LAB_RELEASE_*}; do
		printf '%s=%q\n' "$setting" "${!setting}"
	done >"$LAB_DIR/settings"
	cp -a "$LAB_SRC/guest" "$LAB_DIR/share/guest"
	cc -O2 -Wall -Wextra -Werror -o "$LAB_DIR/share/bin/locks" "$LAB_SRC/locks.c"
	lab_releases
	if [ "$LAB_KIND" != server ]; then
		cluster_prepare
	fi
	for group in $LAB_GROUPS; do
		if [ "$LAB_KIND" = shared ]; then
			guest_shared_disk "$LAB_DIR/disks/$group" 512M
		else
			guest_disk "$LAB_DIR/disks/$group" 256M -d "$LAB_DIR/tree"
		fi
	done
	for guest in $LAB_GUESTS; do
		mkdir "$LAB_DIR/share/$guest"
		guest_disk "$LAB_DIR/disks/$guest" 512M
	done
}

# For each release of the guests: their boot files, and the software under test (as "make install" installs it).
lab_releases() {
	local release

	while read -r release; do
		lab_stage_release "$release"
		guest_kernel_prepare "$release" "$LAB_DIR/share/stage.$release"
	done < <(for guest in $LAB_GUESTS; do guest_release "$guest"; done | sort -u)
}

# lab_stage_release RELEASE: LOCKFERRY_STAGE was built for this machine, LOCKFERRY_STAGE_trixie for another release.
lab_stage_release() {
	local release=$1 stage=$LAB_DIR/stage.$1 built=LOCKFERRY_STAGE

	[ "$release" = host ] || built=LOCKFERRY_STAGE_$release
	if [ -n "${!built-}" ]; then
		stage=${!built}
	elif [ "$LAB_STACK" = stock ]; then
		mkdir "$stage"
	else
		say "building Lockferry ($release)"
		(in_release "$release" "$LAB_SRC/host/build" "$LAB_SRC/../.." "$stage") </dev/null >"$stage.log" 2>&1 ||
			die "cannot build: $(tail -n 20 "$stage.log")"
	fi
	cp -a "$stage" "$LAB_DIR/share/stage.$release"
	install -D "$LAB_SRC/guest/fence_lab" "$LAB_DIR/share/stage.$release/usr/sbin/fence_lab"
	[ "$LAB_STACK" = stock ] || lab_stage_check "$stage"
}

# lab_stage_check STAGE: checks that it has the callout and the agent: without them the lab would run, but prove less.
# The guests run the callout from its installed place.
lab_stage_check() {
	local stage=$1 file callouts

	mapfile -t callouts < <(cd "$stage" && find usr -type f -name lockferry-callout -perm -u+x)
	[ "${#callouts[@]}" -eq 1 ] ||
		die "\"$stage\" has ${#callouts[@]} executable files lockferry-callout below usr, and must have one: fill it with \"make install DESTDIR=$stage\""
	for file in usr/sbin/lockferry usr/lib/ocf/resource.d/lockferry/nfslock; do
		[ -x "$stage/$file" ] || die "\"$stage\" has no $file: configure with the options in README.md"
	done
	LAB_INSTALLED_CALLOUT=/${callouts[0]}
	printf '%s=%q\n' LAB_INSTALLED_CALLOUT "$LAB_INSTALLED_CALLOUT" >>"$LAB_DIR/settings"
}

# A lab that fails to start prints what its guests logged, unless the cause is known, and is removed.
lab_give_up() {
	local guest

	if [ -z "${LAB_EXPLAINED-}" ]; then
		for guest in $LAB_GUESTS; do
			say "the end of \"$guest\"'s log:"
			guest_log "$guest" 10 >&2
		done
	fi
	command_down
}

command_down() {
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

# command_cluster: makes a cluster of the two nodes of a lab that began without one, as an administrator does.
command_cluster() {
	local node group

	cluster_configure
	for node in node1 node2; do
		job_run "$node" /lab/guest/node start_cluster
	done
	for group in $LAB_GROUPS; do
		wait_until 120 "the service group \"$group\" to start" cluster_group_is_up "$group"
	done
}

command_background() {
	"$@"
}

command_exec() {
	guest_known "$1"
	job_run "$@"
}

command_start() {
	guest_known "$1"
	job_start "$@"
}

command_output() {
	cat "$(job_path "$1" "$2").out" 2>/dev/null || true
}

command_signal() {
	job_signal "$@"
}

command_wait() {
	wait_until "$LAB_TIMEOUT" "\"$2\" on \"$1\" to end" job_has_ended "$1" "$2"
	job_status "$1" "$2"
}

command_shell() {
	local line

	guest_known "$1"
	while read -r -e -p "$1# " line; do
		job_run "$1" bash -c "$line" || say "exit status $?"
	done
}

command_cut() {
	guest_known "$1"
	guest_cut "$1"
}

# command_boot [--no-wait] GUEST...
command_boot() {
	local guest wait=yes

	if [ "$1" = --no-wait ]; then
		wait=no
		shift
	fi
	for guest; do
		guest_known "$guest"
		guest_boot "$guest"
	done
	[ "$wait" = yes ] || return 0
	for guest; do
		guest_wait_ready "$guest"
	done
}

command_link() {
	guest_known "$1"
	network_link "$1" "$2"
}

command_log() {
	guest_known "$1"
	guest_log "$1"
}
