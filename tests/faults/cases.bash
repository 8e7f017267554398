# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what others set, and what is for others
#
# The operations that are disturbed. For each CASE:
#
#	prepare_CASE		makes the world in $W, with everything that was acknowledged in acknowledged/
#	begin_CASE [POINT FAULT]	the disturbed operation; leaves its exit status in $status (if that is another
#				process's, that of the disturbed process in $ended), and its errors in $W/err
#	again_CASE		the same, undisturbed: must succeed
#	proof_CASE		checks the final result
#
# Between begin and again, and before each proof, store_is_whole must hold.

# store_is_whole: the store can be opened, has every record that was acknowledged, unchanged (or as in pending/ or
# conveyed/), none of them damaged, and a state number that clients accept and that was not used before. restore reports
# damaged records like list, and fails.
store_is_whole() {
	local file name status=0

	records_of_store 2>"$W/copy.err" || status=$?
	if [ "$status" -eq 5 ] && [ ! -d "$W/acknowledged" ]; then
		return # there was no state, and there still is none
	fi
	[ "$status" -eq 0 ] || fail "restore: status $status: $(cat "$W/copy.err")" || return
	[ ! -s "$W/copy.err" ] || fail "restore: $(cat "$W/copy.err")" || return
	for file in "$W"/acknowledged/*; do
		name=${file##*/}
		[ -e "$file" ] || continue
		same_text "$file" "$copy/$name" || same_text "$W/pending/$name" "$copy/$name" ||
			same_text "$W/conveyed/$name" "$copy/$name" ||
			fail "'$name' is lost" || return
	done
	state_is_good
}

state_is_good() {
	local found before=0

	read_state state_number
	[ ! -e "$W/number" ] || read -r before <"$W/number"
	[ -z "$found" ] || [ $((found % 2)) -eq 1 ] || fail "state number $found is even" || return
	[ "${found:-0}" -ge "$before" ] || fail "state number $found is lower than before"
}

# number_is MORE [FILE]: the state number is higher by MORE than when the world was prepared, or than in the file.
number_is() {
	local before

	read -r before <"${2-$W/number}"
	state_is state_number $((before + $1))
}

note_number() {
	state_of state_number >"$W/number"
}

# far_number: a number that the clock does not reach. A number that is more than a minute behind the clock is set to the
# clock's, and the time that a case waits for its turn must not matter. Nobody serves.
far_number() {
	sed -i 's/^state_number=.*/state_number=1500000001/' "$W/fs/store/state"
	note_number
}

# The store is the same as this directory.
store_has() {
	records_of_store
	copy_is "$1"
}

# The same, right after store_is_whole.
copy_is() {
	same_files "$1" "$copy" || fail "the store differs from '$1'"
}

begin_command() {
	status=0
	traced "$@" || status=$?
}

# Recording: the first time, and when something is new, changed and gone.

prepare_first_snapshot() {
	node_boots node1
	statd_monitors node1 1 "${clients[@]}"
}

begin_first_snapshot() {
	snapshot node1
	begin_command "$@"
}

again_first_snapshot() {
	run_snapshot node1
}

proof_first_snapshot() {
	copy_is "$W/node1/sm"
}

prepare_next_snapshot() {
	prepare_first_snapshot
	run_snapshot node1
	acknowledge node1
	rm "$W/node1/sm/${clients[0]}"
	statd_monitors node1 2 "${clients[1]}" 127.0.0.24 127.0.0.25
	cp -a "$W/node1/sm" "$W/pending"
	await 1 'the next second, of which the account is written' is_later_than "$EPOCHSECONDS"
}

# is_later_than SECOND
is_later_than() {
	[ "$EPOCHSECONDS" -gt "$1" ]
}

begin_next_snapshot() {
	begin_first_snapshot "$@"
}

again_next_snapshot() {
	run_snapshot node1
}

proof_next_snapshot() {
	mkdir -p "$W/expected"
	cp -a "$W/acknowledged/." "$W/pending/." "$W/expected"
	copy_is "$W/expected"
}

# Restoring, when statd already knows one of the clients.

prepare_restore() {
	prepare_first_snapshot
	run_snapshot node1
	acknowledge node1
	node_boots node2
	statd_monitors node2 2 "${clients[1]}"
	cp -a "$W/acknowledged" "$W/expected"
	cp -a "$W/node2/sm/." "$W/expected"
}

begin_restore() {
	restore node2
	begin_command "$@"
	sm_dir_is_whole node2
}

# No file that statd would read there is a partial record.
sm_dir_is_whole() {
	local file

	for file in "$W/$1/sm"/*; do
		[ ! -e "$file" ] || same_text "$file" "$W/expected/${file##*/}" || fail "'$file' is not whole"
	done
}

again_restore() {
	restore node2
	"${command[@]}"
}

proof_restore() {
	same_files "$W/expected" "$W/node2/sm" visible
}

# Notification by hand: each time with a number that no client has received.

prepare_notify() {
	prepare_released
}

begin_notify() {
	notify node1
	begin_command "$@"
	state_of state_number >"$W/told"
}

again_notify() {
	notify node1
	"${command[@]}" >"$W/out"
}

proof_notify() {
	local found told text

	read_state state_number
	read -r told <"$W/told"
	[ "$found" -ge $((told + 2)) ] || fail "number $found may have been told before"
	read_text "$W/out"
	[[ $text == *"\"state\" : $found"[!0-9]* ]] || fail "another number was used: $text"
	copy_is "$W/acknowledged"
}

# Completing the stop of a process that died, with a client that was not recorded yet.

prepare_last_duties() {
	serve_the_first_time
	ends_by_kill "$serving"
	acknowledge node1
	far_number
	statd_monitors node1 1 127.0.0.24
}

begin_last_duties() {
	stop node1
	begin_command "$@"
	state_is phase '@(armed|released)'
}

again_last_duties() {
	run_stop node1
}

proof_last_duties() {
	is_released_by node1
	copy_is "$W/node1/sm"
}

is_released_by() {
	state_is phase released && state_is node "$1"
}

# Converting to the other kind of store.

prepare_convert() {
	prepare_released
}

begin_convert() {
	local text

	text_copy "$W/fs/store/state" "$W/state"
	convert "${other_backend[$FAULTS_BACKEND]}"
	begin_command "$@"
	same_text "$W/state" "$W/fs/store/state"
	read_text "$W/fs/store/kind"
	[[ $text =~ ^(files|sqlite)$'\n'?$ ]] || fail "kind '$text'"
}

declare -gA other_backend=([files]=sqlite [sqlite]=files)

again_convert() {
	convert "${other_backend[$FAULTS_BACKEND]}"
	"${command[@]}"
}

# Nothing of the old kind stays.
proof_convert() {
	local names text locks

	copy_is "$W/acknowledged"
	names_in "$W/fs/store"
	case $FAULTS_BACKEND in
	sqlite) [[ " ${names[*]}" != *' store.sqlite'* ]] ;;
	files) [[ " ${names[*]} " != *' sm '* && " ${names[*]} " != *' account '* ]] ;;
	esac || fail "files of the old kind stay: ${names[*]}"
	locks_of_copy "$template" "$W"
	locks=$text
	read_text "$W/fs/store/locks"
	[ "$text" = "$locks" ] || fail "the locks have changed: $text"
}

# Releasing, by a process that serves.

prepare_released() {
	serve_the_first_time
	run_stop node1
	wait "$serving"
	acknowledge node1
	far_number
}

# The group is new, and its clients come later: if statd had records already while grace runs, their clients would be
# told to reclaim (judge_unowned() of service/takeover.c).
serve_the_first_time() {
	node_boots node1
	serve_until node1 armed
	statd_monitors node1 1 "${clients[@]}"
	await 10 'the clients to be recorded' all_are_recorded
}

all_are_recorded() {
	local client

	for client in "${clients[@]}"; do
		log_has node1 "client '$client' recorded" || return
	done
}

prepare_release() {
	prepare_released
}

# The process that serves does not belong to the prepared world: it starts here. It takes its own state number, because
# it could not prove that all locks were held until the group was stopped.
begin_release() {
	serve_until node1 armed
	await 10 'node1 to be well' is_well node1
	note_number
	attach "$serving" "$@"
	# Either the recorder or the handover comes first.
	statd_monitors node1 1 127.0.0.24
	status=0
	run_stop node1 >"$W/out" 2>"$W/err" || status=$?
	detach
	is_alive "$serving" || wait "$serving" || ended=$?
	state_is phase '@(armed|released)'
	[ "$status" -ne 0 ] || state_is phase released || fail "it is not released, but stop says that it is"
	state_is node node1
}

again_release() {
	run_stop node1
	wait "$serving" || :
}

# Then the other node takes it over without delay.
proof_release() {
	is_released_by node1
	copy_is "$W/node1/sm"
	node_boots node2
	run_serve node2
	run_stop node2
	state_is node node2
	number_is 2
}

# Taking over: from a node that released the group, and from one that is gone.

prepare_take_over_released() {
	prepare_released
	node_boots node2
	statd_monitors node2 2 "${clients[1]}"
	expect_on_node2
}

# The final records of node2's statd, and of the store: statd's own record, if it has one. For the other clients, statd
# has the records under node2's name, so that its lock manager can drop them. The store keeps them as they were written,
# or, if recording failed and everything was recorded again, as statd has them.
expect_on_node2() {
	cp -a "$W/acknowledged" "$W/expected"
	cp -a "$W/node2/sm/." "$W/expected"
	cp -a "$W/expected" "$W/in_store"
	sed -i 's/ node1$/ node2/' "$W/expected"/*
	cp -a "$W/expected" "$W/conveyed"
	cp -a "$W/node2/sm" "$W/pending"
}

# It served, and had recorded a lock.
prepare_take_over_crashed() {
	prepare_last_duties
	sed -i 's/^phase=.*/phase=serving/' "$W/fs/store/state"
	printf 'lockferry locks 1 inexact %s 1\n/srv 131 WRITE 0 EOF\n' "$(date +%s)" >"$W/fs/store/locks.recorded"
	cp "$W/fs/store/locks.recorded" "$W/recorded"
	rm "$W/node1/sm/127.0.0.24"
	node_boots node2
	statd_monitors node2 2 "${clients[1]}"
	expect_on_node2
}

take_over_is_over() {
	! is_alive "$serving" || { may_be_in_phase node2 armed && is_well_in_phase node2 armed; }
}

# How the process of node2 ended; if it still runs well, it is killed.
end_traced_serve() {
	status=0
	detach
	if is_alive "$serving"; then
		ends_by_kill "$serving"
	else
		wait "$serving" || status=$?
	fi
	text_copy "$W/node2/err" "$W/err"
}

begin_take_over_released() {
	local found

	begin_traced_serve node2 "$@"
	await 15 'the takeover' take_over_is_over || fail "$(cat "$W/node2/err")"
	end_traced_serve
	read_state state_number
	echo "$found" >"$W/told"
	sm_dir_is_whole node2
	state_is node 'node[12]'
}

begin_take_over_crashed() {
	begin_take_over_released "$@"
}

# By the same node: no client was told yet, so one number is enough.
again_take_over_released() {
	run_serve node2 --require-fencing no
}

proof_take_over_released() {
	is_well node2
	run_stop node2
	state_is node node2
	state_is recovery_due true
	number_is 2
	same_files "$W/expected" "$W/node2/sm" visible
	store_has "$W/in_store" || copy_is "$W/conveyed"
}

# By a third node: it is unknown whether the second one has told its clients.
again_take_over_crashed() {
	node_boots node3
	run_serve node3 --require-fencing no
	same_text "$W/recorded" "$W/fs/store/locks"
	none_is_recorded
}

proof_take_over_crashed() {
	local names expected

	run_stop node3
	# The second node is down. Its remaining records in its own sm directory are removed when it takes over again.
	rm -rf "$W/node2"
	state_is node node3
	state_is recovery_due true
	number_is 2 "$W/told"
	names_in "$W/expected" visible
	expected=${names[*]}
	names_in "$W/node3/sm" visible
	[ "${names[*]}" = "$expected" ] || fail "statd has '${names[*]}', not '$expected'"
}

# These cases wait for looks once or twice a second, so more of them than usual run in parallel.
declare -gA beside=([take_back]=2 [record_locks]=2)

# Taking back the records of clients that were told and did not come back: two of three, because node2's statd has its
# own record of the third. The fault hits the process that serves; the next process is the repetition.

prepare_take_back() {
	prepare_take_over_released
}

begin_take_back() {
	address_comes
	serve_until node2 reclaiming --deletion-delay 0
	await 10 'the clients to answer' all_have_answered
	# They hold no lock, and may leave the store as well.
	mv "$W/acknowledged" "$W/told"
	attach "$serving" "$@"
	node_serves node2
	await 15 'the records to be taken back' taking_back_is_over || fail "$(cat "$W/node2/err")"
	end_traced_serve
	! log_has node2 "cannot take back" || status=1
	sm_dir_is_whole node2
	same_text "$W/expected/${clients[1]}" "$W/node2/sm/${clients[1]}"
}

# In the store, too, so the next process has nobody to notify. It is saved half a second later; each look starts a
# process.
all_have_answered() {
	local line count=0

	log_has node2 "telling ${#clients[@]} clients" || return
	pause 0.2
	"$BUILD/lockferry" list --store "$W/fs/store" >"$W/list"
	while read -r line; do
		[[ $line != *' acknowledged' ]] || count=$((count + 1))
	done <"$W/list"
	[ "$count" -eq "${#clients[@]}" ]
}

taking_back_is_over() {
	! is_alive "$serving" || log_has node2 'taken back from' || log_has node2 "cannot take back"
}

again_take_back() {
	run_serve node2 --deletion-delay 0
	await 10 'the records to be taken back' is_as_statd_wrote_it
	run_stop node2
}

is_as_statd_wrote_it() {
	same_files "$W/pending" "$W/node2/sm"
}

proof_take_back() {
	is_as_statd_wrote_it
	records_of_store
	same_text "$copy/${clients[1]}" "$W/pending/${clients[1]}"
}

# Recording the held locks and the connections, when the group begins to be served, after its recovery. The fault hits
# the process that serves; the next process is the repetition. The set of the previous owner has been retired by then,
# so that it cannot be mistaken for this one's: the file is empty.

prepare_record_locks() {
	prepare_take_over_released
	printf 'lockferry locks 1 inexact 1 1\n/srv 131 WRITE 0 EOF\n' >"$W/fs/store/locks.recorded"
	echo 'lockferry connections 1 0' >"$W/fs/store/connections"
}

begin_record_locks() {
	address_comes
	serve_until node2 reclaiming
	await 10 'the clients to answer' all_have_answered
	none_is_recorded || fail "another owner's locks: $(cat "$W/fs/store/locks.recorded")"
	attach "$serving" "$@"
	node_serves node2
	await 15 'the locks to be recorded' recording_is_over || fail "$(cat "$W/node2/err")"
	end_traced_serve
	! log_has node2 "cannot record which locks" || status=1
	locks_are_recorded || none_is_recorded ||
		fail "it is neither empty nor the new set: $(cat "$W/fs/store/locks.recorded")"
	connection_is_recorded || was_recorded_before ||
		fail "it has neither the old nor the new connections: $(cat "$W/fs/store/connections")"
}

was_recorded_before() {
	local text

	read_text "$W/fs/store/connections" && [ "$text" = 'lockferry connections 1 0'$'\n' ]
}

none_is_recorded() {
	[ -f "$W/fs/store/locks.recorded" ] && [ ! -s "$W/fs/store/locks.recorded" ]
}

recording_is_over() {
	! is_alive "$serving" || all_is_recorded || log_has node2 "cannot record which locks"
}

# The connection is written last.
all_is_recorded() {
	locks_are_recorded && connection_is_recorded
}

connection_is_recorded() {
	local text

	read_text "$W/fs/store/connections" &&
		[ "$text" = "lockferry connections 1 1"$'\n'"$server 2049 ${clients[0]} 771"$'\n' ]
}

# The node's only lock.
locks_are_recorded() {
	local text

	read_text "$W/fs/store/locks.recorded" &&
		[[ $text =~ ^'lockferry locks 1 inexact '[0-9]+' 1'$'\n'"$W/fs/store 131 WRITE 0 EOF"$'\n'$ ]]
}

again_record_locks() {
	run_serve node2
	await 10 'the locks to be recorded' all_is_recorded
	run_stop node2
}

proof_record_locks() {
	all_is_recorded
	store_has "$W/in_store" || copy_is "$W/conveyed"
}
