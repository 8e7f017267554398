/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/mounts.h"

#include "kernel/kernel.h"
#include "kernel/lock_set.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* The fields of "36 35 98:0 /root /point rw,noatime shared:1 - ext3 /dev/root rw". Any number of
 * optional fields may precede the dash. */
enum {
	FIELD_ID = 0,
	FIELD_DEVICE = 2,
	FIELD_POINT = 4,
	FIELD_OPTIONAL = 6,
};

static void mount_free(gpointer data)
{
	struct mount *self = data;

	g_free(self->point);
	g_free(self->type);
	g_free(self);
}

static bool parse_device(const char *text, dev_t *device)
{
	unsigned int major_number, minor_number;
	int end = 0;

	if (sscanf(text, "%u:%u%n", &major_number, &minor_number, &end) != 2 || text[end] != '\0')
		return false;
	*device = makedev(major_number, minor_number);
	return true;
}

/* Returns the field after the dash, or NULL if there is none. */
static const char *type_of(char **fields, guint count)
{
	for (guint i = FIELD_OPTIONAL; i + 1 < count; i++) {
		if (g_str_equal(fields[i], "-"))
			return fields[i + 1];
	}
	return NULL;
}

static struct mount *mount_parse(const char *line)
{
	g_auto(GStrv) fields = g_strsplit(line, " ", -1);
	guint count = g_strv_length(fields);
	const char *type = type_of(fields, count);
	g_autofree char *point = type != NULL ? lock_set_unescape(fields[FIELD_POINT]) : NULL;
	struct mount *self;
	guint64 id;
	dev_t device;

	if (point == NULL || !parse_device(fields[FIELD_DEVICE], &device) ||
		!g_ascii_string_to_unsigned(fields[FIELD_ID], 10, 0, G_MAXUINT64, &id, NULL))
		return NULL;
	self = g_new0(struct mount, 1);
	self->id = id;
	self->device = device;
	self->point = g_steal_pointer(&point);
	self->type = g_strdup(type);
	return self;
}

GPtrArray *mounts_parse(const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);
	GPtrArray *mounts = g_ptr_array_new_with_free_func(mount_free);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		struct mount *one = mount_parse(line);

		if (one != NULL)
			g_ptr_array_add(mounts, one);
	}
	return mounts;
}

/* Always reads the mounts of this process, even if a test has its own kernel directories. */
GPtrArray *mounts_now(GError **error)
{
	g_autofree char *text = kernel_read("/proc/self", "mountinfo", error);

	return text != NULL ? mounts_parse(text, strlen(text)) : NULL;
}

bool mounts_parse_id(const char *text, gsize length, guint64 *id)
{
	static const char key[] = "mnt_id:";
	g_autofree char *copy = g_strndup(text, length);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (g_str_has_prefix(line, key))
			return g_ascii_string_to_unsigned(
				g_strstrip(line + strlen(key)), 10, 0, G_MAXUINT64, id, NULL);
	}
	return false;
}

const struct mount *mounts_of(const GPtrArray *mounts, int fd)
{
	g_autofree char *name = g_strdup_printf("%d", fd);
	g_autofree char *text = kernel_read("/proc/self/fdinfo", name, NULL);
	guint64 id;

	if (text == NULL || !mounts_parse_id(text, strlen(text), &id))
		return NULL;
	for (guint i = 0; i < mounts->len; i++) {
		const struct mount *one = g_ptr_array_index(mounts, i);

		if (one->id == id)
			return one;
	}
	return NULL;
}

bool mount_is_below(const struct mount *self, const char *top)
{
	gsize length = strlen(top);

	if (length > 0 && top[length - 1] == '/')
		length--;
	return strncmp(self->point, top, length) == 0 && self->point[length] == '/' &&
	       self->point[length + 1] != '\0';
}
