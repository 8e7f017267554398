/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/answers.h"

#include "group/address_bits.h"
#include "store/listing.h"

#include <string.h>

#define KIND "answers"

/* By whether the client asked for a lock, and whether its answer came late. */
static const char *const words[2][2] = {{"-", "late"}, {"reclaimed", "reclaimed,late"}};

struct answer {
	address_set addresses;
	bool asked;
	bool late;
};

GBytes *answers_format(gint32 state_number, GPtrArray *clients)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		g_autofree char *key = NULL;
		GString *line;

		if (entry->answered == 0 && !entry->asked)
			continue;
		key = client_key(entry->file, entry->mon_name);
		line = g_string_new(key);
		g_string_append_c(line, ' ');
		address_set_format(entry->answered, line);
		g_string_append_printf(line, " %s", words[entry->asked][entry->late]);
		g_ptr_array_add(lines, g_string_free(line, FALSE));
	}
	return listing_format(KIND, (guint64)state_number, lines);
}

/* Cuts the last word off a line. Returns NULL if the line has only one word. */
static char *cut_word(char *line)
{
	char *blank = strrchr(line, ' ');

	if (blank == NULL)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

static bool parse_word(const char *word, struct answer *answer)
{
	for (int i = 0; i < 4; i++) {
		answer->asked = i / 2;
		answer->late = i % 2;
		if (g_str_equal(word, words[answer->asked][answer->late]))
			return true;
	}
	return false;
}

static bool parse_line(char *line, GHashTable *answers)
{
	const char *asked = cut_word(line);
	const char *addresses = asked != NULL ? cut_word(line) : NULL;
	g_autofree struct answer *found = g_new0(struct answer, 1);

	if (addresses == NULL || !address_set_parse(addresses, &found->addresses))
		return false;
	if (!parse_word(asked, found))
		return false;
	return g_hash_table_insert(answers, line, g_steal_pointer(&found));
}

/* Returns the answers by record, or NULL if a line is malformed. The table borrows the lines and
 * changes them. */
static GHashTable *parse_lines(GStrv lines)
{
	g_autoptr(GHashTable) answers =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (!parse_line(lines[i], answers))
			return NULL;
	}
	return g_steal_pointer(&answers);
}

static void apply(const struct answer *answer, client *entry)
{
	entry->told |= answer->addresses;
	entry->answered |= answer->addresses;
	entry->asked = entry->asked || answer->asked;
	entry->late = entry->late || answer->late;
}

void answers_apply(GBytes *text, gint32 state_number, GPtrArray *clients)
{
	g_auto(GStrv) lines = listing_parse(text, KIND, (guint64)state_number);
	g_autoptr(GHashTable) answers = lines != NULL ? parse_lines(lines) : NULL;

	for (guint i = 0; answers != NULL && i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);
		g_autofree char *key = client_key(entry->file, entry->mon_name);
		const struct answer *answer = g_hash_table_lookup(answers, key);

		if (answer != NULL && !recovery_is_unheard(entry->recovery))
			apply(answer, entry);
	}
}
