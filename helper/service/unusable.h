/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_UNUSABLE_H
#define LOCKFERRY_SERVICE_UNUSABLE_H

/*
 * Files in statd's directory that are not records. PROBLEM_UNUSABLE names one of them as long as
 * any is there.
 *
 * Order of calls: unusable_new() -> unusable_note() after each capture -> unusable_free().
 */

#include "recorder/capture.h"
#include "service/problems.h"

typedef struct unusable unusable;

/* All arguments are borrowed. */
unusable *unusable_new(const char *sm_dir_path, struct problems *problems);

void unusable_note(unusable *self, const struct captured *what);

void unusable_free(unusable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(unusable, unusable_free)

#endif
