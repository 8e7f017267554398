/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/answers.h"

#include "group/address_bits.h"

#include <string.h>

#define HEADING "lockferry answers 1 "
#define ASKED "reclaimed"
#define NOT_ASKED "-"

/* Behind it. */
enum { WORD_STATE_NUMBER, WORD_RECORDS, WORD_COUNT };

struct answer {
	address_set addresses;
	bool asked;
};

GBytes *answers_format(gint32 state_number, GPtrArray *clients)
{
	g_autoptr(GString) lines = g_string_new(NULL);
	g_autoptr(GString) text = NULL;
	guint count = 0;

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		g_autofree char *key = NULL;

		if (entry->answered == 0 && !entry->asked)
			continue;
		key = client_key(entry->file, entry->mon_name);
		g_string_append_printf(lines, "%s ", key);
		address_set_format(entry->answered, lines);
		g_string_append(lines, entry->asked ? " " ASKED "\n" : " " NOT_ASKED "\n");
		count++;
	}
	if (count == 0)
		return NULL;
	text = g_string_sized_new(sizeof(HEADING) + lines->len);
	g_string_printf(text, HEADING "%d %u\n", state_number, count);
	g_string_append_len(text, lines->str, (gssize)lines->len);
	return g_string_free_to_bytes(g_steal_pointer(&text));
}

static bool parse_heading(const char *line, gint64 *state_number, guint64 *count)
{
	g_auto(GStrv) words = NULL;

	if (!g_str_has_prefix(line, HEADING))
		return false;
	words = g_strsplit(line + strlen(HEADING), " ", WORD_COUNT + 1);
	return g_strv_length(words) == WORD_COUNT &&
	       g_ascii_string_to_signed(
		       words[WORD_STATE_NUMBER], 10, 1, G_MAXINT32, state_number, NULL) &&
	       g_ascii_string_to_unsigned(words[WORD_RECORDS], 10, 0, G_MAXUINT, count, NULL);
}

/* Cut the last word off a line; NULL where it is the only one. */
static char *cut_word(char *line)
{
	char *blank = strrchr(line, ' ');

	if (blank == NULL)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

static bool parse_line(char *line, GHashTable *answers)
{
	const char *asked = cut_word(line);
	const char *addresses = asked != NULL ? cut_word(line) : NULL;
	g_autofree struct answer *found = g_new0(struct answer, 1);

	if (addresses == NULL || !address_set_parse(addresses, &found->addresses))
		return false;
	found->asked = g_str_equal(asked, ASKED);
	if (!found->asked && !g_str_equal(asked, NOT_ASKED))
		return false;
	return g_hash_table_insert(answers, line, g_steal_pointer(&found));
}

/* The answers in `text`, which it borrows and cuts up, by record; NULL where that is no such text,
 * not the whole of it, or of another number. */
static GHashTable *parse(char *text, gint32 wanted)
{
	g_autoptr(GHashTable) answers =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	bool is_whole = g_str_has_suffix(text, "\n");
	char *rest = text, *line = strsep(&rest, "\n");
	gint64 state_number;
	guint64 count;

	if (!is_whole || !parse_heading(line, &state_number, &count) || state_number != wanted)
		return NULL;
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		if (!parse_line(line, answers))
			return NULL;
	}
	return g_hash_table_size(answers) == count ? g_steal_pointer(&answers) : NULL;
}

static void apply(const struct answer *answer, client *entry)
{
	entry->told |= answer->addresses;
	entry->answered |= answer->addresses;
	entry->asked = entry->asked || answer->asked;
}

void answers_apply(GBytes *text, gint32 state_number, GPtrArray *clients)
{
	gsize length;
	const char *data = g_bytes_get_data(text, &length);
	/* The data of nothing is NULL. */
	g_autofree char *copy = g_strndup(length > 0 ? data : "", length);
	g_autoptr(GHashTable) answers = parse(copy, state_number);

	for (guint i = 0; answers != NULL && i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);
		g_autofree char *key = client_key(entry->file, entry->mon_name);
		const struct answer *answer = g_hash_table_lookup(answers, key);

		if (answer != NULL && !recovery_is_unheard(entry->recovery))
			apply(answer, entry);
	}
}
