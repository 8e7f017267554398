#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs the packages of packages.txt that are missing on this machine (Debian 12).
#
# It starts no service, now or at the next boot: Pacemaker, NFS and rpcbind run in the lab's guests. They must not run
# on this machine only because their programs are needed.
set -eu
list=$(dirname "$(readlink -f "$0")")/packages.txt
policy=/usr/sbin/policy-rc.d

missing_packages() {
	local package

	sed 's/#.*//; /^$/d' "$list" | while read -r package; do
		case $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) echo "$package" ;;
		esac
	done
}

# Debian's maintainer scripts run this file before they start anything. If it exists already, it belongs to the
# administrator.
forbid_starts() {
	[ ! -e "$policy" ] || return 0
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

enabled_units() {
	systemctl --root=/ list-unit-files --state=enabled --no-legend --plain 2>/dev/null | awk '{ print $1 }' | sort
}

install_packages() {
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		-q -y --no-install-recommends install "$@" </dev/null
}

# The package lists of a fresh machine are empty or old. They are fetched only if the installation fails without.
install_or_update() {
	install_packages "$@" || {
		apt-get -o DPkg::Lock::Timeout=300 -q update && install_packages "$@"
	}
}

mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" -gt 0 ] || exit 0
echo "installing ${missing[*]}"
if [ "$(id -u)" -ne 0 ]; then
	echo "install.sh: only root can install these packages" >&2
	exit 1
fi

enabled_before=$(enabled_units || true)
forbid_starts
output=$(install_or_update "${missing[@]}" 2>&1) || {
	printf '%s\n' "$output" | tail -n 40 >&2
	exit 1
}
for unit in $(comm -13 <(echo "$enabled_before") <(enabled_units || true)); do
	systemctl --root=/ disable "$unit" >/dev/null 2>&1 || true
done
