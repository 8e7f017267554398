/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_FIREWALL_H
#define LOCKFERRY_KEEPER_FIREWALL_H

/*
 * The firewall in a group's network namespace, which the node's own one does not see into: the
 * default rules (firewall_rules.h), an nftables file of the administrator, or none. nft(8) loads
 * RUN_DIR/server/GROUP.nft, at once or not at all. All of it runs outside of the namespace, except
 * for firewall_to_json(). Blocks for 10 s at most.
 */

#include "keeper/server_options.h"

#include <json-glib/json-glib.h>
#include <stdbool.h>

/* Whether a file that is given can be loaded: it is there, and so is nft. Error: not installed. */
bool firewall_check(const server_options *options, GError **error);

/*
 * Load the rules, instead of those that are there. The default rules are those of the exports of
 * now; if they cannot be loaded, that is a warning on stderr, and there are none. Error: failed,
 * for a file that is given, or as the file with the exports cannot be read.
 */
bool firewall_load(const server_options *options, GError **error);

/* Remove GROUP.nft. The rules go with the namespace. */
void firewall_forget(const char *run_dir, const char *group);

/* {"rules": "default", "none", "missing" or FILE, "from": TEXT}; the caller unrefs it. */
JsonObject *firewall_to_json(const server_options *options);

#endif
