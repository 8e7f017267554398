/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/new_locks.h"

#include "scratch.h"

/* lockd's grace, nfsd's (NULL: no such file), the threads, and what is reported about both. */
static const struct {
	const char *lockd_ended, *nfs4_ended;
	guint threads;
	const char *lockd, *nfs4;
	int wait; /* -1: not known */
} cases[] = {
	{"N", "N", 8, "runs", "runs", 1},
	{"N", "Y", 8, "runs", "over", 1},
	{"Y", "N", 8, "over", "runs", 1},
	{"Y", "Y", 8, "over", "over", 0},
	{"Y", NULL, 8, "over", "unknown", -1},
	{"N", NULL, 8, "runs", "unknown", 1},
	{NULL, "Y", 8, "unknown", "over", -1},
	{"N", "N", 0, "no server", "no server", -1},
	{"Y", "Y", 0, "no server", "no server", -1},
};

static void assert_period(JsonObject *object, const char *which, const char *state)
{
	JsonObject *period = json_object_get_object_member(object, which);

	g_assert_cmpstr(json_object_get_string_member(period, "state"), ==, state);
	if (g_str_equal(state, "over"))
		g_assert_cmpint(json_object_get_int_member(period, "seconds_left"), ==, 0);
	else
		g_assert_true(json_object_get_null_member(period, "seconds_left"));
}

static void test_states(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(scratch) in = scratch_new();
		g_autoptr(JsonObject) object = NULL;

		scratch_set_server(in, cases[i].threads, cases[i].lockd_ended);
		if (cases[i].nfs4_ended != NULL)
			scratch_write(in, "nfsd/v4_end_grace", cases[i].nfs4_ended);
		object = new_locks_to_json(&in->kernel, NULL);
		assert_period(object, "lockd", cases[i].lockd);
		assert_period(object, "nfsv4", cases[i].nfs4);
		if (cases[i].wait < 0)
			g_assert_true(json_object_get_null_member(object, "new_locks_wait"));
		else
			g_assert_cmpint(json_object_get_boolean_member(object, "new_locks_wait"),
				==, cases[i].wait);
	}
}

/* lockd was started at 10 s, its period takes 100 s (lockd rounds 90 up to whole timeouts). */
static void test_left(void)
{
	g_autoptr(scratch) in = scratch_new();
	g_autoptr(JsonObject) object = NULL;

	scratch_set_server(in, 8, "N");
	scratch_write(in, "nfsd/v4_end_grace", "Y");
	scratch_set_lockd(in, 77, 1000);
	scratch_write(in, "proc/sys/fs/nfs/nlm_grace_period", "90\n");
	scratch_write(in, "proc/sys/fs/nfs/nlm_timeout", "10\n");
	scratch_write(in, "proc/uptime", "60.00 1.00\n");
	object = new_locks_to_json(&in->kernel, NULL);
	g_assert_cmpint(json_object_get_int_member(
				json_object_get_object_member(object, "lockd"), "seconds_left"),
		==, kernel_grace_left(&in->kernel, NULL));
	g_assert_cmpuint(kernel_grace_left(&in->kernel, NULL), ==, 40);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/new_locks/states", test_states);
	g_test_add_func("/new_locks/left", test_left);
	return g_test_run();
}
