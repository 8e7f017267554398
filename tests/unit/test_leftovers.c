/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/leftovers.h"

#include "pushed_job.h"

#include <unistd.h>

/* The job runs when the test says so, and the kernel then shows what the test sets. */
bool __wrap_sm_dir_take_back(sm_dir *dir, GPtrArray *names, GPtrArray *taken, GError **error);
enum kernel_grace __wrap_kernel_grace(const struct kernel *self);
bool __wrap_kernel_lock_manager_is(const struct kernel *self, const char *incarnation);
bool __wrap_kernel_statd_is(const struct kernel *self, const char *incarnation);

#define S ((gint64)G_USEC_PER_SEC)
#define DELAY_S 60
#define OLD_STATD "100@1000"
#define LOCK_MANAGER "200@2000"
#define YOUNG_STATD "300@3000"

typedef struct fixture {
	struct group_options options;
	leftovers *leftovers;
	client_list *clients;
	struct situation now;
} fixture;

/* What the kernel shows while the job runs. */
static struct {
	enum kernel_grace grace;
	const char *lock_manager;
	const char *statd;
} kernel;

static GString *names_taken;

static gint compare(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

bool __wrap_sm_dir_take_back(
	sm_dir *dir G_GNUC_UNUSED, GPtrArray *names, GPtrArray *taken, GError **error G_GNUC_UNUSED)
{
	g_ptr_array_sort(names, compare);
	for (guint i = 0; i < names->len; i++) {
		g_string_append_printf(
			names_taken, "%s ", (const char *)g_ptr_array_index(names, i));
		g_ptr_array_add(taken, g_strdup(g_ptr_array_index(names, i)));
	}
	return true;
}

enum kernel_grace __wrap_kernel_grace(const struct kernel *self G_GNUC_UNUSED)
{
	return kernel.grace;
}

bool __wrap_kernel_lock_manager_is(const struct kernel *self G_GNUC_UNUSED, const char *incarnation)
{
	return g_str_equal(incarnation, kernel.lock_manager);
}

bool __wrap_kernel_statd_is(const struct kernel *self G_GNUC_UNUSED, const char *incarnation)
{
	return g_str_equal(incarnation, kernel.statd);
}

static void add(fixture *self, const char *name, enum recovery recovery)
{
	client *entry = client_new(name, NULL, name, "node1");

	entry->recovery = recovery;
	client_list_put(self->clients, entry);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	names_taken = g_string_new(NULL);
	kernel.grace = KERNEL_GRACE_OVER;
	kernel.lock_manager = LOCK_MANAGER;
	kernel.statd = OLD_STATD;
	self->options.deletion_delay_s = DELAY_S;
	self->options.sm_dir = "/sm";
	self->leftovers = leftovers_new(&self->options, NULL, NULL);
	self->clients = client_list_new();
	add(self, "answered", RECOVERY_ACKNOWLEDGED);
	add(self, "back", RECOVERY_RECLAIMED);
	add(self, "lost", RECOVERY_LOST);
	add(self, "new", RECOVERY_RECORDED);
	add(self, "unclear", RECOVERY_MAY_HAVE_LOST);
	self->now = (struct situation){
		.now_us = 1000 * S,
		.phase = PHASE_SERVING,
		.lock_manager = LOCK_MANAGER,
		.lock_manager_runs = true,
		.server_began = 2000 / (double)sysconf(_SC_CLK_TCK),
		.statd = OLD_STATD,
		.grace = KERNEL_GRACE_OVER,
	};
	leftovers_renew(self->leftovers, self->now.now_us);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(pushed_job_waits());
	leftovers_free(self->leftovers);
	client_list_free(self->clients);
	g_string_free(names_taken, TRUE);
}

/* Compares the files that are taken back `seconds` later. */
static void assert_taken_after(fixture *self, gint64 seconds, const char *expected)
{
	self->now.now_us += seconds * S;
	leftovers_look(self->leftovers, &self->now, self->clients);
	pushed_job_do();
	g_assert_cmpstr(names_taken->str, ==, expected);
	g_string_truncate(names_taken, 0);
}

static void test_once_in_each_time(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	assert_taken_after(self, DELAY_S - 1, "");
	assert_taken_after(self, 1, "answered lost unclear ");
	assert_taken_after(self, 10 * DELAY_S, "");
	leftovers_renew(self->leftovers, self->now.now_us);
	assert_taken_after(self, DELAY_S - 1, "");
	assert_taken_after(self, 1, "answered lost unclear ");
}

/* Clients may reclaim during a break. */
static void test_a_break(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	assert_taken_after(self, DELAY_S - 1, "");
	self->now.grace = KERNEL_GRACE_RUNS;
	assert_taken_after(self, 1, "");
	self->now.grace = KERNEL_GRACE_OVER;
	assert_taken_after(self, DELAY_S - 1, "");
	self->now.lock_manager_runs = false;
	assert_taken_after(self, 1, "");
	self->now.lock_manager_runs = true;
	assert_taken_after(self, DELAY_S - 1, "");
	assert_taken_after(self, 1, "answered lost unclear ");
}

/* Such a statd may have emptied the directory while the lock manager kept the clients that it
 * knew. */
static void test_statd_that_is_younger(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->now.statd = YOUNG_STATD;
	kernel.statd = YOUNG_STATD;
	assert_taken_after(self, 10 * DELAY_S, "");
	self->now.statd = "none";
	assert_taken_after(self, 10 * DELAY_S, "");
}

static void test_only_while_served(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	for (int i = 0; i < PHASE_COUNT; i++) {
		self->now.phase = (enum phase)i;
		if (i != PHASE_SERVING)
			assert_taken_after(self, 10 * DELAY_S, "");
	}
}

/* The proof was valid when the job was pushed, and is no longer valid when the job runs. */
static void test_a_worker_that_is_busy(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	kernel.lock_manager = "201@9000";
	assert_taken_after(self, DELAY_S, "");
	kernel.lock_manager = LOCK_MANAGER;
	kernel.statd = YOUNG_STATD;
	leftovers_renew(self->leftovers, self->now.now_us);
	assert_taken_after(self, DELAY_S, "");
	kernel.statd = OLD_STATD;
	kernel.grace = KERNEL_GRACE_RUNS;
	leftovers_renew(self->leftovers, self->now.now_us);
	assert_taken_after(self, DELAY_S, "");
}

#define ADD(name, test) g_test_add("/leftovers/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("once in each time", test_once_in_each_time);
	ADD("a break", test_a_break);
	ADD("statd that is younger", test_statd_that_is_younger);
	ADD("only while served", test_only_while_served);
	ADD("a worker that is busy", test_a_worker_that_is_busy);
	return g_test_run();
}
