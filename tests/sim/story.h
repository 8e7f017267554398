/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_STORY_H
#define LOCKFERRY_TESTS_SIM_STORY_H

/* The story of a run, in plain words with virtual times. It is only told if it is wanted, because
 * that takes time. */

#include <glib.h>
#include <stdbool.h>

/* Begins the story; NULL: no story is told. */
void story_begin(GString *into);
bool story_is_told(void);

void story(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
