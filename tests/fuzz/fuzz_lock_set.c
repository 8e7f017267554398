/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lock_looks.h"
#include "kernel/mounts.h"

#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_same(lock_set *a, lock_set *b)
{
	g_assert_cmpuint(lock_set_size(a), ==, lock_set_size(b));
	g_assert_cmpuint(lock_set_missing(a, b), ==, 0);
	g_assert_cmpuint(lock_set_missing(b, a), ==, 0);
}

static void assert_comes_back(lock_set *set, const struct lock_set_note *note)
{
	g_autoptr(GBytes) bytes = lock_set_to_bytes(set, note);
	struct lock_set_note noted;
	g_autoptr(lock_set) again = lock_set_from_bytes(bytes, &noted);
	g_autoptr(GPtrArray) list = lock_set_list(set, NULL);

	g_assert_cmpuint(list->len, <=, lock_set_size(set));
	g_assert_nonnull(again);
	assert_same(again, set);
	g_assert_cmpint(noted.exact, ==, note->exact);
	g_assert_cmpint(noted.partial, ==, note->partial);
	g_assert_cmpint(noted.noted_at, ==, note->noted_at);
}

/* Joined looks have every lock of each look, are equal to themselves, and have no other locks. */
static void as_looks(const lock_set *one, const lock_set *other)
{
	g_autoptr(lock_looks) looks = lock_looks_new();
	g_autoptr(lock_looks) same = lock_looks_new();

	lock_looks_add(looks, one);
	lock_looks_add(looks, other);
	g_autoptr(lock_set) joined = lock_looks_join(looks);
	g_assert_cmpuint(lock_set_missing(one, joined), ==, 0);
	g_assert_cmpuint(lock_set_missing(other, joined), ==, 0);
	for (int i = 0; i < 3; i++)
		lock_looks_add(same, one);
	g_assert_true(lock_looks_agree(same));
	g_autoptr(lock_set) still = lock_looks_join(same);
	assert_same(still, (lock_set *)one);
}

/* The input as /proc/self/mountinfo, and as /proc/self/fdinfo. */
static void as_mounts(const char *text, gsize length)
{
	g_autoptr(GPtrArray) mounts = mounts_parse(text, length);
	guint64 id;

	for (guint i = 0; i < mounts->len; i++) {
		const struct mount *one = g_ptr_array_index(mounts, i);

		g_assert_nonnull(one->type);
		g_assert_false(mount_is_below(one, one->point));
	}
	mounts_parse_id(text, length, &id);
}

/* The input as /proc/locks: every lock is on a device that was asked for, and survives a round
 * trip. */
static void as_proc_locks(const char *text, gsize length)
{
	const struct lock_filesystem known[] = {
		{.device = makedev(0xfe, 0), .directory = "/srv/a b"},
		{.device = makedev(8, 1), .directory = "/srv/c", .own_inode = 131},
	};
	const struct lock_set_note note = {.exact = true, .noted_at = 1};
	g_autoptr(GArray) filesystems = g_array_new(FALSE, FALSE, sizeof(known[0]));
	g_autoptr(lock_set) none = lock_set_parse(text, length, filesystems, 77);

	g_array_append_val(filesystems, known[0]);
	g_autoptr(lock_set) first = lock_set_parse(text, length, filesystems, 77);
	g_array_append_val(filesystems, known[1]);
	g_autoptr(lock_set) both = lock_set_parse(text, length, filesystems, 77);

	g_assert_cmpuint(lock_set_size(none), ==, 0);
	g_assert_cmpuint(lock_set_missing(first, both), ==, 0);
	g_assert_cmpuint(lock_set_elsewhere(both), <=, lock_set_elsewhere(first));
	assert_comes_back(both, &note);
	as_looks(both, first);
}

/* The input as the contents of a store. */
static void as_stored(const uint8_t *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	struct lock_set_note note;
	g_autoptr(lock_set) set = lock_set_from_bytes(bytes, &note);

	if (set != NULL)
		assert_comes_back(set, &note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	as_proc_locks((const char *)(data ? data : nothing), size);
	as_mounts((const char *)(data ? data : nothing), size);
	as_stored(data, size);
	return 0;
}
