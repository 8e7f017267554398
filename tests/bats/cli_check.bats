#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lockferry check: each finding, with its level and its cure. The node is files, nfs.conf and the cluster are stubs.
#
# Each test is a subshell of its own; run and the helpers set variables:
# shellcheck disable=SC2030,SC2031,SC2154

load cli_helpers

setup() {
	cli_setup
	STORE=$W/store
	sm=$W/node1/sm
	root=$W/root
	mkdir -p "$root/var/lib/nfs"
	stubs_make nfsconf cibadmin
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
	stub_answers cibadmin 102 '' 'Could not connect to the CIB'
}

teardown() {
	cli_teardown
}

run_check() {
	run_lf check --sm-dir "$sm" --root "$root" --output-as json "$@"
}

# finding LEVEL TEXT [CURE]: there is one such, and its cure says so
finding() {
	jq -e --arg level "$1" --arg text "$2" --arg cure "${3-}" \
		'[.findings[] | select(.level == $level and (.finding | contains($text)) and (.cure | contains($cure)))]
			| length == 1' <<<"$output" >/dev/null || {
		echo "no $1 '$2' with the cure '${3-}' in $output"
		return 1
	}
}

# no_finding TEXT: of whatever level
no_finding() {
	jq -e --arg text "$1" '[.findings[] | select(.finding | contains($text))] | length == 0' <<<"$output" >/dev/null || {
		echo "'$1' in $output"
		return 1
	}
}

# process PID NAME [WORD]...: it runs
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
	finding note "'$W/not' is not there"
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
	finding ok '1 clients'
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

@test "a grace period too short for a client to come back in is warned of" {
	local nfs=$W/node1/proc/sys/fs/nfs
	run_check
	same status 0 "$status"
	finding note "can't be told yet"
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

@test "mounts and notifiers in the way are warned of" {
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

@test "grace periods that don't go with each other are warned of" {
	local nfs=$W/node1/proc/sys/fs/nfs
	mkdir -p "$nfs"
	echo 90 >"$nfs/nlm_grace_period"
	echo 10 >"$nfs/nlm_timeout"
	echo 90 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	finding ok "nfsd's grace period, 90 s, goes with"
	echo 45 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	same status 0 "$status"
	finding warning "nfsd's grace period is 45 s long, and the lock manager's 90 s" grace-time
	echo 180 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	finding warning "nfsd's grace period is 180 s long, and the lock manager's 90 s" grace-time
	echo 179 >"$W/node1/nfsd/nfsv4gracetime"
	run_check
	finding ok "nfsd's grace period, 179 s, goes with"
}

@test "a grace period too short for the number of clients is told of" {
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
	finding note 'of 192 clients, should most be down, one that hears over TCP only is told after up to 6 s'
}

@test "a server without NFSv3 has no locks to keep" {
	run_check
	no_finding 'does not serve NFSv3'
	echo nfsd vers3 n >"$conf"
	run_check
	same status 0 "$status"
	finding note 'does not serve NFSv3' vers3=y
	# one that runs tells by itself
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

@test "who may write into statd's directory" {
	chmod 755 "$sm"
	run_check
	finding ok "its user is '$(id -un)'"
	no_finding 'can write into'
	chmod 1777 "$sm"
	run_check
	same status 0 "$status"
	finding warning "others than statd's user can write into '$sm' (mode 777)" "chmod u=rwx,go-w $sm"
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
	finding error "statd's user can't write into '$sm' (mode 500)" "chmod u=rwx,go-w $sm"
}

@test "the callout: of a statd that runs by its command line, else by nfs.conf" {
	local callout=$W/lockferry-callout
	run_check
	finding warning 'statd does not run lockferry-callout' ha-callout=
	echo "statd ha-callout $callout" >"$conf"
	run_check
	finding warning "statd is to run '$callout', which can't be run"
	install -m 755 /dev/null "$callout"
	run_check
	finding ok "statd runs '$callout'"
	process 700 rpc.statd -H /usr/sbin/other
	run_check
	finding warning 'statd does not run lockferry-callout'
	process 700 rpc.statd --ha-callout "$callout"
	run_check
	finding ok "statd runs '$callout'"
}

@test "a statd that runs sm-notify by itself is warned of" {
	local word
	run_check
	same status 0 "$status"
	finding warning 'rpc.statd runs sm-notify whenever it is started' no-notify=1
	no_finding 'nothing else on this node'
	for word in 1 true yes On; do
		echo "statd no-notify $word" >"$conf"
		run_check
		finding ok 'nothing else on this node notifies clients'
	done
	echo 'statd no-notify 0' >"$conf"
	run_check
	finding warning 'rpc.statd runs sm-notify'
	for word in --no-notify -L -FL; do
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
	# /etc goes before /run
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

@test "its names are not those of a node" {
	local node own
	node=$(uname -n)
	for own in "$node" "${node^^}" "${node%%.*}"; do
		run_check --name nfs.example.com --name "$own"
		same status 0 "$status"
		finding warning "the name '$own' is that of the node '$node'" 'mount by that'
		no_finding "'nfs.example.com'"
	done
	run_check --name "x$node" --name 'a b'
	same status 6 "$status"
	no_finding "'x$node'"
	finding error "'a b' is no name of a host"
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
	finding ok '1 exports of the group have their fsid'
	no_finding 'without fsid='
	no_finding 'not exported'
	printf '/srv/nfs\t192.0.2.0/24(rw,fsid=1)\n/srv/nfs\t@net(rw,sync)\n' >"$etab"
	run_check --export /srv/nfs
	same status 0 "$status"
	finding warning "'/srv/nfs' is exported to '@net' without fsid=" fsid
	# without --export: what is on the store's filesystem
	printf '%s\t*(rw)\n/proc\t*(rw)\n' "$W" >"$etab"
	run_check --store "$STORE"
	no_finding 'without fsid='
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_check --store "$STORE"
	finding warning "'$W' is exported to '*' without fsid="
	no_finding "'/proc'"
	# where nfs.conf says that it is
	rm "$etab"
	mkdir "$root/state"
	printf '%s\t*(rw,fsid=1)\n' "$W" >"$root/state/etab"
	echo 'mountd state-directory-path /state' >"$conf"
	run_check --export "$W"
	finding ok '1 exports of the group have their fsid'
}

@test "the store" {
	run_lf snapshot --store "$STORE" --sm-dir "$sm"
	run_check --store "$STORE" --export "$W"
	same status 0 "$status"
	finding ok "the store '$STORE' can be read"
	run_check --store "$STORE" --export /proc
	same status 5 "$status"
	finding error 'not on a filesystem of the group'
	printf '[group]\nformat=7\n' >"$STORE/state"
	run_check --store "$STORE" --export "$W"
	same status 5 "$status"
	finding error 'format 7'
	run_check --store "$W/new" --export "$W"
	same status 0 "$status"
	says "there is no store '$W/new'" "$output"
}

@test "text has a line for each finding, and one for its cure" {
	echo '<cib/>' >"$W/cib"
	run_lf check --sm-dir "$sm" --root "$root" --cib "$W/cib"
	same status 0 "$status"
	[[ ${lines[0]} == 'note     the NFS server does not run' ]]
	[[ ${lines[1]} == '         -> it must be started'* ]]
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

# cluster RESOURCES [CONSTRAINTS [PROPERTIES]]: is $W/cib
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

# stock_resources [LOCKS-PARAMETER=VALUE]...: as in the administrator's guide
stock_resources() {
	disk=$(primitive fs ocf:heartbeat:Filesystem directory=/srv/nfs)
	server=$(primitive server ocf:heartbeat:nfsserver nfs_no_notify=true)
	export=$(primitive export ocf:heartbeat:exportfs directory=/srv/nfs/export fsid=1)
	locks=$(primitive locks ocf:lockferry:nfslock store=/srv/nfs/.lockferry ip=192.0.2.10 group=files "$@")
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

@test "cluster: asked of cibadmin, and no error where there is none" {
	run_check
	same status 0 "$status"
	finding note "the cluster's configuration can't be looked at: no cluster runs on this node"
	stub_answers cibadmin 0 rubbish
	run_check
	same status 0 "$status"
	finding note 'that is no configuration of a cluster'
	stock_resources
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	stub_does cibadmin "cat $(quoted "$W/cib")"
	: >"$STUB_DIR/calls"
	run_check
	same status 0 "$status"
	grep -Fxq 'cibadmin --query --local' "$STUB_DIR/calls"
	finding ok "resource 'locks' is in its place"
	no_finding "can't be looked at"
}

@test "cluster: one that does not answer is not waited for" {
	stub_does cibadmin 'exec sleep 30'
	local begun=$SECONDS
	run_check --timeout 1
	same status 124 "$status"
	run_check
	same status 0 "$status"
	finding note "'cibadmin' was not done within 5 s"
	((SECONDS - begun < 15))
	stub_does cibadmin 'exec cat /dev/zero'
	run_check
	same status 0 "$status"
	finding note 'too long'
}

@test "cluster: a file that is none is refused" {
	run_lf check --cib "$W/none"
	expect_refusal 2 "can't open '$W/none'"
	echo rubbish >"$W/cib"
	run_lf check --cib "$W/cib"
	expect_refusal 1 "'$W/cib': that is no configuration of a cluster"
}

@test "cluster: what is not told of the group is what its resource says" {
	stock_resources names='node2.example.com nfs' exports=/srv/nfs/export sm_dir="$W/no-sm"
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	run_lf check --root "$root" --cib "$W/cib" --output-as json
	same status 5 "$status"
	finding error "'$W/no-sm'"
	finding note "the address '192.0.2.10' is not on this node"
	finding note "'/srv/nfs/export' is not exported here"
	finding note 'is not mounted here'
	finding warning "the name 'node2.example.com' is that of the node 'node2'"
	no_finding "'nfs'"
	check_cluster --group files --ip 127.0.0.1 --name other --export /other --store "$W/x/y"
	same status 0 "$status"
	finding warning "'/other' is not exported"
	finding note "'$W/x' is not there"
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
	finding warning "no IPaddr2 resource has the address '2001:db8::10' of 'locks'" IPaddr2
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
		# another group has nothing to do with that
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
		primitive second ocf:lockferry:nfslock store=/srv/b/.l ip=192.0.2.11)"
	check_cluster --group files
	same status 0 "$status"
	no_finding 'have the same'
}

@test "cluster: resources that get in the way" {
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
	finding warning 'after a crash the group stays down' 'pcs property set stonith-enabled=true'
	stock_resources require_fencing=no
	cluster "$(group "$disk" "$server" "$export" "$locks" "$ip")"
	check_cluster
	finding warning "'locks' is told to take its group over from a node that was not fenced" \
		'pcs resource update locks require_fencing=auto'
}
