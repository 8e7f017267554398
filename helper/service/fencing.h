/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_FENCING_H
#define LOCKFERRY_SERVICE_FENCING_H

#include <glib.h>
#include <stdbool.h>

/*
 * When Pacemaker last fenced the node of that name, in seconds since the epoch; 0 when it never
 * did, or nobody can tell because no cluster runs here. Blocks while Pacemaker's fencer is asked.
 * Source: Pacemaker's crm/stonith-ng.h, stonith_api_time() in libstonithd, which is loaded when it
 * is needed so that nothing else depends on it.
 */
gint64 fencing_last(const char *node);

/* Whether Pacemaker's library for that is on this node. */
bool fencing_is_known(void);

#endif
