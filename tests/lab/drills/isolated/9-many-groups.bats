#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load isolated

# How many groups come to a node at once.
: "${LAB_MANY:=5}"

setup() {
	settle node2 node1
}

# A client whose server is gone waits for it forever.
teardown() {
	unlock_all
	lab exec node1 /lab/guest/many-groups down "$LAB_MANY"
	lab exec node1 /lab/guest/many-groups remove "$LAB_MANY"
}

# use FIELD: what node1 uses now (guest/many-groups): memory in KiB, tasks, namespaces
use() {
	lab exec node1 /lab/guest/many-groups use
}

# field NUMBER WORDS
field() {
	awk -v field="$1" '{ print $field }' <<<"$2"
}

# per_group FIELD LESS MORE
per_group() {
	echo $((($(field "$1" "$3") - $(field "$1" "$2")) / LAB_MANY))
}

# all_groups up|down: prints how many milliseconds that takes
all_groups() {
	local began_ms

	began_ms=$(now_ms)
	LAB_TIMEOUT=180 lab exec node1 /lab/guest/many-groups "$1" "$LAB_MANY" >"$BATS_TEST_TMPDIR/$1"
	[ "$(grep -c "^$1 " "$BATS_TEST_TMPDIR/$1")" -eq "$LAB_MANY" ]
	echo $(($(now_ms) - began_ms))
}

# lock_all: client1 has a lock in each group, by NFSv3 and by NFSv4.1 in turn.
lock_all() {
	local i

	# shellcheck disable=SC2016 # the guest expands it
	LAB_TIMEOUT=180 lab exec client1 bash -c '
		for ((i = 1; i <= $1; i++)); do
			mkdir -p "/mnt/many$i"
			mount -t nfs -o "vers=$((i % 2 ? 3 : 4)),hard,proto=tcp" "10.99.0.$((120 + i)):/srv/many$i/export" "/mnt/many$i" || exit
		done' bash "$LAB_MANY"
	for ((i = 1; i <= LAB_MANY; i++)); do
		lab start client1 "many$i" /lab/bin/locks hold "/mnt/many$i" 1
	done
	for ((i = 1; i <= LAB_MANY; i++)); do
		wait_until 60 "client1's lock of \"many$i\"" said client1 "many$i" held
		LAB_TIMEOUT=20 lab exec node1 /lab/bin/locks watch "/srv/many$i/export" 1 >/dev/null
	done
}

unlock_all() {
	# shellcheck disable=SC2016 # the guest expands it
	lab exec client1 bash -c '
		while pkill -x -f "/lab/bin/locks hold /mnt/many.*"; do sleep 0.1; done
		for dir in /mnt/many*; do ! mountpoint -q "$dir" || umount "$dir" || exit; done'
}

# Namespaces go a moment after their last process.
namespaces_are() {
	[ "$(field 3 "$(use)")" -eq "$1" ]
}

@test "many groups come to a node at once, and leave it: it has all its memory and tasks back" {
	local before during after begin_ms up_ms down_ms

	begin_probes nfs2
	lab exec node1 /lab/guest/many-groups make "$LAB_MANY"
	before=$(use)
	begin_ms=$(now_ms)
	up_ms=$(all_groups up)
	lock_all
	during=$(use)
	figure "$LAB_MANY groups up: $(seconds_between 0 "$up_ms") s, each group: $(per_group 1 "$before" "$during") KiB," \
		"$(per_group 2 "$before" "$during") tasks, in a node with $LAB_MEMORY_MIB MiB"
	unlock_all
	down_ms=$(all_groups down)
	wait_until 20 "the namespaces to go" namespaces_are "$(field 3 "$before")"
	after=$(use)
	figure "$LAB_MANY groups down: $(seconds_between 0 "$down_ms") s, left: $(($(field 1 "$after") - $(field 1 "$before"))) KiB," \
		"$(($(field 2 "$after") - $(field 2 "$before"))) tasks"

	prove_undisturbed "$LAB_MANY groups come to its node and leave it" "$begin_ms"
	[ "$up_ms" -lt 60000 ]
	[ "$(per_group 1 "$before" "$during")" -lt $((15 * 1024)) ]
	[ "$(per_group 2 "$before" "$during")" -gt 0 ]
	[ "$(field 2 "$after")" -le "$(field 2 "$before")" ]
	# less than one group has
	[ $(($(field 1 "$after") - $(field 1 "$before"))) -lt "$(per_group 1 "$before" "$during")" ]
	prove_kernel_is_well node1
}
