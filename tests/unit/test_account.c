/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/account.h"

#include "error.h"

#include <string.h>

#define HEADING "lockferry account 1\n"

static client *make(const char *file)
{
	g_autoptr(GBytes) raw = g_bytes_new_static("", 0);

	return client_new(file, raw, "10.0.0.1", "server");
}

/* Clients `a` and `b`, as a store finds them: with records, without an account. */
static GHashTable *two_clients(void)
{
	GHashTable *clients =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)client_free);
	client *a = make("a"), *b = make("b");

	g_hash_table_insert(clients, a->file, a);
	g_hash_table_insert(clients, b->file, b);
	return clients;
}

static void test_round_trip(void)
{
	g_autofree char *longest = g_strnfill(255, 'x');
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GHashTable) again =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)client_free);
	g_autoptr(GError) error = NULL;

	for (int i = 0; i <= RECOVERY_COUNT; i++) {
		g_autofree char *name = g_strdup_printf("client%d", i);
		client *entry = make(i < RECOVERY_COUNT ? name : longest);
		client *other = make(entry->file);

		entry->first_recorded = i == 0 ? G_MAXINT64 : 1700000000 + i;
		entry->last_seen = i == 1 ? 0 : 1700000100 + i;
		entry->recovery = (enum recovery)(i % RECOVERY_COUNT);
		g_ptr_array_add(clients, entry);
		g_hash_table_insert(again, other->file, other);
	}
	g_autofree char *text = account_format(clients);
	g_assert_true(account_apply(text, strlen(text), again, &error));
	g_assert_no_error(error);
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		const client *other = g_hash_table_lookup(again, entry->file);

		g_assert_cmpint(other->first_recorded, ==, entry->first_recorded);
		g_assert_cmpint(other->last_seen, ==, entry->last_seen);
		g_assert_cmpint(other->recovery, ==, entry->recovery);
	}
}

static void test_apply(void)
{
	static const char text[] = HEADING "b 7 9 acknowledged\ngone 1 2 lost\n";
	g_autoptr(GHashTable) clients = two_clients();
	const client *a = g_hash_table_lookup(clients, "a");
	const client *b = g_hash_table_lookup(clients, "b");
	g_autoptr(GError) error = NULL;

	g_assert_true(account_apply(text, strlen(text), clients, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(g_hash_table_size(clients), ==, 2);
	g_assert_cmpint(a->first_recorded, ==, 0);
	g_assert_cmpint(a->recovery, ==, RECOVERY_RECORDED);
	g_assert_cmpint(b->first_recorded, ==, 7);
	g_assert_cmpint(b->last_seen, ==, 9);
	g_assert_cmpint(b->recovery, ==, RECOVERY_ACKNOWLEDGED);

	g_assert_true(account_apply(HEADING, strlen(HEADING), clients, &error));
	g_assert_cmpint(b->first_recorded, ==, 7);
}

static void assert_damaged(const char *text, gsize length)
{
	g_autoptr(GHashTable) clients = two_clients();
	g_autoptr(GError) error = NULL;

	g_assert_false(account_apply(text, length, clients, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	/* It is shown to people: no byte of it may drive their terminal. */
	for (const char *at = error->message; *at != '\0'; at++)
		g_assert_true(g_ascii_isprint(*at) || (*at & 0x80));
	g_assert_true(g_utf8_validate(error->message, -1, NULL));
	g_assert_cmpuint(g_hash_table_size(clients), ==, 2);
}

static void test_damaged(void)
{
	static const char *const texts[] = {
		"",
		"\n",
		"lockferry account 1",
		"lockferry account 2\n",
		"lockferry account 2\na 1 2 told\n",
		"a 1 2 told\n",
		HEADING "a 1 2 told",
		HEADING "a 1 2\n",
		HEADING "a 1 2 told more\n",
		HEADING "a 1 2 told \n",
		HEADING "a  1 2 told\n",
		HEADING "a 1 2 asleep\n",
		HEADING "a -1 2 told\n",
		HEADING "a 1 -2 told\n",
		HEADING "a one 2 told\n",
		HEADING "a 99999999999999999999 2 told\n",
		HEADING "a 1 2 told\n\n",
		HEADING "a 1 2 told\nb 1 2 to",
		HEADING "\x1b[31m\a 1 2 asleep\n",
		HEADING "\xff\xfe\xfd\n",
		HEADING "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xb6 1\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_damaged(texts[i], strlen(texts[i]));
	assert_damaged(HEADING "a\0 1 2 told\n", strlen(HEADING) + 12);
	assert_damaged("\0", 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/account/round-trip", test_round_trip);
	g_test_add_func("/account/apply", test_apply);
	g_test_add_func("/account/damaged", test_damaged);
	return g_test_run();
}
