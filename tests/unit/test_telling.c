/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/telling.h"

#include "base/error.h"
#include "service/recovery.h"

#include <string.h>

/* No client is told: the calls to the recovery are noted. */
recovery_run *__wrap_recovery_new(client_list *clients, const char *const *addresses,
	const char *const *names, gint32 state_number, recovery_changed changed, void *data);
bool __wrap_recovery_tell_from(recovery_run *self, const char *address, GError **error);
guint __wrap_recovery_finish(recovery_run *self, bool locks_are_back, bool other_groups);
void __wrap_recovery_free(recovery_run *self);
void __wrap_recovery_expect_end(recovery_run *self, gint64 grace_ends_us, guint length_s);
char *__wrap_recovery_late_text(const client_list *clients);
void __wrap_recovery_take_turns(recovery_run *self, gint64 longest_us);
void __wrap_recovery_note(recovery_run *self);
char *__wrap_own_server_find(const char *run_dir, const char *group);
const char *const *__wrap_addresses_list(const addresses *self);
bool __wrap_addresses_is_here(const addresses *self, guint place);

#define ONE "10.0.0.1"
#define TWO "10.0.0.2"
#define S ((gint64)G_USEC_PER_SEC)

typedef struct fixture {
	struct group_options options;
	struct problems problems;
	struct cautions cautions;
	client_list *clients;
	telling *telling;
	struct situation now;
} fixture;

static GString *noted;       /* one word for each step */
static bool here[2];         /* of the two addresses */
static const char *late;     /* the warning; NULL: nobody was told late */
static const char *unusable; /* the address from which no packet can be sent */

recovery_run *__wrap_recovery_new(client_list *clients G_GNUC_UNUSED,
	const char *const *list G_GNUC_UNUSED, const char *const *names G_GNUC_UNUSED,
	gint32 state_number, recovery_changed changed G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
	g_string_append_printf(noted, "begin:%d ", state_number);
	return g_malloc(1);
}

bool __wrap_recovery_tell_from(
	recovery_run *self G_GNUC_UNUSED, const char *address, GError **error)
{
	if (g_strcmp0(address, unusable) == 0) {
		g_set_error_literal(error, LF_ERROR, LF_ERROR_FAILED, "no socket");
		return false;
	}
	g_string_append_printf(noted, "%s ", address);
	return true;
}

guint __wrap_recovery_finish(
	recovery_run *self G_GNUC_UNUSED, bool locks_are_back, bool other_groups)
{
	g_string_append_printf(noted, "finish:%d%d ", locks_are_back, other_groups);
	return 0;
}

void __wrap_recovery_expect_end(
	recovery_run *self G_GNUC_UNUSED, gint64 grace_ends_us, guint length_s G_GNUC_UNUSED)
{
	g_string_append_printf(noted, "until:%d ", (int)(grace_ends_us / S));
}

char *__wrap_recovery_late_text(const client_list *clients G_GNUC_UNUSED)
{
	return g_strdup(late);
}

void __wrap_recovery_take_turns(recovery_run *self G_GNUC_UNUSED, gint64 longest_us)
{
	if (longest_us != 0)
		g_string_append_printf(noted, "turns:%" G_GINT64_FORMAT " ", longest_us);
}

static guint notes;

void __wrap_recovery_note(recovery_run *self G_GNUC_UNUSED)
{
	notes++;
}

/* Another group on this node; NULL: none. */
static const char *other;

char *__wrap_own_server_find(const char *run_dir G_GNUC_UNUSED, const char *group G_GNUC_UNUSED)
{
	return g_strdup(other);
}

void __wrap_recovery_free(recovery_run *self)
{
	if (self != NULL)
		g_string_append(noted, "end ");
	g_free(self);
}

const char *const *__wrap_addresses_list(const addresses *self G_GNUC_UNUSED)
{
	static const char *const list[] = {ONE, TWO, NULL};

	return list;
}

bool __wrap_addresses_is_here(const addresses *self G_GNUC_UNUSED, guint place)
{
	return here[place];
}

static void assert_noted(const char *expected)
{
	g_assert_cmpstr(noted->str, ==, expected);
	g_string_truncate(noted, 0);
}

static void changed(void *data G_GNUC_UNUSED)
{
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	noted = g_string_new(NULL);
	here[0] = true;
	here[1] = false;
	late = NULL;
	unusable = NULL;
	other = NULL;
	self->clients = client_list_new();
	client_list_put(self->clients, client_new("10.0.0.9", NULL, "10.0.0.9", "node1"));
	self->telling =
		telling_new(&self->options, &self->problems, &self->cautions, changed, self);
	self->now = (struct situation){
		.now_us = 1000 * S,
		.now_s = 5000,
		.phase = PHASE_RECLAIMING,
		.state_number = 4713,
		.recovery_due = true,
		.grace = KERNEL_GRACE_RUNS,
	};
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	telling_free(self->telling);
	client_list_free(self->clients);
	problems_clear(&self->problems);
	cautions_clear(&self->cautions);
	g_string_free(noted, TRUE);
}

static enum telling_result look(fixture *self)
{
	return telling_look(self->telling, &self->now, NULL, self->clients);
}

static void test_in_grace_only(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct {
		enum kernel_grace grace;
		const char *says;
	} outside[] = {
		{KERNEL_GRACE_OVER, "not in its grace period"},
		{KERNEL_GRACE_NO_SERVER, "the NFS server is not running"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(outside); i++) {
		const char *problem;

		self->now.grace = outside[i].grace;
		g_assert_cmpint(look(self), ==, TELLING_GOES_ON);
		assert_noted("");
		g_assert_false(telling_is_on(self->telling));
		problem = self->problems.texts[PROBLEM_GRACE];
		g_assert_true(g_str_has_prefix(problem, "clients are not told to reclaim: "));
		g_assert_nonnull(strstr(problem, outside[i].says));
	}
	self->now.grace = KERNEL_GRACE_RUNS;
	g_assert_cmpint(look(self), ==, TELLING_GOES_ON);
	assert_noted("begin:4713 " ONE " ");
	g_assert_true(telling_is_on(self->telling));
	g_assert_null(self->problems.texts[PROBLEM_GRACE]);
}

static void test_needless(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->now.grace = KERNEL_GRACE_OVER;
	self->now.all_have_heard = true;
	g_assert_cmpint(look(self), ==, TELLING_NEEDLESS);
	assert_noted("");
	g_assert_false(cautions_any(&self->cautions));
	/* The process before this one was killed when it had told the last ones. */
	late = "these clients answered late";
	g_assert_cmpint(look(self), ==, TELLING_NEEDLESS);
	g_assert_true(cautions_any(&self->cautions));
	g_assert_cmpuint(telling_view(self->telling).count, ==, 0);
}

/* The addresses come one after the other. One that cannot be used does not prevent that clients are
 * told from the others. */
static void test_addresses(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	telling_arrived(self->telling, &self->now, NULL);
	assert_noted("");
	look(self);
	assert_noted("begin:4713 " ONE " ");
	unusable = ONE;
	here[1] = true;
	telling_arrived(self->telling, &self->now, NULL);
	assert_noted(TWO " ");
	g_assert_cmpstr(self->problems.texts[PROBLEM_GRACE], ==, "no socket");
	unusable = NULL;
	g_assert_cmpint(look(self), ==, TELLING_GOES_ON);
	assert_noted(ONE " " TWO " ");
	g_assert_null(self->problems.texts[PROBLEM_GRACE]);
}

/* An address comes right after the end of grace, before this was noticed. */
static void test_address_after_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	look(self);
	assert_noted("begin:4713 " ONE " ");
	self->now.grace = KERNEL_GRACE_OVER;
	here[1] = true;
	telling_arrived(self->telling, &self->now, NULL);
	assert_noted("");
	g_assert_null(self->problems.texts[PROBLEM_GRACE]);
}

static void test_ends_with_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	look(self);
	assert_noted("begin:4713 " ONE " ");
	client_list_set_recovery(self->clients, "10.0.0.9", RECOVERY_RECLAIMED);
	telling_note(self->telling, 1002 * S);
	g_assert_cmpint(telling_view(self->telling).began, ==, 5000);
	g_assert_cmpint(telling_view(self->telling).ended, ==, 0);
	self->now.grace = KERNEL_GRACE_OVER;
	self->now.now_s = 5090;
	self->now.all_have_heard = true;
	g_assert_cmpint(look(self), ==, TELLING_ENDS);
	telling_finish(self->telling, &self->now, true, false);
	assert_noted("finish:10 end ");
	g_assert_false(telling_is_on(self->telling));
	g_assert_cmpint(telling_view(self->telling).ended, ==, 5090);
	g_assert_cmpfloat(
		progress_seconds(telling_view(self->telling).progress, RECOVERY_RECLAIMED), ==, 2);
	/* Later changes do not belong to the recovery. */
	telling_note(self->telling, 1200 * S);
	telling_arrived(self->telling, &self->now, NULL);
	assert_noted("");
}

/* When the end is known, whoever answers shortly before it is warned of; unless all locks are back.
 */
static void test_late(fixture *self, gconstpointer data)
{
	bool locks_are_back = data != NULL;

	late = "these clients answered late";
	self->now.grace_left_s = 30;
	look(self);
	assert_noted("begin:4713 until:1030 " ONE " ");
	self->now.now_us += 25 * S;
	self->now.grace_left_s = 6;
	look(self);
	assert_noted("until:1031 " ONE " ");
	self->now.grace = KERNEL_GRACE_OVER;
	self->now.grace_left_s = 0;
	g_assert_cmpint(look(self), ==, TELLING_ENDS);
	telling_finish(self->telling, &self->now, locks_are_back, false);
	assert_noted(locks_are_back ? "finish:10 end " : "finish:00 end ");
	g_assert_cmpint(cautions_any(&self->cautions), ==, !locks_are_back);
}

/* The address left, and comes back. */
static void test_abandoned(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	look(self);
	telling_abandon(self->telling);
	assert_noted("begin:4713 " ONE " end ");
	self->now.now_s = 5010;
	look(self);
	assert_noted("begin:4713 " ONE " ");
	g_assert_cmpuint(telling_view(self->telling).count, ==, 2);
	g_assert_cmpint(telling_view(self->telling).began, ==, 5010);
}

/* lockd of other groups is not flooded, and in any case all are told within seconds. */
static void test_turns(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	other = "other";
	look(self);
	assert_noted("begin:4713 " ONE " ");
	telling_abandon(self->telling);
	self->options.own_server = true;
	look(self);
	assert_noted("end begin:4713 turns:500000 " ONE " ");
	notes = 0;
	telling_note(self->telling, 1001 * S);
	g_assert_cmpuint(notes, ==, 1);
	telling_abandon(self->telling);
	for (int i = 0; i < 99; i++) {
		g_autofree char *name = g_strdup_printf("10.0.1.%d", i);

		client_list_put(self->clients, client_new(name, NULL, name, "node1"));
	}
	look(self);
	assert_noted("end begin:4713 turns:40000 " ONE " ");
	telling_abandon(self->telling);
	other = NULL;
	look(self);
	assert_noted("end begin:4713 " ONE " ");
}

#define ADD(name, test) g_test_add("/telling/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("in grace only", test_in_grace_only);
	ADD("needless", test_needless);
	ADD("addresses", test_addresses);
	ADD("address after grace", test_address_after_grace);
	ADD("ends with grace", test_ends_with_grace);
	ADD("late", test_late);
	g_test_add("/telling/late, but all is back", fixture, "all", set_up, test_late, tear_down);
	ADD("abandoned", test_abandoned);
	ADD("turns", test_turns);
	return g_test_run();
}
