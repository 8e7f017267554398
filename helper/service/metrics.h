/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_METRICS_H
#define LOCKFERRY_SERVICE_METRICS_H

#include "service/status.h"

/* The metrics of a group's process for Prometheus, made from the same view as its status. The
 * caller frees the text. */
char *metrics_format(const struct status_view *view);

#endif
