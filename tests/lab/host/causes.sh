# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Why a guest died at boot, in one sentence instead of its kernel's trace.

# cause_of CONSOLE: prints the cause and its cure, if the console shows a known one; otherwise returns 1.
cause_of() {
	local pattern cause

	while IFS=$'\t' read -r pattern cause; do
		if grep -qE -- "$pattern" "$1" 2>/dev/null; then
			echo "$cause"
			return
		fi
	done < <(causes)
	return 1
}

# A pattern of the console's text, a tab, the sentence. The first match counts: later lines of a console are often
# consequences.
causes() {
	local memory="its memory (${LAB_MEMORY_MIB:-512} MiB)"

	# shellcheck disable=SC2154 # the lab's folder
	printf '%s\t%s\n' \
		'exec of .qemu-system-x86_64. failed|qemu-system-x86_64: .*not found' \
		"qemu is not installed: tests/install.sh installs it" \
		'(could not access KVM|failed to initialize kvm|invalid accelerator)' \
		"this machine lacks what LAB_ACCELERATOR (${LAB_ACCELERATOR-}) names: without that variable, none is needed" \
		'could not (open|configure) /dev/net/tun' \
		"this machine gives it no network device: load the module tun, and allow /dev/net/tun" \
		'(annot allocate memory|annot set up guest memory)' \
		"this machine has too little memory left for $memory: free some, or set LAB_MEMORY_MIB" \
		'No space left on device' \
		"no room is left in ${LAB_DIR-its folder}: free some, or set TMPDIR or LAB_DIR" \
		'mount: mounting (root|lab|modules|/dev/vd.) .*failed' \
		"its kernel lacks what it mounts: remove the folder that tests/lab/host/kernel prints, to fetch the kernel again" \
		'modprobe: FATAL' \
		"the modules of its kernel are missing: remove the folder that tests/lab/host/kernel prints, to fetch the kernel again" \
		'kernel too old' \
		"the C library of its root wants a newer kernel: take that of the root's release" \
		'Out of memory|System is deadlocked on memory|page allocation failure' \
		"$memory is too small: set LAB_MEMORY_MIB" \
		'Unable to mount root fs|No working init found|Requested init .* failed' \
		"its kernel found nothing to run in its initramfs"
}

# cause_or_last_words CONSOLE: for an unknown cause, the kernel's own message, or the last line.
cause_or_last_words() {
	local words

	cause_of "$1" && return
	words=$(grep -aE 'Kernel panic' "$1" 2>/dev/null | head -n 1)
	[ -n "$words" ] || words=$(grep -av '^ *$' "$1" 2>/dev/null | tail -n 1)
	if [ -n "$words" ]; then
		echo "its last words: ${words#*] }"
	else
		echo "its console is empty: did this machine run out of memory and kill it?"
	fi
}
