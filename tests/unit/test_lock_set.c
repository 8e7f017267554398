/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lockd/lock_set.h"

#include "scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* As Linux 6.1 prints it: a waiter below what it waits for, leases, delegations, and OFD locks,
 * whose owner is no process. */
static const char sample[] =
	"1: POSIX  ADVISORY  WRITE 1234 fe:00:131 0 EOF\n"
	"2: POSIX  ADVISORY  READ  1234 fe:00:132 100 199\n"
	"2: -> POSIX  ADVISORY  WRITE 1235 fe:00:132 100 100\n"
	"3: FLOCK  ADVISORY  WRITE 812 fe:00:133 0 EOF\n"
	"4: OFDLCK ADVISORY  READ  -1 fe:00:134 0 0\n"
	"5: POSIX  ADVISORY  WRITE 77 fe:01:131 0 EOF\n"
	"6: LEASE  ACTIVE    READ  1400 fe:00:135 0 EOF\n"
	"7: DELEG  ACTIVE    READ  -1 fe:00:136 0 EOF\n"
	"8: POSIX  ADVISORY  READ  0 fe:00:4294967299 9223372036854775806 EOF\n"
	"9: POSIX  *NOINODE* WRITE 12 <none>:0 0 EOF\n"
	"10: POSIX  ADVISORY  WRITE 4321 1f:10a:7 0 EOF\n";

#define ON_FE00                                                                                    \
	"fe:00:131 WRITE 0 EOF\nfe:00:132 READ 100 199\n"                                          \
	"fe:00:4294967299 READ 9223372036854775806 EOF\n"

static lock_set *parse(const char *text, const dev_t *devices, gsize n_devices)
{
	return lock_set_parse(text, strlen(text), devices, n_devices);
}

static void assert_set(lock_set *set, const char *expected)
{
	g_autoptr(GBytes) bytes = lock_set_to_bytes(set);
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);

	g_assert_cmpmem(text ? text : "", length, expected, strlen(expected));
}

static void test_parse(void)
{
	const dev_t devices[] = {makedev(0xfe, 0), makedev(0x1f, 0x10a)};
	g_autoptr(GHashTable) first = parse(sample, devices, 1);
	g_autoptr(GHashTable) both = parse(sample, devices, 2);
	g_autoptr(GHashTable) none = parse(sample, devices, 0);

	assert_set(first, ON_FE00);
	assert_set(both, "1f:10a:7 WRITE 0 EOF\n" ON_FE00);
	assert_set(none, "");
}

/* Cut off anywhere, it gives no lock that isn't there. */
static void test_cut_off(void)
{
	const dev_t device = makedev(0xfe, 0);
	g_autoptr(GHashTable) whole = parse(sample, &device, 1);

	for (gsize length = 0; length < strlen(sample); length++) {
		g_autoptr(GHashTable) part = lock_set_parse(sample, length, &device, 1);

		/* Of the last line, the range may have lost digits. */
		g_assert_cmpuint(lock_set_missing(part, whole), <=, 1);
		g_assert_cmpuint(g_hash_table_size(part), <=, 3);
	}
}

static void test_garbage(void)
{
	static const char *const texts[] = {"", "\n\n\n", "POSIX", "1: POSIX  ADVISORY  WRITE 1234",
		"1: POSIX ADVISORY WRITE 1 fe:00 0 EOF\n", "1: POSIX ADVISORY WRITE 1 fe 0 EOF\n",
		"1: POSIX ADVISORY WRITE 1 fe:00:1 0 EOF more\n", "\xff\xfe\x01\n"};
	const dev_t device = makedev(0xfe, 0);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GHashTable) set = parse(texts[i], &device, 1);

		assert_set(set, "");
	}
}

/* Two clients may share a lock for reading: it is one line, and held as long as one has it. */
static void test_shared(void)
{
	const dev_t device = makedev(0xfe, 0);
	g_autoptr(GHashTable) set = parse("1: POSIX  ADVISORY  READ 1 fe:00:1 0 EOF\n"
					  "2: POSIX  ADVISORY  READ 2 fe:00:1 0 EOF\n",
		&device, 1);

	assert_set(set, "fe:00:1 READ 0 EOF\n");
}

static void test_bytes(void)
{
	static const char *const unusual[] = {"\n\n", "no end", "a\n\nb"};
	const dev_t device = makedev(0xfe, 0);
	g_autoptr(GHashTable) set = parse(sample, &device, 1);
	g_autoptr(GBytes) bytes = lock_set_to_bytes(set);
	g_autoptr(GHashTable) again = lock_set_from_bytes(bytes);
	/* As a file without contents is read. */
	g_autoptr(GBytes) empty = g_bytes_new(NULL, 0);
	g_autoptr(GHashTable) nothing = lock_set_from_bytes(empty);

	assert_set(again, ON_FE00);
	g_assert_cmpuint(lock_set_missing(set, again), ==, 0);
	g_assert_cmpuint(lock_set_missing(again, set), ==, 0);
	assert_set(nothing, "");
	for (gsize i = 0; i < G_N_ELEMENTS(unusual); i++) {
		g_autoptr(GBytes) text = g_bytes_new_static(unusual[i], strlen(unusual[i]));
		g_autoptr(GHashTable) some = lock_set_from_bytes(text);

		g_assert_cmpuint(g_hash_table_size(some), ==, i);
	}
}

static void test_missing(void)
{
	const dev_t device = makedev(0xfe, 0);
	g_autoptr(GHashTable) before = parse(sample, &device, 1);
	/* One is gone, one is held otherwise, one is new. */
	g_autoptr(GHashTable) after = parse("1: POSIX  ADVISORY  WRITE 99 fe:00:131 0 EOF\n"
					    "2: POSIX  ADVISORY  READ  99 fe:00:132 100 198\n"
					    "3: POSIX  ADVISORY  READ  99 fe:00:999 0 EOF\n",
		&device, 1);
	g_autoptr(GHashTable) nothing = parse("", &device, 1);

	g_assert_cmpuint(lock_set_missing(before, after), ==, 2);
	g_assert_cmpuint(lock_set_missing(after, before), ==, 2);
	g_assert_cmpuint(lock_set_missing(before, nothing), ==, 3);
	g_assert_cmpuint(lock_set_missing(nothing, before), ==, 0);
}

static void test_held(void)
{
	g_autoptr(scratch) fake = scratch_new();
	const dev_t device = makedev(0xfe, 0);
	g_autoptr(GError) error = NULL;

	scratch_set_locks(fake, sample);
	g_autoptr(GHashTable) held = lock_set_held(&fake->kernel, &device, 1, &error);
	g_assert_no_error(error);
	assert_set(held, ON_FE00);

	scratch_set_locks(fake, "");
	g_autoptr(GHashTable) none = lock_set_held(&fake->kernel, &device, 1, &error);
	g_assert_no_error(error);
	assert_set(none, "");

	/* That nothing can be read is not that nothing is held. */
	scratch_remove(fake, "proc/locks");
	g_assert_null(lock_set_held(&fake->kernel, &device, 1, &error));
	g_assert_nonnull(error);
}

/* Locks of this process, as this machine's kernel tells of them. */
static void test_this_machine(void)
{
	const struct kernel kernel = KERNEL_DEFAULT;
	g_autoptr(scratch) fake = scratch_new();
	struct flock lock = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
	struct stat status;
	int fd;

	scratch_write(fake, "locked", "");
	fd = open(scratch_path(fake, "locked"), O_RDWR | O_CLOEXEC);
	g_assert_cmpint(fstat(fd, &status), ==, 0);
	g_assert_cmpint(fcntl(fd, F_SETLK, &lock), ==, 0);
	g_autofree char *line = g_strdup_printf("%02x:%02x:%lu WRITE 10 14", major(status.st_dev),
		minor(status.st_dev), (unsigned long)status.st_ino);
	g_autoptr(GHashTable) set = lock_set_held(&kernel, &status.st_dev, 1, NULL);
	g_assert_nonnull(set);
	if (g_hash_table_contains(set, line))
		g_test_message("found");
	else
		g_test_skip("this file system's locks are listed under another device");
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lock_set/parse", test_parse);
	g_test_add_func("/lock_set/cut-off", test_cut_off);
	g_test_add_func("/lock_set/garbage", test_garbage);
	g_test_add_func("/lock_set/shared", test_shared);
	g_test_add_func("/lock_set/bytes", test_bytes);
	g_test_add_func("/lock_set/missing", test_missing);
	g_test_add_func("/lock_set/held", test_held);
	g_test_add_func("/lock_set/this-machine", test_this_machine);
	return g_test_run();
}
