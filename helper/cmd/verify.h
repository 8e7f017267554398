/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CMD_VERIFY_H
#define LOCKFERRY_CMD_VERIFY_H

/* The output of `verify`, for other commands that verify too. */

#include "verify/verification.h"

#include <json-glib/json-glib.h>

/* The verification must have run; the caller unrefs the result. */
JsonObject *verification_to_json(const struct verification *self);

/* Print it on stdout as text. */
void verification_print(JsonObject *result);

#endif
