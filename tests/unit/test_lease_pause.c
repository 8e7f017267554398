/* SPDX-License-Identifier: GPL-2.0-or-later */

/* No delegations while clients reclaim: the setting of the node, which groups share. */

#include "keeper/lease_pause.h"
#include "scratch.h"
#include "server/own.h"

#include <unistd.h>

#define SETTING "node/sys/fs/leases-enable"

typedef struct fixture {
	scratch *scratch;
	server_options *groups[2];
	int pauses[2];
} fixture;

static server_options *group_new(fixture *self, const char *name)
{
	server_options *options = server_options_new();

	options->group = g_strdup(name);
	options->versions = g_strdup("3 4.1");
	options->run_dir = g_strdup(scratch_path(self->scratch, "run"));
	options->proc_dir = g_strdup(scratch_path(self->scratch, "node"));
	return options;
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	scratch_mkdir(self->scratch, "run");
	scratch_mkdir(self->scratch, "run/server");
	scratch_mkdir(self->scratch, "node");
	scratch_mkdir(self->scratch, "node/sys");
	scratch_mkdir(self->scratch, "node/sys/fs");
	scratch_write(self->scratch, SETTING, "1\n");
	self->groups[0] = group_new(self, "blue");
	self->groups[1] = group_new(self, "green");
	self->pauses[0] = self->pauses[1] = -1;
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < 2; i++) {
		if (self->pauses[i] >= 0)
			close(self->pauses[i]);
		server_options_free(self->groups[i]);
	}
	scratch_free(self->scratch);
}

static void begin(fixture *self, guint group)
{
	lease_pause_begin(self->groups[group], &self->pauses[group]);
}

static void end(fixture *self, guint group)
{
	lease_pause_end(self->groups[group], &self->pauses[group]);
}

static void assert_setting(fixture *self, const char *wanted)
{
	g_autofree char *text = scratch_read(self->scratch, SETTING);

	g_assert_cmpstr(g_strstrip(text), ==, wanted);
}

static void test_one(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	begin(self, 0);
	assert_setting(self, "0");
	/* The server is started again within its grace period. */
	begin(self, 0);
	end(self, 0);
	assert_setting(self, "1");
	end(self, 0);
	assert_setting(self, "1");
}

static void test_two(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	begin(self, 0);
	begin(self, 1);
	end(self, 0);
	assert_setting(self, "0");
	/* One that has no pause does not end another one's. */
	end(self, 0);
	assert_setting(self, "0");
	end(self, 1);
	assert_setting(self, "1");
}

/* An administrator may have set it to 0 before: it stays so. */
static void test_off_before(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, SETTING, "0\n");
	begin(self, 0);
	end(self, 0);
	assert_setting(self, "0");
}

/* The keeper dies in its pause: another one ends it. */
static void test_died(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	begin(self, 0);
	close(self->pauses[0]);
	self->pauses[0] = -1;
	begin(self, 1);
	assert_setting(self, "0");
	end(self, 1);
	assert_setting(self, "1");
}

static void test_not_needed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_free(self->groups[0]->versions);
	self->groups[0]->versions = g_strdup("3");
	begin(self, 0);
	assert_setting(self, "1");
	/* A kernel without leases. */
	scratch_remove(self->scratch, SETTING);
	begin(self, 1);
	end(self, 1);
	g_assert_false(scratch_has(self->scratch, SETTING));
}

#define ADD(name, function)                                                                        \
	g_test_add("/lease-pause/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("one", test_one);
	ADD("two", test_two);
	ADD("off-before", test_off_before);
	ADD("died", test_died);
	ADD("not-needed", test_not_needed);
	return g_test_run();
}
