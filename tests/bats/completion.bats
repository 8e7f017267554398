#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The completion for bash: it is called like readline calls it, with the words that readline would pass.
#
# Each test runs in its own subshell, and bats reads variables that the completion sets:
# shellcheck disable=SC2030,SC2031,SC2034

load cli_helpers

setup() {
	cli_setup
	# leaks of a sanitized helper are checked by its own tests
	export ASAN_OPTIONS=detect_leaks=0
	# shellcheck source=/dev/null
	. "$SRC/completion/lockferry"
}

teardown() {
	cli_teardown
}

# completes WORD... -- [EXPECTED]...: with the cursor after the last word; in any order
completes() {
	COMP_WORDS=(lockferry)
	while [ "$1" != -- ]; do
		COMP_WORDS+=("$1")
		shift
	done
	shift
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_lockferry "$LOCKFERRY" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	same "completions of '${COMP_WORDS[*]}'" \
		"$(printf '%s\n' "$@" | sort)" "$(printf '%s\n' "${COMPREPLY[@]}" | sort)"
}

@test "completion: every command" {
	completes '' -- "${COMMANDS[@]}" server --help --version
	completes st -- status stop
	completes server '' -- "${SERVER_COMMANDS[@]}" --help
	completes server st -- start status stop
	completes server nonesuch --
	completes server nonesuch '' --
	completes --v -- --version
	completes nonesuch --
}

@test "completion: every option of every command, as in its help" {
	local cmd options
	for cmd in "${COMMANDS[@]}"; do
		mapfile -t options < <("$LOCKFERRY" "$cmd" --help | grep -oE '^ +(-h, )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
		[ "${#options[@]}" -ge 5 ]
		completes "$cmd" '' -- "${options[@]}"
	done
	for cmd in "${SERVER_COMMANDS[@]}"; do
		mapfile -t options < <("$LOCKFERRY" server "$cmd" --help | grep -oE '^ +(-h, )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
		[ "${#options[@]}" -ge 5 ]
		completes server "$cmd" '' -- "${options[@]}"
	done
	completes serve --re -- --require-fencing --record-timeout
	completes serve --daemon --re -- --require-fencing --record-timeout
	completes nonesuch --re --
	completes serve '--.*/' --
}

@test "completion: fixed values, after a blank and after '='" {
	completes serve --backend '' -- files sqlite
	completes serve --backend = -- files sqlite
	completes convert --backend = f -- files
	completes snapshot --backend s -- sqlite
	completes serve --require-fencing '' -- yes no
	completes serve --grace re -- restart-lockd restart-nfs
	completes status --output-as '' -- text json xml
	completes list --output-as j -- json
	completes list --output-as y --
	completes server start --link '' -- auto macvlan ipvlan bridge routed
	completes server start --backend = s -- sqlite
}

@test "completion: directories, also with blanks; nothing if it cannot know" {
	mkdir "$W/a b" "$W/ac"
	: >"$W/ad"
	completes list --store "$W/a" -- "$W/a b" "$W/ac"
	completes list --store = "$W/a" -- "$W/a b" "$W/ac"
	completes serve --ip '' --
	completes serve --timeout '' --
}

@test "completion: the groups that are served here" {
	world_setup
	served
	: >"$W/node1/run/gone.lock"
	completes status --run-dir "$W/node1/run" --group '' -- files
	completes stop --run-dir = "$W/node1/run" --group = f -- files
	completes stop --run-dir "$W/node1/run" --group x --
	completes stop --run-dir "$W/node2/run" --group '' --
}

@test "completion: a command of the system after '--', then files" {
	: >"$W/file"
	COMP_WORDS=(lockferry server enter --group files -- base) COMP_CWORD=6
	_lockferry "$LOCKFERRY"
	grep -qx basename <<<"$(printf '%s\n' "${COMPREPLY[@]}")"
	COMP_WORDS=(lockferry server enter --group files -- cat "$W/fi") COMP_CWORD=7
	_lockferry "$LOCKFERRY"
	same files "$W/file" "${COMPREPLY[*]}"
	# before it, options
	COMP_WORDS=(lockferry server enter --gr) COMP_CWORD=3
	_lockferry "$LOCKFERRY"
	same options --group "${COMPREPLY[*]}"
}

@test "completion: bash finds it by the name of the command" {
	run bash --norc -c '. "$1"; complete -p lockferry' - "$SRC/completion/lockferry"
	same status 0 "$status"
	same output 'complete -F _lockferry lockferry' "$output"
}
