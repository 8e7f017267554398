# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The power switch: it executes the requests that a guest's fence agent leaves in the shared folder, and logs each:
# time, action, guest, result.

power_serve() {
	local request answer action guest

	while [ -d "$LAB_DIR/share/power" ]; do
		for request in "$LAB_DIR"/share/power/*.request; do
			[ -e "$request" ] || continue
			answer=${request%.request}
			read -r action guest <"$request"
			power_answer "$action" "$guest" >"$answer.tmp"
			echo "$(now_ms) $action $guest $(cat "$answer.tmp")"
			rm "$request"
			mv "$answer.tmp" "$answer.answer"
		done
		pause 0.1
	done
}

# power_answer on|off|status GUEST: does it, and prints the guest's state, "on" or "off".
power_answer() {
	guest_known "$2"
	case $1 in
	on) guest_boot "$2" ;;
	off) guest_cut "$2" ;;
	esac
	if guest_alive "$2"; then echo on; else echo off; fi
}
