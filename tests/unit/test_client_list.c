/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/client_list.h"

#include <string.h>

static client *make(const char *file, const char *mon_name, enum recovery recovery)
{
	g_autoptr(GBytes) raw = g_bytes_new(file, strlen(file));
	client *entry = client_new(file, raw, mon_name, "server");

	entry->recovery = recovery;
	return entry;
}

/* Compares every count, and checks that they add up. */
static void assert_counts(client_list *list, guint recorded, guint told, guint acknowledged,
	guint reclaimed, guint lost)
{
	const guint expected[RECOVERY_COUNT] = {
		[RECOVERY_RECORDED] = recorded,
		[RECOVERY_TOLD] = told,
		[RECOVERY_ACKNOWLEDGED] = acknowledged,
		[RECOVERY_RECLAIMED] = reclaimed,
		[RECOVERY_LOST] = lost,
	};
	guint sum = 0;

	for (int i = 0; i < RECOVERY_COUNT; i++) {
		g_assert_cmpuint(client_list_count(list, (enum recovery)i), ==, expected[i]);
		sum += expected[i];
	}
	g_assert_cmpuint(client_list_size(list), ==, sum);
}

static void test_put(void)
{
	g_autoptr(client_list) list = client_list_new();

	assert_counts(list, 0, 0, 0, 0, 0);
	client_list_put(list, make("a", "10.0.0.1", RECOVERY_RECORDED));
	client_list_put(list, make("b", "10.0.0.2", RECOVERY_LOST));
	assert_counts(list, 1, 0, 0, 0, 1);
	g_assert_cmpstr(client_list_get(list, "b 10.0.0.2")->mon_name, ==, "10.0.0.2");
	g_assert_null(client_list_get(list, "10.0.0.2"));

	/* The same record again, and another client in the same file. */
	client_list_put(list, make("b", "10.0.0.2", RECOVERY_TOLD));
	assert_counts(list, 1, 1, 0, 0, 0);
	client_list_put(list, make("b", "10.0.0.3", RECOVERY_ACKNOWLEDGED));
	assert_counts(list, 1, 1, 1, 0, 0);
	g_assert_cmpint(client_list_recovery(list, "10.0.0.3"), ==, RECOVERY_ACKNOWLEDGED);
	g_assert_cmpint(client_list_recovery(list, "10.0.0.2"), ==, RECOVERY_TOLD);
	client_list_remove(list, "b 10.0.0.2");
	assert_counts(list, 1, 0, 1, 0, 0);
	g_assert_cmpint(client_list_recovery(list, "10.0.0.2"), ==, RECOVERY_LOST);
}

/* statd may have one client under its name and its address. */
static void test_two_files(void)
{
	g_autoptr(client_list) list = client_list_new();

	client_list_put(list, make("client.example.com", "10.0.0.1", RECOVERY_ACKNOWLEDGED));
	client_list_put(list, make("10.0.0.1", "10.0.0.1", RECOVERY_TOLD));
	client_list_put(list, make("other", "10.0.0.2", RECOVERY_RECORDED));

	g_autoptr(GPtrArray) names = client_list_mon_names(list);
	g_assert_cmpuint(names->len, ==, 2);
	g_assert_cmpint(client_list_recovery(list, "10.0.0.1"), ==, RECOVERY_TOLD);

	client_list_set_recovery(list, "10.0.0.1", RECOVERY_RECLAIMED);
	assert_counts(list, 1, 0, 0, 1, 0);
	client_list_set_recovery(list, "10.9.9.9", RECOVERY_LOST);
	assert_counts(list, 1, 0, 0, 1, 0);

	/* The last record of a client takes the client with it. */
	client_list_remove(list, "other 10.0.0.2");
	g_autoptr(GPtrArray) left = client_list_mon_names(list);
	g_assert_cmpuint(left->len, ==, 1);
	g_assert_cmpint(client_list_recovery(list, "10.0.0.2"), ==, RECOVERY_LOST);
}

static void count_visit(client *entry, void *data)
{
	guint *visits = data;

	(*visits)++;
	entry->last_seen = 1;
}

/* However the files of a client come and go, it is counted once, by the file that is least far. */
static void test_files_come_and_go(void)
{
	static const char *const orders[] = {"abc", "acb", "bac", "bca", "cab", "cba"};

	for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_autoptr(client_list) list = client_list_new();
		guint visits = 0;

		client_list_put(list, make("a", "10.0.0.1", RECOVERY_TOLD));
		client_list_put(list, make("b", "10.0.0.1", RECOVERY_TOLD));
		client_list_put(list, make("c", "10.0.0.1", RECOVERY_TOLD));
		client_list_each(list, count_visit, &visits);
		g_assert_cmpuint(visits, ==, 3);
		for (const char *at = orders[i]; *at != '\0'; at++) {
			g_autofree char *file = g_strdup_printf("%c 10.0.0.1", *at);

			g_assert_cmpuint(client_list_count(list, RECOVERY_TOLD), ==, 1);
			g_assert_cmpint(client_list_get(list, file)->last_seen, ==, 1);
			client_list_remove(list, file);
			g_assert_null(client_list_get(list, file));
		}
		g_assert_cmpuint(client_list_size(list), ==, 0);
		g_assert_cmpuint(client_list_count(list, RECOVERY_TOLD), ==, 0);
	}
}

static void test_copy(void)
{
	g_autoptr(client_list) list = client_list_new();
	client *entry = make("b", "10.0.0.2", RECOVERY_TOLD);

	entry->first_recorded = 7;
	entry->last_seen = 9;
	client_list_put(list, entry);
	client_list_put(list, make("c", "10.0.0.3", RECOVERY_RECORDED));
	client_list_put(list, make("a", "10.0.0.1", RECOVERY_RECORDED));

	g_autoptr(GPtrArray) copies = client_list_copy(list);
	g_assert_cmpuint(copies->len, ==, 3);
	for (guint i = 0; i < copies->len; i++) {
		const char file[] = {(char)('a' + (char)i), '\0'};

		g_assert_cmpstr(((client *)g_ptr_array_index(copies, i))->file, ==, file);
	}
	const client *copy = g_ptr_array_index(copies, 1);
	g_assert_true(copy != entry && copy->mon_name != entry->mon_name);
	g_assert_cmpstr(copy->mon_name, ==, "10.0.0.2");
	g_assert_cmpstr(copy->my_name, ==, "server");
	g_assert_nonnull(entry->raw);
	g_assert_null(copy->raw);
	g_assert_cmpint(copy->first_recorded, ==, 7);
	g_assert_cmpint(copy->last_seen, ==, 9);
	g_assert_cmpint(copy->recovery, ==, RECOVERY_TOLD);
}

static void test_add_missing(void)
{
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);

	g_ptr_array_add(clients, make("c", "10.0.0.3", RECOVERY_RECORDED));
	g_ptr_array_add(known, make("b", "10.0.0.2", RECOVERY_TOLD));
	g_ptr_array_add(known, make("c", "10.0.0.3", RECOVERY_LOST));
	clients_add_missing(clients, known);
	g_assert_cmpuint(clients->len, ==, 2);
	g_assert_cmpstr(((client *)g_ptr_array_index(clients, 0))->file, ==, "b");
	g_assert_cmpint(((client *)g_ptr_array_index(clients, 0))->recovery, ==, RECOVERY_TOLD);
	g_assert_cmpint(((client *)g_ptr_array_index(clients, 1))->recovery, ==, RECOVERY_RECORDED);
}

static void test_recovery_names(void)
{
	enum recovery recovery = RECOVERY_COUNT;

	for (int i = 0; i < RECOVERY_COUNT; i++) {
		g_assert_true(recovery_from_name(recovery_name((enum recovery)i), &recovery));
		g_assert_cmpint(recovery, ==, i);
	}
	g_assert_false(recovery_from_name("", &recovery));
	g_assert_false(recovery_from_name("Told", &recovery));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/client_list/put", test_put);
	g_test_add_func("/client_list/two-files", test_two_files);
	g_test_add_func("/client_list/copy", test_copy);
	g_test_add_func("/client_list/add-missing", test_add_missing);
	g_test_add_func("/client_list/files-come-and-go", test_files_come_and_go);
	g_test_add_func("/client_list/recovery-names", test_recovery_names);
	return g_test_run();
}
