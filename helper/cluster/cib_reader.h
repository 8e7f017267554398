/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CIB_READER_H
#define LOCKFERRY_CLUSTER_CIB_READER_H

/*
 * Parses the text of a configuration. Source: Pacemaker's cib.rng and the schemas that it includes
 * (resources-*.rng, constraints-*.rng), and "Pacemaker Explained" for what groups and resource sets
 * imply.
 */

#include "cluster/cib.h"

/* The longest configuration that is accepted; a large cluster has one or two megabytes. */
#define CIB_MAX_BYTES (16 * 1024 * 1024)

/* NULL with `error` (failed) if the text is not the XML of a configuration. */
cib *cib_parse(const char *text, gsize length, GError **error);

#endif
