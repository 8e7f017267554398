#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What proves that the owner of a group is gone: a fencing, by the cluster's own times, or another boot of that node.
# The cluster's programs are stubs that print what Pacemaker 2.1.5 prints; the last tests run the real ones.
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2154

load cli_helpers

setup() {
	world_setup
	BIN=$W/bin
	mkdir "$BIN"
	PATH=$BIN:$PATH
	: >"$W/events"
	cluster_program stonith_admin <<-END
		[ "\$*" = '--history * --verbose --output-as=xml' ] || exit 64
		echo "<pacemaker-result api-version='2.25' request='stonith_admin'><list name='Fencing history'>"
		cat $W/events
		echo "</list><status code='0' message='OK'/></pacemaker-result>"
	END
	view_is node2/true/boot-of-node2
	cluster_program crm_mon <<-END
		cat $W/view
	END
}

teardown() {
	cli_teardown
}

# cluster_program NAME: makes a stub, with its body on standard input
cluster_program() {
	{
		echo '#!/bin/sh'
		cat
	} >"$BIN/$1"
	chmod 755 "$BIN/$1"
}

# fenced NODE ACTION STATUS TIME: adds an event
fenced() {
	echo "<fence_event action='$2' target='$1' client='stonith_admin.9' origin='node2' status='$3' completed='$4'/>" >>"$W/events"
}

# view_is [NODE/ONLINE/BOOT]...: the output of crm_mon
view_is() {
	local each name online boot attributes=
	{
		echo "<pacemaker-result api-version='2.25'><nodes>"
		for each; do
			IFS=/ read -r name online boot <<<"$each"
			echo "<node name='$name' online='$online' unclean='false'/>"
			attributes+="<node name='$name'><attribute name='lockferry-boot' value='$boot'/></node>"
		done
		echo "</nodes><node_attributes>$attributes</node_attributes><status code='0' message='OK'/></pacemaker-result>"
	} >"$W/view.new"
	mv "$W/view.new" "$W/view"
}

# node1_crashes: it served the group
node1_crashes() {
	server_runs Y
	monitored 127.0.1.1
	served --require-fencing yes
	address_comes
	await phase_is serving
	crash
	address_goes
	node2_begins
}

# refused TEXT: the start fails with that text, and changes nothing
refused() {
	local before
	before=$(in_world cat "$STORE/state")
	serve --require-fencing yes --timeout "${TIMEOUT-10}"
	same status 1 "$status"
	echo "$stderr"
	[[ $stderr == *"$1"* ]]
	[[ $stderr == *"may still be serving"* ]]
	same state "$before" "$(in_world cat "$STORE/state")"
}

@test "a fencing counts by the cluster's own numbers, not by the owner's clock" {
	local ahead
	fenced node1 reboot success '2026-11-28 10:00:00.5Z'
	node1_crashes
	same fencings 1 "$(state owner_fencings)"
	ahead=$(($(date +%s) + 7200))
	in_world sed -i "s/^owned_since=.*/owned_since=$ahead/" "$STORE/state"
	refused 'it was last fenced before it took the group'
	fenced node1 reboot success '2026-11-28 10:00:01.25Z'
	served --require-fencing yes
	same owner node2 "$(state node)"
	same fencings 0 "$(state owner_fencings)"
	status_has .fencing_known
	run_lf status --group files
	[[ $output != *"fencing history"* ]]
}

@test "unfencing, a failed fencing, a pending one and another node's prove nothing" {
	node1_crashes
	fenced node1 on success '2026-11-28 10:00:00Z'
	fenced node1 reboot failed '2026-11-28 10:00:00Z'
	fenced node1 off pending '2026-11-28 10:00:00Z'
	fenced node2 off success '2026-11-28 10:00:00Z'
	refused "Pacemaker's fencing history says that it was never fenced"
	fenced NODE1 off success '2026-11-28 10:00:00Z'
	served --require-fencing yes
}

@test "the same fencing under the time of another node's clock does not count as a newer one" {
	fenced node1 reboot success '2026-11-28 10:00:00Z'
	node1_crashes
	: >"$W/events"
	fenced node1 reboot success '2026-11-28 10:00:07Z'
	refused 'it was last fenced before it took the group'
}

@test "a history that cannot be asked is not 'never fenced': the start says why" {
	node1_crashes
	cluster_program stonith_admin <<-END
		echo "<pacemaker-result><status code='102' message='Not connected'><errors><error>Could not connect to fencer: refused</error></errors></status></pacemaker-result>"
		exit 102
	END
	refused 'fencing history cannot be asked (Could not connect to fencer: refused)'
	cluster_program stonith_admin <<<'exit 0'
	refused 'cannot be asked (cannot read the output of stonith_admin'
	run_lf check --sm-dir "$W/$NODE/sm"
	[[ $output == *"cannot ask for Pacemaker's fencing history"* ]]
}

@test "a cluster that is slow to answer is not reported as a disk that does not answer" {
	served_before
	cluster_program stonith_admin <<<'exec sleep 60'
	serve --timeout 30 --daemon --require-fencing yes
	same status 0 "$status"
	says "'stonith_admin' did not finish within 5 s" "$stderr"
	[[ $stderr != *'has not answered for'* ]]
}

@test "an owner that could not ask for the history leaves no number to compare with" {
	cluster_program stonith_admin <<<'exit 102'
	server_runs Y
	served --require-fencing yes
	status_has '.fencing_known == false and (.fencing | startswith("cannot be asked: "))'
	run_lf status --group files
	[[ $output == *"Pacemaker's fencing history cannot be asked: "* ]]
	crash
	same fencings '' "$(state owner_fencings)"
	node2_begins
	cluster_program stonith_admin <<-END
		echo "<pacemaker-result><fence_event action='off' target='node1' status='success' completed='2026-11-28 10:00:00Z'/><status code='0'/></pacemaker-result>"
	END
	refused 'could not ask'
}

@test "a node that has booted since it owned the group has released it, without any fencing" {
	node1_crashes
	view_is node1/true/boot-of-node1 node2/true/boot-of-node2
	refused 'never fenced'
	view_is node1/false/another-boot
	refused 'never fenced'
	view_is node1/true/
	refused 'never fenced'
	view_is node1/true/another-boot node2/true/boot-of-node2
	served --require-fencing yes
	same owner node2 "$(state node)"
}

@test "a start waits for the evidence within its timeout" {
	node1_crashes
	# evidence that comes during the start counts, and the disk is not blamed
	(
		trap - DEBUG ERR
		sleep 3
		fenced node1 reboot success '2026-11-28 10:00:00Z'
	) 3>&- &
	pids+=($!)
	served --require-fencing yes --timeout 60
	same owner node2 "$(state node)"
}

@test "while a start waits, status says what it waits for, and what the history says" {
	node1_crashes
	lf serve --daemon --timeout 60 --group files --node node2 --store "$STORE" --ip "$ADDRESS" --export "$W/fs" \
		--sm-dir "$W/node2/sm" --require-fencing yes >/dev/null 2>&1 3>&- &
	pids+=($!)
	await status_has .waits_for_fencing
	run_lf status --group files
	echo "$output"
	[[ $output == *"group 'files' on node 'node2': adopting"* ]]
	[[ $output == *"waits for proof that node 'node1', which has the group, is gone: Pacemaker's fencing history says that it was never fenced"* ]]
	fenced node1 reboot success '2026-11-28 10:00:00Z'
	await status_has '.waits_for_fencing == false and .epoch > 1'
	run_lf status --group files
	[[ $output != *fenc* ]]
}

@test "a start that waits in vain fails before its timeout" {
	node1_crashes
	local began=$SECONDS
	# it waits for half of it
	TIMEOUT=30 refused 'never fenced'
	((SECONDS - began >= 14 && SECONDS - began < 30))
}

@test "the state number of a store from a backup is not below the clock's" {
	node1_crashes
	in_world sed -i 's/^state_number=.*/state_number=4713/' "$STORE/state"
	served --require-fencing no
	[ "$(state state_number)" -ge $((($(date +%s) - 60) & 0x3fffffff)) ]
}

@test "status shows the history, and check that it can be asked" {
	fenced node1 reboot success '2026-11-28 10:00:00.5Z'
	server_runs Y
	served --require-fencing yes
	status_has '.fencing == "last fenced 2026-11-28 10:00:00 UTC"'
	run_lf check --sm-dir "$W/$NODE/sm"
	[[ $output == *"ok"*"Pacemaker's fencing history can be asked"* ]]
}

# The real programs, if Pacemaker is installed.

real_fencer() {
	FENCER=$(command -v /usr/lib/pacemaker/pacemaker-fenced /usr/libexec/pacemaker/pacemaker-fenced | head -n 1)
	rm "$BIN/stonith_admin"
	if [ -z "$FENCER" ] || ! command -v stonith_admin >/dev/null; then
		skip "Pacemaker is not installed"
	fi
}

history_can_be_asked() {
	lf check --sm-dir "$W/$NODE/sm" 2>/dev/null | grep -q "fencing history can be asked"
}

# The fencer of Pacemaker 3 needs a cluster, even with --stand-alone.
real_corosync() {
	mkdir "$W/corosync"
	cat >"$W/corosync.conf" <<-END
		totem {
			version: 2
			cluster_name: $W
			transport: udpu
		}
		nodelist {
			node {
				ring0_addr: 127.0.0.1
				name: node1
				nodeid: 1
			}
		}
		quorum {
			provider: corosync_votequorum
		}
		system {
			state_dir: $W/corosync
			sched_rr: no
		}
		logging {
			to_syslog: no
			to_logfile: yes
			logfile: $W/corosync.log
		}
	END
	nsenter --target "$world" --net --mount -- corosync -f -c "$W/corosync.conf" >/dev/null 2>&1 3>&- &
	corosync=$!
	pids+=("$corosync")
	await grep -qs 'ready to provide service' "$W/corosync.log"
}

# It leaves files in /dev/shm unless it is asked to end.
end_corosync() {
	kill -TERM "$corosync"
	wait "$corosync" || true
}

@test "the real stonith_admin: without a fencer it cannot be asked, with one it says never" {
	real_fencer
	run_lf check --sm-dir "$W/$NODE/sm"
	[[ $output == *"cannot ask for Pacemaker's fencing history (Could not connect to fencer"* ]]
	real_corosync
	# without in_world, because its shell would be ended instead
	nsenter --target "$world" --net --mount -- "$FENCER" --stand-alone --logfile "$W/fenced.log" >/dev/null 2>&1 3>&- &
	pids+=($!)
	await process_is $! "$FENCER"
	await history_can_be_asked
	server_runs Y
	served --require-fencing yes
	status_has '.fencing == "never fenced"'
	end_corosync
}
