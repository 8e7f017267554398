#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The actions of the agent nfsgroup, against a stub of the helper: exit codes, output and the helper's command line,
# exactly. What both agents share is tested in agent.bats.
#
# The stubs expand their code; the variables are those of agent_helpers.bash:
# shellcheck disable=SC2016,SC2034,SC2153,SC2154

load agent_helpers

setup() {
	agent_setup nfsgroup
	stub_answers lockferry-server-status 7
	NETNS=$BATS_TEST_TMPDIR/netns/lockferry-nfs1
}

# server_status SECONDS [OPTION]...: the command line that asks for the server's status
server_status() {
	local seconds=$1
	shift
	echo "lockferry server status --group nfs1 --output-as text ${*:+$* }--timeout $seconds"
}

# process_status SECONDS [OPTION]...: the command line that asks for the status of the group's process
process_status() {
	local seconds=$1
	shift
	echo "lockferry status --group nfs1 --output-as text $* --timeout $seconds"
}

ASK_FENCING="crm_attribute --type crm_config --name fencing-enabled --query --quiet --default ''"
PUBLISH='attrd_updater --name lockferry-boot --update boot-of-node1'
START='lockferry server start --node node1 --require-fencing yes'
GOOD="--group nfs1 --directory /srv/nfs1 --address 192.0.2.10/24 --exports '/srv/nfs1/export *(rw,fsid=1)'"
DEFAULTS="--link auto --firewall auto --versions '3 4.1 4.2' --threads 8 --grace 90 --lease 30 --mountd-port 20048 --statd-port 662 --lockd-port 4045 --backend files --early-grace-end yes --record-timeout 2 --on-hang fence --hang-timeout 60"

# start

@test "start: asks whether the server runs, then starts it" {
	stub_answers lockferry-server-start 0 "group 'nfs1' is served on 192.0.2.10, 3 clients"
	agent start "${good[@]}"
	expect 0
	expect_calls "$(server_status 10)" "$PUBLISH" "$ASK_FENCING" \
		"$START $GOOD $DEFAULTS --timeout 115"
	expect_log "INFO: group 'nfs1' is served on 192.0.2.10, 3 clients"
}

@test "start: passes on every parameter" {
	agent start directory='/srv/my files' address='192.0.2.10/24, 2001:db8::10/64' exports_file='/srv/my files/exports' \
		nic=eth0.100 link=macvlan firewall=/etc/nfs.nft gateway='192.0.2.1 2001:db8::1' names='nfs1 nfs1.example.com,files' versions=3,4.2 threads=16 \
		grace=30 lease=15 scope=files.example.com mountd_port=2000 statd_port=2001 lockd_port=2002 store='/srv/my files/state' \
		backend=sqlite early_grace_end=off record_timeout=5 require_fencing=no \
		on_hang=warn hang_timeout=30 metrics=/var/lib/prometheus/node-exporter group=blue
	expect 0
	expect_calls "$(server_status 10 | sed 's/nfs1/blue/')" "$PUBLISH" \
		"lockferry server start --node node1 --require-fencing no --group blue --directory '/srv/my files' --address 192.0.2.10/24,2001:db8::10/64 --exports-file '/srv/my files/exports' --nic eth0.100 --link macvlan --firewall /etc/nfs.nft --gateway 192.0.2.1,2001:db8::1 --name nfs1 --name nfs1.example.com --name files --versions '3 4.2' --threads 16 --grace 30 --lease 15 --mountd-port 2000 --statd-port 2001 --lockd-port 2002 --store '/srv/my files/state' --scope files.example.com --backend sqlite --early-grace-end no --record-timeout 5 --on-hang warn --hang-timeout 30 --metrics /var/lib/prometheus/node-exporter --timeout 115"
}

@test "start: an empty parameter counts as not set" {
	agent start "${good[@]}" exports_file= nic= link= gateway= names= versions= threads= grace= lease= scope= \
		mountd_port= statd_port= store= backend= early_grace_end= record_timeout= require_fencing= on_hang= hang_timeout= metrics= group=
	expect 0
	expect_calls "$(server_status 10)" "$PUBLISH" "$ASK_FENCING" \
		"$START $GOOD $DEFAULTS --timeout 115"
}

@test "start: the exports stay as they are, also blanks, semicolons and patterns" {
	cd /
	agent start "${good[@]}" exports='/srv/nfs1/a  *(rw,fsid=1);/srv/nfs1/b /*(ro)' require_fencing=yes
	expect 0
	grep -qF -- "--exports '/srv/nfs1/a  *(rw,fsid=1);/srv/nfs1/b /*(ro)'" "$STUB_DIR/calls"
}

@test "start: a server that runs and is well is left alone" {
	stub_answers lockferry-server-status 0 'running'
	agent start "${good[@]}"
	expect 0
	expect_calls "$(server_status 10)"
	expect_log "INFO: group 'nfs1' is being served already"
}

@test "start: what a former life left is left to the helper" {
	local code
	for code in 1 124; do
		stub_answers lockferry-server-status "$code" '' 'the keeper is gone'
		agent start "${good[@]}"
		expect 0
		grep -q '^lockferry server start ' "$STUB_DIR/calls"
		: >"$STUB_DIR/calls"
	done
}

@test "start: passes on the helper's exit code and last line" {
	local helper agent
	while read -r helper agent; do
		stub_answers lockferry-server-start "$helper" 'starting' $'first\nlast: do this\n'
		agent start "${good[@]}"
		echo "helper's exit code: $helper"
		expect_failure "$agent" 'last: do this'
		expect_log 'ERROR: starting' 'ERROR: first' 'ERROR: last: do this'
	done <<-END
		1 1
		2 2
		3 3
		4 4
		5 5
		6 6
		7 1
		8 1
		9 1
		64 6
		124 1
		139 1
	END
}

@test "start: a helper that fails without a message also gets a reason" {
	stub_answers lockferry-server-start 1
	agent start "${good[@]}"
	expect_failure 1 "'lockferry server start' ended with 1 and gave no reason: see the system log"
}

@test "start: a boolean of another spelling is refused before anything is asked" {
	agent start "${good[@]}" early_grace_end=soon
	expect_failure 6 "parameter 'early_grace_end': 'soon' is neither yes nor no: set it to one of them"
	agent start "${good[@]}" require_fencing=soon
	expect_failure 6 "parameter 'require_fencing': 'soon' is neither auto, yes nor no: set it to one of them"
	expect_calls
}

@test "start, monitor, reload-agent: the helper is not there" {
	local action
	rm "$STUB_DIR/bin/lockferry"
	for action in start monitor reload-agent validate-all; do
		agent "$action" "${good[@]}"
		expect_failure 5 "'$STUB_DIR/bin/lockferry' is not on this node: install lockferry"
	done
}

# stop

STOP='lockferry server stop --group nfs1 --timeout 115'

@test "stop: needs no parameter but the group" {
	stub_answers lockferry-server-stop 0 "group 'nfs1' is released"
	agent stop
	expect 0
	expect_calls "$STOP"
	expect_log "INFO: group 'nfs1' is released"
	agent stop "${good[@]}" directory=relative address=x early_grace_end=soon
	expect 0
	expect_calls "$STOP"
}

@test "stop: what does not run is stopped" {
	stub_answers lockferry-server-stop 7 '' 'no server'
	agent stop "${good[@]}"
	expect 0
	agent stop "${good[@]}"
	expect 0
	expect_calls "$STOP" "$STOP"
}

@test "stop: a server that does not let go of the filesystem fails it, so that the cluster fences" {
	local code
	for code in 1 2 4 5 6 8 124 137; do
		stub_answers lockferry-server-stop "$code" '' "'/srv/nfs1' is still in use"
		agent stop "${good[@]}"
		echo "helper's exit code: $code"
		expect_failure 1 "'/srv/nfs1' is still in use"
	done
}

@test "stop: with a name that no group can have, nothing runs" {
	stub_answers lockferry-server-stop 64 '' "lockferry: '../etc' is not a valid group name"
	agent stop "${good[@]}" group=../etc
	expect 0
	expect_log "WARNING: lockferry: '../etc' is not a valid group name; nothing can be running with it"
}

@test "stop: without the helper, it succeeds only if the group has no namespace" {
	rm "$STUB_DIR/bin/lockferry"
	agent stop "${good[@]}"
	expect 0
	expect_log "WARNING: '$STUB_DIR/bin/lockferry' is not on this node: nothing to stop"
	: >"$NETNS"
	agent stop "${good[@]}"
	expect_failure 1 "'$STUB_DIR/bin/lockferry' is not on this node, but the NFS server of group 'nfs1' may still run in the network namespace 'lockferry-nfs1': install lockferry again"
}

@test "stop: takes back the attribute and the metrics" {
	mkdir "$BATS_TEST_TMPDIR/metrics"
	: >"$BATS_TEST_TMPDIR/metrics/lockferry-nfs1.prom"
	echo 'serving, 3 clients' >"$TOLD"
	agent stop metrics="$BATS_TEST_TMPDIR/metrics"
	expect 0
	expect_calls "$STOP" 'attrd_updater --name nfslock-nfs1 --delete'
	[ ! -e "$TOLD" ]
	[ ! -e "$BATS_TEST_TMPDIR/metrics/lockferry-nfs1.prom" ]
}

# monitor

@test "probe: not running, without a message, also without the storage and any parameter" {
	stub_answers lockferry-server-status 7 '' "the NFS server of group 'nfs1' does not run here"
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	agent monitor
	expect 7
	expect_calls "$PUBLISH" "$(server_status 115)"
	expect_log
	agent monitor directory=/nonexistent address=
	expect 7
}

@test "probe: running, with a problem, and with a name that no group can have" {
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	stub_answers lockferry-server-status 0
	agent monitor "${good[@]}"
	expect 0
	stub_answers lockferry-server-status 1 '' "namespace 'lockferry-nfs1' is left"
	agent monitor "${good[@]}"
	expect_failure 1 "namespace 'lockferry-nfs1' is left"
	stub_answers lockferry-server-status 64 '' 'not a valid group name'
	agent monitor "${good[@]}"
	expect 7
}

@test "monitor: the server, then the process that accounts for the clients" {
	timeout_ms=20000
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-server-status 0 'running'
	stub_answers lockferry-status 0 'serving, 3 clients'
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(server_status 18 --depth 0)" "$(process_status 18 --brief)"
	expect_log
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(server_status 18 --depth 0)" "$(process_status 18 --brief)" \
		"attrd_updater --name nfslock-nfs1 --update 'serving, 3 clients'" \
		'attrd_updater --name nfslock-nfs1 --query --all'
	agent monitor "${good[@]}"
	expect_calls "$(server_status 18 --depth 0)" "$(process_status 18 --brief)"
}

@test "monitor: the level decides how deep it looks" {
	local level depth
	stub_answers lockferry-server-status 0
	stub_answers lockferry-status 0 'serving, 3 clients'
	while read -r level depth; do
		cluster=(OCF_RESKEY_CRM_meta_interval=10000 "OCF_CHECK_LEVEL=${level#-}")
		agent monitor "${good[@]}"
		expect 0
		same "depth at level '$level'" "$depth" "$(sed -n 's/.* --depth \([0-9]*\) .*/\1/p' "$STUB_DIR/calls")"
		: >"$STUB_DIR/calls"
	done <<-END
		- 0
		0 0
		9 0
		10 10
		15 10
		20 20
		30 20
		100 20
		x 0
	END
}

@test "monitor: a problem of the server fails it, whatever the process says" {
	local helper agent
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	while read -r helper agent; do
		stub_answers lockferry-server-status "$helper" 'threads: 0' 'rpc.mountd ended 6 times in a minute'
		agent monitor "${good[@]}"
		echo "helper's exit code: $helper"
		expect_failure "$agent" 'rpc.mountd ended 6 times in a minute'
		expect_log 'ERROR: threads: 0' 'ERROR: rpc.mountd ended 6 times in a minute'
	done <<-END
		1 1
		5 1
		6 1
		7 7
		8 1
		64 6
		124 1
		137 1
	END
	run ! grep -q '^lockferry status' "$STUB_DIR/calls"
}

@test "monitor: a server without its process has failed; it is not stopped" {
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-server-status 0
	stub_answers lockferry-status 7 '' "no process serves group 'nfs1' on this node"
	agent monitor "${good[@]}"
	expect_failure 1 "no process serves group 'nfs1' on this node"
	stub_answers lockferry-status 7
	agent monitor "${good[@]}"
	[ "$status" -eq 1 ]
	stub_answers lockferry-status 1 'serving' 'the store is full: make room'
	agent monitor "${good[@]}"
	expect_failure 1 'the store is full: make room'
}

@test "monitor: degraded, with the warning as reason" {
	cluster=(OCF_RESKEY_CRM_meta_interval=10000 OCF_RESKEY_crm_feature_set=3.16.1)
	: >"$TOLD"
	stub_answers lockferry-server-status 0
	stub_answers lockferry-status 190 'serving, 12 clients, 1 warning' "client 'a' lost its locks"
	agent monitor "${good[@]}"
	expect_failure 190 "client 'a' lost its locks"
	grep -q -- '--brief --degraded' "$STUB_DIR/calls"
}

# reload-agent

RELOAD='lockferry server reload --group nfs1 --threads'

@test "reload-agent: the exports and the threads, without a restart" {
	timeout_ms=20000
	stub_answers lockferry-server-reload 0 "group 'nfs1' has 16 threads"
	agent reload-agent "${good[@]}" threads=16
	expect 0
	expect_calls "$RELOAD 16 --exports '/srv/nfs1/export *(rw,fsid=1)' --timeout 18"
	expect_log "INFO: group 'nfs1' has 16 threads"
	agent reload-agent directory=/srv/nfs1 address=192.0.2.10/24 exports_file=/srv/nfs1/exports
	expect 0
	expect_calls "$RELOAD 8 --timeout 18"
}

@test "reload-agent: a failure has a reason" {
	local helper agent
	while read -r helper agent; do
		stub_answers lockferry-server-reload "$helper" '' "line 1 of the exports: unknown option 'rv'"
		agent reload-agent "${good[@]}"
		expect_failure "$agent" "line 1 of the exports: unknown option 'rv'"
	done <<-END
		1 1
		7 1
		64 6
		124 1
	END
}

# timeouts

# timeout_for MS ACTION: the --timeout of the last call of the helper
timeout_for() {
	: >"$STUB_DIR/calls"
	timeout_ms=$1 agent "$2" "${good[@]}" require_fencing=yes
	sed -n '$s/.*--timeout //p' "$STUB_DIR/calls"
}

@test "timeouts: the helper gets the cluster's, less a margin; without it, that of the meta-data" {
	local action ms meta
	meta=$("$AGENT" meta-data)
	for action in start stop monitor reload-agent; do
		same "timeout of $action" 28 "$(timeout_for 30500 $action)"
		ms=$(xmllint --xpath "number(substring-before(//action[@name='$action']/@timeout, 's')) * 1000" - \
			<<<"$meta")
		same "timeout of $action" "$(timeout_for "$ms" $action)" "$(timeout_for '' $action)"
	done
}

@test "timeouts: time that is spent is not given again" {
	stub_does crm_attribute 'echo "135.10 9.00" >"$CLOCK"; answer 0 true'
	agent start "${good[@]}"
	expect 0
	expect_calls "$(server_status 10)" "$PUBLISH" "$ASK_FENCING" \
		"$START $GOOD $DEFAULTS --timeout 80"
}

# validate-all

@test "validate-all: good parameters; nothing on the node is looked at" {
	local level
	for level in '' 0 9; do
		cluster=("OCF_CHECK_LEVEL=$level")
		agent validate-all "${good[@]}"
		expect 0
	done
	agent validate-all directory=/srv/nfs1 address='192.0.2.10/24 2001:db8::10/64' exports_file=/srv/nfs1/exports \
		gateway='192.0.2.1, 2001:db8::1' names='nfs1 nfs1.example.com' versions='3,4.2' grace=auto lease=10
	expect 0
	expect_calls
}

@test "validate-all: level 10 checks the node, too, and shows every finding" {
	timeout_ms=20000
	cluster=(OCF_CHECK_LEVEL=10)
	stub_answers lockferry-check 0 'all is well'
	agent validate-all "${good[@]}"
	expect 0 'all is well'
	expect_calls 'lockferry check --group nfs1 --timeout 18'
	stub_answers lockferry-check 5 $'nfsdcld is not here: install it\nno module' '2 findings'
	agent validate-all "${good[@]}"
	expect 5 $'nfsdcld is not here: install it\nno module\n2 findings' 'ocf-exit-reason:2 findings'
	: >"$STUB_DIR/calls"
	agent validate-all "${good[@]}" link=wire
	[ "$status" -eq 6 ]
	expect_calls
}

@test "validate-all: each bad parameter is named, with its cure" {
	local bad reason
	while IFS='|' read -r bad reason; do
		agent validate-all "${good[@]}" "$bad"
		echo "with $bad:"
		expect_failure 6 "$reason"
	done <<-'END'
		directory=|parameter 'directory' is missing: set it to the mount point of the group's filesystem
		directory=srv/nfs1|parameter 'directory': 'srv/nfs1' is not an absolute path: begin it with '/'
		directory=/|parameter 'directory': the root filesystem cannot be a group's: use a filesystem that moves with the group
		address=|parameter 'address' is missing: set it to the group's address with its prefix length
		address=192.0.2.10|parameter 'address': '192.0.2.10' needs a prefix length from 1 to 32: give it as 192.0.2.10/24
		address=192.0.2.10/24 192.0.2.10/16|parameter 'address': '192.0.2.10' is there twice
		address=host/24|parameter 'address': 'host/24' is not an IPv4 or IPv6 address with a prefix length: give it as 192.0.2.10/24
		exports=|give one of the parameters 'exports' and 'exports_file': what the group exports, in the form of exports(5)
		exports=/srv/nfs2 *(rw)|parameter 'exports': '/srv/nfs2' is not in the group's filesystem: export '/srv/nfs1', or a directory in it
		exports_file=/srv/nfs1/exports|give one of the parameters 'exports' and 'exports_file': what the group exports, in the form of exports(5)
		link=wire|parameter 'link' takes auto, macvlan, ipvlan, bridge or routed, not 'wire'
		gateway=router|parameter 'gateway': 'router' is not an IPv4 or IPv6 address: give it without a prefix length
		names=nfs1,a/b|parameter 'names': 'a/b' is not a host name: give the names that clients mount by
		versions=2 3|parameter 'versions': '2 3' is not a list of NFS versions: use 3, 4.0, 4.1 and 4.2 (or 4 for all of them), with one blank between them
		threads=-1|parameter 'threads' takes 1 to 4096, not -1
		threads=0|parameter 'threads' takes 1 to 4096, not 0
		statd_port=0|parameter 'statd_port' takes 1 to 65535, not 0
		grace=9|parameter 'grace' takes 10 to 240, not 9
		lease=9|parameter 'lease' takes 10 to 3600, not 9
		scope=a b|parameter 'scope': 'a b' cannot be a host name: use at most 64 letters, digits, '-', '_' and '.'
		store=/srv/nfs2/store|parameter 'store': '/srv/nfs2/store' is not in '/srv/nfs1': the store must move with the group's filesystem
		backend=sql|parameter 'backend': 'sql' is not a kind of store: set it to files or sqlite
		record_timeout=13|parameter 'record_timeout' takes 1 to 12, not 13
		on_hang=ignore|parameter 'on_hang' takes fence or warn, not 'ignore'
		hang_timeout=9|parameter 'hang_timeout' takes 10 to 600, not 9
		metrics=prom|parameter 'metrics': 'prom' is not an absolute path: begin it with '/'
		early_grace_end=maybe|parameter 'early_grace_end': 'maybe' is neither yes nor no: set it to one of them
		require_fencing=maybe|parameter 'require_fencing': 'maybe' is neither auto, yes nor no: set it to one of them
		group=a b|parameter 'group': 'a b' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first
	END
	expect_calls
}

@test "validate-all: start refuses the same parameters, and the reason is the same" {
	stub_does lockferry-server-start 'shift 2; exec "$VALIDATOR" server validate "$@"'
	agent start "${good[@]}" link=wire
	expect_failure 6 "parameter 'link' takes auto, macvlan, ipvlan, bridge or routed, not 'wire'"
}

@test "real helper: a probe and a stop where nothing runs, also without the storage" {
	stub_does lockferry-server-status 'exec "$VALIDATOR" "$@" --run-dir "$STUB_DIR/run"'
	stub_does lockferry-server-stop 'exec "$VALIDATOR" "$@" --run-dir "$STUB_DIR/run"'
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	agent monitor "${good[@]}" directory=/nonexistent
	expect 7
	expect_log
	agent stop "${good[@]}" directory=/nonexistent
	expect 0
	agent stop
	expect 0
	agent stop group=../etc
	expect 0
	agent monitor group=../etc
	expect 7
}

# other

@test "usage: printed on request, and for an unknown action" {
	local action usage
	agent usage
	usage=$output
	[[ $usage == 'usage: nfsgroup {start|stop|monitor|reload-agent|validate-all|meta-data|usage|help}'* ]]
	expect 0 "$usage"
	for action in help --help -h; do
		agent $action
		expect 0 "$usage"
	done
	for action in '' promote reload migrate_to START; do
		agent "$action"
		expect 3 '' "$usage"
	done
}

@test "without resource-agents: every action works the same" {
	cluster=(OCF_FUNCTIONS_DIR=/nonexistent)
	stubs_make lockferry crm_attribute logger
	agent start "${good[@]}"
	expect 0
	grep -qxF "$START $GOOD $DEFAULTS --timeout 115" "$STUB_DIR/calls"
	agent monitor "${good[@]}"
	expect 7
	agent stop "${good[@]}"
	expect 0
	stub_answers lockferry-server-stop 1 '' 'in use'
	agent stop "${good[@]}"
	expect_failure 1 'in use'
	grep -q "^logger -t 'nfsgroup(nfs1)\[[0-9]*\]' -p daemon.err -- 'in use'" "$STUB_DIR/calls"
}
