/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lock_set.h"
#include "node/filesystems.h"

#include "scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* As Linux 6.1 prints it: a waiter below the lock for which it waits, leases, delegations, OFD
 * locks, whose owner is not a process, and the lock of an NFSv4 client, whose owner is a thread of
 * nfsd. Process 77 is lockd. */
static const char sample[] =
	"1: POSIX  ADVISORY  WRITE 77 fe:00:131 0 EOF\n"
	"2: POSIX  ADVISORY  READ  77 fe:00:132 100 199\n"
	"2: -> POSIX  ADVISORY  WRITE 1235 fe:00:132 100 100\n"
	"3: FLOCK  ADVISORY  WRITE 812 fe:00:133 0 EOF\n"
	"4: OFDLCK ADVISORY  READ  -1 fe:00:134 0 0\n"
	"5: POSIX  ADVISORY  WRITE 77 fe:01:131 0 EOF\n"
	"6: LEASE  ACTIVE    READ  1400 fe:00:135 0 EOF\n"
	"7: DELEG  ACTIVE    READ  -1 fe:00:136 0 EOF\n"
	"8: POSIX  ADVISORY  READ  77 fe:00:4294967299 9223372036854775806 EOF\n"
	"9: POSIX  *NOINODE* WRITE 12 <none>:0 0 EOF\n"
	"10: POSIX  ADVISORY  WRITE 77 1f:10a:7 0 EOF\n"
	"11: POSIX  ADVISORY  WRITE 1300 fe:00:137 0 EOF\n";

#define HEADING(size) "lockferry locks 1 inexact 1795249434 " size "\n"

#define ON_FE00                                                                                    \
	"/srv/a 131 WRITE 0 EOF\n/srv/a 132 READ 100 199\n"                                        \
	"/srv/a 4294967299 READ 9223372036854775806 EOF\n"

/* 1f:10a, on which files are locked, too; its path has special characters. */
#define HARD_PATH "/srv/\\ \n\xc3\xa4"
#define HARD_WORD "/srv/\\134\\040\\012\\303\\244"

static const struct lock_set_note some_note = {.exact = false, .noted_at = 1795249434};

static GArray *filesystems(guint count)
{
	const struct lock_filesystem known[] = {
		{.device = makedev(0xfe, 0), .directory = "/srv/a"},
		{.device = makedev(0x1f, 0x10a), .directory = HARD_PATH},
	};
	GArray *array = g_array_new(FALSE, FALSE, sizeof(known[0]));

	return g_array_append_vals(array, known, count);
}

static lock_set *parse(const char *text, guint count)
{
	g_autoptr(GArray) array = filesystems(count);

	return lock_set_parse(text, strlen(text), array, 77);
}

static void assert_set(lock_set *set, const char *expected)
{
	g_autoptr(GBytes) bytes = lock_set_to_bytes(set, &some_note);
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);

	g_assert_cmpmem(text, length, expected, strlen(expected));
}

static void test_parse(void)
{
	g_autoptr(lock_set) first = parse(sample, 1);
	g_autoptr(lock_set) both = parse(sample, 2);
	g_autoptr(lock_set) none = parse(sample, 0);

	assert_set(first, HEADING("3") ON_FE00);
	assert_set(both, HEADING("4") HARD_WORD " 7 WRITE 0 EOF\n" ON_FE00);
	assert_set(none, HEADING("0"));
	g_assert_cmpuint(lock_set_size(both), ==, 4);
}

/* Locks of the lock manager, process 77, on filesystems that are not looked at. */
static void test_elsewhere(void)
{
	g_autoptr(lock_set) set = parse(sample, 2);
	g_autoptr(lock_set) all_here = parse("1: POSIX  ADVISORY  WRITE 77 fe:00:1 0 EOF\n"
					     "2: POSIX  ADVISORY  WRITE 7 fe:01:1 0 EOF\n",
		1);

	g_assert_cmpuint(lock_set_elsewhere(set), ==, 1);
	g_assert_cmpuint(lock_set_elsewhere(all_here), ==, 0);
}

/* The locks of our own database do not count. */
static void test_own(void)
{
	g_autoptr(GArray) array = filesystems(1);

	g_array_index(array, struct lock_filesystem, 0).own_inode = 131;
	g_autoptr(lock_set) anybody = lock_set_parse(sample, strlen(sample), array, 0);
	g_assert_cmpuint(lock_set_size(anybody), ==, 3);
	/* Locks of the lock manager always count: on btrfs another file may have the same inode
	 * number. */
	g_autoptr(lock_set) set = lock_set_parse(sample, strlen(sample), array, 77);
	g_assert_cmpuint(lock_set_size(set), ==, 3);
}

static void test_escape(void)
{
	char all[256];

	for (guint i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	g_autofree char *word = lock_set_escape(all);
	g_autofree char *back = g_strcompress(word);
	g_assert_cmpstr(back, ==, all);
	for (const char *at = word; *at != '\0'; at++)
		g_assert_true(g_ascii_isgraph(*at));
}

/* If the text is cut off anywhere, no wrong lock is found. */
static void test_cut_off(void)
{
	g_autoptr(GArray) array = filesystems(1);
	g_autoptr(lock_set) whole = parse(sample, 1);

	for (gsize length = 0; length < strlen(sample); length++) {
		g_autoptr(lock_set) part = lock_set_parse(sample, length, array, 77);

		/* The range in the last line may have lost digits. */
		g_assert_cmpuint(lock_set_missing(part, whole), <=, 1);
		g_assert_cmpuint(lock_set_size(part), <=, 3);
	}
}

static void test_garbage(void)
{
	static const char *const texts[] = {"", "\n\n\n", "POSIX", "1: POSIX  ADVISORY  WRITE 1234",
		"1: POSIX ADVISORY WRITE 1 fe:00 0 EOF\n", "1: POSIX ADVISORY WRITE 1 fe 0 EOF\n",
		"1: POSIX ADVISORY WRITE 1 fe:00:1 0 EOF more\n", "\xff\xfe\x01\n"};
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(lock_set) set = parse(texts[i], 1);

		assert_set(set, HEADING("0"));
	}
}

/* Two clients share a lock for reading. One of them may be back without the other. */
static void test_shared(void)
{
	g_autoptr(lock_set) two = parse("1: POSIX  ADVISORY  READ 77 fe:00:1 0 EOF\n"
					"2: POSIX  ADVISORY  READ 77 fe:00:1 0 EOF\n",
		1);
	g_autoptr(lock_set) one = parse("1: POSIX  ADVISORY  READ 77 fe:00:1 0 EOF\n", 1);

	assert_set(two, HEADING("2") "/srv/a 1 READ 0 EOF\n/srv/a 1 READ 0 EOF\n");
	g_assert_cmpuint(lock_set_missing(two, one), ==, 1);
	g_assert_cmpuint(lock_set_missing(one, two), ==, 0);
}

/* A lock for writing has only one owner. The kernel listed it twice, because other locks were taken
 * in the meantime. */
static void test_listed_twice(void)
{
	g_autoptr(lock_set) one = parse("1: POSIX  ADVISORY  WRITE 77 fe:00:1 0 EOF\n"
					"2: POSIX  ADVISORY  WRITE 77 fe:00:1 0 EOF\n",
		1);

	assert_set(one, HEADING("1") "/srv/a 1 WRITE 0 EOF\n");
}

static void test_bytes(void)
{
	const struct lock_set_note exact = {.exact = true, .noted_at = 7};
	struct lock_set_note note = {0};
	g_autoptr(lock_set) set = parse(sample, 2);
	g_autoptr(GBytes) bytes = lock_set_to_bytes(set, &some_note);
	g_autoptr(lock_set) again = lock_set_from_bytes(bytes, &note);

	g_assert_false(note.exact);
	g_assert_cmpint(note.noted_at, ==, some_note.noted_at);
	g_assert_cmpuint(lock_set_missing(set, again), ==, 0);
	g_assert_cmpuint(lock_set_missing(again, set), ==, 0);
	g_autoptr(GBytes) as_exact = lock_set_to_bytes(again, &exact);
	g_autoptr(lock_set) once_more = lock_set_from_bytes(as_exact, &note);
	g_assert_true(note.exact);
	g_assert_cmpint(note.noted_at, ==, 7);
	g_assert_cmpuint(lock_set_size(once_more), ==, 4);
}

/* From another version, without a version, or incomplete: the locks are not known. */
static void test_unknown(void)
{
	static const char *const texts[] = {"", "\n", "fe:00:131 WRITE 0 EOF\n",
		"lockferry locks 2 exact 1 0\n", "lockferry locks 1 exactly 1 0\n",
		"lockferry locks 1 exact 1\n", "lockferry locks 1 exact 1 0 0\n",
		"lockferry locks 1 exact -1 0\n", "lockferry locks 1 exact 1 1\n",
		"lockferry locks 1 exact 1 0\n/srv/a 1 WRITE 0 EOF\n",
		"lockferry locks 1 exact 1 2\n/srv/a 1 WRITE 0 EOF\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GBytes) bytes = g_bytes_new(texts[i], strlen(texts[i]));

		g_assert_null(lock_set_from_bytes(bytes, NULL));
	}
}

static void test_missing(void)
{
	g_autoptr(lock_set) before = parse(sample, 1);
	/* One lock is gone, one has changed, one is new. */
	g_autoptr(lock_set) after = parse("1: POSIX  ADVISORY  WRITE 77 fe:00:131 0 EOF\n"
					  "2: POSIX  ADVISORY  READ  77 fe:00:132 100 198\n"
					  "3: POSIX  ADVISORY  READ  77 fe:00:999 0 EOF\n",
		1);
	g_autoptr(lock_set) nothing = parse("", 1);

	g_assert_cmpuint(lock_set_missing(before, after), ==, 2);
	g_assert_cmpuint(lock_set_missing(after, before), ==, 2);
	g_assert_cmpuint(lock_set_missing(before, nothing), ==, 3);
	g_assert_cmpuint(lock_set_missing(nothing, before), ==, 0);
}

static void assert_lock(const struct lock *lock, guint64 inode, const char *type, const char *first,
	const char *last)
{
	g_assert_cmpuint(lock->inode, ==, inode);
	g_assert_cmpstr(lock->type, ==, type);
	g_assert_cmpstr(lock->first, ==, first);
	g_assert_cmpstr(lock->last, ==, last);
}

static void test_list(void)
{
	g_autoptr(lock_set) before = parse(sample, 2);
	/* The lock on the path with special characters is gone, one is shared by another client,
	 * two are not held. */
	g_autoptr(lock_set) after = parse("1: POSIX  ADVISORY  WRITE 77 fe:00:131 0 EOF\n"
					  "2: POSIX  ADVISORY  READ  77 fe:00:132 100 199\n"
					  "3: POSIX  ADVISORY  READ  77 fe:00:132 100 199\n",
		1);
	g_autoptr(GPtrArray) all = lock_set_list(before, NULL);
	g_autoptr(GPtrArray) missing = lock_set_list(before, after);
	g_autoptr(GPtrArray) added = lock_set_list(after, before);
	g_autoptr(GPtrArray) none = lock_set_list(before, before);

	g_assert_cmpuint(all->len, ==, 4);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(missing->len, ==, 2);
	const struct lock *hard = g_ptr_array_index(missing, 0);
	g_assert_cmpstr(hard->directory, ==, HARD_PATH);
	assert_lock(hard, 7, "WRITE", "0", "EOF");
	assert_lock(
		g_ptr_array_index(missing, 1), 4294967299, "READ", "9223372036854775806", "EOF");
	g_assert_cmpuint(added->len, ==, 1);
	assert_lock(g_ptr_array_index(added, 0), 132, "READ", "100", "199");
}

/* Lines that no version writes. */
static void test_list_garbage(void)
{
	static const char *const lines[] = {"/srv/a", "/srv/a 1 WRITE 0", "/srv/a 1 WRITE 0 EOF 1",
		"/srv/a x WRITE 0 EOF", "/srv/a 1 WRITE x EOF", "/srv\\ 1 WRITE 0 EOF",
		"/srv\\04 1 WRITE 0 EOF", "/srv\\000 1 WRITE 0 EOF", "/srv\\777 1 WRITE 0 EOF",
		"/srv\\+12 1 WRITE 0 EOF"};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *text =
			g_strdup_printf("lockferry locks 1 exact 1 1\n%s\n", lines[i]);
		g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
		g_autoptr(lock_set) set = lock_set_from_bytes(bytes, NULL);
		g_autoptr(GPtrArray) list = lock_set_list(set, NULL);

		g_assert_cmpuint(list->len, ==, 0);
	}
}

static void test_held(void)
{
	g_autoptr(scratch) fake = scratch_new();
	g_autoptr(GArray) array = filesystems(1);
	g_autoptr(GError) error = NULL;

	scratch_set_locks(fake, sample);
	g_autoptr(lock_set) held = lock_set_held(&fake->kernel, array, "77@1000", &error);
	g_assert_no_error(error);
	assert_set(held, HEADING("3") ON_FE00);
	g_assert_cmpuint(lock_set_elsewhere(held), ==, 2);
	g_autoptr(lock_set) by_none = lock_set_held(&fake->kernel, array, "none", &error);
	g_assert_cmpuint(lock_set_elsewhere(by_none), ==, 0);

	scratch_set_locks(fake, "");
	g_autoptr(lock_set) none = lock_set_held(&fake->kernel, array, "none", &error);
	g_assert_no_error(error);
	assert_set(none, HEADING("0"));

	/* If nothing can be read, this does not mean that no lock is held. */
	scratch_remove(fake, "proc/locks");
	g_assert_null(lock_set_held(&fake->kernel, array, "none", &error));
	g_assert_nonnull(error);
}

/* Locks of this process, as this machine's kernel shows them. */
static void test_this_machine(void)
{
	const struct kernel kernel = KERNEL_DEFAULT;
	g_autoptr(scratch) fake = scratch_new();
	struct flock lock = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
	struct stat status;
	dev_t device;
	int fd;

	scratch_write(fake, "locked", "");
	fd = open(scratch_path(fake, "locked"), O_RDWR | O_CLOEXEC);
	g_assert_cmpint(fstat(fd, &status), ==, 0);
	g_assert_cmpint(fcntl(fd, F_SETLK, &lock), ==, 0);
	g_autoptr(GArray) array = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));
	g_assert_true(filesystems_device(fake->path, &device, NULL));
	const struct lock_filesystem here = {.device = device, .directory = fake->path};
	g_array_append_val(array, here);
	g_autofree char *text = g_strdup_printf("lockferry locks 1 exact 1 1\n%s %lu WRITE 10 14\n",
		fake->path, (unsigned long)status.st_ino);
	g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
	g_autoptr(lock_set) ours = lock_set_from_bytes(bytes, NULL);
	g_autoptr(lock_set) set = lock_set_held(&kernel, array, "none", NULL);
	g_assert_nonnull(set);
	g_assert_cmpuint(lock_set_missing(ours, set), ==, 0);
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lock_set/parse", test_parse);
	g_test_add_func("/lock_set/elsewhere", test_elsewhere);
	g_test_add_func("/lock_set/own", test_own);
	g_test_add_func("/lock_set/escape", test_escape);
	g_test_add_func("/lock_set/cut-off", test_cut_off);
	g_test_add_func("/lock_set/garbage", test_garbage);
	g_test_add_func("/lock_set/shared", test_shared);
	g_test_add_func("/lock_set/listed-twice", test_listed_twice);
	g_test_add_func("/lock_set/bytes", test_bytes);
	g_test_add_func("/lock_set/unknown", test_unknown);
	g_test_add_func("/lock_set/missing", test_missing);
	g_test_add_func("/lock_set/list", test_list);
	g_test_add_func("/lock_set/list-garbage", test_list_garbage);
	g_test_add_func("/lock_set/held", test_held);
	g_test_add_func("/lock_set/this-machine", test_this_machine);
	return g_test_run();
}
