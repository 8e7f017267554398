/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/filesystems.h"

#include "base/error.h"
#include "kernel/mounts.h"
#include "node/neighbours.h"
#include "store/database_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void set_path_error(const char *path, GError **error)
{
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no '%s': mount the group's filesystem first, or check the path",
			path);
	else
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot look at '%s'", path);
}

/* Uses the mount table, because it has the same device as /proc/locks; stat(2) has another one
 * on btrfs. If the table does not have the mount, as in a chroot(2), only stat(2) is left. */
static bool device_among(const GPtrArray *mounts, const char *path, dev_t *device,
	const struct mount **of, GError **error)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		set_path_error(path, error);
		if (fd >= 0)
			close(fd);
		return false;
	}
	*of = mounts_of(mounts, fd);
	*device = *of != NULL ? (*of)->device : st.st_dev;
	close(fd);
	return true;
}

bool filesystems_device(const char *path, dev_t *device, GError **error)
{
	g_autoptr(GPtrArray) mounts = mounts_now(error);
	const struct mount *of;

	return mounts != NULL && device_among(mounts, path, device, &of, error);
}

bool filesystems_are_one(const char *path, const char *other)
{
	dev_t one, two;

	return filesystems_device(path, &one, NULL) && filesystems_device(other, &two, NULL) &&
	       one == two;
}

/* A store that does not exist yet will be on the filesystem of its parent. */
static bool store_device_of(const char *path, dev_t *device, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);

	return filesystems_device(
		g_file_test(path, G_FILE_TEST_EXISTS) ? path : parent, device, error);
}

/* SQLite locks its database, and these locks are also in /proc/locks. */
static ino_t database_inode(const char *store_path)
{
	g_autofree char *path = g_build_filename(store_path, DATABASE_FILE, NULL);
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static bool has_device(const GArray *filesystems, dev_t device)
{
	for (guint i = 0; i < filesystems->len; i++) {
		if (g_array_index(filesystems, struct lock_filesystem, i).device == device)
			return true;
	}
	return false;
}

/* The filesystems that every node has and that never belong to a group. */
static const struct node_filesystem {
	const char *directory, *name;
} node_filesystems[] = {
	{"/", "the root filesystem"},
	{"/boot", "the filesystem of '/boot'"},
	{"/dev", "the filesystem of '/dev'"},
	{"/dev/shm", "the filesystem of '/dev/shm'"},
	{"/etc", "the filesystem of '/etc'"},
	{"/run", "the filesystem of '/run'"},
	{"/tmp", "the filesystem of '/tmp'"},
	{"/usr", "the filesystem of '/usr'"},
	{"/var", "the filesystem of '/var'"},
	{"/var/lib", "the filesystem of '/var/lib'"},
	{"/var/tmp", "the filesystem of '/var/tmp'"},
};

/* Returns the name of the first of them that has this device, or NULL if the device may belong
 * to the group. */
static const char *node_filesystem_name(const GPtrArray *mounts, dev_t device)
{
	for (gsize i = 0; i < G_N_ELEMENTS(node_filesystems); i++) {
		const struct mount *of;
		dev_t nodes;

		if (device_among(mounts, node_filesystems[i].directory, &nodes, &of, NULL) &&
			nodes == device)
			return node_filesystems[i].name;
	}
	return NULL;
}

static void set_stays_error(
	const char *store_path, const char *on, bool has_exports, GError **error)
{
	if (has_exports)
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is not on a filesystem of the group's exports, so it would not move with them (one of them is on %s): mount the group's filesystem first, or put the store into it",
			store_path, on);
	else
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is on %s, which does not move with the group: mount the group's filesystem first, or put the store into it",
			store_path, on);
}

/*
 * `found` has the store's filesystem first, then those of the exports. A store that shares a
 * filesystem with an export moves with it. Otherwise none of them may be a filesystem of the node.
 */
static bool store_moves(const GArray *found, const char *store_path, GError **error)
{
	g_autoptr(GPtrArray) mounts = mounts_now(error);

	if (mounts == NULL)
		return false;
	for (guint i = 0; i < found->len; i++) {
		const char *on = node_filesystem_name(
			mounts, g_array_index(found, struct lock_filesystem, i).device);

		if (on == NULL)
			continue;
		set_stays_error(store_path, on, found->len > 1, error);
		return false;
	}
	return true;
}

static bool add_store(const char *store_path, GArray *found, GError **error)
{
	struct lock_filesystem one = {.directory = store_path};

	if (!g_path_is_absolute(store_path)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is not an absolute path: begin it with a slash",
			store_path);
		return false;
	}
	if (!store_device_of(store_path, &one.device, error))
		return false;
	one.own_inode = database_inode(store_path);
	g_array_append_val(found, one);
	return true;
}

GArray *filesystems_find(const char *store_path, const char *const *exports, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));
	bool shared = false;

	if (!add_store(store_path, found, error))
		return NULL;
	for (gsize i = 0; exports[i] != NULL; i++) {
		struct lock_filesystem one = {.directory = exports[i]};

		if (!filesystems_device(exports[i], &one.device, error))
			return NULL;
		shared = shared ||
			 one.device == g_array_index(found, struct lock_filesystem, 0).device;
		if (!has_device(found, one.device))
			g_array_append_val(found, one);
	}
	return shared || store_moves(found, store_path, error) ? g_steal_pointer(&found) : NULL;
}

/* Reports mounts below `path`, except those of other groups. */
static void doubt_mounts_below(
	const GPtrArray *mounts, const char *path, const GArray *known, GPtrArray *doubts)
{
	g_autofree char *top = realpath(path, NULL);

	for (guint i = 0; top != NULL && i < mounts->len; i++) {
		const struct mount *one = g_ptr_array_index(mounts, i);

		if (mount_is_below(one, top) && !has_device(known, one->device) &&
			!g_str_equal(one->type, "autofs"))
			g_ptr_array_add(doubts,
				g_strdup_printf(
					"'%s' is mounted below '%s' and not in 'exports': add it there, or unmount it",
					one->point, path));
	}
}

static bool any_below(const GPtrArray *mounts, const char *path, const GArray *known)
{
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);

	doubt_mounts_below(mounts, path, known, doubts);
	return doubts->len > 0;
}

/* The other groups are asked only if there is such a mount. */
static void doubt_below(const struct group_options *options, const GPtrArray *mounts,
	const char *path, const GArray *found, GPtrArray *doubts)
{
	g_autoptr(GArray) known = NULL;

	if (!any_below(mounts, path, found))
		return;
	known = g_array_copy((GArray *)found);
	filesystems_add_others(known, options->run_dir, options->group);
	doubt_mounts_below(mounts, path, known, doubts);
}

static bool add_export(
	const char *path, const GPtrArray *mounts, GArray *found, GPtrArray *doubts, GError **error)
{
	struct lock_filesystem one = {.directory = path};
	const struct mount *of;
	GError *local_error = NULL;

	if (!device_among(mounts, path, &one.device, &of, &local_error)) {
		if (!g_error_matches(local_error, LF_ERROR, LF_ERROR_NOT_INSTALLED)) {
			g_propagate_error(error, local_error);
			return false;
		}
		g_error_free(local_error);
		g_ptr_array_add(doubts,
			g_strdup_printf(
				"the exported directory '%s' no longer exists: rename it back, or remove it from 'exports'",
				path));
		return true;
	}
	if (of == NULL)
		g_ptr_array_add(doubts,
			g_strdup_printf("the mount of '%s' is not in /proc/self/mountinfo", path));
	if (!has_device(found, one.device))
		g_array_append_val(found, one);
	return true;
}

GArray *filesystems_now(const struct group_options *options, GPtrArray *doubts, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));
	g_autoptr(GPtrArray) mounts = mounts_now(error);
	struct lock_filesystem one = {
		.directory = options->store, .own_inode = database_inode(options->store)};
	const char *const *exports = options->exports;
	const struct mount *of;

	if (mounts == NULL || !device_among(mounts, options->store, &one.device, &of, error))
		return NULL;
	g_array_append_val(found, one);
	for (gsize i = 0; exports[i] != NULL; i++) {
		if (!add_export(exports[i], mounts, found, doubts, error))
			return NULL;
	}
	for (gsize i = 0; exports[i] != NULL; i++)
		doubt_below(options, mounts, exports[i], found, doubts);
	if (exports[0] == NULL && of != NULL)
		doubt_below(options, mounts, of->point, found, doubts);
	return g_steal_pointer(&found);
}

GArray *filesystems_at(const char *const *directories, const char *store_path, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));
	dev_t store_device;

	if (!filesystems_device(store_path, &store_device, error))
		return NULL;
	for (gsize i = 0; directories[i] != NULL; i++) {
		struct lock_filesystem one = {.directory = directories[i]};

		if (!filesystems_device(directories[i], &one.device, error))
			return NULL;
		if (has_device(found, one.device))
			continue;
		if (one.device == store_device)
			one.own_inode = database_inode(store_path);
		g_array_append_val(found, one);
	}
	return g_steal_pointer(&found);
}

JsonArray *filesystems_to_json(const GArray *filesystems)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; filesystems != NULL && i < filesystems->len; i++) {
		dev_t device = g_array_index(filesystems, struct lock_filesystem, i).device;
		g_autofree char *text = g_strdup_printf("%x:%x", major(device), minor(device));

		json_array_add_string_element(array, text);
	}
	return array;
}

static void add_device(JsonArray *array, guint place, JsonNode *node G_GNUC_UNUSED, gpointer data)
{
	struct lock_filesystem one = {.directory = ""};
	unsigned int major_number, minor_number;

	if (sscanf(json_array_get_string_element(array, place), "%x:%x", &major_number,
		    &minor_number) != 2)
		return;
	one.device = makedev(major_number, minor_number);
	g_array_append_val((GArray *)data, one);
}

/* For neighbours_find(): returns false, so that the next process is asked. */
static bool add_devices(JsonObject *status, void *filesystems)
{
	if (status != NULL && json_object_has_member(status, "devices"))
		json_array_foreach_element(
			json_object_get_array_member(status, "devices"), add_device, filesystems);
	return false;
}

void filesystems_add_others(GArray *filesystems, const char *run_dir, const char *group)
{
	g_free(neighbours_find(run_dir, group, add_devices, filesystems));
}

bool filesystems_are_shared(const GArray *filesystems, const char *run_dir, const char *group)
{
	g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));

	filesystems_add_others(others, run_dir, group);
	for (guint i = 0; i < filesystems->len; i++) {
		if (has_device(
			    others, g_array_index(filesystems, struct lock_filesystem, i).device))
			return true;
	}
	return false;
}
