/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CMD_VERIFY_H
#define LOCKFERRY_CMD_VERIFY_H

/* The output of `verify`, for other commands that verify too. */

#include "verify/verification.h"

#include <json-glib/json-glib.h>

/* The result of a verification that has run. The caller unrefs it. */
JsonObject *verification_to_json(const struct verification *self);

/* Prints the result on stdout as text. */
void verification_print(JsonObject *result);

#endif
