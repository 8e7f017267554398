/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_HOSTS_H
#define LOCKFERRY_NSM_HOSTS_H

/*
 * At which address a client can be told. As a rule its name in the record is that address. Where
 * lockd records clients by the host names that they give themselves (nsm_use_hostnames=1), it is
 * what hosts(5) says; a name server is never asked.
 *
 * hosts_load() or hosts_parse() -> hosts_reach(), hosts_can_reach() -> hosts_free(). Never changes.
 */

#include <glib.h>
#include <stdbool.h>

#define HOSTS_FILE "/etc/hosts"

typedef struct hosts hosts;

/* From the text of such a file, which may hold anything; lines that are not of its form are left
 * out. */
hosts *hosts_parse(const char *text, gsize length);

/* From a file; one that cannot be read gives no name. */
hosts *hosts_load(const char *path);

void hosts_free(hosts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(hosts, hosts_free)

/* The numeric address at which the client `mon_name` can be told from the address `source`: one of
 * the same family, and with an interface where it is link-local. The caller frees it; NULL when
 * there is none. */
char *hosts_reach(const hosts *self, const char *mon_name, const char *source);

/* Whether it can be told from any of these addresses (NULL-terminated). Where there is none of them
 * that is not known: then whether it has an address at all. */
bool hosts_can_reach(const hosts *self, const char *mon_name, const char *const *sources);

#endif
