/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_REGISTRATIONS_H
#define LOCKFERRY_KEEPER_REGISTRATIONS_H

/*
 * Which services the rpcbind of our network namespace knows. libtirpc asks it (rpcbind(3): RFC
 * 1833, RPCBPROC_DUMP and RPCBPROC_SET). Blocks, for a minute at most. For one thread at a time.
 *
 * The kernel's services (nfs, nlockmgr) register when they start, and not when rpcbind is
 * restarted.
 */

#include <glib.h>

struct registration {
	guint32 program;
	guint32 version;
	char *netid;   /* owned; "tcp6" */
	char *address; /* owned; universal: "::.8.1" */
};

/* All but rpcbind's own, of struct registration; the caller unrefs the array. NULL: it cannot be
 * asked, or knows none. */
GPtrArray *registrations_list(void);

/* Register those that it does not know. Returns how many of them it knows then. */
guint registrations_restore(const GPtrArray *list);

#endif
