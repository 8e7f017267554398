# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guests: user-mode-linux kernels whose root is this machine's, read-only, under a disk of their own.

guest_known() {
	[[ " $LAB_GUESTS " == *" $1 "* ]] || die "no guest is called \"$1\": there are $LAB_GUESTS"
}

# guest_disk FILE SIZE [OPTION OF MKFS...]
guest_disk() {
	local file=$1 size=$2
	shift 2

	truncate -s "$size" "$file"
	mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 "$@" "$file"
}

# guest_shared_disk FILE SIZE: with a cluster filesystem, for two nodes at a time.
guest_shared_disk() {
	truncate -s "$2" "$1"
	mkfs.ocfs2 -q -F -N 2 -J size=8M --cluster-stack=o2cb --cluster-name=lab "$1" >/dev/null 2>&1
}

guest_number() {
	case $1 in
	node1 | server) echo 11 ;;
	node2) echo 12 ;;
	client1 | clients) echo 21 ;;
	client2) echo 22 ;;
	esac
}

# guest_processor GUEST: which of those that we may use it has. A guest is one thread of control that goes to and fro between
# two processes: on one processor it forks more than three times as fast as on two that have to wake each other.
guest_processor() {
	local guest index=0 processors

	mapfile -t processors < <(awk '/^Cpus_allowed_list:/ {
		count = split($2, ranges, ",")
		for (i = 1; i <= count; i++) {
			last = split(ranges[i], ends, "-")
			for (processor = ends[1]; processor <= ends[last]; processor++) print processor
		}
	}' /proc/self/status)
	for guest in $LAB_GUESTS; do
		[ "$guest" != "$1" ] || break
		index=$((index + 1))
	done
	echo "${processors[index % ${#processors[@]}]}"
}

# guest_boot GUEST: switch it on.
guest_boot() {
	local guest=$1 number disks group count=0

	if guest_alive "$guest"; then
		return
	fi
	number=$(guest_number "$guest")
	disks="ubd0=$LAB_DIR/disks/$guest"
	if [[ $guest == node* || $guest == server ]]; then
		for group in $LAB_GROUPS; do
			disks+=" ubd$((++count))c=$LAB_DIR/disks/$group"
		done
	fi
	rm -rf "$LAB_DIR/share/$guest"/{jobs,ready}
	mkdir "$LAB_DIR/share/$guest/jobs"
	# shellcheck disable=SC2086 # $disks is a list
	TMPDIR=$LAB_DIR session_start "$guest" "$LAB_DIR/share/$guest/console" \
		taskset -c "$(guest_processor "$guest")" ip netns exec "$LAB_NETNS" \
		linux.uml umid="$guest" uml_dir="$LAB_DIR/uml" \
		mem="${LAB_MEMORY_MIB}M" $disks con=null con0=null,fd:1 ssl=null \
		"vec0:transport=tap,ifname=$guest,mac=02:00:0a:63:00:$number,depth=128,gro=1" \
		rootfstype=hostfs rootflags=/ ro init="$LAB_SRC/guest/init" \
		LAB_GUEST="$guest" LAB_NUMBER="$number" LAB_SHARE="$LAB_DIR/share" LAB_GRACE="$LAB_GRACE" \
		LAB_KIND="$LAB_KIND" LAB_STACK="$LAB_STACK" LAB_CLIENTS="$LAB_CLIENTS"
}

guest_alive() {
	[ -n "$(session_processes "$1")" ]
}

# guest_cut GUEST: pull its power plug.
guest_cut() {
	session_kill "$1"
	rm -f "$LAB_DIR/share/$1/ready"
}

guest_is_ready() {
	guest_alive "$1" || die "\"$1\" died at boot"
	[ -e "$LAB_DIR/share/$1/ready" ]
}

guest_wait_ready() {
	wait_until 60 "\"$1\" to boot" guest_is_ready "$1"
}

# guest_log GUEST [LINES]: the end of what it has said; on its console, if it didn't get any further.
guest_log() {
	local said=$LAB_DIR/share/$1

	if [ -s "$said/messages" ]; then
		tail -n "${2-1000}" "$said/messages"
	elif [ -s "$said/console" ]; then
		tail -n "${2-1000}" "$said/console"
	fi
}
