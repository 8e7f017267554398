/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/unusable.h"

struct unusable {
	const char *path;
	struct problems *problems;
	GHashTable *texts; /* owned name of a file -> owned text */
};

unusable *unusable_new(const char *sm_dir_path, struct problems *problems)
{
	unusable *self = g_new0(unusable, 1);

	self->path = sm_dir_path;
	self->problems = problems;
	self->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return self;
}

/* These files are records now, or gone. */
static void forget(unusable *self, GPtrArray *files)
{
	for (guint i = 0; i < files->len; i++)
		g_hash_table_remove(self->texts, g_ptr_array_index(files, i));
}

static void say(const unusable *self)
{
	g_autofree char *text = NULL;
	GHashTableIter iter;
	gpointer example;

	g_hash_table_iter_init(&iter, self->texts);
	if (g_hash_table_iter_next(&iter, NULL, &example))
		text = g_strdup_printf("in '%s': %s", self->path, (char *)example);
	problems_set(self->problems, PROBLEM_UNUSABLE, text);
}

void unusable_note(unusable *self, const struct captured *what)
{
	if (what->whole)
		g_hash_table_remove_all(self->texts);
	forget(self, what->seen_files);
	forget(self, what->absent_files);
	for (guint i = 0; i < what->unusable->len; i++)
		g_hash_table_replace(self->texts,
			g_strdup(g_ptr_array_index(what->unusable_files, i)),
			g_strdup(g_ptr_array_index(what->unusable, i)));
	say(self);
}

void unusable_free(unusable *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->texts);
	g_free(self);
}
