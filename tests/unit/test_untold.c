/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/untold.h"

#include "scratch.h"

#include <string.h>

static const char *const addresses[] = {"192.0.2.10", NULL};

typedef struct fixture {
	scratch *scratch;
	client_list *clients;
	struct untold untold;
} fixture;

static void add_client(fixture *self, const char *mon_name)
{
	client_list_put(self->clients, client_new(mon_name, NULL, mon_name, "node1"));
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	self->clients = client_list_new();
	scratch_write(self->scratch, "hosts", "192.0.2.21 client1\n");
	untold_init(&self->untold, scratch_path(self->scratch, "hosts"), addresses);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	untold_clear(&self->untold);
	client_list_free(self->clients);
	scratch_free(self->scratch);
}

static void assert_text(const fixture *self, const char *names)
{
	g_autofree char *text = untold_text(&self->untold);

	if (names == NULL)
		g_assert_null(text);
	else if (text == NULL || strstr(text, names) == NULL)
		g_error("'%s' does not say \"%s\"", text, names);
}

/* Clients known by name or of the other family are named. A client with an address is not. */
static void test_named(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	add_client(self, "client1");
	add_client(self, "192.0.2.22");
	untold_begin(&self->untold, self->clients);
	assert_text(self, NULL);
	add_client(self, "client2");
	add_client(self, "2001:db8::22");
	untold_begin(&self->untold, self->clients);
	assert_text(self, ": '2001:db8::22', 'client2': add");
}

/* As clients come and go, each is reported once. */
static void test_one_by_one(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(untold_add(&self->untold, "client2")); /* nothing has been read yet */
	untold_begin(&self->untold, self->clients);
	g_assert_true(untold_add(&self->untold, "client2"));
	g_assert_false(untold_add(&self->untold, "client2"));
	g_assert_false(untold_add(&self->untold, "client1"));
	assert_text(self, ": 'client2': add");
	untold_remove(&self->untold, "client2");
	assert_text(self, NULL);
	g_assert_true(untold_add(&self->untold, "client2"));
}

/* Ten are named, and the number of the others. */
static void test_many(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	untold_begin(&self->untold, self->clients);
	for (guint i = 0; i < 12; i++) {
		g_autofree char *name = g_strdup_printf("other%02u", i);

		g_assert_true(untold_add(&self->untold, name));
	}
	assert_text(self, "'other00', 'other01', ");
	assert_text(self, ", 'other09' and 2 more: add");
}

/* An administrator adds an address for the name. */
static void test_stale(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(untold_is_stale(&self->untold));
	add_client(self, "client2");
	untold_begin(&self->untold, self->clients);
	g_assert_false(untold_is_stale(&self->untold));
	assert_text(self, "'client2'");
	scratch_write(self->scratch, "hosts", "192.0.2.21 client1\n192.0.2.22 client2\n");
	g_assert_true(untold_is_stale(&self->untold));
	untold_begin(&self->untold, self->clients);
	g_assert_false(untold_is_stale(&self->untold));
	assert_text(self, NULL);
	scratch_remove(self->scratch, "hosts");
	g_assert_true(untold_is_stale(&self->untold));
	untold_begin(&self->untold, self->clients);
	assert_text(self, "'client2'");
}

#define ADD(name, function) g_test_add("/untold/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("named", test_named);
	ADD("one-by-one", test_one_by_one);
	ADD("many", test_many);
	ADD("stale", test_stale);
	return g_test_run();
}
