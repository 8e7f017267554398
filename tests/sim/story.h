/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_STORY_H
#define LOCKFERRY_TESTS_SIM_STORY_H

/* What happened in a run, in plain words with virtual times. Only told where it is wanted, for that
 * takes time. */

#include <glib.h>
#include <stdbool.h>

/* NULL: nothing is told. */
void story_begin(GString *into);
bool story_is_told(void);

void story(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
