/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "store_fixture.h"

#include <string.h>

static void claim(store *to, const char *node, guint64 epoch)
{
	g_autoptr(group_state) state = group_state_new("files", 1700000000);
	g_autoptr(GError) error = NULL;

	g_free(state->node);
	state->node = g_strdup(node);
	state->epoch = epoch;
	g_assert_true(store_save_state(to, state, &error));
	g_assert_no_error(error);
}

/* Writes in each way, as a process of this epoch. Returns -1 if all succeeded, otherwise the number
 * of the first that failed. */
static int write_each(store *to, guint64 epoch, GError **error)
{
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_B, strlen(RECORD_B));
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GPtrArray) gone = g_ptr_array_new();

	g_ptr_array_add(clients, client_new("b", raw, "10.99.0.22", "node1"));
	g_ptr_array_add(gone, (char *)"a");
	if (!store_save_text(to, epoch, STORE_LOCKS_NOTED, raw, error))
		return 1;
	if (!store_save_account(to, epoch, clients, error))
		return 2;
	return store_remove_clients(to, epoch, gone, error) ? -1 : 3;
}

static void assert_nothing_is_written(const store_fixture *self, store *to, guint64 epoch, int code)
{
	static const char *const names[] = {"store/state", "store/account", "store/locks"};
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_B, strlen(RECORD_B));
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GPtrArray) gone = g_ptr_array_new();
	g_autofree char *records = scratch_list(self->scratch, "store/sm");
	char *before[G_N_ELEMENTS(names)];
	GError *errors[4] = {NULL};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		before[i] = scratch_read(self->scratch, names[i]);
	g_ptr_array_add(clients, client_new("b", raw, "10.99.0.22", "node1"));
	g_ptr_array_add(gone, (char *)"a");
	g_assert_false(store_save_text(to, epoch, STORE_LOCKS_NOTED, raw, &errors[0]));
	g_assert_false(store_save_account(to, epoch, clients, &errors[1]));
	g_assert_false(store_remove_clients(to, epoch, gone, &errors[2]));
	for (int i = 0; i < 3; i++)
		g_assert_error(errors[i], LF_ERROR, code);
	/* A record is put in any epoch, but not into a store of another owner. */
	if (code == LF_ERROR_NOT_OWNER) {
		g_assert_false(store_put_clients(to, clients, &errors[3]));
		g_assert_error(errors[3], LF_ERROR, code);
	}
	for (int i = 0; i < 4; i++)
		g_clear_error(&errors[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *after = scratch_read(self->scratch, names[i]);

		g_assert_cmpstr(after, ==, before[i]);
		g_free(before[i]);
	}
	g_autofree char *records_after = scratch_list(self->scratch, "store/sm");
	g_assert_cmpstr(records_after, ==, records);
}

/* A write that waited in the queue behind a takeover does not replace what the takeover wrote. */
static void test_older_epoch(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) older = group_state_new("files", 1600000000);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autofree char *written = NULL, *after = NULL;
	g_autoptr(GError) error = NULL;

	put(to, "a", RECORD_A);
	claim(to, "node1", 4);
	g_assert_cmpint(write_each(to, 4, &error), ==, -1);
	put(to, "a", RECORD_A);
	claim(to, "node1", 5);
	written = scratch_read(self->scratch, "store/state");
	assert_nothing_is_written(self, to, 4, LF_ERROR_OUTDATED);
	assert_nothing_is_written(self, to, 6, LF_ERROR_OUTDATED);
	older->epoch = 4;
	g_assert_false(store_save_state(to, older, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_OUTDATED);
	after = scratch_read(self->scratch, "store/state");
	g_assert_cmpstr(after, ==, written);
	g_clear_error(&error);
	g_assert_cmpint(write_each(to, 5, &error), ==, -1);
}

/* Another node, or this one again, has taken the group since. */
static void test_taken_over_since(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct {
		const char *node;
		guint64 epoch;
	} owners[] = {{"node2", 5}, {"node2", 4}, {"node1", 5}};

	for (gsize i = 0; i < G_N_ELEMENTS(owners); i++) {
		g_autoptr(store) to = open_store(self, STORE_CREATE);
		g_autoptr(group_state) state = group_state_new("files", 1700000000);
		g_autofree char *text = NULL;
		g_autoptr(GError) error = NULL;

		put(to, "a", RECORD_A);
		claim(to, "node1", 4);
		g_free(state->node);
		state->node = g_strdup(owners[i].node);
		state->epoch = owners[i].epoch;
		text = group_state_format(state);
		scratch_remove(self->scratch, "store/state");
		scratch_write(self->scratch, "store/state", text);
		assert_nothing_is_written(self, to, 4, LF_ERROR_NOT_OWNER);
		g_assert_false(store_save_state(to, state, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_NOT_OWNER);
	}
}

/* Changes by others while the store is in use */

static void assert_alarms(store *to, guint count, const char *says)
{
	g_autoptr(GPtrArray) alarms = store_take_alarms(to);

	g_assert_cmpuint(alarms->len, ==, count);
	if (count > 0 && strstr(g_ptr_array_index(alarms, 0), says) == NULL)
		g_error("'%s' does not say '%s'", (char *)g_ptr_array_index(alarms, 0), says);
}

/* The state is changed in place, as a client with a forged file handle would do it, or removed. */
static void test_state_is_changed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const texts[] = {"", "rubbish", "[group]\nformat=1\n", NULL};
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;
	g_autofree char *written = NULL;
	g_autofree char *other = NULL;

	claim(to, "node1", 4);
	written = scratch_read(self->scratch, "store/state");
	g_assert_true(store_check_claim(to, &error));
	assert_alarms(to, 0, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *after = NULL;

		if (texts[i] != NULL)
			scratch_write(self->scratch, "store/state", texts[i]);
		else
			scratch_remove(self->scratch, "store/state");
		g_assert_true(store_check_claim(to, &error));
		g_assert_no_error(error);
		after = scratch_read(self->scratch, "store/state");
		g_assert_cmpstr(after, ==, written);
		assert_alarms(to, 1, "'state' in the store");
	}
	/* The owner is the same, and the state number has changed. */
	g_autoptr(group_state) state = store_load_state(to, NULL);
	state->state_number += 2;
	other = group_state_format(state);
	scratch_write(self->scratch, "store/state", other);
	g_assert_true(store_check_claim(to, &error));
	g_autofree char *after = scratch_read(self->scratch, "store/state");
	g_assert_cmpstr(after, ==, written);
	assert_alarms(to, 1, "corrected");
	g_assert_true(store_check_claim(to, &error));
	assert_alarms(to, 0, NULL);
}

static void test_text_is_changed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) text = g_bytes_new_static("locks\n", 6);
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	g_assert_cmpuint(store_check_texts(to), ==, 0);
	g_assert_true(store_save_text(to, 0, STORE_LOCKS_RECORDED, text, NULL));
	g_assert_true(store_save_text(to, 0, STORE_LOCKS_NOTED, text, NULL));
	g_assert_cmpuint(store_check_texts(to), ==, 0);
	/* The same contents in another file are not a change. */
	scratch_remove(self->scratch, "store/locks");
	scratch_write(self->scratch, "store/locks", "locks\n");
	g_assert_cmpuint(store_check_texts(to), ==, 0);
	scratch_write(self->scratch, "store/locks", "lockz\n");
	g_assert_cmpuint(store_check_texts(to), ==, 1U << STORE_LOCKS_NOTED);
	assert_alarms(to, 1, "'locks' in the store");
	scratch_remove(self->scratch, "store/locks.recorded");
	g_assert_cmpuint(store_check_texts(to), ==, 1U << STORE_LOCKS_RECORDED);
	assert_alarms(to, 1, "'locks.recorded' in the store");
	g_assert_cmpuint(store_check_texts(to), ==, 0);
}

#define ADD(name, function)                                                                        \
	g_test_add("/store/claim/" name, store_fixture, NULL, store_set_up, function,              \
		store_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("older-epoch", test_older_epoch);
	ADD("taken-over-since", test_taken_over_since);
	ADD("state-is-changed", test_state_is_changed);
	ADD("text-is-changed", test_text_is_changed);
	return g_test_run();
}
