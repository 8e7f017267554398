/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/filesystems.h"

#include "base/error.h"
#include "scratch.h"

#include <string.h>

/* The store would stay behind when the group moves. */
static void test_devices(void)
{
	g_autoptr(scratch) in = scratch_new();
	const char *const none[] = {NULL};
	const char *const exports[] = {scratch_mkdir(in, "one"), scratch_mkdir(in, "two"), NULL};
	const char *on_one = scratch_path(in, "one/store");
	const char *on_three = scratch_path(in, "three/store");
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) devices = NULL;

	if (!scratch_mount(in, "one") || !scratch_mount(in, "two") || !scratch_mount(in, "three")) {
		g_test_skip("no filesystem can be mounted here");
		return;
	}
	devices = filesystems_find(on_one, exports, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(devices->len, ==, 2);
	g_autoptr(GArray) alone = filesystems_find(on_one, none, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(alone->len, ==, 1);
	/* A store on a filesystem of its own moves like the others. */
	g_autoptr(GArray) apart = filesystems_find(on_three, exports, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(apart->len, ==, 3);
	g_assert_null(filesystems_find("/store-on-the-root-filesystem", exports, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_assert_nonnull(strstr(error->message, "would not move with them"));
	g_clear_error(&error);
	g_assert_null(filesystems_find("/store-on-the-root-filesystem", none, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_assert_nonnull(strstr(error->message, "root filesystem"));
	g_clear_error(&error);
	/* A tmpfs may belong to the node, too. */
	g_assert_null(filesystems_find("/dev/shm/store", exports, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_clear_error(&error);
	/* An export that is not mounted is on the root filesystem, wherever the store is. */
	g_assert_null(filesystems_find(on_three, (const char *const[]){"/etc", NULL}, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/filesystems/devices", test_devices);
	return g_test_run();
}
