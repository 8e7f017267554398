/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/account.h"

#include "base/error.h"
#include "group/address_bits.h"
#include "store/answers.h"
#include "store/may_have_lost.h"

#include <string.h>

#define HEADING "lockferry account 1\n"

static client *make(const char *file)
{
	g_autoptr(GBytes) raw = g_bytes_new_static("", 0);

	return client_new(file, raw, "10.0.0.1", "server");
}

/* Clients `a` and `b`, as a store loads them: with records, without an account. */
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
	/* The message is shown to people, so it must not contain bytes that control a terminal. */
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

/* The clients that may have lost locks. */

static GPtrArray *lost_clients(enum recovery recovery)
{
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	static const char *const names[] = {"10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.1"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_strdup_printf("file%zu", i);

		g_ptr_array_add(clients, client_new(file, NULL, names[i], "server"));
		((client *)g_ptr_array_index(clients, i))->recovery = recovery;
	}
	return clients;
}

static guint count_after(const char *text, gsize length, guint64 epoch, enum recovery recovery)
{
	g_autoptr(GPtrArray) clients = lost_clients(recovery);
	g_autoptr(GBytes) bytes = g_bytes_new(text, length);
	guint count = 0;

	may_have_lost_apply(bytes, epoch, clients);
	for (guint i = 0; i < clients->len; i++)
		count += ((client *)g_ptr_array_index(clients, i))->recovery ==
			 RECOVERY_MAY_HAVE_LOST;
	return count;
}

#define MAY_HAVE_LOST                                                                              \
	"lockferry may_have_lost 1 7 3\nfile0 10.0.0.3\nfile1 10.0.0.1\nfile3 10.0.0.1\n"

static void test_may_have_lost(void)
{
	g_autoptr(GPtrArray) clients = lost_clients(RECOVERY_MAY_HAVE_LOST);
	g_autoptr(GPtrArray) others = lost_clients(RECOVERY_LOST);
	g_autoptr(GBytes) text = NULL;

	g_assert_null(may_have_lost_format(7, others));
	((client *)g_ptr_array_index(clients, 2))->recovery = RECOVERY_LOST;
	text = may_have_lost_format(7, clients);
	g_assert_cmpmem(g_bytes_get_data(text, NULL), g_bytes_get_size(text), MAY_HAVE_LOST,
		strlen(MAY_HAVE_LOST));
	g_assert_cmpuint(
		count_after(MAY_HAVE_LOST, strlen(MAY_HAVE_LOST), 7, RECOVERY_LOST), ==, 3);
	/* The text belongs to another recovery; and a client that is back does not count. */
	g_assert_cmpuint(
		count_after(MAY_HAVE_LOST, strlen(MAY_HAVE_LOST), 8, RECOVERY_LOST), ==, 0);
	g_assert_cmpuint(
		count_after(MAY_HAVE_LOST, strlen(MAY_HAVE_LOST), 7, RECOVERY_RECLAIMED), ==, 0);
}

/* Four clients of one file, of which the account says that they are lost. */
static GPtrArray *clients_of_one_file(void)
{
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	static const char *const names[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		client *entry = client_new("file", NULL, names[i], "server");

		entry->recovery = RECOVERY_LOST;
		g_ptr_array_add(clients, entry);
	}
	return clients;
}

static void test_shared_file(void)
{
	static const enum recovery recoveries[] = {
		RECOVERY_RECLAIMED, RECOVERY_LOST, RECOVERY_MAY_HAVE_LOST, RECOVERY_RECORDED};
	g_autoptr(GPtrArray) clients = clients_of_one_file();
	g_autoptr(GPtrArray) again = clients_of_one_file();
	g_autoptr(GBytes) text = NULL;

	for (guint i = 0; i < clients->len; i++)
		((client *)g_ptr_array_index(clients, i))->recovery = recoveries[i];
	text = may_have_lost_format(7, clients);
	may_have_lost_apply(text, 7, again);
	for (guint i = 0; i < again->len; i++)
		g_assert_cmpint(
			((client *)g_ptr_array_index(again, i))->recovery, ==, recoveries[i]);
	/* None is lost: the account can say what is least. */
	((client *)g_ptr_array_index(clients, 1))->recovery = RECOVERY_TOLD;
	((client *)g_ptr_array_index(clients, 2))->recovery = RECOVERY_TOLD;
	g_assert_null(may_have_lost_format(7, clients));
}

#define NOT_LOST "lockferry may_have_lost 1 7 1\n/reclaimed file1 10.0.0.1\n"

/* Who has a file alone is what the account says. */
static void test_not_shared_file(void)
{
	g_autoptr(GPtrArray) clients = lost_clients(RECOVERY_LOST);
	g_autoptr(GBytes) text = g_bytes_new_static(NOT_LOST, strlen(NOT_LOST));

	may_have_lost_apply(text, 7, clients);
	g_assert_cmpint(((client *)g_ptr_array_index(clients, 1))->recovery, ==, RECOVERY_LOST);
}

/* The text names no client, so these clients count as lost. */
static void test_may_have_lost_damaged(void)
{
	static const char *const texts[] = {
		"",
		"\n",
		"file1 10.0.0.1\n",
		"lockferry may_have_lost 2 7 1\nfile1 10.0.0.1\n",
		"lockferry may_have_lost 1 7\nfile1 10.0.0.1\n",
		"lockferry may_have_lost 1 7 1 1\nfile1 10.0.0.1\n",
		"lockferry may_have_lost 1 -7 1\nfile1 10.0.0.1\n",
		"lockferry may_have_lost 1 7 2\nfile1 10.0.0.1\n",
		"lockferry may_have_lost 1 7 0\nfile1 10.0.0.1\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_cmpuint(count_after(texts[i], strlen(texts[i]), 7, RECOVERY_LOST), ==, 0);
	for (gsize length = 0; length < strlen(MAY_HAVE_LOST); length++)
		g_assert_cmpuint(count_after(MAY_HAVE_LOST, length, 7, RECOVERY_LOST), ==, 0);
}

/* The answers of clients. */

#define FIRST "192.0.2.10"
#define SECOND "2001:db8::10"
#define NUMBER 721507609
#define ANSWERS                                                                                    \
	"lockferry answers 1 721507609 5\n"                                                        \
	"10.0.0.1 " FIRST " -\n"                                                                   \
	"client 10.0.0.2 " FIRST "," SECOND " reclaimed\n"                                         \
	"client 10.0.0.3 - reclaimed\n"                                                            \
	"client 10.0.0.5 " FIRST " late\n"                                                         \
	"client 10.0.0.6 " FIRST " reclaimed,late\n"

static GPtrArray *silent_clients(void)
{
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);

	address_bit(FIRST);
	address_bit(SECOND);
	g_ptr_array_add(clients, client_new("10.0.0.1", NULL, "10.0.0.1", "server"));
	g_ptr_array_add(clients, client_new("client", NULL, "10.0.0.2", "server"));
	g_ptr_array_add(clients, client_new("client", NULL, "10.0.0.3", "server"));
	g_ptr_array_add(clients, client_new("client", NULL, "10.0.0.4", "server"));
	g_ptr_array_add(clients, client_new("client", NULL, "10.0.0.5", "server"));
	g_ptr_array_add(clients, client_new("client", NULL, "10.0.0.6", "server"));
	return clients;
}

static GPtrArray *clients_after(const char *text, gsize length, gint32 number)
{
	GPtrArray *clients = silent_clients();
	g_autoptr(GBytes) bytes = g_bytes_new(text, length);

	answers_apply(bytes, number, clients);
	return clients;
}

static void test_answers(void)
{
	g_autoptr(GPtrArray) nobody = silent_clients();
	g_autoptr(GPtrArray) clients = clients_after(ANSWERS, strlen(ANSWERS), NUMBER);
	g_autoptr(GBytes) text = answers_format(NUMBER, clients);
	const client *first = g_ptr_array_index(clients, 0),
		     *second = g_ptr_array_index(clients, 1);
	const client *third = g_ptr_array_index(clients, 2),
		     *fourth = g_ptr_array_index(clients, 3);

	g_assert_null(answers_format(NUMBER, nobody));
	g_assert_cmpmem(
		g_bytes_get_data(text, NULL), g_bytes_get_size(text), ANSWERS, strlen(ANSWERS));
	g_assert_cmpuint(first->answered, ==, address_bit(FIRST));
	g_assert_cmpuint(first->told, ==, address_bit(FIRST));
	g_assert_false(first->asked);
	g_assert_true(client_has_heard(second, address_bit(FIRST) | address_bit(SECOND)));
	g_assert_true(second->asked);
	g_assert_cmpuint(third->answered, ==, 0);
	g_assert_true(third->asked);
	g_assert_false(fourth->asked || fourth->answered != 0);
	g_assert_false(first->late || second->late);
	g_assert_true(((client *)g_ptr_array_index(clients, 4))->late);
	g_assert_true(((client *)g_ptr_array_index(clients, 5))->late);
	g_assert_true(((client *)g_ptr_array_index(clients, 5))->asked);
	/* The account says how far their recovery is. */
	g_assert_cmpint(second->recovery, ==, RECOVERY_RECORDED);
}

static void assert_no_answers(const char *text, gsize length, gint32 number)
{
	g_autoptr(GPtrArray) clients = clients_after(text, length, number);

	g_assert_null(answers_format(NUMBER, clients));
}

/* Answers belong to one recovery, and damaged answers say nothing. */
static void test_no_answers(void)
{
	static const char *const texts[] = {
		"",
		"\n",
		"10.0.0.1 " FIRST " -\n",
		"lockferry answers 2 721507609 1\n10.0.0.1 " FIRST " -\n",
		"lockferry answers 1 721507609\n10.0.0.1 " FIRST " -\n",
		"lockferry answers 1 721507609 1 1\n10.0.0.1 " FIRST " -\n",
		"lockferry answers 1 721507609 2\n10.0.0.1 " FIRST " -\n",
		"lockferry answers 1 721507609 1\n10.0.0.1 " FIRST " -\n10.0.0.1 " FIRST " -\n",
		"lockferry answers 1 721507609 1\n10.0.0.1 " FIRST " -\n\n",
		"lockferry answers 1 721507609 1\n10.0.0.1 " FIRST "\n",
		"lockferry answers 1 721507609 1\n10.0.0.1 " FIRST " told\n",
		"lockferry answers 1 721507609 1\n10.0.0.1 " FIRST " late,reclaimed\n",
		"lockferry answers 1 721507609 1\n10.0.0.1 " FIRST ", -\n",
		"lockferry answers 1 721507609 1\n10.0.0.1 nowhere -\n",
		"lockferry answers 1 721507609 1\n10.0.0.1  -\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_no_answers(texts[i], strlen(texts[i]), NUMBER);
	for (gsize length = 0; length < strlen(ANSWERS); length++)
		assert_no_answers(ANSWERS, length, NUMBER);
	assert_no_answers(ANSWERS, strlen(ANSWERS), NUMBER + 2);
}

/* A client that the account calls lost has no answers, according to the version that wrote it. */
static void test_answers_of_the_lost(void)
{
	g_autoptr(GPtrArray) clients = silent_clients();
	g_autoptr(GBytes) bytes = g_bytes_new_static(ANSWERS, strlen(ANSWERS));
	client *lost = g_ptr_array_index(clients, 0);

	lost->recovery = RECOVERY_LOST;
	answers_apply(bytes, NUMBER, clients);
	g_assert_cmpuint(lost->answered, ==, 0);
	g_assert_true(((const client *)g_ptr_array_index(clients, 1))->asked);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/account/round-trip", test_round_trip);
	g_test_add_func("/account/apply", test_apply);
	g_test_add_func("/account/damaged", test_damaged);
	g_test_add_func("/account/may-have-lost", test_may_have_lost);
	g_test_add_func("/account/shared-file", test_shared_file);
	g_test_add_func("/account/not-shared-file", test_not_shared_file);
	g_test_add_func("/account/may-have-lost-damaged", test_may_have_lost_damaged);
	g_test_add_func("/account/answers", test_answers);
	g_test_add_func("/account/no-answers", test_no_answers);
	g_test_add_func("/account/answers-of-the-lost", test_answers_of_the_lost);
	return g_test_run();
}
