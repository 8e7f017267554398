# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Nodes with systemd as process 1 (LAB_INIT=systemd): their units. They are set up here, because systemctl is slow in a
# guest, on the disk between the guest's root and its own disk; see guest_kernel_prepare. Other units of this machine
# are hidden from the guests.

# systemd_check: is LAB_INIT a known word?
systemd_check() {
	case $LAB_INIT in
	shell | systemd | systemd+init.d) ;;
	*) die "LAB_INIT must be shell, systemd or systemd+init.d, not \"$LAB_INIT\"" ;;
	esac
}

# systemd_packages: packages whose files guests with systemd use often.
systemd_packages() {
	echo 'dbus dbus-bin dbus-daemon dbus-system-bus-common libdbus-1-3 libsystemd0 libsystemd-shared pcs systemd'
}

# systemd_fill DIR SOURCE: makes the units in DIR, which has those of the packages: only what the lab needs is started,
# and for the cluster only what an administrator would enable.
systemd_fill() {
	local dir=$1 units=$1/usr/lib/systemd/system

	# Units that systemd starts by default: getty, timers, filesystems. Its log and the bus stay.
	find "$units" -path '*.wants/*' ! -name 'systemd-journald*.so*' ! -name systemd-journald.service \
		! -name systemd-tmpfiles-setup.service ! -name dbus.socket ! -name dbus.service -delete
	find "$units" -name 'systemd-journald-audit.socket' -delete
	find "$dir/usr/lib/systemd/system-generators" ! -type d ! -name 'nfs-*' ! -name 'rpc-*' -delete
	mkdir -p "$dir/etc/init.d" "$dir/etc/systemd/system" "$dir/etc/systemd/system.conf.d" "$dir/etc/systemd/journald.conf.d"
	cp "$2/guest/lab-jobs.service" "$dir/etc/systemd/system/"
	cat >"$dir/etc/systemd/system.conf.d/lab.conf" <<-'END'
		# guests are slow
		[Manager]
		DefaultTimeoutStartSec=300
	END
	cat >"$dir/etc/systemd/journald.conf.d/lab.conf" <<-'END'
		# busybox's syslogd writes the file that the host reads: see guest/init
		[Journal]
		ForwardToSyslog=yes
		RuntimeMaxUse=16M
	END
	systemd_yield "$dir" pcsd pcsd-ruby
	pcsd_key "$dir/var/lib/pcsd"
	systemd_enable "$dir"
}

# systemd_yield DIR SERVICE...: starts them after the cluster's services, because Python and Ruby take a guest a minute
# at each boot.
systemd_yield() {
	local service

	for service in "${@:2}"; do
		mkdir "$1/etc/systemd/system/$service.service.d"
		printf '[Service]\nCPUSchedulingPolicy=idle\n' >"$1/etc/systemd/system/$service.service.d/lab.conf"
	done
}

# pcsd_key DIR: makes the key and certificate that pcsd would make itself, which takes a guest half a minute.
pcsd_key() {
	install -d -m 700 "$1"
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=lab -keyout "$1/pcsd.key" -out "$1/pcsd.crt" 2>/dev/null
	chmod 600 "$1"/*
}

# systemd_enable DIR: enables what Debian's packages enable when they are installed, and what docs/admin-guide.md
# requires on each node; the stack without Lockferry has no such guide.
systemd_enable() {
	systemd_ctl "$1" enable lab-jobs.service nfs-client.target nfs-blkmap.service nfs-server.service \
		rpcbind.service rpcbind.socket corosync.service pacemaker.service pcsd-ruby.service pcsd.service
	systemd_ctl "$1" disable nfs-server.service
	[ "$LAB_STACK" = stock ] || systemd_ctl "$1" mask rpc-statd-notify.service
}

# systemd_ctl DIR COMMAND UNIT...: without the compatibility scripts of System V init, which need perl.
systemd_ctl() {
	SYSTEMCTL_SKIP_SYSV=1 systemctl --quiet --root="$1" "${@:2}"
}

# systemd_hide IMAGE: makes the image's directories hide those of this machine (overlayfs, opaque directories). The
# attribute is set in the image, because a filesystem of this machine may not accept it.
systemd_hide() {
	local dir told

	for dir in /usr/lib/systemd/system /usr/lib/systemd/system-generators /usr/lib/tmpfiles.d /etc/systemd/system \
		$([ "$LAB_INIT" != systemd ] || echo /etc/init.d); do
		told=$(debugfs -w -R "ea_set $dir trusted.overlay.opaque y" "$1" 2>&1 >/dev/null | sed 1d)
		[ -z "$told" ] || die "debugfs: $told"
	done
}
