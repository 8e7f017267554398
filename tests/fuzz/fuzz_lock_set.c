/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lockd/lock_set.h"

#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_same(lock_set *a, lock_set *b)
{
	g_assert_cmpuint(g_hash_table_size(a), ==, g_hash_table_size(b));
	g_assert_cmpuint(lock_set_missing(a, b), ==, 0);
	g_assert_cmpuint(lock_set_missing(b, a), ==, 0);
}

/* The input as /proc/locks: every lock is on a device that was asked for, and comes back. */
static void as_proc_locks(const char *text, gsize length)
{
	const dev_t devices[] = {makedev(0xfe, 0), makedev(8, 1)};
	g_autoptr(GHashTable) both = lock_set_parse(text, length, devices, 2);
	g_autoptr(GHashTable) first = lock_set_parse(text, length, devices, 1);
	g_autoptr(GHashTable) none = lock_set_parse(text, length, devices, 0);
	g_autoptr(GBytes) bytes = lock_set_to_bytes(both);
	g_autoptr(GHashTable) again = lock_set_from_bytes(bytes);

	g_assert_cmpuint(g_hash_table_size(none), ==, 0);
	g_assert_cmpuint(lock_set_missing(first, both), ==, 0);
	assert_same(again, both);
}

/* The input as what a store holds. */
static void as_stored(const uint8_t *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	g_autoptr(GHashTable) set = lock_set_from_bytes(bytes);
	g_autoptr(GBytes) sorted = lock_set_to_bytes(set);
	g_autoptr(GHashTable) again = lock_set_from_bytes(sorted);

	assert_same(again, set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	as_proc_locks((const char *)(data ? data : nothing), size);
	as_stored(data, size);
	return 0;
}
