#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lockferry drill: its command line, what it refuses, and that it removes its constraint. Pacemaker's own programs work
# on a configuration in a file, in which the simulator has started the group on node1. No cluster acts on it, so nothing
# moves; the lab tests a real move (drills/cluster/2-move).
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2154

load cli_helpers

setup_file() {
	export HOME=$BATS_FILE_TMPDIR CIB_file=$BATS_FILE_TMPDIR/cib
	cluster_begins
}

setup() {
	cli_setup
	# crm_node returns this as the name of this node
	export OCF_RESKEY_CRM_meta_on_node=node2
	export HOME=$W CIB_file=$W/cib
}

teardown() {
	cli_teardown
}

# cluster_begins: a cluster of two nodes; one of them serves the group
cluster_begins() {
	cibadmin --empty >"$CIB_file"
	crm_attribute --type crm_config --name stonith-enabled --update false
	cibadmin --create --scope resources --xml-text '<group id="nfs">
		<primitive id="nfs_locks" class="ocf" provider="lockferry" type="nfslock">
			<instance_attributes id="parameters">
				<nvpair id="parameters-group" name="group" value="files"/>
				<nvpair id="parameters-store" name="store" value="/srv/nfs/.lockferry"/>
				<nvpair id="parameters-ip" name="ip" value="192.0.2.10"/>
			</instance_attributes>
		</primitive>
		<primitive id="nfs_ip" class="ocf" provider="heartbeat" type="IPaddr2">
			<instance_attributes id="address">
				<nvpair id="address-ip" name="ip" value="192.0.2.10"/>
			</instance_attributes>
		</primitive>
	</group>'
	cibadmin --create --scope resources --xml-text '<primitive id="docs" class="ocf" provider="lockferry" type="nfsgroup">
		<instance_attributes id="own">
			<nvpair id="own-directory" name="directory" value="/srv/docs"/>
			<nvpair id="own-address" name="address" value="192.0.2.11/24"/>
		</instance_attributes>
	</primitive>'
	cibadmin --modify --allow-create --scope constraints --xml-text '<constraints>
		<rsc_colocation id="beside" rsc="docs" with-rsc="nfs" score="INFINITY"/>
	</constraints>'
	simulate --node-up node1 --node-up node2
	simulate
	cibadmin --modify --xml-text '<cib dc-uuid="node1" have-quorum="1"/>'
	says_of_itself 'serving, 12 clients'
}

# cluster: a copy of it for each test
cluster() {
	cp "$BATS_FILE_TMPDIR/cib" "$CIB_file"
}

# simulate [OPTION]...
simulate() {
	crm_simulate --xml-file "$CIB_file" --simulate --quorum true "$@" --save-output "$CIB_file.next" >/dev/null
	mv "$CIB_file.next" "$CIB_file"
}

says_of_itself() {
	crm_attribute --type status --node node1 --name nfslock-files --update "$1"
}

# drill [OPTION]...
drill() {
	run_apart "$LOCKFERRY" drill --run-dir "$W/node1/run" --group files --yes "$@"
}

# refuses STATUS TEXT [OPTION]...: and does not change the configuration
refuses() {
	cp "$CIB_file" "$W/before"
	drill "${@:3}"
	same status "$1" "$status"
	same stdout '' "$output"
	says "$2" "$stderr"
	cmp "$CIB_file" "$W/before"
}

constraints() {
	cibadmin --query --scope constraints | grep rsc_location
}

# has_constraint: the drill's constraint exists
has_constraint() {
	constraints | grep -q 'id="cli-prefer-nfs" rsc="nfs"'
}

@test "usage" {
	run_lf drill
	expect_refusal 64 'the option --group is required'
	run_lf drill --group -a --yes
	expect_refusal 64 'is not a valid group name'
	run_lf drill --group files --yes --fence --move-back
	expect_refusal 64 'cannot take the group back'
	run_lf drill --group files --yes --timeout 0
	expect_refusal 64 'at least one second'
	run_apart "$LOCKFERRY" drill --group files </dev/null
	expect_refusal 64 'there is no terminal to ask for confirmation: give --yes'
	run_lf drill --group files --yes --output-to "$W"
	expect_refusal 2 'exists already'
	run_lf drill --group files --yes --output-to "$W/none/report"
	expect_refusal 2 'No such file or directory'
}

@test "the cluster does not run here" {
	unset CIB_file OCF_RESKEY_CRM_meta_on_node
	drill
	expect_refusal 7 'the cluster does not run on this node: run the drill on the node that will adopt the group'
}

@test "the wrong node" {
	cluster
	OCF_RESKEY_CRM_meta_on_node=node1 refuses 2 \
		"group 'files' is served on this node, 'node1': run the drill on the node that will adopt it, 'node2'"
	OCF_RESKEY_CRM_meta_on_node=node3 refuses 7 "this node, 'node3', is not a member of the cluster"
}

@test "a group with an NFS server of its own" {
	cluster
	OCF_RESKEY_CRM_meta_on_node=node1 refuses 2 "group 'docs' is served on this node, 'node1'" --group docs
	crm_attribute --type status --node node1 --name nfslock-docs --update 'reclaiming, 1 of 2 clients back'
	refuses 5 "node 'node1' does not report that it serves group 'docs' (nfslock-docs is 'reclaiming, " --group docs
	crm_attribute --type status --node node1 --name nfslock-docs --update 'serving, 12 clients'
	drill --group docs --timeout 1
	same status 124 "$status"
	says "This moves 'docs', with service group 'docs', from node 'node1' to this node, 'node2'." "$stderr"
	says 'failed' "$output"
}

@test "no such group" {
	cluster
	run_apart "$LOCKFERRY" drill --group other --yes
	expect_refusal 6 "nfslock or nfsgroup resources of group 'other'"
}

@test "an unhealthy cluster: each finding has its cure, and nothing is moved" {
	cluster
	crm_standby --node node2 --update on
	refuses 5 "'crm_standby --delete --node node2'"
	crm_standby --node node2 --delete
	crm_resource --ban --resource nfs --node node2
	refuses 5 "the constraint 'cli-ban-nfs-on-node2' is left from an earlier move"
	crm_resource --clear --resource nfs
	says_of_itself 'reclaiming, 1 of 2 clients back'
	refuses 5 "'reclaiming, 1 of 2 clients back'"
	says_of_itself 'serving, 2 clients'
	refuses 5 'stonith-enabled is false' --fence
	cibadmin --modify --xml-text '<cib have-quorum="0"/>'
	crm_attribute --type crm_config --name maintenance-mode --update true
	refuses 5 'the cluster has no quorum'
	says 'maintenance mode' "$stderr"
	says 'nothing was moved' "$stderr"
}

# As on busy nodes.
@test "a cluster that takes six seconds to answer is waited for" {
	cluster
	mkdir "$W/bin"
	printf '#!/bin/sh\nsleep 6\nexec %s "$@"\n' "$(command -v crm_mon)" >"$W/bin/crm_mon"
	chmod +x "$W/bin/crm_mon"
	says_of_itself 'reclaiming, 1 of 2 clients back'
	PATH=$W/bin:$PATH refuses 5 "'reclaiming, 1 of 2 clients back'"
}

@test "a group that does not come in time: the constraint is removed, and the report says so" {
	cluster
	drill --timeout 2 --output-as json --output-to "$W/report"
	same status 124 "$status"
	holds '.verdict == "failed" and (.reason | contains("within 2 s")) and .from == "node1" and .to == "node2"'
	holds '.locks == null and .there.seconds.stopped == null and .back == null'
	holds '.status.code == 124 and .status.message == .reason'
	same report "$(jq 'del(.status)' <<<"$output")" "$(jq . "$W/report")"
	says "group 'files' was not served on node 'node2'" "$stderr"
	run constraints
	same constraints '' "$output"
}

@test "a group that was just started: the next monitor is waited for" {
	local pid
	cluster
	crm_attribute --type status --node node1 --name nfslock-files --delete
	"$LOCKFERRY" drill --group files --yes --timeout 1 >"$W/out" 2>"$W/err" 3>&- &
	pid=$!
	sleep 3
	kill -0 "$pid"
	same constraints '' "$(constraints || true)"
	says_of_itself 'serving, 12 clients'
	await has_moved
	wait "$pid" || true
	says 'was not served on node' "$(<"$W/err")"
}

# has_moved: the drill has begun
has_moved() {
	grep -q "^This moves 'nfs'" "$W/err"
}

@test "interrupted: the constraint is removed as well" {
	local pid ended=0
	cluster
	"$LOCKFERRY" drill --group files --yes --timeout 60 >"$W/out" 2>"$W/err" 3>&- &
	pid=$!
	await has_constraint
	# it expires if the drill is killed
	cibadmin --query --scope constraints | grep -q 'date_expression.*operation="lt" end='
	kill -TERM "$pid"
	wait "$pid" || ended=$?
	same status 1 "$ended"
	says 'the drill was interrupted' "$(<"$W/err")"
	says 'failed: the drill was interrupted' "$(<"$W/out")"
	run constraints
	same constraints '' "$output"
}
