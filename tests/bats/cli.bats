#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command line: errors have the right exit status and a cure; and the one-shot commands, with output as text, JSON
# and XML.
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2154

load cli_helpers

setup() {
	cli_setup
	STORE=$W/store
	sm=$W/node1/sm
}

teardown() {
	cli_teardown
}

# Usage

@test "without a command, or with an unknown one, it prints the usage" {
	run_apart "$LOCKFERRY"
	same status 64 "$status"
	same stdout '' "$output"
	says 'Usage: lockferry COMMAND' "$stderr"
	run_apart "$LOCKFERRY" dance
	same status 64 "$status"
	same stdout '' "$output"
	says "unknown command 'dance'" "$stderr"
	run_apart "$LOCKFERRY" --dance
	same status 64 "$status"
	says 'Usage: lockferry COMMAND' "$stderr"
}

@test "--help and --version succeed" {
	local word cmd
	for word in --help -h help; do
		run_apart "$LOCKFERRY" "$word"
		same status 0 "$status"
		says 'Usage: lockferry COMMAND' "$output"
		same stderr '' "$stderr"
		for cmd in "${COMMANDS[@]}"; do
			says "  $cmd" "$output"
		done
	done
	run_apart "$LOCKFERRY" --version
	same status 0 "$status"
	[[ $output =~ ^lockferry\ 0\.[0-9]+\.[0-9]+(\ \([0-9a-f]{7}\+?\))?$ ]]
	same stderr '' "$stderr"
}

@test "--version tells the commit of a checkout, and whether files differ from it; a tarball has no commit" {
	local find_commit=$SRC/helper/find-commit commit

	checkout "$W/repository"
	commit=$(git -C "$W/repository" rev-parse HEAD)
	same 'a checkout' "${commit:0:7}" "$("$find_commit" "$W/repository")"
	: >"$W/repository/untracked"
	same 'a file that git does not know' "${commit:0:7}" "$("$find_commit" "$W/repository")"
	git -C "$W/repository" worktree add --quiet "$W/worktree"
	echo changed >"$W/repository/file"
	same 'a change' "${commit:0:7}+" "$("$find_commit" "$W/repository")"
	same 'a worktree' "${commit:0:7}" "$(cd "$W/worktree" && "$find_commit" .)"
	same 'asked by a hook of another repository' "${commit:0:7}" \
		"$(GIT_DIR=$W/other/.git GIT_INDEX_FILE=$W/other/.git/index "$find_commit" "$W/worktree")"
	mkdir "$W/repository/lockferry-0.1.0"
	same 'a tarball within a checkout' '' "$("$find_commit" "$W/repository/lockferry-0.1.0")"
	mkdir "$W/repository/lockferry-0.1.0/.git"
	same 'no repository' '' "$("$find_commit" "$W/repository/lockferry-0.1.0")"
	same 'no git' '' "$(PATH=$W/empty /bin/sh "$find_commit" "$W/repository")"
}

# checkout DIR: a repository with one file
checkout() {
	git init --quiet "$1"
	echo file >"$1/file"
	git -C "$1" add file
	git -C "$1" -c user.name=test -c user.email=test@example.com commit --quiet --message=test
}

@test "each command describes its options" {
	local cmd
	for cmd in "${COMMANDS[@]}"; do
		run_apart "$LOCKFERRY" "$cmd" --help
		same status 0 "$status"
		same stderr '' "$stderr"
		says "lockferry $cmd" "$output"
		says '--output-as' "$output"
		run_apart "$LOCKFERRY" "$cmd" --help-all
		same status 0 "$status"
		says '--nfsd-dir' "$output"
	done
}

@test "each command refuses an unknown option, an unexpected argument and an unknown format" {
	local cmd
	for cmd in "${COMMANDS[@]}"; do
		run_apart "$LOCKFERRY" "$cmd" --dance
		expect_refusal 64 'Unknown option --dance'
		run_apart "$LOCKFERRY" "$cmd" word
		expect_refusal 64 "unexpected argument 'word'"
		run_apart "$LOCKFERRY" "$cmd" --output-as yaml
		expect_refusal 64 "'yaml' is not an output format"
		run_apart "$LOCKFERRY" "$cmd" --output-as
		expect_refusal 64 'Missing argument'
	done
}

@test "each command names a missing required option" {
	local words
	while read -r -a words; do
		run_lf "${words[@]:1}"
		expect_refusal 64 "--${words[0]} is required"
	done <<-END
		group serve --store /x --ip 192.0.2.1
		store serve --group g --ip 192.0.2.1
		ip serve --group g --store /x
		store snapshot
		store restore
		store list
		store verify
		store notify --from 192.0.2.1
		from notify --store /x
		group stop
		ip stop --group g --store /x
	END
	run_lf unlock
	expect_refusal 64 '--ip or --export is required'
}

@test "invalid values are usage errors" {
	local words
	while read -r -a words; do
		run_lf "${words[@]}"
		expect_refusal 64 "${words[-1]}"
	done <<-END
		status --group ../x
		status --group .x
		status --timeout 0
		status --timeout -1
		status --timeout soon
		stop --group a/b
		stop --group g --timeout 0
		check --group -x
		notify --store /x --from 192.0.2.1 --timeout 0
		serve --store /x --ip 192.0.2.1 --group g --require-fencing perhaps
		serve --store /x --ip 192.0.2.1 --group g --early-grace-end perhaps
		serve --store /x --ip 192.0.2.1 --group g --grace restart
		serve --store /x --ip 192.0.2.1 --group g --timeout -1
		serve --store /x --ip 192.0.2.1 --group g --record-timeout 0
		serve --store /x --ip 192.0.2.1 --group g --record-timeout 13
		serve --store /x --ip 192.0.2.1 --group a,b
		serve --store /x --ip 192.0.2.1 --group g --metrics prom
	END
	run_lf serve --store /x --ip 192.0.2.1 --group g --node ''
	expect_refusal 64 'is not a valid node name'
	# with any letters, in every locale
	LC_ALL=C run_lf serve --store /x --ip 192.0.2.1 --group g --node knöten --validate
	same status 0 "$status"
	run_lf serve --store /x --ip 192.0.2.1 --group g --node $'a\nb'
	expect_refusal 64 'is not a valid node name'
}

@test "a result that cannot be written is an error" {
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	# shellcheck disable=SC2016 # the inner shell's
	run_apart bash -c '"$0" list --store "$1" >/dev/full' "$LOCKFERRY" "$STORE"
	expect_refusal 1 "cannot write the result: No space left on device"
}

# Invalid stores

@test "a store that does not exist" {
	local cmd
	server_runs N
	for cmd in list "restore --sm-dir $sm" "notify --from 127.0.0.1"; do
		# shellcheck disable=SC2086 # words
		run_lf $cmd --store "$STORE"
		expect_refusal 5 "there is no store '$STORE': mount the group's filesystem"
	done
	run_lf snapshot --store "$W/not/mounted" --sm-dir "$sm"
	expect_refusal 5 "there is no '$W/not' to make the store in"
	[ ! -e "$STORE" ]
}

@test "a directory without a store is not changed" {
	mkdir "$STORE"
	run_lf list --store "$STORE"
	expect_refusal 5 "'$STORE' holds no store"
	server_runs N
	run_lf notify --store "$STORE" --from 127.0.0.1
	expect_refusal 5 "'$STORE' holds no store"
	same 'what is in it' '' "$(ls -A "$STORE")"
}

@test "a store by a relative path, or that is a file" {
	run_lf list --store store
	expect_refusal 2 'absolute path'
	run_lf snapshot --store store --sm-dir "$sm"
	expect_refusal 2 'absolute path'
	: >"$STORE"
	run_lf list --store "$STORE"
	expect_refusal 2 'Not a directory'
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	expect_refusal 2 'Not a directory'
}

@test "a store of an unknown kind or version" {
	run_lf snapshot --store "$STORE" --sm-dir "$sm" --backend mainframe
	expect_refusal 2 "'mainframe' is not a kind of store"
	run_lf snapshot --store "$STORE" --sm-dir "$sm" --backend files
	echo mainframe >"$STORE/kind"
	run_lf list --store "$STORE"
	expect_refusal 2 "'mainframe' is not a kind of store"
	echo files >"$STORE/kind"
	printf '[group]\nformat=7\nwhat=ever\n' >"$STORE/state"
	server_runs N
	run_lf notify --store "$STORE" --from 127.0.0.1
	same status 5 "$status"
	says "it has format 7, this lockferry knows format 1: install the same version on every node" "$stderr"
	# the clients themselves are still shown
	run_lf list --store "$STORE"
	same status 0 "$status"
}

@test "an sm directory that does not exist, or is not a directory" {
	run_lf snapshot --store "$STORE" --sm-dir "$W/no-sm"
	expect_refusal 5 "'$W/no-sm'"
	: >"$W/file"
	run_lf snapshot --store "$STORE" --sm-dir "$W/file"
	expect_refusal 2 "'$W/file'"
	[ ! -e "$STORE" ]
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_lf restore --store "$STORE" --sm-dir "$W/no-sm"
	expect_refusal 5 "'$W/no-sm'"
}

@test "a store that another process is writing" {
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	exec 8>>"$STORE/.lock"
	flock --nonblock 8
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	expect_refusal 1 "another process is writing the store '$STORE'"
	run_lf list --store "$STORE"
	same status 0 "$status"
	exec 8>&-
}

# Snapshot, list, restore

@test "a snapshot has every record, verbatim, and a restore gives them back" {
	local longest
	longest=$(printf 'x%.0s' {1..255})
	monitored 10.99.0.21 client.example.com
	{ record 10.99.0.22 && record_again 10.99.0.22; } >"$sm/$longest"
	: >"$sm/.client.new"
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	expect 0 "3 clients recorded in '$STORE', 3 of them new or changed"
	diff -r --exclude '.*' "$sm" "$STORE/sm"

	mkdir "$W/sm2"
	record 10.99.0.99 >"$W/sm2/10.99.0.21"
	run_lf restore --store "$STORE" --sm-dir "$W/sm2"
	expect 0 "3 of 3 records written to '$W/sm2', 0 were already there"
	cmp "$sm/$longest" "$W/sm2/$longest"
	# a file that has another client under the same name gets both
	same 'what statd had, and ours' "$(record 10.99.0.21)
$(record 10.99.0.99)" "$(sort "$W/sm2/10.99.0.21")"
	same mode 600 "$(stat -c %a "$W/sm2/$longest")"
}

@test "a second snapshot adds new records, and keeps those that are gone" {
	monitored 10.99.0.21 10.99.0.22
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	rm "$sm/10.99.0.21"
	{ record 10.99.0.22 && record_again 10.99.0.22; } >"$sm/10.99.0.22"
	monitored 10.99.0.23
	run_lf snapshot --store "$STORE" --sm-dir "$sm" --output-as json
	same status 0 "$status"
	holds '.clients == 2 and .recorded == 2 and .unusable == 0'
	same records '10.99.0.21 10.99.0.22 10.99.0.23' "$(cd "$STORE/sm" && echo *)"
	cmp "$sm/10.99.0.22" "$STORE/sm/10.99.0.22"
}

@test "list: text, JSON and XML" {
	monitored 10.99.0.21 10.99.0.22
	run_lf list --store "$STORE"
	same status 5 "$status"
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_lf list --store "$STORE"
	same status 0 "$status"
	same stderr '' "$stderr"
	same lines 3 "${#lines[@]}"
	[[ ${lines[1]} =~ ^10\.99\.0\.21\ +node1\ +2[0-9-]+\ [0-9:]+\ +2[0-9-]+\ [0-9:]+\ +recorded$ ]]

	run_lf list --store "$STORE" --output-as json
	same status 0 "$status"
	same stderr '' "$stderr"
	holds '.clients | length == 2'
	holds '.clients[0] | keys == ["file", "first_recorded", "last_seen", "mon_name", "my_name", "recovery"]'
	holds '.clients[1] | .mon_name == "10.99.0.22" and .my_name == "node1" and .file == "10.99.0.22" and
		.recovery == "recorded" and .first_recorded > 1600000000 and .last_seen >= .first_recorded'

	run_lf list --store "$STORE" --output-as xml
	same status 0 "$status"
	same client 10.99.0.22 "$(xmllint --xpath 'string(/lockferry[@command="list"]/clients/item[2]/mon_name)' - <<<"$output")"
}

@test "programs get a document from every command, also from one that fails" {
	run_lf list --store "$W/none" --output-as json
	same status 5 "$status"
	holds '.format == 1 and .status.code == 5 and (.status.message | startswith("there is no store"))'
	says "$(jq -r .status.message <<<"$output")" "$stderr"
	run_lf list --store "$W/none" --output-as xml
	same code 5 "$(xmllint --xpath 'string(/lockferry[@command="list"]/status/code)' - <<<"$output")"
	run_lf stop --output-as json
	same status 64 "$status"
	holds '.status.code == 64'

	monitored 10.99.0.21 10.99.0.22
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_lf list --store "$STORE" --output-as json
	holds '.format == 1 and .status == {"code": 0, "message": ""} and (.clients | length == 2)'
	# for people nothing changes
	run_lf list --store "$W/none"
	same stdout '' "$output"
}

@test "an empty list is valid" {
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	expect 0 "0 clients recorded in '$STORE', 0 of them new or changed"
	run_lf list --store "$STORE" --output-as json
	same status 0 "$status"
	holds '.clients == []'
	run_lf list --store "$STORE" --output-as xml
	xmllint --noout - <<<"$output"
	run_lf restore --store "$STORE" --sm-dir "$sm" --output-as json
	same status 0 "$status"
	holds '.clients == 0 and .restored == 0 and .present == 0 and .failed == 0'
}

@test "a path with any bytes leaves JSON and XML valid" {
	local odd=$W/$'st\x01o\x1b[31m\xffre<&"'
	run_lf snapshot --store "$odd" --sm-dir "$sm" --output-as json
	same status 0 "$status"
	holds '.clients == 0'
	run_lf list --store "$odd" --output-as xml
	same status 0 "$status"
	xmllint --noout - <<<"$output"
}

@test "foreign files in the sm directory are named, not changed, and do not keep records out" {
	monitored 10.99.0.21
	record 10.99.0.22 | head -c 60 >"$sm/cut-off"
	printf 'nonsense\n' >"$sm/foreign"
	printf '\0\1\2\n' >"$sm/binary"
	: >"$sm/empty"
	record 10.99.0.22 >"$sm/"$'red\e[31m'
	record 10.99.0.22 >"$sm/"$'\xff\xfe'
	record 10.99.0.22 >"$sm/with blank"
	record ../../etc/passwd >"$sm/traversal"
	head -c 70000 /dev/zero | tr '\0' x >"$sm/huge"
	ln -s /etc/passwd "$sm/link"
	ln -s nowhere "$sm/dangling"
	mkfifo "$sm/pipe"
	mkdir "$sm/folder"
	ls -la "$sm" >"$W/before"

	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	same status 1 "$status"
	same stdout "1 client recorded in '$STORE', 1 of them new or changed" "$output"
	same 'complaints' 13 "$(wc -l <<<"$stderr")"
	local name
	for name in cut-off foreign binary empty 'red\\033[31m' '\\377\\376' 'with blank' traversal huge link dangling \
		pipe folder; do
		says "'${name//\\\\/\\}'" "$stderr"
	done
	[[ $stderr != *$'\e'* ]]
	same records 10.99.0.21 "$(ls "$STORE/sm")"
	same 'the directory' "$(<"$W/before")" "$(ls -la "$sm")"
	run_lf check --sm-dir "$sm" --output-as json
	holds '[.findings[] | select(.level == "warning" and (.finding | contains("13 files")))] | length == 1'
}

@test "damaged records in the store are named, and the others are handled" {
	monitored 10.99.0.21 10.99.0.22 10.99.0.23
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	head -c 30 "$sm/10.99.0.21" >"$STORE/sm/10.99.0.21"
	ln -s /etc/passwd "$STORE/sm/link"
	mkdir "$STORE/sm/folder"
	printf 'lockferry account 1\n\e[31mrubbish\n' >"$STORE/account"
	rm "$sm"/*

	run_lf list --store "$STORE" --output-as json
	same status 1 "$status"
	holds '[.clients[].mon_name] == ["10.99.0.22", "10.99.0.23"]'
	same complaints 4 "$(wc -l <<<"$stderr")"
	says "'10.99.0.21'" "$stderr"
	says "'link'" "$stderr"
	says "'folder'" "$stderr"
	says 'account is damaged' "$stderr"
	[[ $stderr != *$'\e'* ]]

	run_lf restore --store "$STORE" --sm-dir "$sm" --output-as json
	same status 1 "$status"
	holds '.restored == 2 and .failed == 4'
	same restored '10.99.0.22 10.99.0.23' "$(cd "$sm" && echo *)"
}

# Unlock

@test "unlock: writes what the kernel expects, once for each" {
	server_runs Y
	run_lf unlock --ip 192.0.2.10,2001:db8::10 --export /srv/files
	expect 0 'dropped the locks of 2 addresses and 1 filesystems'
	same address 2001:db8::10 "$(<"$W/node1/nfsd/unlock_ip")"
	same filesystem /srv/files "$(<"$W/node1/nfsd/unlock_filesystem")"
	run_lf unlock --ip 192.0.2.10 --output-as json
	same status 0 "$status"
	holds '.addresses == 1 and .exports == 0'
}

@test "unlock: nothing is written for an invalid list; a kernel without an NFS server is reported" {
	server_runs Y
	local bad
	for bad in nowhere 192.0.2.10/24 192.0.2.10,192.0.2.10 192.0.2.10,,192.0.2.11 ''; do
		run_lf unlock --ip "$bad"
		expect_refusal 6 ''
		same 'what was written' '' "$(<"$W/node1/nfsd/unlock_ip")"
	done
	server_stops
	run_lf unlock --ip 192.0.2.10
	expect_refusal 1 "cannot write '192.0.2.10' to '$W/node1/nfsd/unlock_ip'"
	run_lf unlock --export /srv
	expect_refusal 1 "cannot write '/srv'"
}

# Status and stop of groups that are not served

@test "status and stop without any group" {
	run_lf status
	expect_refusal 7 'no group is served on this node'
	run_lf status --group files
	expect_refusal 7 "no process serves group 'files'"
	run_lf stop --group files
	expect 0 "group 'files' was not served here"
	run_lf stop --group files --store "$STORE" --ip 192.0.2.10 --sm-dir "$sm" --output-as json
	same status 0 "$status"
	holds '.was_running == false'
	[ ! -e "$STORE" ]
}
