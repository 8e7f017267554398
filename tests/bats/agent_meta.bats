#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the agents say about themselves: the meta-data action, the manual page, and whether an agent does what they say.
#
# The stubs expand their code; the variables are those of agent_helpers.bash:
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154

load agent_helpers

SCHEMA=$SRC/heartbeat-meta/ocf-ra-1.1.rng

setup() {
	use nfslock
}

# use AGENT: the following lines are about this agent
use() {
	agent_setup "$1"
	NAME=$1
	META=$BATS_TEST_TMPDIR/meta.xml
	"$AGENT" meta-data >"$META"
	echo "agent $NAME:"
}

teardown() {
	[ -z "$PUBLIC" ] || rm -r "$PUBLIC"
}

# A directory that every user can reach, unlike the test's directory.
make_public() {
	PUBLIC=$(mktemp -d "${TMPDIR:-/tmp}/agent.XXXXXX")
	chmod 755 "$PUBLIC"
	cp "$BUILD"/agent/nfs* "$PUBLIC"
}

# value XPATH: its value in the meta-data
value() {
	xmllint --xpath "string($1)" "$META"
}

# each XPATH-OF-ATTRIBUTES: their values, one per line
each() {
	xmllint --xpath "$1" "$META" | sed 's/^[^"]*"//; s/"$//'
}

# need COMMAND
need() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

@test "meta-data: for every user, with nothing else installed" {
	local agent
	make_public
	for agent in nfslock nfsgroup; do
		use "$agent"
		run --separate-stderr unprivileged env -i "$PUBLIC/$NAME" meta-data
		expect 0 "$(<"$META")"
		run --separate-stderr unprivileged env -i OCF_ROOT=/nonexistent PATH=/usr/bin:/bin "$PUBLIC/$NAME" meta-data
		expect 0 "$(<"$META")"
		expect_calls
	done
}

@test "meta-data: the same for all parameters" {
	local agent
	for agent in nfslock nfsgroup; do
		use "$agent"
		agent meta-data store=x ip=y group=/ backend=z address=x
		expect 0 "$(<"$META")"
	done
}

@test "meta-data: made from the single source" {
	local agent
	for agent in nfslock nfsgroup; do
		use "$agent"
		same meta-data "$(<"$SRC/heartbeat-meta/$NAME.xml")" \
			"$(sed 's/\(<resource-agent name="[a-z]*" version="\)[^"@]*"/\1@PACKAGE_VERSION@"/' "$META")"
	done
}

@test "meta-data: valid by the schema" {
	local agent
	need xmllint
	for agent in nfslock nfsgroup; do
		use "$agent"
		run_apart xmllint --noout --relaxng "$SCHEMA" "$META"
		expect 0 '' "$META validates"
	done
}

@test "meta-data: valid by the schema of pcs" {
	local agent pcs_schema=/usr/share/pcs/data/ocf-1.1.rng
	need xmllint
	[ -e "$pcs_schema" ] || skip 'pcs is not installed'
	for agent in nfslock nfsgroup; do
		use "$agent"
		run_apart xmllint --noout --relaxng "$pcs_schema" "$META"
		expect 0 '' "$META validates"
	done
}

@test "meta-data: no encoding declared, which crmsh 4.4 cannot parse" {
	local agent
	for agent in nfslock nfsgroup; do
		use "$agent"
		same 'first line' '<?xml version="1.0"?>' "$(head -n 1 "$META")"
	done
}

@test "schema: refuses other XML than meta-data" {
	local edit
	need xmllint
	while read -r edit; do
		sed "$edit" "$META" >"$META.bad"
		echo "$edit"
		run ! cmp -s "$META" "$META.bad"
		run -3 xmllint --noout --relaxng "$SCHEMA" "$META.bad"
	done <<-'END'
		s/<version>1.1</<version>1.0</
		s/timeout="20s"/timeout="20"/
		s/unique-group="store"/unique-group=""/
		s/required="1"/required="yes"/
		s/ lang="en"//
		s/type="boolean" default="no"/type="boolean" default="never"/
		s/type="select"/type="string"/
		s/<option value="[a-z]*"\/>//
		s/name="sm_dir"/name="sm-dir"/
		s/name="validate-all"/name="validate"/
		s/ timeout="5s"//
	END
}

@test "meta-data: the defaults are those of the agent" {
	local agent name told
	for agent in nfslock nfsgroup; do
		use "$agent"
		told=$(for name in $(each //parameter/@name); do
			echo "$name=$(value "//parameter[@name='$name']/content/@default")"
		done)
		same defaults "$told" "$(sed -n 's/^OCF_RESKEY_\([a-z_]*\)_default="\(.*\)"$/\1=\2/p' "$AGENT")"
		# and the agent takes each of them from there
		same 'use of the defaults' "$(each //parameter/@name)" \
			"$(sed -n 's/^: "${OCF_RESKEY_\([a-z_]*\):=$OCF_RESKEY_\1_default}"$/\1/p' "$AGENT")"
	done
}

@test "meta-data: the agents accept every value that they offer" {
	local agent name option
	for agent in nfslock nfsgroup; do
		use "$agent"
		# link=routed needs it
		[ "$agent" = nfslock ] || good+=(nic=eth0)
		for name in $(each '//parameter[content/@type="select"]/@name'); do
			for option in $(each "//parameter[@name='$name']/content/option/@value"); do
				agent validate-all "${good[@]}" "$name=$option"
				echo "$name=$option"
				expect 0
			done
			value "//parameter[@name='$name']/content/option[@value=../@default]/@value" | grep .
			agent validate-all "${good[@]}" "$name=other"
			[ "$status" -eq 6 ]
		done
		for name in $(each '//parameter[content/@type="boolean"]/@name'); do
			for option in yes no true false 1 0; do
				agent validate-all "${good[@]}" "$name=$option"
				expect 0
			done
		done
	done
}

@test "meta-data: a parameter is required only if the agent needs it" {
	local agent name
	for agent in nfslock nfsgroup; do
		use "$agent"
		for name in $(each //parameter/@name); do
			# of exports and exports_file, one is required
			[ "$agent $name" != 'nfsgroup exports' ] || continue
			agent validate-all "${good[@]}" "$name="
			echo "without $name: $status"
			[ "$status" -eq "$(xmllint --xpath "6 * count(//parameter[@name='$name'][@required=1])" "$META")" ]
		done
	done
}

@test "meta-data: the agents have every action that they name" {
	local agent action
	for agent in nfslock nfsgroup; do
		use "$agent"
		stub_answers lockferry-status 0
		for action in $(each //action/@name); do
			agent "$action" "${good[@]}"
			echo "$action"
			[ "$status" -eq 0 ]
		done
	done
}

@test "manual page: complete, and roff has no complaints" {
	local agent page name
	for agent in nfslock nfsgroup; do
		use "$agent"
		page=$BUILD/docs/ocf_lockferry_$NAME.7
		[ -e "$page" ] || page=$SRC/docs/ocf_lockferry_$NAME.7
		[ -e "$page" ] || skip 'the page is not built'
		for name in $(each //parameter/@name) $(each //action/@name); do
			grep -q "^\\\\fB${name//-/\\\\-}\\\\fR" "$page" || {
				echo "'$name' is not in '$page'"
				return 1
			}
		done
		need groff
		run_apart groff -man -Tutf8 -ww -z "$page"
		expect 0
	done
}

# ocf_tested AGENT PARAMETER=VALUE...: it has no complaints but that about the meta-data's version
ocf_tested() {
	local name=$1 options=()
	shift
	for option; do
		options+=(-o "$option")
	done
	run env PATH="$STUB_DIR/bin:$PATH" LOCKFERRY="$STUB_DIR/bin/lockferry" VALIDATOR="$BUILD/lockferry" HA_LOGFILE="$LOG" \
		ocf-tester -n nfs1 "${options[@]}" "$PUBLIC/$name" </dev/null
	echo "$output"
	# until resource-agents has a schema of API 1.1, its 1.0 DTD refuses every 1.1 agent
	same failures '' "$(grep '^\* rc=' <<<"$output" | grep -v 'does not conform to ra-api-1.dtd$')"
	grep '^\* Your agent does not support the reload action (optional)$' <<<"$output" # the last of its checks
}

@test "ocf-tester: finds nothing but the meta-data's version" {
	need ocf-tester
	need xmllint
	[ "$(id -u)" -eq 0 ] || skip 'ocf-tester wants root'
	make_public
	stub_does lockferry-status '[ -e "$STUB_DIR/serving" ] || exit 7'
	stub_does lockferry-serve '[[ " $* " == *" --validate "* ]] || : >"$STUB_DIR/serving"'
	stub_does lockferry-stop 'rm -f "$STUB_DIR/serving"'
	ocf_tested nfslock "${good[@]}"
	grep 'lockferry stop' "$STUB_DIR/calls"
	use nfsgroup
	stub_does lockferry-status '[ -e "$STUB_DIR/serving" ] || exit 7'
	stub_does lockferry-server-status '[ -e "$STUB_DIR/serving" ] || exit 7'
	stub_does lockferry-server-start ': >"$STUB_DIR/serving"'
	stub_does lockferry-server-stop 'rm -f "$STUB_DIR/serving"'
	ocf_tested nfsgroup "${good[@]}"
	grep 'lockferry server stop' "$STUB_DIR/calls"
}
