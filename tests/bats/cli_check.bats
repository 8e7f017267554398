#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lockferry check: each finding, with its level and its cure. The node is files, nfs.conf and the cluster are stubs.
#
# Each test runs in its own subshell; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2154

load cli_helpers

setup() {
	cli_setup
	STORE=$W/store
	sm=$W/node1/sm
	root=$W/root
	mkdir -p "$root/var/lib/nfs"
	stubs_make nfsconf cibadmin getent stonith_admin
	stub_answers getent 2
	export PATH=$STUB_DIR/bin:$PATH
	# nfs.conf, as lines "SECTION KEY VALUE"
	conf=$W/nfs.conf
	: >"$conf"
	# shellcheck disable=SC2016 # the stub expands them
	stub_does nfsconf "conf=$(quoted "$conf")"'
		while read -r section key value; do
			[ "$section $key" != "$2 $3" ] || answer 0 "$value"
		done <"$conf"
		exit 1'
	stub_answers stonith_admin 102 '<pacemaker-result api-version="2.25">
		<status code="102" message="Not connected"><errors>
			<error>Could not connect to fencer: Transport endpoint is not connected</error>
		</errors></status></pacemaker-result>'
	stub_answers cibadmin 102 '' 'Could not connect to the CIB'
}

teardown() {
	cli_teardown
}

run_check() {
	run_lf check --sm-dir "$sm" --root "$root" --output-as json "$@"
}

# member LINE: the member of a JSON object on that line, into $name and $value
member() {
	[[ $1 =~ ^\ {6}\"(level|finding|cure)\"\ :\ \"(.*)\",?$ ]] || return 0
	name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]//'\"'/'"'}
	value=${value//\\\\/\\}
}

# read_findings: reads $output into $levels, $texts and $cures; each member has its own line. Tests that use holds check
# that all of it is JSON: jq takes longer to start than anything else here.
read_findings() {
	local line name value
	[ "$output" != "${findings_of-}" ] || return 0
	levels=() texts=() cures=()
	while IFS= read -r line; do
		name=
		member "$line"
		case $name in
		level) levels+=("$value") ;;
		finding) texts+=("$value") ;;
		cure) cures+=("$value") ;;
		esac
	done <<<"$output"
	same 'findings with a level and a cure' "${#texts[@]} ${#texts[@]}" "${#levels[@]} ${#cures[@]}"
	findings_of=$output
}

# finding LEVEL TEXT [CURE]: there is such a finding, and its cure contains CURE
finding() {
	local i found=0
	read_findings
	for i in "${!levels[@]}"; do
		[[ ${levels[i]} != "$1" || ${texts[i]} != *"$2"* || ${cures[i]} != *"${3-}"* ]] || found=$((found + 1))
	done
	[ "$found" -eq 1 ] || {
		echo "no $1 '$2' with the cure '${3-}' in $output"
		return 1
	}
}

# no_finding TEXT: no finding of any level contains TEXT; but there are findings
no_finding() {
	read_findings
	if [ "${#texts[@]}" -eq 0 ] || [[ $(printf '%s\n' "${texts[@]}") == *"$1"* ]]; then
		echo "'$1' in $output, or nothing at all"
		return 1
	fi
}

# process PID NAME [WORD]...: pretends that it runs
process() {
	mkdir -p "$W/node1/proc/$1"
	echo "$1 ($2) S 1 $1 $1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 900 0" >"$W/node1/proc/$1/stat"
	printf '%s\0' "${@:2}" >"$W/node1/proc/$1/cmdline"
}

# The node

@test "a standby node" {
	run_check --store "$W/not/mounted" --ip 192.0.2.10 --group files
	same status 0 "$status"
	holds .ready
	finding note 'the NFS server does not run'
	finding note "'$W/not' does not exist"
	finding ok "statd's records are in '$sm': 0 clients"
	finding ok 'no NFSv3 mount'
}

@test "a serving node" {
	server_runs Y
	process 700 rpc.statd
	monitored 10.99.0.21
	run_check
	same status 0 "$status"
	finding ok 'runs with 8 threads'
	finding ok 'rpc.statd runs'
	finding ok '1 client'
}

@test "what is missing is 5, what is wrong everywhere 6, with a cure, and the last one on stderr" {
	server_runs Y
	run_check
	same status 5 "$status"
	holds '.ready == false'
	finding error 'rpc.statd does not run'
	holds '[.findings[] | select(.level == "error") | .cure | length > 0] | all'
	says 'rpc.statd does not run: start it' "$stderr"
	server_stops
	run_check --sm-dir "$W/no-sm"
	same status 5 "$status"
	finding error "'$W/no-sm'"
	run_check --ip nowhere
	same status 6 "$status"
	says "'nowhere' is not an IPv4 or IPv6 address" "$stderr"
	run_check --sm-dir "$W/no-sm" --ip nowhere
	same status 6 "$status"
}

@test "a warning: the grace period is too short for a client to come back" {
	local nfs=$W/node1/proc/sys/fs/nfs
	run_check
	same status 0 "$status"
	finding note 'is not known yet'
	mkdir -p "$nfs"
	echo 0 >"$nfs/nlm_grace_period"
	echo 10 >"$nfs/nlm_timeout"
	run_check
	same status 0 "$status"
	finding warning 'grace period is only 50 s long'
	echo 90 >"$nfs/nlm_grace_period"
	run_check
	finding ok 'grace period is 90 s long'
}

@test "warnings: mounts and other notifiers" {
	echo '192.0.2.9:/x /mnt nfs rw,vers=3,addr=192.0.2.9 0 0' >"$W/node1/proc/mounts"
	process 701 sm-notify
	run_check
	same status 0 "$status"
	finding warning '192.0.2.9:/x'
	finding warning 'sm-notify runs'
	echo '192.0.2.9:/x /mnt nfs rw,vers=3,nolock 0 0' >"$W/node1/proc/mounts"
	run_check
	finding ok 'no NFSv3 mount'
}

@test "warnings: grace periods that do not fit each other" {
	local nfs=$W/node1/proc/sys/fs/nfs
	mkdir -p "$nfs"
	echo 90 >"$nfs/nlm_grace_period"
	echo 10 >"$nfs/nlm_timeout"
	echo 90 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	finding ok "nfsd's grace period, 90 s, fits"
	echo 45 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	same status 0 "$status"
	finding warning "nfsd's grace period is 45 s long, and the lock manager's 90 s" grace-time
	echo 180 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	finding warning "nfsd's grace period is 180 s long, and the lock manager's 90 s" grace-time
	echo 179 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	finding ok "nfsd's grace period, 179 s, fits"
}

@test "a note: the grace period is too short for the number of clients" {
	local nfs=$W/node1/proc/sys/fs/nfs i
	mkdir -p "$nfs"
	echo 0 >"$nfs/nlm_grace_period"
	echo 1 >"$nfs/nlm_timeout"
	for i in {1..191}; do
		record "10.99.0.$i" >"$sm/10.99.0.$i"
	done
	run_check
	no_finding 'over TCP only'
	record 10.99.0.192 >"$sm/10.99.0.192"
	run_check
	finding note 'if most of 192 clients are down, a client that can be notified over TCP only is told after up to 6 s'
}

@test "a server without NFSv3 has no locks to keep" {
	run_check
	no_finding 'does not serve NFSv3'
	echo nfsd vers3 n >"$conf"
	run_check
	same status 0 "$status"
	finding note 'does not serve NFSv3' vers3=y
	# a running one: by the kernel's setting
	server_runs Y
	echo '+3 +4 -4.1' >"$W/node1/nfsd/versions"
	run_check
	no_finding 'does not serve NFSv3'
	echo '-3 +4 +4.1' >"$W/node1/nfsd/versions"
	: >"$conf"
	run_check
	finding note 'does not serve NFSv3'
}

@test "NFSv4's grace period without nfsdcld" {
	server_runs Y
	echo '+3 -4' >"$W/node1/nfsd/versions"
	run_check
	no_finding nfsdcld
	echo '+3 +4 -4.1' >"$W/node1/nfsd/versions"
	run_check
	finding note 'nfsdcld does not run' 'systemctl start nfsdcld'
	process 77 nfsdcld
	run_check
	no_finding nfsdcld
}

@test "permissions of statd's directory" {
	chmod 755 "$sm"
	run_check
	finding ok "its user is '$(id -un)'"
	no_finding 'can write into'
	chmod 1777 "$sm"
	run_check
	same status 0 "$status"
	finding warning "users other than statd's can write into '$sm' (mode 777)" "chmod u=rwx,go-w $sm"
	[ "$(id -u)" -eq 0 ] || skip 'what follows needs root'
	chown nobody "$sm"
	chmod 700 "$sm"
	process 700 rpc.statd
	run_check
	finding ok "its user is 'nobody'"
	finding warning "rpc.statd runs as user 'root', but '$sm' belongs to 'nobody'" "chown -R root $sm"
	chown nobody "$W/node1/proc/700"
	run_check
	no_finding 'rpc.statd runs as user'
	chmod 500 "$sm"
	run_check
	same status 5 "$status"
	finding error "statd's user cannot write into '$sm' (mode 500)" "chmod u=rwx,go-w $sm"
	# as ocf:heartbeat:nfsserver does if there is a user rpcuser
	chmod 700 "$sm"
	chown daemon "$sm"
	run_check
	same status 5 "$status"
	finding error "rpc.statd runs as user 'nobody', but '$sm' (mode 700) does not let this user record clients" \
		"chown -R nobody $sm, and restart rpc.statd"
}

@test "the callout: from the command line of a running statd, otherwise from nfs.conf" {
	local callout=$W/lockferry-callout
	run_check
	finding warning 'statd does not run lockferry-callout' ha-callout=
	echo "statd ha-callout $callout" >"$conf"
	run_check
	finding warning "statd is configured to run '$callout', which cannot be run"
	install -m 755 /dev/null "$callout"
	run_check
	finding ok "statd runs '$callout'"
	process 700 rpc.statd -H /usr/sbin/other
	run_check
	finding warning 'statd does not run lockferry-callout'
	process 700 rpc.statd --ha-callout "$callout"
	run_check
	finding ok "statd runs '$callout'"
	rm "$callout"
	mkdir "$callout"
	run_check
	finding warning "statd is configured to run '$callout', which cannot be run"
	[ "$(id -u)" -eq 0 ] || skip 'what follows needs root'
	rmdir "$callout"
	install -m 750 /dev/null "$callout"
	chown nobody "$W/node1/proc/700"
	run_check
	finding warning "rpc.statd runs as user 'nobody', who may not run '$callout'" '755'
}

@test "the callout: in every form that statd's command line allows" {
	local callout=$W/lockferry-callout words
	install -m 755 /dev/null "$callout"
	for words in "--ha-callout=$callout" "-H$callout" "-LH$callout" "-LFH $callout" "--ha $callout" "--ha-c=$callout" \
		"-H /other -H $callout" "-n -H -H $callout" "-p 4000 -- --foo" "--name --ha-callout=/x -H$callout"; do
		# shellcheck disable=SC2086 # words
		process 700 rpc.statd $words
		run_check
		echo "with $words"
		case $words in
		*--foo) finding warning 'statd does not run lockferry-callout' ;;
		*) finding ok "statd runs '$callout'" ;;
		esac
	done
	ln -s "$callout" "$W/other-name"
	process 700 rpc.statd -H "$W/other-name"
	run_check
	finding ok "statd runs '$W/other-name'"
	# there are no options after "--"
	process 700 rpc.statd -L -- -H "$callout"
	run_check
	finding warning 'statd does not run lockferry-callout'
}

@test "statd's directory is that of the running statd, even if there are others" {
	local proc=$W/node1/proc
	mkdir -p "$W/else/sm" "$W/cwd/sm"
	echo "statd state-directory-path $W/none" >"$conf"
	run_lf check --root "$root" --output-as json
	finding error "'$W/none/sm' is not a directory"
	process 700 rpc.statd -P "$W/else"
	record 10.0.0.1 >"$W/else/sm/10.0.0.1"
	run_lf check --root "$root" --output-as json
	finding ok "statd's records are in '$W/else/sm': 1 client"
	ln -s "$W/cwd" "$proc/700/cwd"
	run_lf check --root "$root" --output-as json
	finding ok "statd's records are in '$W/cwd/sm': 0 clients"
	# another form of the option
	run_lf snapshot --store "$STORE" --output-as json
	same status 0 "$status"
	rm "$proc/700/cwd"
	run_lf snapshot --store "$STORE" --output-as json
	same status 0 "$status"
	rmdir "$W/cwd/sm"
	ln -s "$W/cwd" "$proc/700/cwd"
	run_lf check --root "$root" --output-as json
	finding error "rpc.statd runs and keeps its records in '$W/cwd/sm'"
	same status 5 "$status"
}

@test "a statd of another network namespace, or of an unprivileged user, is ignored" {
	local proc=$W/node1/proc
	process 700 rpc.statd -L
	mkdir -p "$proc/self/ns" "$proc/700/ns"
	ln -s 'net:[1]' "$proc/self/ns/net"
	ln -s 'user:[1]' "$proc/self/ns/user"
	ln -s 'net:[1]' "$proc/700/ns/net"
	ln -s 'user:[1]' "$proc/700/ns/user"
	printf 'Name:\trpc.statd\nCapInh:\t0\nCapPrm:\t0000000000000400\n' >"$proc/700/status"
	run_check
	finding ok 'rpc.statd runs'
	ln -sfn 'net:[2]' "$proc/700/ns/net"
	run_check
	finding note 'rpc.statd does not run'
	ln -sfn 'net:[1]' "$proc/700/ns/net"
	ln -sfn 'user:[2]' "$proc/700/ns/user"
	run_check
	finding note 'rpc.statd does not run'
	ln -sfn 'user:[1]' "$proc/700/ns/user"
	printf 'Name:\trpc.statd\nCapPrm:\t0000000000000000\nCapBnd:\t000001ffffffffff\n' >"$proc/700/status"
	run_check
	finding note 'rpc.statd does not run'
	# ours is found next to it
	process 701 rpc.statd -L
	run_check
	finding ok 'rpc.statd runs'
}

@test "clients that cannot be told are named before a failover" {
	local proc=$W/node1/proc
	mkdir -p "$proc/sys/fs/nfs" "$root/etc"
	echo 0 >"$proc/sys/fs/nfs/nsm_use_hostnames"
	monitored 10.0.0.1 ::ffff:10.0.0.2
	run_check --ip 192.0.2.10
	no_finding nsm_use_hostnames
	no_finding 'cannot be told'
	echo 1 >"$proc/sys/fs/nfs/nsm_use_hostnames"
	monitored client1.example.com 2001:db8::1 client2
	printf '# client1.example.com\n10.0.0.9\tclient2 other # x\n' >"$root/etc/hosts"
	run_check --ip 192.0.2.10
	same status 0 "$status"
	finding warning '(nsm_use_hostnames=1)' 'sysctl fs.nfs.nsm_use_hostnames=0'
	finding warning "client1.example.com'" /etc/hosts
	finding warning "2001:db8::1'" /etc/hosts
	no_finding client2
	no_finding 10.0.0
	run_check --ip 192.0.2.10,2001:db8::10
	finding warning "would lose their locks: 'client1.example.com'"
	no_finding "2001:db8::1'"
}

@test "a warning: statd runs sm-notify by itself" {
	local word
	run_check
	same status 0 "$status"
	finding warning 'rpc.statd runs sm-notify at every start' no-notify=1
	no_finding 'nothing else on this node'
	for word in 1 true yes On; do
		echo "statd no-notify $word" >"$conf"
		run_check
		finding ok 'nothing else on this node notifies clients'
	done
	echo 'statd no-notify 0' >"$conf"
	run_check
	finding warning 'rpc.statd runs sm-notify'
	for word in --no-notify -L -FL --no-n --no-no -FdL; do
		process 700 rpc.statd "$word"
		run_check
		no_finding 'rpc.statd runs sm-notify'
	done
	for word in --foreground -F -nL -H; do
		process 700 rpc.statd "$word"
		run_check
		finding warning 'rpc.statd runs sm-notify'
	done
	printf 'HOME=/\0RPC_STATD_NO_NOTIFY=1\0' >"$W/node1/proc/700/environ"
	run_check
	no_finding 'rpc.statd runs sm-notify'
}

@test "systemd's unit for sm-notify must be masked" {
	local unit=rpc-statd-notify.service systemd=$root/etc/systemd/system
	echo 'statd no-notify 1' >"$conf"
	mkdir -p "$systemd" "$root/lib/systemd/system"
	echo '[Unit]' >"$root/lib/systemd/system/$unit"
	# systemd does not run
	run_check
	finding ok 'nothing else on this node'
	mkdir -p "$root/run/systemd/system"
	run_check
	same status 0 "$status"
	finding warning "$unit is not masked" "systemctl mask $unit"
	ln -s /dev/null "$root/run/systemd/system/$unit"
	run_check
	finding ok 'nothing else on this node'
	# /etc takes precedence over /run
	echo '[Unit]' >"$systemd/$unit"
	run_check
	finding warning "$unit is not masked"
	: >"$systemd/$unit"
	run_check
	finding ok 'nothing else on this node'
	ln -sf /lib/systemd/system/other.service "$systemd/$unit"
	run_check
	finding warning "$unit is not masked"
	rm "$systemd/$unit" "$root/run/systemd/system/$unit" "$root/lib/systemd/system/$unit"
	run_check
	finding ok 'nothing else on this node'
}

# The group

@test "its addresses" {
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_check --ip 127.0.0.1,192.0.2.10 --store "$STORE" --export "$W"
	same status 0 "$status"
	finding ok "the address '127.0.0.1' is on this node"
	finding note "the address '192.0.2.10' is not on this node"
	run_check --ip 127.0.0.1 --store "$W/fs/.lockferry"
	same status 0 "$status"
	finding warning "the address '127.0.0.1' is on this node, but the store '$W/fs/.lockferry' is not"
	run_check --ip 127.0.0.1,127.0.0.1
	same status 6 "$status"
	finding error 'given twice'
}

@test "its names must not be names of a node" {
	local node own
	node=$(uname -n)
	for own in "$node" "${node^^}" "${node%%.*}"; do
		run_check --name nfs.example.com --name "$own"
		same status 0 "$status"
		finding warning "the name '$own' is the name of the node '$node'" 'mount by it'
		no_finding "'nfs.example.com'"
	done
	run_check --name "x$node" --name 'a b'
	same status 6 "$status"
	no_finding "'x$node'"
	finding error "'a b' is not a valid host name"
}

@test "where its names lead" {
	# shellcheck disable=SC2016 # the stub expands it
	stub_does getent 'case $2 in
		one) answer 0 "$(printf "%s\n" "192.0.2.10 STREAM one" "192.0.2.10 DGRAM" "192.0.2.10 RAW")" ;;
		both) answer 0 "$(printf "%s\n" "192.0.2.10 STREAM both" "2001:db8:0::10 STREAM")" ;;
		mine) answer 0 "127.0.0.1 STREAM mine" ;;
		stray) answer 0 "$(printf "%s\n" "192.0.2.10 STREAM stray" "198.51.100.1 STREAM")" ;;
		slow*) exec sleep 30 ;;
		esac
		exit 2'
	# the group's addresses are not given
	run_check --name one
	no_finding leads
	run_check --ip 192.0.2.10,2001:db8::10 --name one --name both --name mine --name stray --name nobody
	same status 0 "$status"
	finding ok "the name 'one' leads to an address of the group"
	finding warning "the name 'both' leads to 2 addresses of the group: a Linux client that mounts by several" \
		'a name of its own'
	finding warning "the name 'mine' leads to '127.0.0.1', an address of this node and not of the group"
	finding warning "the name 'stray' leads to '198.51.100.1', which is not an address of the group"
	finding note "the name 'nobody' cannot be resolved here"
	no_finding "'stray' leads to '192.0.2.10'"
	# if the resolver does not answer, the lookup is stopped, and no other name is looked up
	SECONDS=0
	run_check --ip 192.0.2.10 --name slow1 --name slow2
	same status 0 "$status"
	[ "$SECONDS" -lt 25 ]
	finding note "cannot look up the name 'slow1': 'getent' did not finish within 5 s"
	no_finding slow2
}

@test "exports whose file handles are signed, with a key that every node needs" {
	printf '/srv/nfs\t*(rw,fsid=1,sign_fh)\n/other\t*(rw,sign_fh)\n' >"$root/var/lib/nfs/etab"
	run_check --export /srv/nfs
	finding warning "'/srv/nfs' is exported with sign_fh, but nfs.conf names no key" fh-key-file
	no_finding "'/other'"
	echo 'nfsd fh-key-file /etc/nfs_fh.key' >"$conf"
	run_check --export /srv/nfs
	finding note "the key in '/etc/nfs_fh.key' must be the same on every node" sha256sum
	printf '/srv/nfs\t*(rw,fsid=1)\n' >"$root/var/lib/nfs/etab"
	run_check --export /srv/nfs
	no_finding sign_fh
}

@test "its exports and their fsid" {
	local etab=$root/var/lib/nfs/etab
	run_check --export /srv/nfs --ip 192.0.2.10
	same status 0 "$status"
	finding note "'/srv/nfs' is not exported here"
	run_check --export /srv/nfs --ip 127.0.0.1
	same status 0 "$status"
	finding warning "'/srv/nfs' is not exported, but the group's address is here" exportfs
	printf '/srv/nfs\t192.0.2.0/24(rw,sync,fsid=1,sec=sys)\n/other\t*(rw)\n' >"$etab"
	run_check --export /srv/nfs/
	finding ok '1 exports of the group have an fsid'
	no_finding 'without fsid='
	no_finding 'not exported'
	printf '/srv/nfs\t192.0.2.0/24(rw,fsid=1)\n/srv/nfs\t@net(rw,sync)\n' >"$etab"
	run_check --export /srv/nfs
	same status 0 "$status"
	finding warning "'/srv/nfs' is exported to '@net' without fsid=" fsid
	# exportfs resolves links
	mkdir "$W/real"
	ln -s real "$W/link"
	printf '%s\t*(rw,fsid=1)\n' "$W/real" >"$etab"
	run_check --export "$W/link" --ip 127.0.0.1
	finding ok '1 exports of the group have an fsid'
	no_finding 'not exported'
	# without --export: everything on the store's filesystem
	printf '%s\t*(rw)\n/proc\t*(rw)\n' "$W" >"$etab"
	run_check --store "$STORE"
	no_finding 'without fsid='
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_check --store "$STORE"
	finding warning "'$W' is exported to '*' without fsid="
	no_finding "'/proc'"
	# in the place that nfs.conf names
	rm "$etab"
	mkdir "$root/state"
	printf '%s\t*(rw,fsid=1)\n' "$W" >"$root/state/etab"
	echo 'mountd state-directory-path /state' >"$conf"
	run_check --export "$W"
	finding ok '1 exports of the group have an fsid'
}

@test "two directories with one fsid, and a store that is exported" {
	local etab=$root/var/lib/nfs/etab
	printf '/a\t*(rw,fsid=1)\n/a/\t@net(rw,fsid=1)\n/b\t*(rw,fsid=2)\n' >"$etab"
	run_check --store /c/.lockferry
	same status 0 "$status"
	no_finding 'same fsid'
	no_finding 'is inside'
	printf '/a\t*(rw,fsid=1)\n/b\t*(rw,fsid=1,sec=sys)\n' >"$etab"
	run_check --store /b/.lockferry
	same status 6 "$status"
	finding error "'/a' and '/b' are exported with the same fsid, 1" 'its own fsid'
	finding warning "the store '/b/.lockferry' is inside '/b', which is exported to '*'"
	printf '/a\t*(rw,fsid=0F7A6C2E-1111-2222-3333-444455556666)\n/b\t*(rw,fsid=0f7a6c2e-1111-2222-3333-444455556666)\n' >"$etab"
	run_check
	finding error "'/a' and '/b' are exported with the same fsid, 0f7a6c2e"
}

@test "the store" {
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_check --store "$STORE" --export "$W"
	same status 0 "$status"
	finding ok "the store '$STORE' can be read"
	# readable by clients
	finding warning "the store '$STORE' is below the exported '$W'" 'put the store on a small filesystem of its own, which is not exported and moves with the group'
	chmod 755 "$STORE"
	run_check --store "$STORE" --export "$W"
	finding warning "the store '$STORE' has mode 755, not 700" 'the next start corrects it; find out who changed it'
	same mode 755 "$(stat -c %a "$STORE")"
	chmod 700 "$STORE"
	printf '[group]\nformat=7\n' >"$STORE/state"
	run_check --store "$STORE" --export "$W"
	same status 5 "$status"
	finding error 'format 7'
	run_check --store "$W/new" --export "$W"
	same status 0 "$status"
	says "there is no store '$W/new'" "$output"
}

@test "text output: a line for each finding, and one for its cure" {
	echo '<cib/>' >"$W/cib"
	run_lf check --sm-dir "$sm" --root "$root" --cib "$W/cib"
	same status 0 "$status"
	[[ ${lines[0]} == 'note     the NFS server does not run' ]]
	[[ ${lines[1]} == '         -> it must run before'* ]]
	run_check --output-as xml
	xmllint --noout - <<<"$output"
}

# The cluster

# primitive ID AGENT [PARAMETER=VALUE]...
primitive() {
	local id=$1 class provider type pair
	IFS=: read -r class provider type <<<"$2"
	printf '<primitive id="%s" class="%s" provider="%s" type="%s"><instance_attributes id="%s-a">' \
		"$id" "$class" "$provider" "$type" "$id"
	for pair in "${@:3}"; do
		printf '<nvpair id="%s-%s" name="%s" value="%s"/>' "$id" "${pair%%=*}" "${pair%%=*}" "${pair#*=}"
	done
	printf '</instance_attributes></primitive>\n'
}

# cluster RESOURCES [CONSTRAINTS [PROPERTIES]]: writes them to $W/cib
cluster() {
	printf '<cib validate-with="pacemaker-3.9"><configuration>
<crm_config><cluster_property_set id="cib-bootstrap-options">%s</cluster_property_set></crm_config>
<nodes><node id="1" uname="node1"/><node id="2" uname="node2"/></nodes>
<resources>%s</resources><constraints>%s</constraints></configuration><status/></cib>\n' \
		"${3-}" "$1" "${2-}" >"$W/cib"
}

group() {
	printf '<group id="nfs">%s</group>\n' "$*"
}

# meta FAILURE-TIMEOUT: a set with that attribute
meta() {
	printf '<meta_attributes id="m"><nvpair id="m-t" name="failure-timeout" value="%s"/></meta_attributes>' "$1"
}

# stock_resources [LOCKS-PARAMETER=VALUE]...: as in the administrator's guide
stock_resources() {
	disk=$(primitive fs ocf:heartbeat:Filesystem directory=/srv/nfs)
	server=$(primitive server ocf:heartbeat:nfsserver nfs_no_notify=true)
	export=$(primitive export ocf:heartbeat:exportfs directory=/srv/nfs/export fsid=1)
	locks=$(primitive locks ocf:lockferry:nfslock store=/srv/nfs/.lockferry ip=192.0.2.10 group=files "$@")
	locks="${locks%</primitive>}$(meta 120s)</primitive>"
	ip=$(primitive ip ocf:heartbeat:IPaddr2 ip=192.0.2.10)
}

check_cluster() {
	run_check --cib "$W/cib" "$@"
}

order() {
	printf '<rsc_order id="o-%s-%s" first="%s" then="%s"/>\n' "$1" "$2" "$1" "$2"
}

together() {
	printf '<rsc_colocation id="c-%s-%s" rsc="%s" with-rsc="%s" score="INFINITY"/>\n' "$1" "$2" "$1" "$2"
}

@test "cluster: cibadmin is asked; without a cluster there is no error" {
	run_check
	same status 0 "$status"
	finding note "cannot read the cluster's configuration: the cluster does not run on this node"
	stub_answers cibadmin 0 rubbish
	run_check
	same status 0 "$status"
	finding note 'this is not a cluster configuration'
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	stub_does cibadmin "cat $(quoted "$W/cib")"
	: >"$STUB_DIR/calls"
	run_check
	same status 0 "$status"
	grep -Fxq 'cibadmin --query' "$STUB_DIR/calls"
	finding ok "resource 'locks' is in its place"
	no_finding "cannot read the cluster's configuration"
}

@test "cluster: a cluster that does not answer is given up" {
	stub_does cibadmin 'exec sleep 30'
	local begun=$SECONDS
	run_check --timeout 1
	same status 124 "$status"
	run_check
	same status 0 "$status"
	finding note "'cibadmin' did not finish within 5 s"
	((SECONDS - begun < 15))
	stub_does cibadmin 'exec cat /dev/zero'
	run_check
	same status 0 "$status"
	finding note 'too long'
}

@test "cluster: a file that is not a configuration is refused" {
	run_lf check --cib "$W/none"
	expect_refusal 2 "cannot open '$W/none'"
	echo rubbish >"$W/cib"
	run_lf check --cib "$W/cib"
	expect_refusal 1 "'$W/cib': this is not a cluster configuration"
}

@test "cluster: parameters that are not given come from its resource" {
	stock_resources names='node2.example.com nfs' exports=/srv/nfs/export sm_dir="$W/no-sm"
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	run_lf check --root "$root" --cib "$W/cib" --output-as json
	same status 5 "$status"
	finding error "'$W/no-sm'"
	finding note "the address '192.0.2.10' is not on this node"
	finding note "'/srv/nfs/export' is not exported here"
	finding note 'is not mounted here'
	finding warning "the name 'node2.example.com' is the name of the node 'node2'"
	no_finding "the name 'nfs' is the name of"
	finding note "the name 'nfs' cannot be resolved here"
	check_cluster --group files --ip 127.0.0.1 --name other --export /other --store "$W/x/y"
	same status 0 "$status"
	finding warning "'/other' is not exported"
	finding note "'$W/x' does not exist"
	no_finding 192.0.2.10
	no_finding node2
	check_cluster --group other
	finding note "the cluster has no nfslock resource for group 'other'"
	no_finding 'is in its place'
	no_finding 192.0.2.10
}

@test "cluster: the order in a group" {
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	same status 0 "$status"
	finding ok "resource 'locks' is in its place"
	cluster "$(group "$disk" "$server" "$export" "$ip" "$locks")"
	check_cluster
	same status 6 "$status"
	finding error "resource 'ip' (ocf:heartbeat:IPaddr2) starts before 'locks'" \
		'pcs resource group add nfs ip --after locks'
	no_finding 'is in its place'
	says "resource 'ip'" "$stderr"
	cluster "$(group "$locks" "$disk" "$server" "$export" "$ip")"
	check_cluster
	same status 6 "$status"
	finding error "resource 'locks' (ocf:lockferry:nfslock) starts before 'fs'" \
		'pcs resource group add nfs fs --before locks'
	finding error "'locks' (ocf:lockferry:nfslock) starts before 'server'" '--before locks'
	finding error "'locks' (ocf:lockferry:nfslock) starts before 'export'" '--before locks'
}

@test "cluster: order and place by constraints" {
	stock_resources
	local all=$disk$server$export$locks$ip
	cluster "$all"
	check_cluster
	same status 0 "$status"
	finding warning "nothing makes resource 'ip' (ocf:heartbeat:IPaddr2) start after 'locks'" \
		'pcs constraint order locks then ip'
	finding warning "nothing keeps resource 'ip' (ocf:heartbeat:IPaddr2) on the node of 'locks'" \
		'pcs constraint colocation add ip with locks'
	finding warning "nothing makes resource 'locks' (ocf:lockferry:nfslock) start after 'fs'" \
		'pcs constraint order fs then locks'
	finding warning "start after 'export'"
	finding warning "start after 'server'"
	cluster "$all" "$(order fs server)$(order server export)$(order export locks)$(order locks ip)$(
		together server fs)$(together export fs)$(together locks fs)$(together ip fs)"
	check_cluster
	same status 0 "$status"
	finding ok "resource 'locks' is in its place"
	no_finding nothing\ makes
	cluster "$all" "$(order ip fs)$(order fs locks)"
	check_cluster
	same status 6 "$status"
	finding error "resource 'ip' (ocf:heartbeat:IPaddr2) starts before 'locks'" 'pcs constraint order locks then ip'
}

@test "cluster: a server that several groups share" {
	stock_resources
	cluster "<clone id=\"servers\">$server</clone>$(group "$disk" "$export" "$locks" "$ip")"
	check_cluster
	same status 0 "$status"
	finding warning "start after 'server'" 'pcs constraint order servers then locks'
	no_finding 'nothing keeps'
	cluster "<clone id=\"servers\">$server</clone>$(group "$disk" "$export" "$locks" "$ip")" \
		"$(order servers nfs)$(together nfs servers)"
	check_cluster
	finding ok "resource 'locks' is in its place"
	cluster "<clone id=\"everywhere\">$(group "$disk" "$server" "$export" "$locks" "$ip")</clone>"
	check_cluster
	same status 6 "$status"
	finding error "'locks' (ocf:lockferry:nfslock) is in 'everywhere'" 'pcs resource unclone everywhere'
}

@test "cluster: addresses that no resource brings" {
	stock_resources
	locks=$(primitive locks ocf:lockferry:nfslock store=/srv/nfs/.lockferry ip='192.0.2.10, 2001:db8::10')
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	same status 0 "$status"
	finding warning "no known resource has the address '2001:db8::10' of 'locks'" IPaddr2
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip" "$(primitive ip6 ocf:heartbeat:IPaddr2 ip=2001:db8:0::10)")"
	check_cluster
	finding ok "resource 'locks' is in its place"
}

@test "cluster: two resources for the same thing" {
	local what other
	stock_resources
	while read -r what other; do
		# shellcheck disable=SC2086 # words
		cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$(primitive second ocf:lockferry:nfslock $other)"
		check_cluster --group files
		echo "with $other"
		same status 6 "$status"
		finding error "resources 'locks' and 'second' (nfslock) have the same '$what'" "pcs resource update second $what="
		# no other group has these
		[ "$what" != store ] || {
			check_cluster --group third
			same status 0 "$status"
			no_finding 'have the same'
		}
	done <<-END
		group group=files store=/srv/b/.l ip=192.0.2.11
		store store=/srv/nfs/.lockferry/ ip=192.0.2.11
		ip store=/srv/b/.l ip=192.0.2.11,192.0.2.10
	END
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$(
		primitive second ocf:lockferry:nfslock store=/srv/nfs/.lockferry/b ip=192.0.2.11)"
	check_cluster --group files
	same status 6 "$status"
	finding error "the store of resource 'second' (nfslock) is inside the store of resource 'locks'" \
		"pcs resource update second store="
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$(
		primitive second ocf:lockferry:nfslock store=/srv/nfs ip=192.0.2.11)"
	check_cluster --group second
	same status 6 "$status"
	finding error "the store of resource 'locks' (nfslock) is inside the store of resource 'second'" \
		"pcs resource update locks store="
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$(
		primitive second ocf:lockferry:nfslock store=/srv/nfs/.lockferry2 ip=192.0.2.11)"
	check_cluster --group files
	same status 0 "$status"
	no_finding 'have the same'
	no_finding 'is inside the store'
	no_finding 'nfslock resources'
	check_cluster
	finding note 'there are 2 nfslock resources: what they need on this node was not checked' '--group GROUP'
}

@test "cluster: a group that has no resource yet must not have what another group has" {
	local options
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster --group new --store "$W/new" --ip 192.0.2.11,192.0.2.10
	same status 6 "$status"
	finding error "the given 'ip' is the one of resource 'locks' (nfslock)" 'values of its own'
	check_cluster --group new --store /srv/nfs//.lockferry --ip 192.0.2.11
	same status 6 "$status"
	finding error "the given 'store' is the one of resource 'locks' (nfslock)" 'values of its own'
	for options in /srv/nfs/.lockferry/sm /srv; do
		check_cluster --group new --store "$options" --ip 192.0.2.11
		same status 6 "$status"
		finding error "of the given store and the store of resource 'locks' (nfslock), one is inside the other"
	done
	check_cluster --group new --store /srv/nfs/.new --ip 192.0.2.11
	no_finding 'the given'
	# a group is not compared with its own resource
	check_cluster --group files --store /srv/nfs/.lockferry --ip 192.0.2.10
	no_finding 'the given'
}

@test "a store inside another store" {
	"$LOCKFERRY" snapshot --store "$W/outer" --sm-dir "$sm"
	mkdir -p "$W/outer/a/inner"
	run_check --store "$W/outer/a/inner"
	same status 6 "$status"
	finding error "the store '$W/outer/a/inner' is inside the store '$W/outer' of another group" 'a directory of its own'
	run_check --store "$W/outer"
	no_finding 'is inside the store'
}

@test "cluster: resources that interfere" {
	stock_resources
	server=$(primitive server ocf:heartbeat:nfsserver nfs_shared_infodir=/srv/nfs/info)
	export=$(primitive export ocf:heartbeat:exportfs directory=/srv/nfs/export)
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip" "$(primitive tell ocf:heartbeat:nfsnotify)")"
	check_cluster
	same status 0 "$status"
	finding warning "resource 'server' (nfsserver) notifies clients by itself" \
		'pcs resource update server nfs_no_notify=true'
	finding warning "resource 'server' (nfsserver) moves statd's directory to '/srv/nfs/info'" \
		'pcs resource update server nfs_shared_infodir='
	finding warning "resource 'export' (exportfs) has no 'fsid'" 'pcs resource update export fsid='
	finding warning "resource 'tell' (nfsnotify) notifies clients as well" 'pcs resource delete tell'
}

@test "cluster: fencing" {
	local off='<nvpair id="x" name="stonith-enabled" value="false"/>'
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "$off"
	check_cluster
	same status 0 "$status"
	finding warning 'the cluster does not fence (stonith-enabled=false)' 'pcs property set stonith-enabled=true'
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "${off/false/true}"
	check_cluster
	no_finding stonith-enabled
	stock_resources require_fencing=yes
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "$off"
	check_cluster
	finding warning 'the group stays down after a crash' 'pcs property set stonith-enabled=true'
	stock_resources require_fencing=no
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	finding warning "'locks' is configured to take its group over from a node that was not fenced" \
		'pcs resource update locks require_fencing=auto'
}

@test "cluster: a fencing device, a watchdog, a quorum" {
	local fence='<primitive id="fence" class="stonith" type="fence_ipmilan"/>'
	local watchdog='<nvpair id="w" name="stonith-watchdog-timeout" value="10"/>'
	local policy='<nvpair id="q" name="no-quorum-policy" value="ignore"/>'
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "$policy"
	check_cluster
	finding warning 'the cluster has no fencing device' 'pcs stonith create'
	finding warning 'goes on without a quorum (no-quorum-policy=ignore)' 'pcs property unset no-quorum-policy'
	cluster "$fence$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	no_finding 'no fencing device'
	no_finding 'without a quorum'
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "$watchdog"
	check_cluster
	no_finding 'no fencing device'
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "${watchdog/10/0}"
	check_cluster
	finding warning 'the cluster has no fencing device'
}

@test "cluster: fencing-enabled takes precedence over stonith-enabled, in any order" {
	local new='<nvpair id="n" name="fencing-enabled" value="false"/>' old='<nvpair id="o" name="stonith-enabled" value="true"/>'
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "$new$old"
	check_cluster
	finding warning 'the cluster does not fence (fencing-enabled=false)' 'pcs property set fencing-enabled=true'
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "$old$new"
	check_cluster
	finding warning 'the cluster does not fence (fencing-enabled=false)' 'pcs property set fencing-enabled=true'
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")" '' "${old/true/false}${new/false/true}"
	check_cluster
	no_finding 'does not fence'
}

@test "cluster: a warning: a refused start bans the group from the node for ever" {
	local warning="resource 'locks' (nfslock) has no 'failure-timeout'" cure='pcs resource meta locks failure-timeout=120s'
	local bare members threshold
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	no_finding failure-timeout
	bare=${locks/"$(meta 120s)"/}
	members="$disk$server$export$bare$ip"
	cluster "$(group "$members")"
	check_cluster
	same status 0 "$status"
	finding warning "$warning" "$cure"
	# not an empty value, nor that of an operation or of another resource
	for each in "$(meta 0)" "$(meta 0s)" "$(meta '')" "<operations><op id='p' name='start' interval='0'>$(meta 60s)</op></operations>"; do
		cluster "$(group "${members/"$bare"/${bare%</primitive>}$each</primitive>}")"
		check_cluster
		finding warning "$warning" "$cure"
	done
	cluster "$(group "${members/"$disk"/${disk%</primitive>}$(meta 60s)</primitive>}")"
	check_cluster
	finding warning "$warning" "$cure"
	# if it may start again, it is not banned until it has failed that often
	cluster "$(group "$members")" '' '<nvpair id="f" name="start-failure-is-fatal" value="false"/>'
	check_cluster
	no_finding failure-timeout
	threshold='<meta_attributes id="m"><nvpair id="mt" name="migration-threshold" value="3"/></meta_attributes>'
	cluster "$(group "${members/"$bare"/${bare%</primitive>}$threshold</primitive>}")" '' '<nvpair id="f" name="start-failure-is-fatal" value="false"/>'
	check_cluster
	finding warning "$warning" "$cure"
	# the group's value, and the default for all
	cluster "$(group "$(meta 60s)$members")"
	check_cluster
	no_finding failure-timeout
	cluster "$(group "$members")"
	sed -i "s|</configuration>|<rsc_defaults>$(meta PT2M)</rsc_defaults></configuration>|" "$W/cib"
	check_cluster
	no_finding failure-timeout
}

@test "cluster: references, templates, tags and rules are followed as Pacemaker does" {
	stock_resources
	local shared='<primitive id="other" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="shared"><nvpair id="n" name="ip" value="192.0.2.10"/></instance_attributes></primitive>'
	ip='<primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id-ref="shared"/></primitive>'
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$shared"
	check_cluster
	same status 0 "$status"
	finding ok "resource 'locks' is in its place"
	finding note "resource 'other' (ocf:heartbeat:IPaddr2) has the address '192.0.2.10' of 'locks' as well"
	no_finding 'nothing makes'
	ip='<primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="a" score="2"><rule id="r" score="0"><expression id="x" attribute="#uname" operation="eq" value="node1"/></rule><nvpair id="n1" name="ip" value="198.51.100.10"/></instance_attributes><instance_attributes id="b" score="1"><rule id="r2" score="0"><expression id="x2" attribute="#uname" operation="eq" value="node2"/></rule><nvpair id="n2" name="ip" value="192.0.2.10"/></instance_attributes></primitive>'
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	finding ok "resource 'locks' is in its place"
	finding note "rules set parameters of resource 'ip'"
	stock_resources
	cluster "$disk$(group "$server" "$export" "$locks" "$ip")" "$(order storage nfs)$(together nfs storage)</constraints><tags><tag id=\"storage\"><obj_ref id=\"fs\"/></tag></tags><constraints>"
	check_cluster
	finding ok "resource 'locks' is in its place"
	no_finding 'nothing '
	# not a resource of that tag
	cluster "$disk$(group "$server" "$export" "$locks" "$ip")" "$(order storage nfs)</constraints><tags><tag id=\"storage\"><obj_ref id=\"other\"/></tag></tags><constraints>"
	check_cluster
	finding warning "start after 'fs'"
}

@test "cluster: a group with ordered=false or collocated=false" {
	local meta
	stock_resources
	for meta in ordered collocated; do
		cluster "$(group "<meta_attributes id=\"m\"><nvpair id=\"mn\" name=\"$meta\" value=\"false\"/></meta_attributes>$disk$server$export$locks$ip")"
		check_cluster
		same status 6 "$status"
		says "group 'nfs' has $meta=false" "$output"
		says "pcs resource meta nfs $meta=true" "$output"
		no_finding 'is in its place'
	done
	cluster "$(group "<meta_attributes id=\"m\"><nvpair id=\"mn\" name=\"ordered\" value=\"true\"/></meta_attributes>$disk$server$export$locks$ip")"
	check_cluster
	same status 0 "$status"
}

# unit ID CLASS:TYPE
unit() {
	printf '<primitive id="%s" class="%s" type="%s"/>' "$1" "${2%%:*}" "${2#*:}"
}

@test "cluster: servers, storage and addresses of every agent" {
	local agent
	stock_resources
	for agent in systemd:nfs-server systemd:nfsserver systemd:nfs-kernel-server.service lsb:nfs service:nfs-kernel-server; do
		echo "with $agent"
		server=$(unit server "$agent")
		cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
		check_cluster
		finding ok "resource 'locks' is in its place"
		no_finding 'not checked'
		cluster "$(group "$disk" "$export" "$locks" "$ip" "$server")"
		check_cluster
		same status 6 "$status"
		finding error "starts before 'server'"
	done
	# an unknown agent
	for agent in systemd:nfs-ganesha systemd:my-nas ocf:acme:server; do
		server=$(unit server "$agent")
		cluster "$(group "$disk" "$export" "$locks" "$ip" "$server")"
		check_cluster
		same status 0 "$status"
		finding note "resource 'server' ($agent) is of an unknown kind"
		finding note "no known resource is the NFS server of 'locks'"
	done
	stock_resources
	disk=$(unit fs systemd:srv-nfs.mount)
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	finding ok "resource 'locks' is in its place"
	no_finding 'not checked'
	cluster "$(group "$server" "$export" "$locks" "$ip")$(unit fs 'systemd:srv-n\x66s.mount')"
	check_cluster
	finding warning "start after 'fs'"
	cluster "$(group "$server" "$export" "$locks" "$ip" "$(primitive pool ocf:heartbeat:ZFS pool=tank)")"
	check_cluster
	same status 6 "$status"
	finding error "starts before 'pool'"
	finding note "no known resource mounts the filesystem of the store '/srv/nfs/.lockferry'"
	stock_resources
	for agent in 'aws-vpc-move-ip ip' 'aliyun-vpc-move-ip address' 'awsvip secondary_private_ip'; do
		ip=$(primitive ip "ocf:heartbeat:${agent% *}" "${agent#* }=192.0.2.10")
		cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
		check_cluster
		finding ok "resource 'locks' is in its place"
	done
}

@test "cluster: addresses and exports that nfslock does not know" {
	stock_resources
	local second data bind away
	second=$(primitive ip2 ocf:heartbeat:IPaddr2 ip=198.51.100.10)
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip" "$second")"
	check_cluster
	same status 0 "$status"
	finding warning "resource 'ip2' (ocf:heartbeat:IPaddr2) brings an address that is not in the parameter 'ip' of 'locks'" "'ip' of 'locks'"
	# by constraints; and an address of another nfslock
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$second" "$(order nfs ip2)$(together ip2 nfs)"
	check_cluster
	finding warning "resource 'ip2' (ocf:heartbeat:IPaddr2) brings an address"
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$second$(primitive blue ocf:lockferry:nfslock store=/srv/blue/.l ip=198.51.100.10 group=blue)" "$(together ip2 nfs)"
	check_cluster
	no_finding 'brings an address'
	data=$(primitive data ocf:heartbeat:Filesystem directory=/srv/nfs/data)
	cluster "$(group "$disk" "$data" "$server" "$export" "$locks" "$ip")"
	check_cluster
	finding warning "the group of 'locks' has 2 filesystems" 'exports='
	stock_resources exports=/srv/nfs/export,/srv/nfs/data
	cluster "$(group "$disk" "$data" "$server" "$export" "$locks" "$ip")"
	check_cluster
	no_finding filesystems
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")$data" "$(order nfs data)$(together data nfs)"
	check_cluster
	same status 6 "$status"
	finding error "resource 'locks' (ocf:lockferry:nfslock) starts before 'data'"
	stock_resources
	bind=$(primitive bind ocf:heartbeat:Filesystem device=/srv/nfs/export directory=/exports fstype=none options=ro,bind)
	away=$(primitive away ocf:heartbeat:exportfs directory=/exports fsid=2)
	cluster "$(group "$disk" "$server" "$bind" "$away" "$locks" "$ip")"
	check_cluster
	no_finding 'bind mount'
	no_finding filesystems
	cluster "$(group "$disk" "$server" "$locks" "$ip")<group id=\"g2\">$bind$away</group>"
	check_cluster
	finding warning "resource 'away' (ocf:heartbeat:exportfs) exports a directory on the filesystem of"
}

@test "cluster: exports that clients cannot tell apart, and locks that nobody drops" {
	stock_resources
	local other
	other=$(primitive other ocf:heartbeat:exportfs directory=/srv/nfs/b fsid=1)
	cluster "$(group "$disk" "$server" "$export" "$other" "$locks" "$ip")"
	check_cluster
	same status 6 "$status"
	finding error "resources 'export' and 'other' (exportfs) have the same 'fsid', 1" 'pcs resource update other fsid='
	# several directories get consecutive numbers, and root is 0
	other=$(primitive other ocf:heartbeat:exportfs directory='/srv/nfs/b /srv/nfs/c' fsid=0)
	cluster "$(group "$disk" "$server" "$export" "$other" "$locks" "$ip")"
	check_cluster
	finding error "have the same 'fsid', 1"
	cluster "$(group "$disk" "$server" "$(primitive all ocf:heartbeat:exportfs directory=/srv/nfs fsid=root)" "$other" "$locks" "$ip")"
	check_cluster
	finding error "resources 'all' and 'other' (exportfs) have the same 'fsid', 0"
	# to other clients
	other=$(primitive other ocf:heartbeat:exportfs directory=/srv/nfs/export/ fsid=1 clientspec=192.0.2.9)
	cluster "$(group "$disk" "$server" "$export" "$other" "$locks" "$ip")"
	check_cluster
	same status 0 "$status"
	disk=$(primitive fs ocf:heartbeat:Filesystem directory=/srv/nfs fstype=ext4)
	other=$(primitive other ocf:heartbeat:exportfs directory=/srv/nfs/b)
	cluster "$(group "$disk" "$server" "$other" "$locks" "$ip")"
	check_cluster
	finding note "resource 'other' (exportfs) has no 'fsid': clients identify the filesystem by its UUID"
	export=$(primitive export ocf:heartbeat:exportfs directory=/srv/nfs/export fsid=1 unlock_on_stop=0)
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	no_finding unlock_on_stop
	cluster "<clone id=\"servers\">$server</clone>$(group "$disk" "$export" "$locks" "$ip")" "$(order servers nfs)"
	check_cluster
	finding warning "resource 'export' (exportfs) has unlock_on_stop=0" unlock_on_stop=1
}

# Groups with an NFS server of their own

# own_node: this node has all that they need
own_node() {
	local name
	mkdir -p "$root/usr/sbin" "$root/lib/modules/6.1.0-9" "$W/node1/proc/sys/kernel"
	for name in rpcbind rpc.statd rpc.mountd rpc.nfsd exportfs nfsdcld ip nsenter nft; do
		install -m 755 /dev/null "$root/usr/sbin/$name"
	done
	echo 6.1.0-9-amd64 >"$W/node1/proc/sys/kernel/osrelease"
	mv "$root/lib/modules/6.1.0-9" "$root/lib/modules/6.1.0-9-amd64"
	printf 'kernel/fs/nfsd/nfsd.ko: kernel/fs/lockd/lockd.ko\nkernel/drivers/net/macvlan.ko.xz:\n' \
		>"$root/lib/modules/6.1.0-9-amd64/modules.dep"
}

# own_resources [PARAMETER=VALUE]...: a group with a server of its own
own_resources() {
	disk=$(primitive fs ocf:heartbeat:Filesystem directory=/srv/nfs)
	own=$(primitive own ocf:lockferry:nfsgroup directory=/srv/nfs address=192.0.2.10/24 group=files "$@")
	own="${own%</primitive>}$(meta 120s)</primitive>"
}

@test "own server: a group that has what it needs; the node's own server does not matter" {
	own_node
	own_resources
	cluster "$(group "$disk" "$own")"
	check_cluster
	same status 0 "$status"
	finding ok "this node has what a group's own NFS server needs"
	no_finding 'the NFS server does not run'
	no_finding 'nfslock'
	no_finding 'rpc.statd'
	no_finding "'own'"
	cluster "$(group "$disk" "${own/"$(meta 120s)"/}")"
	check_cluster
	finding warning "resource 'own' (nfsgroup) has no 'failure-timeout'" 'pcs resource meta own failure-timeout='
	own_resources require_fencing=no
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding warning "'own' is configured to take its group over from a node that was not fenced"
	# its store, by default in its directory
	finding note "'/srv/nfs' does not exist"
}

@test "own server: what is missing on the node" {
	own_node
	own_resources
	cluster "$(group "$disk" "$own")"
	rm "$root/usr/sbin/nfsdcld" "$root/usr/sbin/ip"
	sed -i '/macvlan/d' "$root"/lib/modules/*/modules.dep
	check_cluster
	same status 5 "$status"
	finding error "the program 'nfsdcld' is not on this node: without it, NFSv4 clients" nfs-utils
	finding error "the program 'ip' is not on this node: a group's own NFS server cannot start" iproute2
	finding error "the kernel of this node (6.1.0-9-amd64) has no module 'macvlan'"
	no_finding "has what a group's own"
	echo 'macvlan 28672 0 - Live 0x0' >"$W/node1/proc/modules"
	check_cluster
	no_finding macvlan
	# for NFSv3 alone it is not needed
	own_resources versions=3
	cluster "$(group "$disk" "$own")"
	check_cluster
	no_finding nfsdcld
	rm -r "$root/lib/modules"
	check_cluster
	finding note "has the module 'nfsd', which a group's own NFS server needs, is not known"
	echo 4.18.0-553 >"$W/node1/proc/sys/kernel/osrelease"
	check_cluster
	finding error 'Linux 4.18.0-553 is too old'
}

# own_nic NIC [FILE]...: the node has this network interface, with these files of the kernel
own_nic() {
	local file
	mkdir -p "$root/sys/class/net/$1"
	for file in "${@:2}"; do
		mkdir -p "$(dirname "$root/sys/class/net/$1/$file")"
		echo 1 >"$root/sys/class/net/$1/$file"
	done
}

@test "own server: the network interface, and the kind of link" {
	own_node
	own_nic eth0
	own_resources nic=eth7
	cluster "$(group "$disk" "$own")"
	check_cluster
	same status 5 "$status"
	finding error "this node has no network interface 'eth7', which 'own' (nfsgroup) needs" 'pcs resource update own nic='
	own_resources nic=eth0 link=bridge
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding error "'own' (nfsgroup) has link=bridge, and 'eth0' is not a bridge on this node"
	finding error "has no module 'veth'"
	no_finding "no module 'macvlan'"
	own_resources nic=eth0 link=ipvlan
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding error "has no module 'ipvlan'"
	own_nic eth0 brport/port_no
	check_cluster
	finding error "'eth0' is a port of a bridge or bond on this node, so 'own' (nfsgroup) cannot have a link of kind ipvlan"
	# a bridge is used as one
	own_nic br0 bridge/stp_state
	own_resources nic=br0
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding error "has no module 'bridge'"
	finding warning "the bridge 'br0' has the spanning tree protocol" 'stp_state 0'
	echo 0 >"$root/sys/class/net/br0/bridge/stp_state"
	check_cluster
	no_finding 'spanning tree'
}

@test "own server: a routed link needs a node that forwards" {
	own_node
	own_nic eth0
	mkdir -p "$W/node1/proc/sys/net/ipv4/conf/eth0" "$W/node1/proc/sys/net/ipv6/conf/"{eth0,all}
	echo 0 >"$W/node1/proc/sys/net/ipv4/conf/eth0/forwarding"
	echo 1 >"$W/node1/proc/sys/net/ipv6/conf/eth0/forwarding"
	echo 0 >"$W/node1/proc/sys/net/ipv6/conf/all/forwarding"
	own_resources nic=eth0 link=routed
	own=${own/'192.0.2.10/24'/'192.0.2.10/24,2001:db8::10/64'}
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding error "this node does not forward packets for '192.0.2.10/24' from 'eth0'" "net/ipv4/conf/eth0/forwarding=1"
	finding error "this node does not forward packets for '2001:db8::10/64' from 'eth0'" "net/ipv6/conf/all/forwarding=1"
	echo 1 >"$W/node1/proc/sys/net/ipv4/conf/eth0/forwarding"
	echo 1 >"$W/node1/proc/sys/net/ipv6/conf/all/forwarding"
	check_cluster
	no_finding 'does not forward'
}

@test "own server: a routed link, and resources that tell the network of a cloud" {
	own_node
	own_resources nic=eth0 link=routed
	cluster "$(group "$disk" "$own" "$(primitive vip ocf:heartbeat:awsvip secondary_private_ip=192.0.2.10)")"
	check_cluster
	no_finding 'which brings it by itself'
	# this one also sets the address on the node
	cluster "$(group "$disk" "$own" "$(primitive vip ocf:heartbeat:aws-vpc-move-ip ip=192.0.2.10)")"
	check_cluster
	same status 6 "$status"
	finding error "resource 'vip' (ocf:heartbeat:aws-vpc-move-ip) has the address '192.0.2.10/24' of 'own' (nfsgroup)"
	own_resources nic=eth0
	cluster "$(group "$disk" "$own" "$(primitive vip ocf:heartbeat:awsvip secondary_private_ip=192.0.2.10)")"
	check_cluster
	finding error "resource 'vip' (ocf:heartbeat:awsvip) has the address '192.0.2.10/24' of 'own' (nfsgroup)"
}

@test "own server: macvlan and ipvlan are not on one network interface" {
	own_node
	local other
	own_resources nic=eth0
	other=$(primitive other ocf:lockferry:nfsgroup directory=/srv/b address=192.0.2.11/24 nic=eth0 link=ipvlan)
	cluster "$(group "$disk" "$own")$other"
	check_cluster
	finding error "resources 'own' (nfsgroup, macvlan) and 'other' (nfsgroup, ipvlan) are on one network interface" \
		'pcs resource update other link=macvlan'
	other=$(primitive other ocf:lockferry:nfsgroup directory=/srv/b address=192.0.2.11/24 nic=eth1 link=ipvlan)
	cluster "$(group "$disk" "$own")$other"
	check_cluster
	no_finding 'one network interface'
	other=$(primitive other ocf:lockferry:nfsgroup directory=/srv/b address=192.0.2.11/24 nic=eth0 link=routed)
	cluster "$(group "$disk" "$own")$other"
	check_cluster
	no_finding 'one network interface'
}

@test "own server: the firewall" {
	own_node
	own_resources exports='/srv/nfs 192.0.2.0/24(rw)'
	cluster "$(group "$disk" "$own")"
	rm "$root/usr/sbin/nft"
	check_cluster
	finding note "the program 'nft' is not on this node: 'own' (nfsgroup) has no firewall" nftables
	install -m 755 /dev/null "$root/usr/sbin/nft"
	check_cluster
	no_finding nft
	no_finding 'from everywhere'
	own_resources exports='/srv/nfs 192.0.2.0/24(rw) client.example.com(rw)'
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding note "lets NFS in from everywhere, because its exports name 'client.example.com'"
	own_resources firewall=none exports='/srv/nfs *(rw)'
	cluster "$(group "$disk" "$own")"
	check_cluster
	no_finding 'from everywhere'
	own_resources firewall=/etc/nfs.nft
	cluster "$(group "$disk" "$own")"
	rm "$root/usr/sbin/nft"
	check_cluster
	same status 5 "$status"
	finding error "the file '/etc/nfs.nft', the firewall of 'own' (nfsgroup), is not on this node"
	finding error "the program 'nft' is not on this node: 'own' (nfsgroup) cannot start with firewall=/etc/nfs.nft" nftables
}

@test "own server: not beside the shared server" {
	own_node
	stock_resources
	shared="$disk$server$export$locks$ip"
	own_resources
	own=$(primitive own ocf:lockferry:nfsgroup directory=/srv/b address=192.0.2.11/24)
	cluster "$(group "$shared")<group id=\"b\">$(primitive fsb ocf:heartbeat:Filesystem directory=/srv/b)$own</group>"
	check_cluster
	same status 6 "$status"
	finding error "resource 'own' (nfsgroup) has an NFS server of its own, and 'server' (ocf:heartbeat:nfsserver) is for the server that groups share" \
		'have all groups of these nodes served in one way'
	finding note 'there are 2 nfslock and nfsgroup resources'
	# the shared server is looked at as well
	finding note 'the NFS server does not run'
	check_cluster --group own
	same status 6 "$status"
	no_finding 'the NFS server does not run'
	# each kind has a node of its own
	cluster "$(group "$shared")<group id=\"b\">$(primitive fsb ocf:heartbeat:Filesystem directory=/srv/b)$own</group>" \
		'<rsc_location id="x" rsc="nfs" node="node2" score="-INFINITY"/><rsc_location id="y" rsc="b" node="node1" score="-INFINITY"/>'
	check_cluster
	no_finding 'has an NFS server of its own, and'
	# node1 may have both
	cluster "$(group "$shared")<group id=\"b\">$(primitive fsb ocf:heartbeat:Filesystem directory=/srv/b)$own</group>" \
		'<rsc_location id="x" rsc="nfs" node="node2" score="-INFINITY"/><rsc_location id="y" rsc="b" node="node1" score="-100"/>'
	check_cluster
	finding error "resource 'own' (nfsgroup) has an NFS server of its own, and" 'pcs constraint location b avoids NODE'
}

@test "own server: what two groups must not have in common" {
	local pair
	own_node
	for pair in 'group=files directory=/srv/b address=192.0.2.11/24:group' \
		'directory=/srv/nfs/ address=192.0.2.11/24:directory' \
		'directory=/srv/b address=2001:db8::1/64,192.0.2.10/28:address' \
		'directory=/srv/b address=192.0.2.11/24 scope=FILES.192.0.2.10:scope'; do
		own_resources
		# shellcheck disable=SC2086 # words
		cluster "$(group "$disk" "$own")$(primitive second ocf:lockferry:nfsgroup ${pair%:*})"
		check_cluster
		same status 6 "$status"
		finding error "resources 'own' and 'second' (nfsgroup) have the same '${pair##*:}'" "pcs resource update second ${pair##*:}="
	done
	own_resources scope=a
	cluster "$(group "$disk" "$own")$(primitive second ocf:lockferry:nfsgroup directory=/srv/b address=192.0.2.11/24 scope=b)"
	check_cluster
	no_finding 'the same'
	finding note 'there are 2 nfsgroup resources'
}

@test "own server: its filesystem and its address" {
	own_node
	own_resources
	cluster "$own"
	check_cluster
	finding warning "no resource mounts the directory '/srv/nfs' of 'own' (nfsgroup)"
	cluster "$disk$own"
	check_cluster
	same status 6 "$status"
	finding error "nothing makes resource 'own' (nfsgroup) start after 'fs' (ocf:heartbeat:Filesystem) on the same node"
	cluster "$disk$own" "$(order fs own)$(together own fs)"
	check_cluster
	same status 0 "$status"
	cluster "$(group "$disk" "$own" "$(primitive ip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24)")"
	check_cluster
	same status 6 "$status"
	finding error "resource 'ip' (ocf:heartbeat:IPaddr2) has the address '192.0.2.10/24' of 'own' (nfsgroup), which brings it by itself" \
		'pcs resource delete ip'
}

@test "own server: its grace period, and how long a first lock may wait" {
	local setting
	own_node
	for setting in grace=auto 'grace=90 lease=90' 'grace=120 record_timeout=2'; do
		# shellcheck disable=SC2086 # words
		own_resources $setting
		cluster "$(group "$disk" "$own")"
		check_cluster
		no_finding "'own'"
	done
	own_resources grace=20
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding warning "resource 'own' (nfsgroup) has grace=20, less than the lease of NFSv4 clients (30 s)" grace=auto
	own_resources grace=40 versions=3
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding warning "resource 'own' (nfsgroup) has grace=40: after a crash, a client whose kernel takes longer" grace=auto
	own_resources record_timeout=5
	cluster "$(group "$disk" "$own")"
	check_cluster
	finding note "resource 'own' (nfsgroup) has record_timeout=5: while its disk hangs" record_timeout=2
}
