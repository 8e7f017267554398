/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_HOSTS_H
#define LOCKFERRY_NSM_HOSTS_H

/*
 * The address at which a client can be notified. Usually the name in the record is that address. If
 * lockd records clients by the host names that they give themselves (nsm_use_hostnames=1), the
 * address comes from hosts(5). A name server is never asked.
 *
 * Order of calls: hosts_load() or hosts_parse() -> hosts_reach(), hosts_can_reach() ->
 * hosts_free(). The object never changes.
 */

#include <glib.h>
#include <stdbool.h>

#define HOSTS_FILE "/etc/hosts"

typedef struct hosts hosts;

/* Parses the text of such a file, which may contain anything. Lines of another form are ignored. */
hosts *hosts_parse(const char *text, gsize length);

/* Loads a file. A file that cannot be read contributes no names. */
hosts *hosts_load(const char *path);

void hosts_free(hosts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(hosts, hosts_free)

/*
 * Returns the numeric address at which the client `mon_name` can be notified from the address
 * `source`. It has the same family, and an interface if it is link-local. Returns NULL if there is
 * none. The caller frees it.
 */
char *hosts_reach(const hosts *self, const char *mon_name, const char *source);

/* Whether the client can be notified from any of these addresses (NULL-terminated). If the list
 * is empty, this is unknown; then the result says whether the client has an address at all. */
bool hosts_can_reach(const hosts *self, const char *mon_name, const char *const *sources);

#endif
