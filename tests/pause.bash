# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What waits between two tries, in all kinds of tests: source this once, in the shell that pauses or above it.

# pause SECONDS: it costs no process, as nothing is ever written to this pipe.
exec {PAUSE}<> <(:)
pause() {
	read -r -t "$1" -u "$PAUSE" || true
}
