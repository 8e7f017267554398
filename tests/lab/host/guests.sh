# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guests: Debian's kernels in qemu, without acceleration, so that the host needs no special features. Their root is
# that of this machine or of another release, read-only, below a disk of their own. (user-mode-linux needs no emulation,
# but a dozen page faults and switches of the host for each of its own: on some machines it is five times slower, on
# others it does not run.)

guest_known() {
	[[ " $LAB_GUESTS " == *" $1 "* ]] || die "unknown guest \"$1\": use one of $LAB_GUESTS"
}

# guest_disk FILE SIZE [OPTION OF MKFS...]
guest_disk() {
	local file=$1 size=$2
	shift 2

	truncate -s "$size" "$file"
	mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 "$@" "$file"
}

# guest_shared_disk FILE SIZE: has a cluster filesystem, for two nodes at a time.
guest_shared_disk() {
	truncate -s "$2" "$1"
	mkfs.ocfs2 -q -F -N 2 -J size=8M --cluster-stack=o2cb --cluster-name=lab "$1" >/dev/null 2>&1
}

guest_number() {
	case $1 in
	node1 | server) echo 11 ;;
	node2) echo 12 ;;
	client1 | clients) echo 21 ;;
	client2) echo 22 ;;
	esac
}

# guest_release GUEST: the release of its root and its kernel; "host" for this machine's own. LAB_RELEASE sets it for
# all guests, LAB_RELEASE_node2 for one.
guest_release() {
	local variable=LAB_RELEASE_$1

	echo "${!variable:-${LAB_RELEASE:-host}}"
}

# guest_init GUEST: its process 1. LAB_INIT sets it for the nodes; clients work the same with either.
guest_init() {
	case $1 in
	node*) echo "$LAB_INIT" ;;
	*) echo shell ;;
	esac
}

# in_release RELEASE COMMAND...: replaces this process.
in_release() {
	if [ "$1" = host ]; then
		exec "${@:2}"
	fi
	exec "$LAB_SRC/../release" "$@"
}

# guest_root RELEASE: the directory of its root.
guest_root() {
	if [ "$1" = host ]; then
		echo /
	else
		"$LAB_SRC/../release" "$1"
	fi
}

# guest_kernel_prepare RELEASE STAGE: makes $LAB_DIR/boot.RELEASE, from which guests of that release boot: their kernel,
# its modules, their root, and an initramfs that mounts the root.
guest_kernel_prepare() {
	local boot=$LAB_DIR/boot.$1 version

	mkdir "$boot"
	ln -s "$("$LAB_SRC/host/kernel" "$1")" "$boot/kernel"
	ln -s "$(guest_root "$1")" "$boot/root"
	version=$(ls "$boot/kernel/lib/modules")
	ln -s "$(readlink -f "$boot/kernel/lib/modules/$version")" "$boot/modules"
	initramfs_fill "$boot/initramfs" "$(readlink -f "$boot/kernel")" "$version"
	(cd "$boot/initramfs" && find . | busybox cpio -o -H newc 2>/dev/null) >"$boot/initrd"
	rm -r "$boot/initramfs"
	often_fill "$boot/often.files" "$boot/root"
	cp -a "$2/." "$boot/often.files"
	[ "$LAB_INIT" = shell ] || systemd_fill "$boot/often.files" "$LAB_SRC"
	guest_disk "$boot/often" 256M -d "$boot/often.files"
	[ "$LAB_INIT" = shell ] || systemd_hide "$boot/often"
	rm -r "$boot/often.files"
}

# often_fill DIR ROOT: copies the files that guests use often, for a disk that all guests have. Opening a file of the
# root asks the host each time, and a resource agent runs fifty commands.
often_fill() {
	local packages='bash busybox coreutils corosync dash findutils grep iproute2 iputils-ping kmod libc-bin mawk mount
		nfs-common nfs-kernel-server nftables pacemaker pacemaker-cli-utils pacemaker-common procps psmisc resource-agents rpcbind
		sed util-linux'

	[ "$LAB_INIT" = shell ] || packages+=" $(systemd_packages)"
	mkdir "$1"
	# shellcheck disable=SC2016,SC2086 # for the inner shell; a list
	chroot "$2" bash -c '
		dpkg-query --listfiles "$@" 2>/dev/null | grep -E "^(/usr)?/(s?bin|lib)/"
		ldd /usr/lib/pacemaker/* /usr/sbin/{corosync,cibadmin,crm_*,exportfs,ip,rpc.*,stonith_admin} \
			/usr/bin/{bash,find,grep,mount,ps,sed} 2>/dev/null | grep -o "/[^ ]*\.so[^ ]*"' bash $packages |
		sed -E 's,^/(bin|sbin|lib|lib64)/,/usr/\1/,' | sort -u |
		while read -r file; do
			[ ! -f "$2$file" ] || printf '.%s\n' "$file"
		done |
		tar -C "$2" --no-recursion --files-from=- -cf - | tar -C "$1" -xf -
}

# initramfs_fill DIR KERNEL VERSION
initramfs_fill() {
	local library module number=100

	mkdir -p "$1"/{bin,modules,proc}
	cp "$LAB_SRC/guest/boot" "$1/init"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for library in $(ldd "$1/bin/busybox" 2>/dev/null | grep -o '/[^ ]*'); do
		install -D "$library" "$1$library"
	done
	# in the order of their dependencies
	while read -r module; do
		number=$((number + 1))
		cp "$module" "$1/modules/$number"
	done < <(initramfs_modules "$2" "$3")
}

# initramfs_modules KERNEL VERSION: the files of the modules that are needed to mount the root. Newer kernels have no
# crc32c_generic.
initramfs_modules() {
	local module

	for module in virtio_pci virtio_blk virtio_net 9pnet_virtio 9p crc32c_generic ext4 overlay; do
		modprobe --dirname "$1" --set-version "$2" --show-depends "$module" 2>/dev/null || true
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# guest_boot GUEST: switches it on; LAB_BOOT_GRACE sets the seconds of its grace period instead of the lab's.
guest_boot() {
	local guest=$1 number disks group release boot

	if guest_alive "$guest"; then
		return
	fi
	number=$(guest_number "$guest")
	release=$(guest_release "$guest")
	boot=$LAB_DIR/boot.$release
	disks=(-drive "file=$LAB_DIR/disks/$guest,format=raw,if=virtio")
	if [[ $guest == node* || $guest == server ]]; then
		for group in $LAB_GROUPS; do
			# two nodes have it: do not lock the file
			disks+=(-drive "file=$LAB_DIR/disks/$group,format=raw,if=virtio,file.locking=off")
		done
	fi
	rm -rf "$LAB_DIR/share/$guest"/{jobs,ready}
	mkdir "$LAB_DIR/share/$guest/jobs"
	# norandmaps: if each process has its own addresses, qemu must translate the same code for each of them. The line
	# of hardening that nobody attacks here (pages zeroed twice, copies checked, an LSM asked at each call), and of
	# accounting that nobody reads, costs a guest a quarter of its processor time. The third saves seconds at each boot.
	# no_timer_check: a guest that gets no processor time while its kernel counts the ticks of the timer would panic.
	session_start "$guest" "$LAB_DIR/share/$guest/console" ip netns exec "$LAB_NETNS" \
		qemu-system-x86_64 -name "$guest" -machine q35 -accel "$LAB_ACCELERATOR" -cpu qemu64 -m "$LAB_MEMORY_MIB" \
		-nodefaults -no-user-config -no-reboot -display none -monitor none -serial stdio \
		-kernel "$boot/kernel/vmlinux" -initrd "$boot/initrd" \
		-append "console=ttyS0 loglevel=5 panic=-1 norandmaps nokaslr mitigations=off nowatchdog no_timer_check \
init_on_alloc=0 hardened_usercopy=off randomize_kstack_offset=off lsm= audit=0 cgroup_disable=memory psi=0 \
cryptomgr.notests initcall_blacklist=init_kprobe_trace,load_system_certificate_list \
LAB_GUEST=$guest LAB_NUMBER=$number LAB_GRACE=${LAB_BOOT_GRACE:-$LAB_GRACE} LAB_KIND=$LAB_KIND LAB_STACK=$LAB_STACK LAB_CLIENTS=$LAB_CLIENTS \
LAB_RELEASE=$release LAB_INIT=$(guest_init "$guest") LAB_STATD=$LAB_STATD LAB_INSTALLED_CALLOUT=${LAB_INSTALLED_CALLOUT-}" \
		"${disks[@]}" -drive "file=$boot/often,format=raw,if=virtio,readonly=on" \
		-netdev "tap,id=net,ifname=$guest,script=no,downscript=no" \
		-device "virtio-net-pci,netdev=net,mac=02:00:0a:63:00:$number,romfile=" \
		-virtfs "local,path=$(readlink -f "$boot/root"),mount_tag=root,security_model=none,readonly=on,multidevs=remap" \
		-virtfs "local,path=$(readlink -f "$boot/modules"),mount_tag=modules,security_model=none,readonly=on" \
		-virtfs "local,path=$LAB_DIR/share,mount_tag=lab,security_model=none"
}

guest_alive() {
	session_alive "$1"
}

# guest_cut GUEST: cuts its power.
guest_cut() {
	session_kill "$1"
	rm -f "$LAB_DIR/share/$1/ready"
}

guest_is_ready() {
	guest_alive "$1" || guest_died_at_boot "$1"
	[ -e "$LAB_DIR/share/$1/ready" ]
}

# If the cause is known, the other guests' logs are not needed.
guest_died_at_boot() {
	local console=$LAB_DIR/share/$1/console

	if cause_of "$console" >/dev/null; then
		# shellcheck disable=SC2034 # lab.sh reads it
		LAB_EXPLAINED=yes
	fi
	die "\"$1\" died at boot: $(cause_or_last_words "$console")"
}

guest_wait_ready() {
	wait_until 180 "\"$1\" to boot" guest_is_ready "$1"
}

# guest_log GUEST [LINES]: the end of its log; of its console, if it has not booted.
guest_log() {
	local said=$LAB_DIR/share/$1

	if [ -s "$said/messages" ]; then
		tail -n "${2-1000}" "$said/messages"
	elif [ -s "$said/console" ]; then
		tail -n "${2-1000}" "$said/console"
	fi
}
