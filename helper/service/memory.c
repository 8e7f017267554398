/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/memory.h"

#include <malloc.h>
#include <stdbool.h>

static bool freed;

void memory_set_up(void)
{
	/* malloc_trim() gives back everything only from the main arena, so all threads must share
	 * it. */
	mallopt(M_ARENA_MAX, 1);
}

void memory_freed(void)
{
	freed = true;
}

void memory_give_back(void)
{
	if (freed)
		malloc_trim(0);
	freed = false;
}
