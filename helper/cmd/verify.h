/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CMD_VERIFY_H
#define LOCKFERRY_CMD_VERIFY_H

/* What `verify` tells, for commands that verify as well. */

#include "verify/verification.h"

#include <json-glib/json-glib.h>

/* Of a verification that was run; the caller unrefs it. */
JsonObject *verification_to_json(const struct verification *self);

/* That, on stdout, for a person. */
void verification_print(JsonObject *result);

#endif
