#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The agent's actions, against a stub of the helper: exit codes, output and the helper's command line, exactly.
#
# The stubs expand their code; the variables are those of agent_helpers.bash:
# shellcheck disable=SC2016,SC2034,SC2153,SC2154

load agent_helpers

setup() {
	agent_setup
}



# status_call SECONDS [OPTION]...: the command line that asks for this resource's status
status_call() {
	local seconds=$1
	shift
	echo "lockferry status --group nfs1 --output-as text ${*:+$* }--store $STORE --ip 192.0.2.10 --timeout $seconds"
}

PUBLISH='attrd_updater --name lockferry-boot --update boot-of-node1'
ASK_FENCING="crm_attribute --type crm_config --name fencing-enabled --query --quiet --default ''"
SERVE='lockferry serve --daemon --backend files --record-timeout 5 --grace auto --early-grace-end yes --node node1 --require-fencing'

# start

@test "start: asks whether the group is served, then serves it" {
	stub_answers lockferry-serve 0 "group 'nfs1' is armed, 3 clients"
	agent start "${good[@]}"
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" "$ASK_FENCING" \
		"$SERVE yes --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 115"
	expect_log "INFO: group 'nfs1' is armed, 3 clients"
}

@test "start: passes on every parameter" {
	local serve=${SERVE/files/sqlite}
	serve=${serve/grace-end yes/grace-end no}
	agent start store="$STORE/with blank" ip='192.0.2.10, 2001:db8::10,192.0.2.11' \
		names='nfs1 nfs1.example.com,files' exports='/srv/a, /srv/b' sm_dir=/var/lib/nfs/sm \
		backend=sqlite grace=restart-nfs early_grace_end=off unlock_on_stop=yes require_fencing=no \
		metrics=/var/lib/prometheus/node-exporter group=blue
	expect 0
	expect_calls "lockferry status --group blue --output-as text --store '$STORE/with blank' --ip 192.0.2.10,2001:db8::10,192.0.2.11 --timeout 10" "$PUBLISH" \
		"${serve/auto/restart-nfs} no --unlock-on-stop --metrics /var/lib/prometheus/node-exporter --name nfs1 --name nfs1.example.com --name files --group blue --store '$STORE/with blank' --ip 192.0.2.10,2001:db8::10,192.0.2.11 --export /srv/a --export /srv/b --sm-dir /var/lib/nfs/sm --timeout 115"
}

@test "start: an empty parameter counts as not set" {
	agent start "${good[@]}" names= exports= sm_dir= backend= grace= early_grace_end= unlock_on_stop= require_fencing= group=
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" "$ASK_FENCING" \
		"$SERVE yes --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 115"
}

@test "start: a pattern in a list is not expanded" {
	cd /
	agent start "${good[@]}" require_fencing=yes exports='/*'
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" \
		"$SERVE yes --group nfs1 --store $STORE --ip 192.0.2.10 --export '/*' --timeout 115"
}

@test "start: a group that is served already is left alone" {
	stub_answers lockferry-status 0 'serving'
	agent start "${good[@]}"
	expect 0
	expect_calls "$(status_call 10)"
	expect_log "INFO: group 'nfs1' is being served already"
}

@test "start: a process with a problem is left to the cluster, which stops it" {
	stub_answers lockferry-status 1 'phase: serving' "lockferry: store '/srv' is full: make room"
	agent start "${good[@]}"
	expect_failure 1 "lockferry: store '/srv' is full: make room"
	expect_calls "$(status_call 10)"
	expect_log 'ERROR: phase: serving' "ERROR: lockferry: store '/srv' is full: make room"
}

@test "start: a status without an answer is a failure" {
	stub_answers lockferry-status 124 '' 'no answer within 10 s'
	agent start "${good[@]}"
	expect_failure 1 'no answer within 10 s'
	expect_calls "$(status_call 10)"
}

@test "start: passes on the helper's exit code and last line" {
	local helper agent
	while read -r helper agent; do
		stub_answers lockferry-serve "$helper" 'adopting' $'first\nlast: do this\n'
		agent start "${good[@]}" require_fencing=yes
		echo "helper's exit code: $helper"
		expect_failure "$agent" 'last: do this'
		expect_log 'ERROR: adopting' 'ERROR: first' 'ERROR: last: do this'
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
		64 1
		124 1
		139 1
	END
}

@test "start: a helper that fails without a message also gets a reason" {
	stub_answers lockferry-serve 1
	agent start "${good[@]}" require_fencing=yes
	expect_failure 1 "'lockferry serve' ended with 1 and gave no reason: see the system log"
}

@test "start: does not wait for the daemon to end" {
	stub_does lockferry-serve 'sleep 30 >/dev/null 2>&1 & echo $! >"$STUB_DIR/pid"'
	SECONDS=0
	agent start "${good[@]}" require_fencing=yes
	kill "$(<"$STUB_DIR/pid")"
	expect 0
	[ "$SECONDS" -lt 10 ]
}

@test "start: the helper is not there" {
	agent start "${good[@]}" # with the helper it works
	expect 0
	rm "$STUB_DIR/bin/lockferry"
	agent start "${good[@]}"
	expect_failure 5 "'$STUB_DIR/bin/lockferry' is not on this node: install lockferry"
}

@test "start: uses the cluster's name of the node" {
	cluster=(OCF_RESKEY_CRM_meta_on_node=)
	agent start "${good[@]}" require_fencing=yes
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" 'crm_node -n' \
		"${SERVE/node1/asked-node} yes --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 115"

	stub_answers crm_node 102
	agent start "${good[@]}" require_fencing=yes
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" 'crm_node -n' \
		"${SERVE/node1/$(uname -n)} yes --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 115"
}

# require_fencing

# fencing_asked WANTED: starts, and checks the option that the helper got
fencing_asked() {
	: >"$STUB_DIR/calls"
	agent start "${good[@]}" require_fencing="${2-auto}"
	expect 0
	same fencing "$1" "$(sed -n 's/.*--require-fencing \([^ ]*\).*/\1/p' "$STUB_DIR/calls")"
}

@test "require_fencing: auto follows the cluster" {
	local value
	for value in true True yes on 1; do
		stub_answers crm_attribute 0 "$value"
		fencing_asked yes
	done
	for value in false FALSE no off 0; do
		stub_answers crm_attribute 0 "$value"
		fencing_asked no
	done
	expect_log
}

@test "require_fencing: auto follows fencing-enabled, or stonith-enabled if the first is not set" {
	local new old wanted
	while read -r new old wanted; do
		stub_does crm_attribute "case \$4 in
			fencing-enabled) answer 0 '${new#-}' ;;
			stonith-enabled) answer 0 '${old#-}' ;;
			esac
			exit 64"
		fencing_asked "$wanted"
	done <<-END
		false true no
		true false yes
		- false no
		- true yes
		- - yes
		false - no
	END
	stub_does crm_attribute 'case $4 in fencing-enabled) answer 0 ;; esac; answer 102'
	fencing_asked yes
	expect_log "WARNING: cannot ask the cluster for 'fencing-enabled' and 'stonith-enabled': assuming that fencing is required"
}

@test "require_fencing: auto is yes if the cluster cannot be asked, or its answer is not understood" {
	stub_answers crm_attribute 102 '' 'could not connect'
	fencing_asked yes
	expect_log "WARNING: cannot ask the cluster for 'fencing-enabled' and 'stonith-enabled': assuming that fencing is required"
	stub_answers crm_attribute 0 ''
	fencing_asked yes
	stub_answers crm_attribute 0 perhaps
	fencing_asked yes
}

@test "require_fencing: auto waits for the cluster for a limited time" {
	stub_does crm_attribute 'exec sleep 30'
	SECONDS=0
	timeout_ms=4000 fencing_asked yes
	[ "$SECONDS" -lt 25 ]
}

@test "require_fencing: a set value asks nobody" {
	fencing_asked yes yes
	fencing_asked yes true
	fencing_asked no no
	fencing_asked no false
	run ! grep crm_attribute "$STUB_DIR/calls"
}

# stop

STOP='lockferry stop --group nfs1'

@test "stop: gives the helper everything to complete what a dead process left undone" {
	stub_answers lockferry-stop 0 "group 'nfs1' is released"
	agent stop "${good[@]}" exports=/srv/a,/srv/b sm_dir=/sm names=nfs1
	expect 0
	expect_calls "$STOP --store $STORE --ip 192.0.2.10 --export /srv/a --export /srv/b --sm-dir /sm --timeout 115"
	expect_log "INFO: group 'nfs1' is released"
}

@test "stop: passes on that the locks must be dropped, in case the process is dead" {
	agent stop "${good[@]}" unlock_on_stop=yes
	expect 0
	expect_calls "lockferry stop --unlock-on-stop --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 115"
}

@test "migrate_to: hands over, and drops no lock" {
	stub_answers lockferry-stop 0 "group 'nfs1' is stopped"
	agent migrate_to "${good[@]}" exports=/srv/a unlock_on_stop=yes
	expect 0
	expect_calls "lockferry stop --migrate --group nfs1 --store $STORE --ip 192.0.2.10 --export /srv/a --timeout 115"
	expect_log "INFO: group 'nfs1' is stopped"
	# the attribute stays, also during the stop that follows: nothing must disturb the cluster now
	echo 'serving, 3 clients' >"$TOLD"
	agent migrate_to "${good[@]}"
	agent stop "${good[@]}"
	expect 0
	run ! grep attrd_updater "$STUB_DIR/calls"
}

@test "migrate_from: the source node's attribute is deleted when the migration is over" {
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-status 0 'serving, 3 clients'
	stub_answers attrd_updater 0 $'name="nfslock-nfs1" host="node1" value="serving, 3 clients"
name="nfslock-nfs1" host="node2" value="serving, 2 clients"
name="nfslock-nfs1" host="node3" value=""'
	agent monitor "${good[@]}"
	run ! grep attrd_updater "$STUB_DIR/calls"
	: >"$STUB_DIR/calls"
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(status_call 115 --brief)" "$TELL 'serving, 3 clients'" "$ELSEWHERE" \
		'attrd_updater --name nfslock-nfs1 --node node2 --delete'
	agent monitor "${good[@]}"
	expect_calls "$(status_call 115 --brief)"
}

@test "migrate_to: fails if the group cannot leave, with the reason" {
	stub_answers lockferry-stop 1 "group 'nfs1' cannot migrate while its address is on this node"
	agent migrate_to "${good[@]}"
	expect_failure 1 "group 'nfs1' cannot migrate while its address is on this node"
	agent migrate_to "${good[@]}" ip=
	expect_failure 6 "parameter 'ip' is missing: set it to the floating addresses of the group"
}

@test "migrate_from: serves, but never without a store, nor if the owner still serves" {
	agent migrate_from "${good[@]}" require_fencing=no
	expect 0
	expect_calls \
		"$SERVE yes --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 115"
	: >"$STUB_DIR/calls"
	agent migrate_from "${good[@]}" store=/nonexistent/store
	expect_failure 1 "store '/nonexistent/store' is not here: allow-migrate is for a store that both nodes see; mount its filesystem on both, or set allow-migrate=false"
	expect_calls
}

@test "stop: a second stop succeeds, too" {
	agent stop "${good[@]}"
	expect 0
	agent stop "${good[@]}"
	expect 0
	expect_calls "$STOP --store $STORE --ip 192.0.2.10 --timeout 115" \
		"$STOP --store $STORE --ip 192.0.2.10 --timeout 115"
}

@test "stop: without the storage, only a process can be left" {
	rmdir "$STORE"
	agent stop "${good[@]}"
	expect 0
	expect_calls "lockferry stop --only-process --group nfs1 --store $STORE --timeout 115"
	expect_log "INFO: store '$STORE' is not here; stopping only a process"
}

@test "stop: a store on a failing disk does not count as missing" {
	rmdir "$STORE"
	stubs_make lockferry ls
	stub_answers ls 2 '' "ls: cannot access '$STORE': Input/output error"
	stub_answers lockferry-stop 1 '' 'cannot write the handover: disk error'
	agent stop "${good[@]}"
	expect_failure 1 'cannot write the handover: disk error'
	expect_calls "ls -d -- $STORE" "$STOP --store $STORE --ip 192.0.2.10 --timeout 115"
}

@test "stop: never gives up for a bad parameter" {
	local bad
	for bad in store= store=relative ip= ip=host.example.com names=a/b exports=x sm_dir=sm metrics=prom \
		backend=sql grace=no early_grace_end=soon unlock_on_stop=perhaps require_fencing=sometimes; do
		agent stop "${good[@]}" "$bad"
		echo "with $bad:"
		expect 0
		grep -q '^lockferry stop .*--group nfs1' "$STUB_DIR/calls"
	done
}

@test "stop: with a name that no group can have, nothing runs" {
	stub_does lockferry-stop 'exec "$VALIDATOR" "$@"'
	agent stop "${good[@]}" group=../etc
	expect 0
	grep -q "WARNING: lockferry: '../etc' is not a valid group name.*; nothing can be running with it$" "$LOG"
	agent stop "${good[@]}" group=nfs-büro
	expect 0
}

@test "stop: if the helper rejects a parameter, the process is still stopped, if it serves this store" {
	local code
	for code in 2 6 64; do
		stub_does lockferry-stop "case \$* in *--ip*) answer $code '' 'bad parameter';; esac"
		agent stop "${good[@]}"
		expect 0
		expect_calls "$STOP --store $STORE --ip 192.0.2.10 --timeout 115" \
			"lockferry stop --only-process --group nfs1 --store $STORE --timeout 115"
		expect_log 'WARNING: bad parameter; stopping only a process'
	done
}

@test "stop: if the handover cannot be written, it fails, so that the cluster fences" {
	local code
	for code in 1 4 5 7 124 137; do
		stub_answers lockferry-stop "$code" '' 'cannot write the handover: disk error'
		agent stop "${good[@]}"
		echo "helper's exit code: $code"
		expect_failure 1 'cannot write the handover: disk error'
		expect_calls "$STOP --store $STORE --ip 192.0.2.10 --timeout 115"
	done
}

@test "stop: the helper is not there, so nothing runs" {
	rm "$STUB_DIR/bin/lockferry"
	agent stop "${good[@]}"
	expect 0
	expect_log "WARNING: '$STUB_DIR/bin/lockferry' is not on this node: nothing to stop"
}

# monitor

TELL='attrd_updater --name nfslock-nfs1 --update'
ELSEWHERE='attrd_updater --name nfslock-nfs1 --query --all'

@test "monitor: one cheap query" {
	timeout_ms=20000
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-status 0 'serving, 3 clients'
	agent monitor "${good[@]}"
	expect 0
	# the first monitor does not disturb the cluster, which is still starting the address
	expect_calls "$(status_call 18 --brief)"
	expect_log
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(status_call 18 --brief)" "$TELL 'serving, 3 clients'" "$ELSEWHERE"
	expect_log
	# and nothing more if nothing changes
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(status_call 18 --brief)"
}

@test "monitor: maps the helper's exit codes" {
	local helper agent
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	while read -r helper agent; do
		stub_answers lockferry-status "$helper" 'phase: serving' 'what is wrong'
		agent monitor "${good[@]}"
		echo "helper's exit code: $helper"
		expect_failure "$agent" 'what is wrong'
		expect_log 'ERROR: phase: serving' 'ERROR: what is wrong'
	done <<-END
		1 1
		2 1
		5 1
		6 1
		7 7
		8 1
		64 6
		124 1
		137 1
	END
}

@test "monitor: takes the reason from stdout if stderr has none" {
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-status 1 $'phase: serving\nthe store is full: make room'
	agent monitor "${good[@]}"
	expect_failure 1 'the store is full: make room'
}

@test "monitor: needs only the parameter group" {
	stub_answers lockferry-status 0
	agent monitor ip=bad
	expect 0
}

# the node attribute

@test "attribute: set when the state changes, deleted by a stop" {
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	: >"$TOLD"
	stub_answers lockferry-status 0 'reclaiming, 7 of 12 clients back'
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(status_call 115 --brief)" "$TELL 'reclaiming, 7 of 12 clients back'" "$ELSEWHERE"
	stub_answers lockferry-status 0 'serving, 12 clients'
	agent monitor "${good[@]}"
	expect_calls "$(status_call 115 --brief)" "$TELL 'serving, 12 clients'"
	stub_answers lockferry-status 1 'serving, 12 clients' 'the store is full: make room'
	agent monitor "${good[@]}"
	expect_failure 1 'the store is full: make room'
	expect_calls "$(status_call 115 --brief)" "$TELL failing"
	agent stop "${good[@]}"
	expect 0
	expect_calls "$STOP --store $STORE --ip 192.0.2.10 --timeout 115" \
		'attrd_updater --name nfslock-nfs1 --delete'
	[ ! -e "$TOLD" ]
	agent stop "${good[@]}"
	expect_calls "$STOP --store $STORE --ip 192.0.2.10 --timeout 115"
}

@test "attribute: set again after a probe, because Pacemaker may have been restarted" {
	: >"$TOLD"
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-status 0 'serving, 12 clients'
	agent monitor "${good[@]}"
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(status_call 115 --brief)" "$TELL 'serving, 12 clients'" "$ELSEWHERE" "$PUBLISH" "$(status_call 115)"
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	agent monitor "${good[@]}"
	expect_calls "$(status_call 115 --brief)" "$TELL 'serving, 12 clients'" "$ELSEWHERE"
	# even then, a stop deletes the attribute
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	agent monitor "${good[@]}"
	agent stop "${good[@]}"
	grep -q -- '--delete' "$STUB_DIR/calls"
}

@test "attribute: if it cannot be set, the monitor's result does not change, and it is set later" {
	: >"$TOLD"
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-status 0 'serving, 12 clients'
	stub_answers attrd_updater 102 '' 'Connection refused'
	agent monitor "${good[@]}"
	expect 0
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(status_call 115 --brief)" "$TELL 'serving, 12 clients'" "$(status_call 115 --brief)" "$TELL 'serving, 12 clients'"
	expect_log
	# the file cannot be written
	rm -r "$BATS_TEST_TMPDIR/rsctmp"
	stub_answers attrd_updater 0
	agent monitor "${good[@]}"
	expect 0
	expect_calls "$(status_call 115 --brief)" "$TELL 'serving, 12 clients'" "$ELSEWHERE"
	agent stop "${good[@]}"
	expect 0
}

@test "attribute: a cluster that does not answer costs three seconds at most" {
	: >"$TOLD"
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	stub_answers lockferry-status 0 'serving, 12 clients'
	stub_does attrd_updater 'exec sleep 30'
	SECONDS=0
	agent monitor "${good[@]}"
	expect 0
	[ "$SECONDS" -lt 10 ]
}

# degraded

@test "degraded: requested if Pacemaker knows it, but never by a probe" {
	local set asked
	stub_answers lockferry-status 0 'serving, 12 clients'
	while read -r asked set; do
		cluster=(OCF_RESKEY_CRM_meta_interval=10000 "OCF_RESKEY_crm_feature_set=$set")
		agent monitor "${good[@]}"
		same "asked, with feature set '$set'" "$asked" "$(grep -c -- --degraded "$STUB_DIR/calls")"
		: >"$STUB_DIR/calls"
		cluster[0]=OCF_RESKEY_CRM_meta_interval=0
		agent monitor "${good[@]}"
		run ! grep -- --degraded "$STUB_DIR/calls"
	done <<-END
		0 3.0.14
		0 3.3.0
		0 3.6.0
		1 3.6.1
		1 3.7.0
		1 3.10.0
		1 3.16.1
		1 4.0.0
		1 10.2
		0 3
		0 x
		0
	END
}

@test "degraded: 190, with the warning as reason, said once, and not by the first monitor" {
	cluster=(OCF_RESKEY_CRM_meta_interval=10000 OCF_RESKEY_crm_feature_set=3.16.1)
	stub_answers lockferry-status 190 'serving, 12 clients, 1 warning' "client 'a' lost its locks"
	agent monitor "${good[@]}"
	expect 0
	expect_log
	expect_calls "$(status_call 115 --brief --degraded)"
	agent monitor "${good[@]}"
	expect_failure 190 "client 'a' lost its locks"
	expect_log "ERROR: client 'a' lost its locks"
	agent monitor "${good[@]}"
	expect 190
	expect_log
	expect_calls "$(status_call 115 --brief --degraded)" "$TELL 'serving, 12 clients, 1 warning'" "$ELSEWHERE" \
		"$(status_call 115 --brief --degraded)"
	# another warning; and the same one again after it had been cured
	stub_answers lockferry-status 190 'serving, 12 clients, 1 warning' "client 'b' lost its locks"
	agent monitor "${good[@]}"
	expect_failure 190 "client 'b' lost its locks"
	stub_answers lockferry-status 0 'serving, 12 clients'
	agent monitor "${good[@]}"
	expect 0
	stub_answers lockferry-status 190 'serving, 12 clients, 1 warning' "client 'b' lost its locks"
	agent monitor "${good[@]}"
	expect_failure 190 "client 'b' lost its locks"
}

# metrics

@test "metrics: files of a dead process are removed by a stop, and if the group is not served" {
	mkdir "$BATS_TEST_TMPDIR/metrics"
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	: >"$BATS_TEST_TMPDIR/metrics/lockferry-nfs1.prom"
	: >"$BATS_TEST_TMPDIR/metrics/lockferry-nfs2.prom"
	stub_answers lockferry-status 0
	agent monitor "${good[@]}" metrics="$BATS_TEST_TMPDIR/metrics"
	[ -e "$BATS_TEST_TMPDIR/metrics/lockferry-nfs1.prom" ]
	stub_answers lockferry-status 7
	agent monitor "${good[@]}" metrics="$BATS_TEST_TMPDIR/metrics"
	expect 7
	same left lockferry-nfs2.prom "$(ls "$BATS_TEST_TMPDIR/metrics")"
	: >"$BATS_TEST_TMPDIR/metrics/lockferry-nfs1.prom"
	agent stop "${good[@]}" metrics="$BATS_TEST_TMPDIR/metrics"
	expect 0
	same left lockferry-nfs2.prom "$(ls "$BATS_TEST_TMPDIR/metrics")"
}

@test "probe: not running, without a message, if the storage is not mounted" {
	rmdir "$STORE"
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	stub_answers lockferry-status 7 '' 'nothing serves the group'
	agent monitor "${good[@]}"
	expect 7
	expect_calls "$PUBLISH" "$(status_call 115)"
	expect_log
}

@test "probe: running, with a problem" {
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	stub_answers lockferry-status 0
	agent monitor "${good[@]}"
	expect 0
	stub_answers lockferry-status 1 '' 'unwell'
	agent monitor "${good[@]}"
	expect_failure 1 unwell
}

@test "probe: a node without the helper cannot run this resource" {
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	rm "$STUB_DIR/bin/lockferry"
	agent monitor "${good[@]}"
	expect_failure 5 "'$STUB_DIR/bin/lockferry' is not on this node: install lockferry"
}

@test "probe: with a name that no group can have, nothing runs" {
	stub_does lockferry-status 'exec "$VALIDATOR" "$@"'
	cluster=(OCF_RESKEY_CRM_meta_interval=0)
	agent monitor "${good[@]}" group=a/b
	expect 7
	# in every locale
	agent monitor "${good[@]}" group=nfs-büro
	expect 7
	cluster=(OCF_RESKEY_CRM_meta_interval=10000)
	agent monitor "${good[@]}" group=a/b
	[ "$status" -eq 6 ]
}

# timeouts

# timeout_for MS ACTION: the --timeout of the last call of the helper
timeout_for() {
	: >"$STUB_DIR/calls"
	timeout_ms=$1 agent "$2" "${good[@]}" require_fencing=yes
	sed -n '$s/.*--timeout //p' "$STUB_DIR/calls"
}

@test "timeouts: the helper gets the cluster's, less a margin" {
	local ms s
	while read -r ms s; do
		same "timeout of $ms ms" "$s" "$(timeout_for "$ms" monitor)"
		same "timeout of $ms ms" "$s" "$(timeout_for "$ms" stop)"
	done <<-END
		20000 18
		10000 8
		30500 28
		120000 115
		600000 583
		3000 1
		2000 1
		500 1
		0 1
	END
}

@test "timeouts: without the cluster's, those of the meta-data" {
	local action ms told meta
	meta=$("$AGENT" meta-data)
	cluster=(OCF_CHECK_LEVEL=10)
	for action in start stop migrate_to migrate_from monitor validate-all; do
		ms=$(xmllint --xpath "number(substring-before(//action[@name='$action']/@timeout, 's')) * 1000" - \
			<<<"$meta")
		[ "$ms" -gt 0 ]
		told=$(timeout_for "$ms" $action)
		same "timeout of $action" "$told" "$(timeout_for '' $action)"
		same "timeout of $action" "$told" "$(timeout_for soon $action)"
	done
}

@test "timeouts: time that is spent is not given again" {
	stub_does lockferry-status 'echo "130.10 9.00" >"$CLOCK"; exit 7'
	stub_does crm_attribute 'echo "135.10 9.00" >"$CLOCK"; echo true'
	agent start "${good[@]}"
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" "$ASK_FENCING" \
		"$SERVE yes --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 80"
}

@test "timeouts: a helper that runs late still gets one second" {
	stub_does lockferry-status 'echo "1000.00 9.00" >"$CLOCK"; exit 7'
	agent start "${good[@]}" require_fencing=yes
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" "$SERVE yes --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 1"
}

# validate-all

@test "validate-all: good parameters; the node is not checked" {
	rmdir "$STORE"
	local level
	for level in '' 0 1 9; do
		cluster=("OCF_CHECK_LEVEL=$level")
		agent validate-all "${good[@]}"
		expect 0
	done
	expect_calls
}

@test "validate-all: valid addresses" {
	local ip
	for ip in 10.0.0.1 255.255.255.254 192.0.2.10,192.0.2.11 '192.0.2.10 192.0.2.11' 192.0.2.10,,192.0.2.11 \
		2001:db8::1 fe80::1 ::1 1:2:3:4:5:6:7:8 1::8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 2001:DB8::ABCD; do
		agent validate-all "${good[@]}" ip="$ip"
		echo "ip=$ip"
		expect 0
	done
}

@test "validate-all: invalid addresses" {
	local ip
	for ip in 10.0.0 10.0.0.0.1 10.0.0.256 10.0.0.01 10.0.0. .10.0.0 10..0.1 10.0.0.1/24 1000.0.0.1 host \
		1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1::2::3 :::1 1:2:3:4:5:6:7:8:: :1:2:3:4:5:6:7 1:2:3:4:5:6:7: 12345::1 \
		g::1 : 2001:db8::1/64 fe80::1%eth0 ::ffff:192.0.2.1 abcd 0.0.0.0 224.0.0.1 255.255.255.255 :: ff02::1; do
		agent validate-all "${good[@]}" ip="192.0.2.10,$ip"
		echo "ip=$ip"
		expect_failure 6 "parameter 'ip': '$ip' is not an IPv4 or IPv6 address: give it as in IPaddr2, without a prefix length"
	done
}

@test "validate-all: each bad parameter is named, with its cure" {
	local bad reason
	while IFS=';' read -r bad reason; do
		agent validate-all "${good[@]}" "$bad"
		echo "with $bad:"
		expect_failure 6 "$reason"
	done <<-'END'
		store=;parameter 'store' is missing: set it to a directory in the group's own filesystem
		store=srv/locks;parameter 'store': 'srv/locks' is not an absolute path: begin it with '/'
		ip=;parameter 'ip' is missing: set it to the floating addresses of the group
		ip=, ,;parameter 'ip' is missing: set it to the floating addresses of the group
		names=nfs1,a/b;parameter 'names': 'a/b' is not a host name: give the names that clients mount by
		names=.hidden;parameter 'names': '.hidden' is not a host name: give the names that clients mount by
		names=n1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456;parameter 'names': 'n1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456' is not a host name: give the names that clients mount by
		names=--help;parameter 'names': '--help' is not a host name: give the names that clients mount by
		exports=/srv/a srv/b;parameter 'exports': 'srv/b' is not an absolute path: begin it with '/', and write a blank in a path as \040
		exports=/srv/My Files;parameter 'exports': 'Files' is not an absolute path: begin it with '/', and write a blank in a path as \040
		sm_dir=sm;parameter 'sm_dir': 'sm' is not an absolute path: begin it with '/'
		metrics=prom;parameter 'metrics': 'prom' is not an absolute path: begin it with '/'
		backend=sql;parameter 'backend': 'sql' is not a kind of store: set it to files or sqlite
		record_timeout=0;--record-timeout takes 1 to 12 seconds, not 0
		record_timeout=13;--record-timeout takes 1 to 12 seconds, not 13
		record_timeout=5s;serve: Cannot parse integer value “5s” for --record-timeout
		grace=restart;--grace takes auto, running, restart-lockd or restart-nfs, not 'restart'
		early_grace_end=maybe;parameter 'early_grace_end': 'maybe' is neither yes nor no: set it to one of them
		unlock_on_stop=maybe;parameter 'unlock_on_stop': 'maybe' is neither yes nor no: set it to one of them
		require_fencing=maybe;parameter 'require_fencing': 'maybe' is neither auto, yes nor no: set it to one of them
		group=a b;parameter 'group': 'a b' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first
		group=nfs-büro;parameter 'group': 'nfs-büro' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first
		group=.;parameter 'group': '.' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first
		group=-x;parameter 'group': '-x' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first
		ip=192.0.2.10 192.0.2.10;parameter 'ip': the address '192.0.2.10' is given twice
		ip=2001:db8::1,2001:db8:0::1;parameter 'ip': the address '2001:db8:0::1' is given twice
		group=g1234567890123456789012345678901234567890123456789012345678901234;parameter 'group': 'g1234567890123456789012345678901234567890123456789012345678901234' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first
	END
	expect_calls
}

@test "validate-all: a store in an export is refused, as clients could not use that export" {
	local exports
	for exports in /srv/nfs /srv/nfs/ /srv/nfs/a /srv/../srv/nfs; do
		agent validate-all store=/srv/nfs ip=192.0.2.10 exports="/srv/other,$exports"
		expect_failure 6 "parameter 'store': '/srv/nfs' is or contains the exported directory '$exports', but only root may look into a store: give the store a directory of its own beside it"
	done
	agent validate-all store=/srv/nfs ip=192.0.2.10 exports=/srv/nfs2,/srv
	expect 0
}

@test "validate-all: start refuses the same parameters" {
	agent start "${good[@]}" ip=nowhere
	expect_failure 6 "parameter 'ip': 'nowhere' is not an IPv4 or IPv6 address: give it as in IPaddr2, without a prefix length"
	expect_calls
}

@test "validate-all: the helper is not there" {
	rm "$STUB_DIR/bin/lockferry"
	agent validate-all "${good[@]}"
	expect_failure 5 "'$STUB_DIR/bin/lockferry' is not on this node: install lockferry"
}

@test "validate-all: level 10 checks the node, too" {
	timeout_ms=20000
	cluster=(OCF_CHECK_LEVEL=10)
	stub_answers lockferry-check 0 'all is well'
	agent validate-all "${good[@]}" exports=/srv sm_dir=/sm names="nfs nfs.example.com"
	expect 0 'all is well'
	expect_calls "lockferry check --name nfs --name nfs.example.com --group nfs1 --store $STORE --ip 192.0.2.10 --export /srv --sm-dir /sm --timeout 18"
}

@test "validate-all: level 10 shows every finding" {
	local helper agent
	cluster=(OCF_CHECK_LEVEL=10)
	while read -r helper agent; do
		stub_answers lockferry-check "$helper" $'rpc.statd does not run: start it\nno callout: set ha-callout' '2 findings'
		agent validate-all "${good[@]}"
		echo "helper's exit code: $helper"
		expect "$agent" $'rpc.statd does not run: start it\nno callout: set ha-callout\n2 findings' 'ocf-exit-reason:2 findings'
	done <<-END
		1 1
		5 5
		6 6
		64 1
		124 1
	END
}

# other

@test "usage: printed on request, and for an unknown action" {
	local action usage
	agent usage
	usage=$output
	[[ $usage == 'usage: nfslock {start|stop|migrate_to|migrate_from|monitor|validate-all|meta-data|usage|help}'* ]]
	expect 0 "$usage"
	for action in help --help -h; do
		agent $action
		expect 0 "$usage"
	done
	for action in '' promote reload notify migrate-to START; do
		agent "$action"
		expect 3 '' "$usage"
	done
}

@test "without resource-agents: every action works the same" {
	cluster=(OCF_FUNCTIONS_DIR=/nonexistent)
	stubs_make lockferry crm_attribute logger
	stub_answers lockferry-status 7
	stub_answers crm_attribute 0 false
	agent start "${good[@]}"
	expect 0
	expect_calls "$(status_call 10)" "$PUBLISH" "$ASK_FENCING" \
		"$SERVE no --group nfs1 --store $STORE --ip 192.0.2.10 --timeout 115"
	agent monitor "${good[@]}"
	expect 7
	agent stop "${good[@]}"
	expect 0
	agent validate-all "${good[@]}"
	expect 0
	: >"$STUB_DIR/calls"
	agent validate-all "${good[@]}" store=
	expect_failure 6 "parameter 'store' is missing: set it to a directory in the group's own filesystem"
	grep -q "^logger -t 'nfslock(nfs1)\[[0-9]*\]' -p daemon.err -- 'parameter 'store' is missing" "$STUB_DIR/calls"
}
