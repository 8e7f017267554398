/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/adopter.h"

#include "base/error.h"
#include "pushed_job.h"

#include <string.h>

/* A job runs when the test says so, and the takeover finds what the test sets. */
gint64 __wrap_worker_busy_ms(worker *self);
bool __wrap_takeover_run(struct takeover *self, GError **error);
void __wrap_store_close(store *self);

#define STORE ((store *)GUINT_TO_POINTER(3)) /* never followed */
#define LIVE ((sm_dir *)GUINT_TO_POINTER(4))

typedef struct fixture {
	struct group_options options;
	struct capture capture;
	struct cautions cautions;
	adopter *adopter;
	guint taken;
	guint failed;
} fixture;

/* What the takeover finds. */
static struct {
	bool refused;
	const char *caution;
	store *had; /* the store that the takeover was given */
	bool address_is_here;
} found;

static bool closed;

gint64 __wrap_worker_busy_ms(worker *self G_GNUC_UNUSED)
{
	return 9000;
}

static void do_job(void)
{
	g_assert_true(pushed_job_do());
}

bool __wrap_takeover_run(struct takeover *self, GError **error)
{
	found.had = self->store;
	found.address_is_here = self->address_is_here;
	self->store = STORE;
	if (found.refused) {
		g_set_error_literal(error, LF_ERROR, LF_ERROR_FAILED, "another node's");
		return false;
	}
	self->cautions = g_ptr_array_new_with_free_func(g_free);
	self->warnings = g_ptr_array_new_with_free_func(g_free);
	self->unreadable = found.caution != NULL;
	self->fencing = g_strdup("never");
	self->fencing_known = true;
	if (found.caution != NULL)
		g_ptr_array_add(self->cautions, g_strdup(found.caution));
	return true;
}

void __wrap_store_close(store *self)
{
	g_assert_true(self == STORE);
	closed = true;
}

static guint taken(struct takeover *what, void *data)
{
	fixture *self = data;

	g_assert_true(what->store == STORE && adopter_store(self->adopter) == STORE);
	self->taken++;
	return 0;
}

static void failed(const GError *error G_GNUC_UNUSED, void *data)
{
	((fixture *)data)->failed++;
}

static const struct adopter_events events = {.taken = taken, .failed = failed};

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	memset(&found, 0, sizeof(found));
	closed = false;
	self->adopter = adopter_new(
		&self->options, LIVE, NULL, &self->capture, &self->cautions, &events, self);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	adopter_free(self->adopter);
	cautions_clear(&self->cautions);
}

static void test_once_more(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	found.caution = "a record cannot be read";
	g_assert_null(adopter_view(self->adopter).fencing);
	adopter_begin(self->adopter, false, NULL);
	do_job();
	g_assert_cmpuint(self->taken, ==, 1);
	g_assert_null(found.had);
	g_assert_true(self->capture.store == STORE && self->capture.sm_dir == LIVE);
	g_assert_true(cautions_any(&self->cautions));
	g_assert_cmpuint(adopter_view(self->adopter).unreadable, ==, 1);
	g_assert_cmpstr(adopter_view(self->adopter).fencing, ==, "never");
	g_assert_true(adopter_view(self->adopter).fencing_known);
	/* The fault is gone now, and the store is the same. */
	found.caution = NULL;
	adopter_begin(self->adopter, true, NULL);
	do_job();
	g_assert_cmpuint(self->taken, ==, 2);
	g_assert_true(found.had == STORE && found.address_is_here);
	g_assert_false(cautions_any(&self->cautions));
	g_assert_cmpuint(adopter_view(self->adopter).unreadable, ==, 0);
	g_clear_pointer(&self->adopter, adopter_free);
	g_assert_true(closed);
}

/* What was found before is kept. Nothing is recorded into a store that is not ours. */
static void test_refused(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	found.refused = true;
	adopter_begin(self->adopter, false, NULL);
	do_job();
	g_assert_cmpuint(self->failed, ==, 1);
	g_assert_null(self->capture.store);
	g_assert_null(adopter_view(self->adopter).fencing);
	g_clear_pointer(&self->adopter, adopter_free);
	g_assert_true(closed);
}

static void test_disk(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpint(adopter_disk_ms(self->adopter, 100 * G_USEC_PER_SEC), ==, 9000);
	/* The time since the last wait for something else. */
	g_assert_cmpint(adopter_disk_ms(self->adopter, 2 * G_USEC_PER_SEC), ==, 2000);
}

#define ADD(name, test) g_test_add("/adopter/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("once more", test_once_more);
	ADD("refused", test_refused);
	ADD("disk", test_disk);
	return g_test_run();
}
