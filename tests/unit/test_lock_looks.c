/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lock_looks.h"

#include "kernel/mounts.h"

#include <string.h>
#include <sys/sysmacros.h>

#define WRITE(inode) "1: POSIX  ADVISORY  WRITE 77 fe:00:" inode " 0 EOF\n"
#define READ(inode) "1: POSIX  ADVISORY  READ 77 fe:00:" inode " 0 EOF\n"
#define ELSEWHERE "1: POSIX  ADVISORY  WRITE 77 fe:01:1 0 EOF\n"

/* Joins the looks of this list. */
static lock_looks *looks_of(const char *const *texts)
{
	const struct lock_filesystem known = {.device = makedev(0xfe, 0), .directory = "/srv"};
	g_autoptr(GArray) filesystems = g_array_new(FALSE, FALSE, sizeof(known));
	lock_looks *self = lock_looks_new();

	g_array_append_val(filesystems, known);
	for (gsize i = 0; texts[i] != NULL; i++) {
		g_autoptr(lock_set) look =
			lock_set_parse(texts[i], strlen(texts[i]), filesystems, 77);

		lock_looks_add(self, look);
	}
	return self;
}

static void assert_looks(const char *const *texts, bool agree, const char *lines)
{
	const struct lock_set_note note = {.noted_at = 7};
	g_autoptr(lock_looks) self = looks_of(texts);
	g_autoptr(lock_set) joined = lock_looks_join(self);
	g_autoptr(GBytes) bytes = lock_set_to_bytes(joined, &note);
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);
	const char *found = (const char *)memchr(text, '\n', length) + 1;

	g_assert_cmpint(lock_looks_agree(self), ==, agree);
	g_assert_cmpmem(found, length - (gsize)(found - text), lines, strlen(lines));
}

#define LOOKS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* One look proves nothing, and two do not either: two looks must add nothing to an earlier one. */
static void test_quiet(void)
{
	assert_looks(LOOKS(WRITE("1")), false, "/srv 1 WRITE 0 EOF\n");
	assert_looks(LOOKS(WRITE("1"), WRITE("1")), false, "/srv 1 WRITE 0 EOF\n");
	assert_looks(LOOKS(WRITE("1"), WRITE("1"), WRITE("1")), true, "/srv 1 WRITE 0 EOF\n");
	assert_looks(LOOKS("", ""), false, "");
	assert_looks(LOOKS("", "", ""), true, "");
}

/* A lock that is in any look is held. A look that adds a lock begins the count again. */
static void test_left_out(void)
{
	assert_looks(LOOKS(WRITE("1"), WRITE("2"), WRITE("1")), false,
		"/srv 1 WRITE 0 EOF\n/srv 2 WRITE 0 EOF\n");
	assert_looks(LOOKS(WRITE("1"), WRITE("2"), WRITE("1"), WRITE("2")), true,
		"/srv 1 WRITE 0 EOF\n/srv 2 WRITE 0 EOF\n");
	assert_looks(LOOKS("", "", READ("1")), false, "/srv 1 READ 0 EOF\n");
	assert_looks(LOOKS(READ("1"), "", "", ""), true, "/srv 1 READ 0 EOF\n");
}

/* If two clients share a lock, this counts twice, even if one of the looks left one out. If a look
 * lists the lock of one client twice, this counts once. */
static void test_shared(void)
{
	const char two[] = READ("1") READ("1");

	assert_looks(LOOKS(two, two, two), true, "/srv 1 READ 0 EOF\n/srv 1 READ 0 EOF\n");
	assert_looks(
		LOOKS(READ("1"), two, two, two), true, "/srv 1 READ 0 EOF\n/srv 1 READ 0 EOF\n");
	assert_looks(LOOKS(two, READ("1"), READ("1")), false, "/srv 1 READ 0 EOF\n");
	assert_looks(LOOKS(two, READ("1"), READ("1"), READ("1"), READ("1")), true,
		"/srv 1 READ 0 EOF\n");
	assert_looks(LOOKS(WRITE("1") WRITE("1"), "", ""), true, "/srv 1 WRITE 0 EOF\n");
}

static void test_elsewhere(void)
{
	const char *const texts[] = {"", ELSEWHERE, "", NULL};
	g_autoptr(lock_looks) self = looks_of(texts);
	g_autoptr(lock_set) joined = lock_looks_join(self);

	g_assert_cmpuint(lock_set_elsewhere(joined), ==, 1);
	g_assert_false(lock_looks_agree(self));
}

/* Ten thousand locks. Each look leaves out six and lists six others twice, as measured while other
 * programs lock a hundred times a second. Joined, they are exactly the locks that are held. */
static void test_churn(void)
{
	g_autoptr(lock_looks) self = lock_looks_new();
	g_autoptr(lock_set) all = lock_set_new();
	g_autoptr(lock_set) joined = NULL;
	guint looks = 0;

	for (guint i = 0; i < 10000; i++) {
		g_autofree char *line =
			g_strdup_printf("/srv %u %s 0 EOF", i, i % 2 == 0 ? "READ" : "WRITE");

		lock_set_put(all, line, 1 + i % 4 / 2 * (i % 2 == 0));
	}
	while (!lock_looks_agree(self) && looks++ < 50) {
		g_autoptr(lock_set) look = lock_set_new();
		GHashTableIter iter;
		gpointer line, count;

		g_hash_table_iter_init(&iter, lock_set_lines(all));
		while (g_hash_table_iter_next(&iter, &line, &count)) {
			gint chance = g_test_rand_int_range(0, 10000);
			guint seen = GPOINTER_TO_UINT(count) - (chance < 6) +
				     (chance > 9993 && !lock_set_line_is_write(line));

			if (seen > 0)
				lock_set_put(look, line, seen);
		}
		lock_looks_add(self, look);
	}
	joined = lock_looks_join(self);
	g_test_message("%u looks", looks);
	g_assert_true(lock_looks_agree(self));
	g_assert_cmpuint(lock_set_missing(all, joined), ==, 0);
	g_assert_cmpuint(lock_set_missing(joined, all), <=, 2);
}

/* As in proc(5). btrfs as measured: all subvolumes have the same device. */
static void test_mounts(void)
{
	static const char text[] =
		"22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
		"36 22 0:37 /sub /srv/my\\040files rw shared:2 master:3 - btrfs /dev/vdb rw,subvol=/sub\n"
		"37 36 8:17 / /srv/my\\040files/deep rw - xfs /dev/sdb1 rw\n"
		"38 22 8:33 / /srv/my rw - xfs /dev/sdc1\n"
		"39 22 8:x / /bad rw - xfs /dev/sdc1 rw\n"
		"40 22 8:1 / /short rw\n"
		"\n\xff\n41";
	g_autoptr(GPtrArray) mounts = mounts_parse(text, strlen(text));
	const struct mount *btrfs = g_ptr_array_index(mounts, 1);
	const struct mount *deep = g_ptr_array_index(mounts, 2);
	guint64 id = 0;

	g_assert_cmpuint(mounts->len, ==, 4);
	g_assert_cmpuint(btrfs->id, ==, 36);
	g_assert_cmpuint(btrfs->device, ==, makedev(0, 37));
	g_assert_cmpstr(btrfs->point, ==, "/srv/my files");
	g_assert_cmpstr(btrfs->type, ==, "btrfs");
	g_assert_true(mount_is_below(deep, "/srv/my files"));
	g_assert_true(mount_is_below(deep, "/"));
	g_assert_false(mount_is_below(deep, "/srv/my"));
	g_assert_false(mount_is_below(btrfs, "/srv/my files"));
	g_assert_false(mount_is_below(g_ptr_array_index(mounts, 0), "/"));
	g_assert_true(mounts_parse_id("pos:\t0\nmnt_id:\t36\n", 18, &id));
	g_assert_cmpuint(id, ==, 36);
	g_assert_false(mounts_parse_id("pos:\t0\nmnt_id:\tx\n", 17, &id));
	g_assert_false(mounts_parse_id("pos:\t0\n", 7, &id));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lock_looks/quiet", test_quiet);
	g_test_add_func("/lock_looks/left-out", test_left_out);
	g_test_add_func("/lock_looks/shared", test_shared);
	g_test_add_func("/lock_looks/elsewhere", test_elsewhere);
	g_test_add_func("/lock_looks/churn", test_churn);
	g_test_add_func("/mounts/parse", test_mounts);
	return g_test_run();
}
