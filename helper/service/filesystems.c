/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/filesystems.h"

#include "error.h"
#include "service/control.h"
#include "store/database.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define ASK_TIMEOUT_MS 1000

static bool device_of(const char *path, dev_t *device, GError **error)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		*device = st.st_dev;
		return true;
	}
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no '%s': mount the group's filesystem first, or check the path",
			path);
	else
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't look at '%s'", path);
	return false;
}

/* A store that is still to be made will be where its parent is. */
static bool store_device_of(const char *path, dev_t *device, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);

	return device_of(g_file_test(path, G_FILE_TEST_EXISTS) ? path : parent, device, error);
}

/* SQLite locks its database like any program its files. */
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

GArray *filesystems_find(const char *store_path, const char *const *exports, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));
	struct lock_filesystem one = {.directory = store_path};
	dev_t store_device, root_device;
	bool shared = false;

	if (!g_path_is_absolute(store_path)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is not an absolute path: begin it with a slash",
			store_path);
		return NULL;
	}
	if (!store_device_of(store_path, &store_device, error))
		return NULL;
	one.device = store_device;
	one.own = database_inode(store_path);
	g_array_append_val(found, one);
	for (gsize i = 0; exports[i] != NULL; i++) {
		one = (struct lock_filesystem){.directory = exports[i]};
		if (!device_of(exports[i], &one.device, error))
			return NULL;
		shared = shared || one.device == store_device;
		if (!has_device(found, one.device))
			g_array_append_val(found, one);
	}
	if (exports[0] != NULL && !shared) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is not on a filesystem of the group's exports, so it would "
			"not move with them: "
			"mount the group's filesystem first, or put the store into it",
			store_path);
		return NULL;
	}
	if (exports[0] == NULL && device_of("/", &root_device, NULL) &&
		root_device == store_device) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is on the root filesystem, which does not move with the "
			"group: "
			"mount the group's filesystem first, or put the store into it",
			store_path);
		return NULL;
	}
	return g_steal_pointer(&found);
}

lock_set *filesystems_locks(
	const struct service_options *options, const char *lock_manager, GError **error)
{
	g_autoptr(GArray) found = filesystems_find(options->store, options->exports, error);

	return found != NULL ? lock_set_held(&options->kernel, found, lock_manager, error) : NULL;
}

GArray *filesystems_at(const char *const *directories, const char *store_path, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct lock_filesystem));
	dev_t store_device;

	if (!device_of(store_path, &store_device, error))
		return NULL;
	for (gsize i = 0; directories[i] != NULL; i++) {
		struct lock_filesystem one = {.directory = directories[i]};

		if (!device_of(directories[i], &one.device, error))
			return NULL;
		if (has_device(found, one.device))
			continue;
		if (one.device == store_device)
			one.own = database_inode(store_path);
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

void filesystems_add_others(GArray *filesystems, const char *run_dir, const char *group)
{
	g_autoptr(GPtrArray) groups = control_groups(run_dir);

	for (guint i = 0; i < groups->len; i++) {
		const char *other = g_ptr_array_index(groups, i);
		g_autoptr(JsonObject) answer = NULL;

		if (g_str_equal(other, group))
			continue;
		answer = control_ask(run_dir, other, "status", ASK_TIMEOUT_MS, NULL);
		if (answer != NULL && json_object_has_member(answer, "devices"))
			json_array_foreach_element(json_object_get_array_member(answer, "devices"),
				add_device, filesystems);
	}
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
