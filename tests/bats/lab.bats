#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The parts of the lab that can be tested without booting it: the message for a guest that dies at boot. The consoles
# are copies of real ones.

setup() {
	export LAB_DIR=$BATS_TEST_TMPDIR LAB_MEMORY_MIB=512 LAB_ACCELERATOR=kvm
	console=$BATS_TEST_TMPDIR/console
	# shellcheck source=/dev/null
	. "$SRC/tests/lab/host/causes.sh"
}

# tells PATTERN CONSOLE: one line, which matches
tells() {
	local told

	printf '%s\n' "$2" >"$console"
	told=$(cause_or_last_words "$console")
	[ "$(wc -l <<<"$told")" -eq 1 ]
	grep -qE -- "$1" <<<"$told" || {
		echo "said: $told"
		return 1
	}
}

@test "lab: a guest without qemu, or what it needs of the machine" {
	tells 'not installed: tests/install.sh' 'exec of "qemu-system-x86_64" failed: No such file or directory'
	tells 'LAB_ACCELERATOR' 'qemu-system-x86_64: -accel kvm: failed to initialize kvm: No such file or directory'
	tells 'tun' 'qemu-system-x86_64: -netdev tap,id=net,ifname=node1: could not open /dev/net/tun: No such file or directory'
}

@test "lab: a guest whose memory or folder found no room" {
	tells 'too little memory .*LAB_MEMORY_MIB' \
		"qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory"
	tells 'no room is left in .*LAB_DIR' 'cp: error writing: No space left on device'
	tells 'too small: set LAB_MEMORY_MIB' '[    3.1] Kernel panic - not syncing: System is deadlocked on memory'
}

@test "lab: a guest without the modules of its kernel" {
	tells 'fetch the kernel again' 'mount: mounting root on /host failed: No such device
[    3.119102] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000ff00'
	tells 'fetch the kernel again' 'modprobe: FATAL: Module nfsd not found in directory /lib/modules/6.1.0-56-amd64'
}

@test "lab: a guest whose root is of the wrong release" {
	tells 'newer kernel' 'FATAL: kernel too old'
}

@test "lab: a guest that dies for another reason is quoted" {
	tells 'its last words: Kernel panic - not syncing: Attempted' "hello
[    3.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300
[    3.2] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-56-amd64 #1"
	tells 'its last words: hello' 'hello'
	tells 'console is empty' ''
	rm "$console"
	[[ $(cause_or_last_words "$console") == *'console is empty'* ]]
}

@test "lab: a guest that lives long enough to log has no known cause" {
	printf '%s\n' '[    0.040000] tsc: Unable to calibrate against PIT' \
		'[    0.457569] APIC calibration not consistent with PM-Timer: 104ms instead of 100ms' >"$console"
	run cause_of "$console"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
}

# stage_with PATH...: what "make install" would have installed
stage_with() {
	local path

	rm -rf "${stage:?}"
	for path; do
		install -D -m 755 /dev/null "$stage/$path"
	done
}

@test "lab: the callout is run from where it was installed; an incomplete stage is refused" {
	local stage=$BATS_TEST_TMPDIR/stage agent=usr/lib/ocf/resource.d/lockferry/nfslock

	# shellcheck source=/dev/null
	. "$SRC/tests/lab/host/common.sh"
	# shellcheck source=/dev/null
	. "$SRC/tests/lab/host/lab.sh"
	stage_with usr/sbin/lockferry usr/libexec/lockferry/lockferry-callout "$agent"
	lab_stage_check "$stage"
	[ "$LAB_INSTALLED_CALLOUT" = /usr/libexec/lockferry/lockferry-callout ]
	grep -qx 'LAB_INSTALLED_CALLOUT=/usr/libexec/lockferry/lockferry-callout' "$LAB_DIR/settings"

	stage_with usr/sbin/lockferry "$agent"
	run lab_stage_check "$stage"
	[ "$status" -ne 0 ]
	[[ $output == *'has 0 executable files lockferry-callout'* ]]

	stage_with usr/sbin/lockferry usr/libexec/lockferry/lockferry-callout
	run lab_stage_check "$stage"
	[ "$status" -ne 0 ]
	[[ $output == *"has no $agent"* ]]
}

# unit NAME [TARGET]: makes one in $dir, as a package does, enabled for the target
unit() {
	printf '[Unit]\nDescription=%s\n[Service]\nExecStart=/bin/true\n' "$1" >"$dir/usr/lib/systemd/system/$1"
	[ $# -eq 1 ] || printf '[Install]\nWantedBy=%s\n' "$2" >>"$dir/usr/lib/systemd/system/$1"
}

# package_units: some of those of a real machine
package_units() {
	local service units=$dir/usr/lib/systemd/system

	mkdir -p "$units"/{multi-user,sysinit,sockets,timers}.target.wants "$dir/usr/lib/systemd/system-generators"
	for service in nfs-server rpcbind corosync pacemaker pcsd pcsd-ruby; do
		unit "$service.service" multi-user.target
	done
	unit nfs-client.target multi-user.target
	unit nfs-blkmap.service nfs-client.target
	unit rpcbind.socket sockets.target
	for service in rpc-statd rpc-statd-notify systemd-logind systemd-journald; do
		unit "$service.service"
	done
	ln -s ../systemd-logind.service "$units/multi-user.target.wants/"
	ln -s ../systemd-journald.service "$units/sysinit.target.wants/"
	ln -s ../man-db.timer "$units/timers.target.wants/"
	: >"$dir/usr/lib/systemd/system-generators/systemd-sysv-generator"
	: >"$dir/usr/lib/systemd/system-generators/rpc-pipefs-generator"
}

# wants: what systemd will start in $dir, one per line
wants() {
	(cd "$dir" && find . -path '*.wants/*' -printf '%f\n' | sort)
}

@test "lab: with systemd a node starts what the administrator's guide requires, and nothing else of this machine" {
	local dir=$BATS_TEST_TMPDIR/root masked

	command -v systemctl || skip "no systemd"
	# shellcheck source=/dev/null
	. "$SRC/tests/lab/host/systemd.sh"
	package_units
	LAB_STACK=lockferry systemd_fill "$dir" "$SRC/tests/lab"
	diff <(wants) <(printf '%s\n' corosync.service lab-jobs.service nfs-blkmap.service nfs-client.target \
		pacemaker.service pcsd-ruby.service pcsd.service rpcbind.service rpcbind.socket systemd-journald.service)
	masked=$(sed -n 's/^ *systemctl mask //p' "$SRC/docs/admin-guide.md" | sort -u)
	[ "$masked" = rpc-statd-notify.service ]
	[ "$(readlink "$dir/etc/systemd/system/$masked")" = /dev/null ]
	[ "$(sed -n "s/^ *systemctl disable --now //p" "$SRC/docs/admin-guide.md" | sort -u)" = nfs-server.service ]
	[ "$(ls "$dir/usr/lib/systemd/system-generators")" = rpc-pipefs-generator ]
}

@test "lab: the stock stack's nodes have sm-notify as on Debian" {
	local dir=$BATS_TEST_TMPDIR/root

	command -v systemctl || skip "no systemd"
	# shellcheck source=/dev/null
	. "$SRC/tests/lab/host/systemd.sh"
	package_units
	LAB_STACK=stock systemd_fill "$dir" "$SRC/tests/lab"
	[ ! -e "$dir/etc/systemd/system/rpc-statd-notify.service" ]
}

@test "lab: LAB_INIT must be a known word" {
	local word

	# shellcheck source=/dev/null
	. "$SRC/tests/lab/host/common.sh"
	# shellcheck source=/dev/null
	. "$SRC/tests/lab/host/systemd.sh"
	for word in shell systemd systemd+init.d; do
		LAB_INIT=$word systemd_check
	done
	LAB_INIT=sysv run systemd_check
	[ "$status" -ne 0 ]
	[[ $output == *'not "sysv"'* ]]
}
