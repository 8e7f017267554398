# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Shared by the bats files of the agents.

load helpers

# agent_setup [NAME]: the agent under test, as built, and its environment: a cluster of stubs, a clock that stands
# still, a store.
agent_setup() {
	AGENT=$BUILD/agent/${1:-nfslock}
	[ -x "$AGENT" ] || {
		echo "'$AGENT' is not there: build it, or set BUILD"
		return 1
	}
	untraced
	stubs_make lockferry crm_attribute crm_node attrd_updater
	stub_answers lockferry-status 7
	stub_answers crm_attribute 0 true
	stub_answers crm_node 0 asked-node
	mkdir -p "$BATS_TEST_TMPDIR/store" "$BATS_TEST_TMPDIR/rsctmp" "$BATS_TEST_TMPDIR/netns"
	# shellcheck disable=SC2034 # for the tests
	TOLD=$BATS_TEST_TMPDIR/rsctmp/lockferry-nfs1.told
	STORE=$BATS_TEST_TMPDIR/store
	LOG=$BATS_TEST_TMPDIR/log
	CLOCK=$BATS_TEST_TMPDIR/uptime
	BOOT_ID=$BATS_TEST_TMPDIR/boot_id
	: >"$LOG"
	echo boot-of-node1 >"$BOOT_ID"
	echo '100.99 5.00' >"$CLOCK"
	cluster=()
	# shellcheck disable=SC2034 # for the tests: what a start needs
	case ${AGENT##*/} in
	nfslock) good=(store="$STORE" ip=192.0.2.10) ;;
	nfsgroup) good=(directory=/srv/nfs1 address=192.0.2.10/24 exports='/srv/nfs1/export *(rw,fsid=1)') ;;
	esac
}

# agent ACTION [PARAMETER=VALUE]...: runs it as the cluster does, with nothing else in its environment. $cluster is an
# array of NAME=VALUE with what the cluster sets besides the parameters. Leaks of a sanitized helper are checked where
# it runs by itself.
agent() {
	local action=$1
	local environment=(PATH="$STUB_DIR/bin:/usr/sbin:/usr/bin:/sbin:/bin" STUB_DIR="$STUB_DIR"
		VALIDATOR="$BUILD/lockferry" CLOCK="$CLOCK" LOCKFERRY="$STUB_DIR/bin/lockferry" LOCKFERRY_CLOCK="$CLOCK"
		LOCKFERRY_BOOT_ID="$BOOT_ID" LOCKFERRY_NETNS_DIR="$BATS_TEST_TMPDIR/netns" ASAN_OPTIONS=detect_leaks=0
		HA_LOGFILE="$LOG" HA_RSCTMP="$BATS_TEST_TMPDIR/rsctmp" OCF_ROOT="${OCF_ROOT:-/usr/lib/ocf}"
		OCF_RA_VERSION_MAJOR=1 OCF_RESOURCE_INSTANCE=nfs1
		OCF_RESKEY_CRM_meta_timeout="${timeout_ms-120000}" OCF_RESKEY_CRM_meta_on_node=node1)
	shift
	run_apart env -i "${environment[@]}" "${@/#/OCF_RESKEY_}" "${cluster[@]}" \
		"$AGENT" "$action" </dev/null
}

# expect_log [LINE]...: what the agent has logged since the last call, without time and tag
expect_log() {
	local log
	log=$(sed "s/^.*${AGENT##*/}([^)]*)\[[0-9]*\]:  *//" "$LOG")
	: >"$LOG"
	same log "$(printf '%s\n' "$@")" "$log"
}

# expect_failure STATUS REASON: it failed with that exit reason, and printed nothing else
expect_failure() {
	expect "$1" '' "ocf-exit-reason:$2"
}

# unprivileged COMMAND...: as user nobody, if possible
unprivileged() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}
