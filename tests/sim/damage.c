/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "damage.h"

#include "disk.h"
#include "scheduler.h"
#include "story.h"

#include <string.h>

static struct inode *records_of(const struct service_group *group)
{
	struct inode *store = dir_find(group->volume->root, "store");

	return store != NULL ? dir_find(store, "sm") : NULL;
}

static void set_contents(struct inode *file, const char *text, gsize length)
{
	g_byte_array_set_size(file->data, 0);
	g_byte_array_append(file->data, (const guint8 *)text, (guint)length);
	g_clear_pointer(&file->durable, g_bytes_unref);
	file->durable = g_bytes_new(text, length);
	inode_touch(file);
}

static bool has_line(const struct inode *file, const struct nfs_client *client)
{
	g_autofree char *text = g_strndup((const char *)file->data->data, file->data->len);
	g_autofree char *name = g_strdup_printf(" %s ", client->address);

	return strstr(text, name) != NULL;
}

static void note_clients(const struct service_group *group, const char *name)
{
	for (guint i = 0; i < cluster.clients->len; i++) {
		struct nfs_client *one = cluster.clients->pdata[i];

		if (g_str_equal(one->record_file, name) &&
			has_line(dir_find(records_of(group), name), one))
			one->damaged_us[group->number] = sim_now();
	}
}

static const char *choose_record(const struct inode *records, guint which)
{
	g_autoptr(GList) names = g_hash_table_get_keys(records->names);
	guint count = g_list_length(names);

	names = g_list_sort(names, (GCompareFunc)g_strcmp0);
	return count > 0 ? g_list_nth_data(names, which % count) : NULL;
}

void damage_store(struct service_group *group, bool remove, guint which)
{
	struct inode *records =
		g_str_equal(cluster.setup.backend, "files") ? records_of(group) : NULL;
	g_autofree char *name = records != NULL ? g_strdup(choose_record(records, which)) : NULL;

	/* What a process is writing is not damaged before it has looked at what it wrote: a
	 * matter of microseconds, if the disk does not hang. */
	if (name == NULL || dir_find(records, name)->data == NULL || records->changes->len > 0)
		return;
	story("somebody %s the record '%s' of %s", remove ? "removes" : "overwrites", name,
		group->name);
	note_clients(group, name);
	if (remove)
		dir_set(records, name, NULL, false);
	else
		set_contents(dir_find(records, name), "nothing\n", strlen("nothing\n"));
}

bool damage_lasts(const struct service_group *group, const struct nfs_client *client)
{
	const struct inode *records = records_of(group);
	const struct inode *file = records != NULL ? dir_find(records, client->record_file) : NULL;

	return file == NULL || !has_line(file, client);
}
