/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/filesystems.h"
#include "service/handover.h"
#include "service/takeover.h"

#include "base/error.h"
#include "fake_server.h"
#include "quick_time.h"
#include "scratch.h"

#include <string.h>
#include <sys/stat.h>

#define GROUP "files"
#define ADDRESS "192.0.2.10"
#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define RECORD_B SCRATCH_RECORD("10.99.0.22")

/* As the second node's statd takes it out again: with that node's name. */
#define RECORD_OF(node)                                                                            \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 10.99.0.22 " node "\n"
#define RECORD_B_CONVEYED RECORD_OF("node2")

/* A node: its own kernel and statd. The group's filesystem is elsewhere. */
struct node {
	scratch *scratch;
	sm_dir *sm_dir;
	struct group_options options;
	store *store; /* while it has the group */
	bool address_is_here;
};

typedef struct fixture {
	scratch *shared; /* the group's filesystem is in `fs` */
	const char *store_path;
	const char *exports[2];
	struct node a, b;
} fixture;

static const char *const no_list[] = {NULL};
static const char *const addresses_list_of_group[] = {ADDRESS, NULL};

static void make_node(struct node *self, const char *name, const fixture *of)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *boot = g_strconcat("boot-of-", name, NULL);

	self->scratch = scratch_new();
	self->store = NULL;
	self->address_is_here = false;
	self->sm_dir = sm_dir_open(scratch_mkdir(self->scratch, "sm"), &error);
	g_assert_no_error(error);
	scratch_set_boot(self->scratch, boot);
	scratch_set_lockd(self->scratch, 77, 1000);
	scratch_set_server(self->scratch, 8, "Y");
	self->options = (struct group_options){
		.group = GROUP,
		.node = name,
		.store = of->store_path,
		.addresses = addresses_list_of_group,
		.names = no_list,
		.exports = of->exports,
		.sm_dir = sm_dir_path(self->sm_dir),
		.run_dir = self->scratch->path,
		.require_fencing = true,
		.kernel = self->scratch->kernel,
	};
}

static void clear_node(struct node *self)
{
	g_clear_pointer(&self->store, store_close);
	sm_dir_close(self->sm_dir);
	scratch_free(self->scratch);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->shared = scratch_new();
	/* A filesystem of its own where we may have one. */
	scratch_mount(self->shared, "fs");
	self->exports[0] = scratch_path(self->shared, "fs");
	self->exports[1] = NULL;
	self->store_path = scratch_path(self->shared, "fs/.lockferry");
	make_node(&self->a, "node1", self);
	make_node(&self->b, "node2", self);
	quick_time_start(QUICK_SLEEPS);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	clear_node(&self->a);
	clear_node(&self->b);
	scratch_free(self->shared);
	quick_time_stop();
}

static bool take_over(struct node *node, struct takeover *result, GError **error)
{
	bool taken;

	*result = (struct takeover){
		.options = &node->options,
		.sm_dir = node->sm_dir,
		.store = node->store,
		.address_is_here = node->address_is_here,
	};
	taken = takeover_run(result, error);
	node->store = result->store;
	return taken;
}

/* Take over, and be left with the store only. */
static group_state *must_take_over(struct node *node, enum adoption expected, guint clients)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;
	group_state *state;

	take_over(node, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, expected);
	g_assert_cmpuint(result.clients->len, ==, clients);
	g_assert_cmpstr(result.state->node, ==, node->options.node);
	g_assert_cmpint(result.state->phase, ==, PHASE_ADOPTING);
	state = g_steal_pointer(&result.state);
	takeover_clear(&result);
	return state;
}

/* Refused: the message says why, and the store is to the letter what it was. */
static void must_be_refused(fixture *self, struct node *node, int code, const char *says)
{
	g_autofree char *state_before = scratch_read(self->shared, "fs/.lockferry/state");
	g_autofree char *account_before = scratch_read(self->shared, "fs/.lockferry/account");
	g_autofree char *sm_before = scratch_list(node->scratch, "sm");
	g_autoptr(GError) error = NULL;
	struct takeover result;

	g_assert_false(take_over(node, &result, &error));
	g_clear_pointer(&node->store, store_close);
	g_test_message("%s", error->message);
	g_assert_cmpint(lf_error_exit_status(error), ==, code);
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
	g_assert_null(result.state);
	g_assert_null(result.clients);
	g_assert_null(result.warnings);
	g_autofree char *state_after = scratch_read(self->shared, "fs/.lockferry/state");
	g_autofree char *account_after = scratch_read(self->shared, "fs/.lockferry/account");
	g_autofree char *sm_after = scratch_list(node->scratch, "sm");
	g_assert_cmpstr(state_after, ==, state_before);
	g_assert_cmpstr(account_after, ==, account_before);
	g_assert_cmpstr(sm_after, ==, sm_before);
}

/* What the process does with the state as it serves; then it is gone. */
static void set_phase(struct node *node, group_state *state, enum phase phase)
{
	g_autoptr(GError) error = NULL;

	state->phase = phase;
	g_assert_true(store_save_state(node->store, state, &error));
	g_assert_no_error(error);
}

static void crash(struct node *node)
{
	g_clear_pointer(&node->store, store_close);
}

/* Freeze or release, with what statd and the kernel have now. */
static guint hand_over_at_once(struct node *node, group_state *state, enum phase phase, bool unlock)
{
	struct capture capture = {.sm_dir = node->sm_dir, .store = node->store};
	struct handover job = {.options = &node->options, .capture = &capture, .unlock = unlock};
	g_autoptr(GError) error = NULL;
	guint locks;

	state->phase = phase;
	job.state = group_state_copy(state);
	g_assert_true(handover_run(&job, &error));
	g_assert_no_error(error);
	locks = job.locks;
	handover_clear(&job);
	return locks;
}

/* As the process does it: frozen before it is released. Then it is gone. */
static guint hand_over(struct node *node, group_state *state, enum phase phase, bool unlock)
{
	guint locks;

	if (phase == PHASE_RELEASED)
		hand_over_at_once(node, state, PHASE_FROZEN, false);
	locks = hand_over_at_once(node, state, phase, unlock);
	crash(node);
	return locks;
}

/* Locks on so many files of the group's filesystem. */
static void hold_locks(fixture *self, struct node *node, guint count)
{
	g_autoptr(GString) text = g_string_new("9: POSIX  ADVISORY  WRITE 1 00:00:1 0 EOF\n");

	for (guint i = 0; i < count; i++) {
		g_autofree char *line = scratch_lock_line(self->exports[0], 100 + i);

		g_string_append(text, line);
	}
	scratch_set_locks(node->scratch, text->str);
}

static void assert_record(struct node *node, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename("sm", file, NULL);
	g_autofree char *found = scratch_read(node->scratch, path);

	g_assert_cmpstr(found, ==, text);
}

/* Node A has served with two clients, and released the group or crashed in that phase. */
static gint32 serve_on_a(fixture *self, enum phase last)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	scratch_write(self->a.scratch, "sm/client-a", RECORD_A);
	scratch_write(self->a.scratch, "sm/10.99.0.22", RECORD_B);
	hold_locks(self, &self->a, 3);
	g_assert_cmpuint(hand_over(&self->a, state, last, false), ==, 3);
	return state->state_number;
}

static void test_new_group(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = NULL;
	struct stat status;

	/* No grace is needed where nobody has a lock to reclaim. */
	scratch_set_server(self->a.scratch, 0, NULL);
	state = must_take_over(&self->a, ADOPTION_RESUME, 0);
	g_assert_cmpstr(state->group, ==, GROUP);
	g_assert_cmpstr(state->boot, ==, "boot-of-node1");
	g_assert_cmpstr(state->lock_manager, ==, "77@1000");
	g_assert_cmpuint(state->epoch, ==, 1);
	g_assert_cmpint(state->state_number % 2, ==, 1);
	g_assert_cmpint(state->owned_since, >, 0);
	g_assert_false(state->recovery_due);
	g_assert_cmpint(stat(self->store_path, &status), ==, 0);
}

/* The whole: released by A, adopted by B. */
static void test_release_and_adopt(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	g_autoptr(group_state) state = NULL;
	g_autoptr(GPtrArray) clients = NULL;

	/* B knows one of them already, and what its own statd says is newer. */
	scratch_write(self->b.scratch, "sm/client-a", RECORD_A RECORD_A);
	scratch_set_server(self->b.scratch, 8, "N");
	state = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, >=, number + 2);
	g_assert_cmpuint(state->epoch, ==, 2);
	g_assert_true(state->recovery_due);
	assert_record(&self->b, "10.99.0.22", RECORD_B_CONVEYED);
	assert_record(&self->b, "client-a", RECORD_A RECORD_A);

	/* What is in memory is on the disk. */
	g_autoptr(group_state) stored = store_load_state(self->b.store, NULL);
	g_assert_cmpint(stored->state_number, >=, number + 2);
	g_assert_cmpstr(stored->node, ==, "node2");
	clients = store_load_clients(self->b.store, STORE_WITH_RAW, NULL, NULL);
	for (guint i = 0; i < clients->len; i++)
		g_assert_cmpint(
			((client *)g_ptr_array_index(clients, i))->recovery, ==, RECOVERY_RECORDED);
}

static void test_not_in_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	self->b.options.grace = GRACE_SOURCE_RUNNING;
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "2 clients have locks to reclaim");
	scratch_set_server(self->b.scratch, 0, "N");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "not running");
	scratch_set_server(self->b.scratch, 8, NULL);
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "not running");
	scratch_set_server(self->b.scratch, 8, "N");
	group_state_free(must_take_over(&self->b, ADOPTION_RECOVER, 2));
}

/* B has an NFS server that can be restarted, and takes its time for it. */
static fake_server *serve_others_on_b(fixture *self)
{
	fake_server *server = fake_server_new(self->b.scratch);

	quick_time_stop();
	self->b.options.kernel = self->b.scratch->kernel;
	return server;
}

/* B takes it over, with so many starts of its NFS server. */
static group_state *must_take_over_with(
	fixture *self, fake_server *server, enum adoption expected, guint starts)
{
	group_state *state = must_take_over(&self->b, expected, 2);
	g_autofree char *text = fake_server_starts(server);
	guint lines = 0;

	for (const char *at = text; *at != '\0'; at++)
		lines += *at == '\n';
	g_assert_cmpuint(lines, ==, starts);
	g_assert_cmpstr(state->lock_manager, ==, starts > 0 ? "78@2000" : "77@1000");
	return state;
}

/* B's NFS server has served others for long. */
static void test_grace_is_begun(fixture *self, gconstpointer data)
{
	const enum grace_source *source = data;
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	fake_server *server = serve_others_on_b(self);
	g_autoptr(group_state) state = NULL;

	self->b.options.grace = *source;
	state = must_take_over_with(self, server, ADOPTION_RECOVER, 1);
	g_assert_cmpint(state->state_number, >=, number + 2);
	g_assert_true(state->recovery_due);
	fake_server_free(server);
}

/* Others may have taken the locks. */
static void test_grace_over_with_address(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	self->b.address_is_here = true;
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "the group's address is here");
	g_assert_cmpuint(kernel_nfsd_threads(&self->b.options.kernel), ==, 8);
	fake_server_free(server);
}

static void test_mount_keeps_lock_manager(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->b.scratch, "proc/mounts", "192.0.2.9:/x /mnt nfs rw,vers=3 0 0\n");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "an NFSv3 filesystem that is mounted");
	fake_server_free(server);
}

/* Grace runs, and began so long ago. */
static void set_grace(scratch *of, const char *uptime)
{
	scratch_set_server(of, 8, "N");
	scratch_write(of, "proc/sys/fs/nfs/nlm_grace_period", "90\n");
	scratch_write(of, "proc/sys/fs/nfs/nlm_timeout", "10\n");
	/* lockd was started at tick 1000 of 100 a second */
	scratch_write(of, "proc/uptime", uptime);
}

static void test_grace_runs_short(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	set_grace(self->b.scratch, "60.00 1.00\n");
	g_assert_cmpuint(kernel_grace_left(&self->b.options.kernel), ==, 40);
	group_state_free(must_take_over_with(self, server, ADOPTION_RECOVER, 1));
	fake_server_free(server);
}

/* Another one can't be had: what is left is better than nothing, and no restart is told of. */
static void test_grace_short_is_kept(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	fake_server *server = serve_others_on_b(self);
	struct takeover result;

	serve_on_a(self, PHASE_RELEASED);
	set_grace(self->b.scratch, "60.00 1.00\n");
	scratch_write(self->b.scratch, "proc/mounts", "192.0.2.9:/x /mnt nfs rw,vers=3 0 0\n");
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_cmpuint(result.warnings->len, ==, 2);
	g_assert_nonnull(strstr(g_ptr_array_index(result.warnings, 0), "can't be restarted"));
	g_assert_nonnull(strstr(g_ptr_array_index(result.warnings, 1), "only 40 s are left"));
	takeover_clear(&result);
	fake_server_free(server);
}

static void test_grace_runs_long_enough(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	set_grace(self->b.scratch, "50.00 1.00\n");
	g_assert_cmpuint(kernel_grace_left(&self->b.options.kernel), ==, 50);
	group_state_free(must_take_over_with(self, server, ADOPTION_RECOVER, 0));
	fake_server_free(server);
}

/* Who was told to restart does so when it arrives, and not each time that another did. */
static void test_restart_once(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);
	g_autofree char *starts = NULL;

	serve_on_a(self, PHASE_RELEASED);
	self->b.options.grace = GRACE_SOURCE_RESTART_LOCKD;
	scratch_set_server(self->b.scratch, 8, "N");
	group_state_free(must_take_over_with(self, server, ADOPTION_RECOVER, 1));
	scratch_write(self->b.scratch, "proc/78/stat",
		"78 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 3000 0\n");
	group_state_free(must_take_over(&self->b, ADOPTION_RECOVER, 2));
	starts = fake_server_starts(server);
	g_assert_cmpstr(starts, ==, "");
	fake_server_free(server);
}

/* What clients have reclaimed goes with the lock manager, and is to be reclaimed again. */
static void test_restart_in_recovery(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED) + 2;
	fake_server *server = serve_others_on_b(self);
	g_autoptr(group_state) state = NULL;

	scratch_set_server(self->b.scratch, 8, "N");
	group_state_free(must_take_over_with(self, server, ADOPTION_RECOVER, 0));
	crash(&self->b);
	scratch_set_server(self->b.scratch, 8, "Y");
	state = must_take_over_with(self, server, ADOPTION_RECOVER, 1);
	g_assert_cmpint(state->state_number, >=, number + 2);
	fake_server_free(server);
}

/* Nobody to tell: the time of day for grace doesn't matter. */
static void test_no_clients(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);
	g_autoptr(group_state) next = NULL;

	hand_over(&self->a, state, PHASE_RELEASED, false);
	next = must_take_over(&self->b, ADOPTION_RECOVER, 0);
	g_assert_false(next->recovery_due);
	g_assert_cmpint(next->state_number, >=, state->state_number + 2);
}

static void test_owner_alive(fixture *self, gconstpointer data)
{
	const enum phase *phase = data;
	gint32 number = serve_on_a(self, *phase);
	g_autoptr(group_state) state = NULL;

	scratch_set_server(self->b.scratch, 8, "N");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "belongs to node 'node1'");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "require_fencing=no");
	self->b.options.require_fencing = false;
	state = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, >=, number + 2);
}

/* A's process was killed: nobody lost a lock, nobody is told, and nothing is conveyed. */
static void test_process_killed(fixture *self, gconstpointer data)
{
	const enum phase *phase = data;
	gint32 number = serve_on_a(self, *phase);
	g_autoptr(group_state) state = NULL;

	scratch_remove(self->a.scratch, "sm/client-a");
	self->a.address_is_here = *phase == PHASE_SERVING;
	state = must_take_over(&self->a, ADOPTION_RESUME, 2);
	g_assert_cmpint(state->state_number, ==, number);
	g_assert_cmpuint(state->epoch, ==, 1);
	assert_record(&self->a, "client-a", NULL);
}

/* The state in the store is an earlier version's, which knew lockd's thread only. */
static void test_upgraded(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	g_autoptr(group_state) state = NULL;
	const char *folder = scratch_mkdir(self->a.scratch, "proc/self/ns");
	g_autofree char *path = g_build_filename(folder, "net", NULL);

	g_assert_cmpint(symlink("net:[4026531840]", path), ==, 0);
	state = must_take_over(&self->a, ADOPTION_RESUME, 2);
	g_assert_cmpint(state->state_number, ==, number);
	g_assert_cmpstr(state->lock_manager, ==, "77@1000 net:4026531840");
}

static gint64 now_s(void);

/* A set that is not exact proves nothing, though all of it is held: in `data`, what it was. */
static void test_inexact(fixture *self, gconstpointer data)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	g_autofree char *noted = scratch_read(self->shared, "fs/.lockferry/locks");
	const char *lines = strstr(noted, " exact ") + strlen(" exact ");
	g_autofree char *inexact =
		g_strdup_printf("lockferry locks 1 %s %s", (const char *)data, lines);

	scratch_write(self->shared, "fs/.lockferry/locks", inexact);
	must_be_refused(self, &self->a, LF_ERROR_FAILED, "2 clients have locks to reclaim");
	scratch_set_server(self->a.scratch, 8, "N");
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, ==, number + 2);
}

/*
 * A's process was killed, and the address is away by now: nobody froze the group. What was recorded
 * last tells whether the locks were dropped since; of an empty set, or of one with holes, nothing
 * does.
 */
static void test_killed_and_away(fixture *self, gconstpointer data)
{
	static const struct {
		const char *kind;
		guint recorded, held;
		enum adoption expected;
	} cases[] = {
		{"inexact", 3, 3, ADOPTION_RESUME},
		{"inexact", 3, 4, ADOPTION_RESUME},
		{"inexact", 3, 2, ADOPTION_RECOVER},
		{"inexact", 3, 0, ADOPTION_RECOVER},
		{"inexact", 0, 0, ADOPTION_RECOVER},
		{"partial", 3, 3, ADOPTION_RECOVER},
		{NULL, 0, 3, ADOPTION_RECOVER},
	};
	gsize which = GPOINTER_TO_SIZE(data);

	serve_on_a(self, PHASE_RELEASED);
	g_autofree char *noted = scratch_read(self->shared, "fs/.lockferry/locks");
	g_autoptr(GString) recorded = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(noted, "\n", -1);
	g_string_append_printf(recorded, "lockferry locks 1 %s %" G_GINT64_FORMAT " %u\n",
		cases[which].kind, now_s() + 1, cases[which].recorded);
	for (guint i = 0; i < cases[which].recorded; i++)
		g_string_append_printf(recorded, "%s\n", lines[1 + i]);
	if (cases[which].kind != NULL)
		scratch_write(self->shared, "fs/.lockferry/locks.recorded", recorded->str);
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 2);
	set_phase(&self->a, state, PHASE_SERVING);
	crash(&self->a);
	hold_locks(self, &self->a, cases[which].held);
	scratch_set_server(self->a.scratch, 8, "N");
	group_state_free(must_take_over(&self->a, cases[which].expected, 2));
}

/* The same node and lock manager, but a lock noted at the stop is gone: exports were taken away. */
static void test_unlocked_since(fixture *self, gconstpointer data)
{
	const enum phase *phase = data;
	gint32 number = serve_on_a(self, *phase);
	g_autoptr(GError) error = NULL;
	struct takeover result;

	hold_locks(self, &self->a, 2);
	must_be_refused(self, &self->a, LF_ERROR_FAILED, "2 clients have locks to reclaim");
	scratch_set_server(self->a.scratch, 8, "N");
	g_assert_true(take_over(&self->a, &result, &error));
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_cmpint(result.state->state_number, >=, number + 2);
	g_assert_cmpuint(result.warnings->len, ==, 1);
	g_assert_nonnull(strstr(g_ptr_array_index(result.warnings, 0), "1 of the 3 locks"));
	takeover_clear(&result);
}

/* Locks taken since, by whomever, prove nothing. */
static void test_more_locks_since(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	hold_locks(self, &self->a, 5);
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 2));
}

/* No lock was held when it was frozen, which is no loss. */
static void test_no_locks(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	hold_locks(self, &self->a, 0);
	g_assert_cmpuint(hand_over(&self->a, state, PHASE_RELEASED, false), ==, 0);
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 0));
}

/* What can't be known is not taken for held. */
static void test_locks_unknown(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	scratch_remove(self->shared, "fs/.lockferry/locks");
	must_be_refused(self, &self->a, LF_ERROR_FAILED, "clients have locks to reclaim");
	scratch_set_server(self->a.scratch, 8, "N");
	group_state_free(must_take_over(&self->a, ADOPTION_RECOVER, 2));
}

static void test_lockd_restarted(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_SERVING);
	g_autoptr(group_state) state = NULL;

	scratch_set_lockd(self->a.scratch, 77, 2000);
	scratch_set_server(self->a.scratch, 8, "N");
	state = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, >=, number + 2);
	g_assert_cmpstr(state->lock_manager, ==, "77@2000");

	/* Again, by the same process, which has the store open. */
	scratch_set_lockd(self->a.scratch, 77, 3000);
	g_autoptr(group_state) again = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(again->state_number, >=, number + 4);
	g_assert_cmpuint(again->epoch, ==, 3);
}

static void test_rebooted(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_SERVING);
	g_autoptr(group_state) state = NULL;

	/* lockd may well have the same process id and start as before. */
	scratch_set_boot(self->a.scratch, "another-boot");
	scratch_set_server(self->a.scratch, 8, "N");
	state = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, >=, number + 2);
}

static void set_recovery(struct node *node, enum recovery recovery)
{
	g_autoptr(GPtrArray) clients = store_load_clients(node->store, STORE_WITH_RAW, NULL, NULL);

	for (guint i = 0; i < clients->len; i++)
		((client *)g_ptr_array_index(clients, i))->recovery = recovery;
	g_autoptr(group_state) state = store_load_state(node->store, NULL);
	g_assert_true(store_save_account(node->store, state->epoch, clients, NULL));
}

/* Killed in the middle of a recovery: it goes on under the number that some have heard of. */
static void test_killed_in_recovery(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED) + 2;
	g_autoptr(group_state) first = NULL;
	g_autoptr(group_state) second = NULL;

	scratch_set_server(self->b.scratch, 8, "N");
	first = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	crash(&self->b);
	second = must_take_over(&self->b, ADOPTION_CONTINUE, 2);
	g_assert_cmpint(second->state_number, ==, number);
	g_assert_cmpuint(second->epoch, ==, 2);
	g_assert_true(second->recovery_due);
	set_phase(&self->b, second, PHASE_RECLAIMING);
	set_recovery(&self->b, RECOVERY_TOLD);
	crash(&self->b);

	/* Grace ended meanwhile: those who did not answer could not reclaim any more. */
	scratch_set_server(self->b.scratch, 8, "Y");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "2 clients have locks to reclaim");
	self->b.store = store_open(self->store_path, STORE_WRITE, NULL, NULL);
	set_recovery(&self->b, RECOVERY_ACKNOWLEDGED);
	crash(&self->b);
	self->b.address_is_here = true;
	group_state_free(must_take_over(&self->b, ADOPTION_CONTINUE, 2));
}

/* B dies in its recovery, and A takes over: a recovery of its own, for everybody. */
static void test_second_crash(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	g_autoptr(group_state) state = NULL;
	g_autoptr(group_state) back = NULL;
	g_autoptr(GPtrArray) clients = NULL;

	scratch_set_server(self->b.scratch, 8, "N");
	state = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	set_phase(&self->b, state, PHASE_RECLAIMING);
	set_recovery(&self->b, RECOVERY_RECLAIMED);
	crash(&self->b);
	scratch_set_server(self->a.scratch, 8, "N");
	self->a.options.require_fencing = false;
	back = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(back->state_number, >=, number + 4);
	clients = store_load_clients(self->a.store, STORE_WITH_RAW, NULL, NULL);
	for (guint i = 0; i < clients->len; i++)
		g_assert_cmpint(
			((client *)g_ptr_array_index(clients, i))->recovery, ==, RECOVERY_RECORDED);
}

/* In a filesystem that both see: who was taken over writes no more. */
static void test_taken_from_us(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) ours = must_take_over(&self->a, ADOPTION_RESUME, 0);
	g_autoptr(group_state) theirs = group_state_copy(ours);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct takeover result;

	g_free(theirs->node);
	theirs->node = g_strdup("node2");
	theirs->epoch++;
	text = group_state_format(theirs);
	scratch_write(self->shared, "fs/.lockferry/state", text);
	g_assert_false(store_save_state(self->a.store, ours, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_OWNER);
	g_clear_error(&error);
	g_assert_false(take_over(&self->a, &result, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_OWNER);
	g_autofree char *stored = scratch_read(self->shared, "fs/.lockferry/state");
	g_assert_cmpstr(stored, ==, text);
}

static bool is_on_root_filesystem(const fixture *self)
{
	struct stat root, own;

	return stat("/", &root) == 0 && stat(self->store_path, &own) == 0 &&
	       root.st_dev == own.st_dev;
}

static void test_bad_stores(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct group_options *options = &self->b.options;
	const char *const other_exports[] = {"/", NULL};
	const char *const no_exports[] = {"/nonexistent", NULL};

	serve_on_a(self, PHASE_RELEASED);
	scratch_set_server(self->b.scratch, 8, "N");
	options->group = "other";
	must_be_refused(self, &self->b, LF_ERROR_NOT_CONFIGURED, "belongs to group 'files'");
	options->group = GROUP;
	options->store = "/nonexistent/store";
	must_be_refused(self, &self->b, LF_ERROR_NOT_INSTALLED, "/nonexistent");
	options->store = "relative/store";
	must_be_refused(self, &self->b, LF_ERROR_ARGUMENT, "absolute");
	options->store = self->store_path;
	options->exports = other_exports;
	if (!is_on_root_filesystem(self))
		must_be_refused(
			self, &self->b, LF_ERROR_ARGUMENT, "not on a filesystem of the group's");
	options->exports = no_exports;
	must_be_refused(self, &self->b, LF_ERROR_NOT_INSTALLED, "'/nonexistent'");
	options->exports = self->exports;
	options->backend = "sqlite";
	must_be_refused(self, &self->b, LF_ERROR_ARGUMENT, "of kind 'files'");
	options->backend = NULL;
	scratch_write(self->shared, "fs/.lockferry/state", "[group]\nformat=2\n");
	must_be_refused(self, &self->b, LF_ERROR_NOT_INSTALLED, "format 2");
	scratch_write(self->shared, "fs/.lockferry/state", "[group]\nform");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "'state'");
	scratch_remove(self->b.scratch, "proc/sys/kernel/random/boot_id");
	g_autoptr(GError) error = NULL;
	struct takeover result;
	g_assert_false(take_over(&self->b, &result, &error));
	g_assert_nonnull(error);
}

static void test_store_in_use(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 0));
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "another process");
}

/* A damaged record keeps nobody from being told, nor the group from being served. */
static void test_damaged_record(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->shared, "fs/.lockferry/sm/client-a", "0100007f 0001");
	scratch_write(self->shared, "fs/.lockferry/account", "rubbish");
	scratch_set_server(self->b.scratch, 8, "N");
	g_assert_true(take_over(&self->b, &result, &error));
	g_assert_cmpuint(result.clients->len, ==, 1);
	g_assert_cmpuint(result.conveyed, ==, 1);
	g_assert_cmpuint(result.warnings->len, ==, 0);
	g_assert_cmpuint(result.cautions->len, ==, 2);
	g_assert_cmpuint(result.unreadable, ==, 2);
	takeover_clear(&result);
	assert_record(&self->b, "client-a", NULL);
	assert_record(&self->b, "10.99.0.22", RECORD_B_CONVEYED);
}

/* lockd calls the server by the name of its UTS namespace, whatever the cluster calls the node. */
static void test_name_of_server(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = NULL;

	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->b.scratch, "proc/sys/kernel/hostname", "nfs2.example.com\n");
	scratch_set_server(self->b.scratch, 8, "N");
	state = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	assert_record(&self->b, "10.99.0.22", RECORD_OF("nfs2.example.com"));
}

/* statd's directory takes nothing: told of, but the clients are told all the same. */
/* A store that does not say who had the group */

/* The only caution, which says that. */
static void assert_cautioned(const struct takeover *result, const char *says)
{
	g_assert_cmpuint(result->cautions->len, ==, 1);
	if (strstr(g_ptr_array_index(result->cautions, 0), says) == NULL)
		g_error("'%s' does not say '%s'", (char *)g_ptr_array_index(result->cautions, 0),
			says);
}

/* The records are there, and the clients' locks may be lost. */
static void test_state_is_gone(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	serve_on_a(self, PHASE_RELEASED);
	scratch_remove(self->shared, "fs/.lockferry/state");
	self->b.options.grace = GRACE_SOURCE_RUNNING;
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "2 clients have locks to reclaim");
	scratch_set_server(self->b.scratch, 8, "N");
	g_assert_true(take_over(&self->b, &result, &error));
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_true(result.state->recovery_due);
	g_assert_cmpuint(result.clients->len, ==, 2);
	assert_cautioned(&result, "records of 2 clients");
	assert_record(&self->b, "10.99.0.22", RECORD_B_CONVEYED);
	takeover_clear(&result);
	crash(&self->b);
	/* Told once more, but no matter of doubt any more. */
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_CONTINUE);
	g_assert_cmpuint(result.cautions->len, ==, 0);
	takeover_clear(&result);
}

/* The store is gone: who statd knows here is told, if it may have lost its locks. */
static void test_store_is_gone(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	scratch_write(self->b.scratch, "sm/client-a", RECORD_A);
	scratch_write(self->b.scratch, "sm/rubbish", "rubbish\n");
	scratch_set_server(self->b.scratch, 8, "N");
	g_assert_true(take_over(&self->b, &result, &error));
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_true(result.state->recovery_due);
	assert_cautioned(&result, "records of 1 clients here");
	g_assert_null(result.new_store);
	takeover_clear(&result);
}

/* This lock manager is past its grace period: it has lost no lock. But nobody knows of others. */
static void test_store_is_new(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	scratch_write(self->a.scratch, "sm/client-a", RECORD_A);
	g_assert_true(take_over(&self->a, &result, &error));
	g_assert_cmpint(result.adoption, ==, ADOPTION_RESUME);
	g_assert_false(result.state->recovery_due);
	g_assert_cmpuint(result.cautions->len, ==, 0);
	g_assert_nonnull(strstr(result.new_store, "is new, and no client is known"));
	takeover_clear(&result);
	crash(&self->a);
	take_over(&self->a, &result, &error);
	g_assert_no_error(error);
	g_assert_null(result.new_store);
	takeover_clear(&result);
}

/* Locks were noted, and no client has a record: those are lost. */
static void test_records_are_gone(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	serve_on_a(self, PHASE_RELEASED);
	scratch_remove(self->shared, "fs/.lockferry/sm/client-a");
	scratch_remove(self->shared, "fs/.lockferry/sm/10.99.0.22");
	scratch_set_server(self->b.scratch, 8, "N");
	g_assert_true(take_over(&self->b, &result, &error));
	assert_cautioned(&result, "3 locks were noted");
	takeover_clear(&result);
}

static void test_cannot_convey(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	serve_on_a(self, PHASE_RELEASED);
	scratch_remove(self->b.scratch, "sm");
	scratch_set_server(self->b.scratch, 8, "N");
	g_assert_true(take_over(&self->b, &result, &error));
	g_assert_cmpuint(result.conveyed, ==, 0);
	g_assert_cmpuint(result.warnings->len, ==, 1);
	g_assert_nonnull(strstr(g_ptr_array_index(result.warnings, 0), "2 records"));
	takeover_clear(&result);
	scratch_mkdir(self->b.scratch, "sm");
}

static void test_unlock(fixture *self, gconstpointer data)
{
	bool has_exports = data != NULL;
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);
	g_autofree char *written = NULL;
	g_autoptr(GArray) devices = NULL;

	if (!has_exports)
		self->exports[0] = NULL;
	scratch_write(self->a.scratch, "nfsd/unlock_filesystem", "");
	devices = filesystems_find(self->store_path, self->exports, NULL);
	if (devices == NULL) {
		g_test_skip("the temporary directory is on the root filesystem");
		return;
	}
	hand_over(&self->a, state, PHASE_RELEASED, true);
	written = scratch_read(self->a.scratch, "nfsd/unlock_filesystem");
	g_assert_cmpstr(g_strchomp(written), ==, has_exports ? self->exports[0] : self->store_path);
}

/* A step fails: the state is as it was, so nobody takes the group for released. */
static void test_handover_fails(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);
	g_autofree char *before = scratch_read(self->shared, "fs/.lockferry/state");
	const char *const missing[] = {"proc/locks", "nfsd/unlock_filesystem"};

	scratch_write(self->a.scratch, "nfsd/unlock_filesystem", "");
	for (gsize i = 0; i < G_N_ELEMENTS(missing); i++) {
		struct capture capture = {.sm_dir = self->a.sm_dir, .store = self->a.store};
		struct handover job = {
			.options = &self->a.options, .capture = &capture, .unlock = true};
		g_autoptr(GError) error = NULL;
		g_autofree char *after = NULL;

		scratch_remove(self->a.scratch, missing[i]);
		job.state = group_state_copy(state);
		job.state->phase = PHASE_RELEASED;
		g_assert_false(handover_run(&job, &error));
		g_assert_nonnull(error);
		after = scratch_read(self->shared, "fs/.lockferry/state");
		g_assert_cmpstr(after, ==, before);
		handover_clear(&job);
		scratch_write(self->a.scratch, missing[i], "");
	}
}

static void assert_phase(fixture *self, enum phase phase)
{
	g_autoptr(store) from = store_open(self->store_path, STORE_READ, NULL, NULL);
	g_autoptr(group_state) state = store_load_state(from, NULL);

	g_assert_cmpint(state->phase, ==, phase);
}

/* The last duties of a process that died while serving. */
static void test_after_crash(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	bool released = false;

	serve_on_a(self, PHASE_SERVING);
	/* Recorded by statd when nobody looked. */
	scratch_write(self->a.scratch, "sm/late", RECORD_A);
	hold_locks(self, &self->a, 4);
	self->a.options.unlock_on_stop = true;
	scratch_write(self->a.scratch, "nfsd/unlock_filesystem", "");
	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	g_assert_no_error(error);
	g_assert_true(released);
	assert_phase(self, PHASE_RELEASED);
	g_assert_true(scratch_has(self->shared, "fs/.lockferry/sm/late"));
	g_autofree char *unlocked = scratch_read(self->a.scratch, "nfsd/unlock_filesystem");
	g_assert_cmpstr(g_strchomp(unlocked), ==, self->exports[0]);
	g_autofree char *locks = scratch_read(self->shared, "fs/.lockferry/locks");
	g_auto(GStrv) lines = g_strsplit(locks, "\n", -1);
	/* What was dropped before we came nobody knows. */
	g_assert_true(g_str_has_prefix(lines[0], "lockferry locks 1 inexact "));
	g_assert_cmpuint(g_strv_length(lines), ==, 6);

	/* And now B needs no fencing. */
	scratch_set_server(self->b.scratch, 8, "N");
	group_state_free(must_take_over(&self->b, ADOPTION_RECOVER, 3));
}

static void test_after_crash_address_here(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *const local[] = {"127.0.0.1", NULL};
	g_autoptr(GError) error = NULL;
	bool released = true;

	serve_on_a(self, PHASE_SERVING);
	self->a.options.addresses = local;
	self->a.options.unlock_on_stop = true;
	scratch_write(self->a.scratch, "sm/late", RECORD_A);
	scratch_write(self->a.scratch, "nfsd/unlock_filesystem", "");
	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	g_assert_no_error(error);
	g_assert_false(released);
	assert_phase(self, PHASE_SERVING);
	g_assert_true(scratch_has(self->shared, "fs/.lockferry/sm/late"));
	g_autofree char *unlocked = scratch_read(self->a.scratch, "nfsd/unlock_filesystem");
	g_assert_cmpstr(unlocked, ==, "");
}

/* Not ours to hand over: another node's, another boot's, another group's, or none at all. */
static void test_after_crash_not_ours(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	bool released = false;

	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	g_assert_true(released);
	/* Nor is one made. */
	g_assert_false(scratch_has(self->shared, "fs/.lockferry"));

	serve_on_a(self, PHASE_SERVING);
	scratch_write(self->a.scratch, "nfsd/unlock_filesystem", "");
	scratch_write(self->b.scratch, "nfsd/unlock_filesystem", "");
	g_assert_true(handover_without_process(&self->b.options, &released, &error));
	assert_phase(self, PHASE_SERVING);
	self->a.options.group = "other";
	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	assert_phase(self, PHASE_SERVING);
	self->a.options.group = GROUP;
	scratch_set_boot(self->a.scratch, "another-boot");
	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	assert_phase(self, PHASE_SERVING);
	g_assert_no_error(error);

	scratch_write(self->shared, "fs/.lockferry/state", "[gr");
	g_assert_false(handover_without_process(&self->a.options, &released, &error));
	g_assert_nonnull(error);
}

/* What B has taken over, as by a migration, A drops where it came in through the group's address;
 * and only then. */
static void test_after_migration(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *const local[] = {"127.0.0.1", NULL};
	g_autoptr(GError) error = NULL;
	bool released = false;

	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->a.scratch, "nfsd/unlock_filesystem", "");
	/* A migration that came to nothing leaves it as it is. */
	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	g_autofree char *before = scratch_read(self->a.scratch, "nfsd/unlock_filesystem");
	g_assert_cmpstr(before, ==, "");

	scratch_set_server(self->b.scratch, 8, "N");
	group_state_free(must_take_over(&self->b, ADOPTION_RECOVER, 2));
	self->a.options.addresses = local;
	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	g_autofree char *here = scratch_read(self->a.scratch, "nfsd/unlock_filesystem");
	g_assert_cmpstr(here, ==, "");
	self->a.options.addresses = addresses_list_of_group;
	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	g_assert_no_error(error);
	g_assert_true(released);
	g_autofree char *after = scratch_read(self->a.scratch, "nfsd/unlock_filesystem");
	g_assert_cmpstr(g_strchomp(after), ==, self->exports[0]);
	assert_phase(self, PHASE_ADOPTING);
}

/* What B finds as it takes the group over. */
struct found {
	int locks; /* how many are known to be reclaimed; -1: nothing is known of any */
	bool exact, after_crash;
};

static struct found found_on_b(fixture *self)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;
	struct found found;

	scratch_set_server(self->b.scratch, 8, "N");
	self->b.options.require_fencing = false;
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	found = (struct found){
		.locks = result.to_reclaim != NULL ? (int)lock_set_size(result.to_reclaim) : -1,
		.exact = result.to_reclaim_exact,
		.after_crash = result.after_crash,
	};
	takeover_clear(&result);
	return found;
}

/* How many locks are to be reclaimed, all of them and no other; -1 when nobody can tell. */
static int to_reclaim_on_b(fixture *self)
{
	struct found found = found_on_b(self);

	return found.exact ? found.locks : -1;
}

static void test_to_reclaim(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	g_assert_cmpint(to_reclaim_on_b(self), ==, 3);
	/* And again, as after a crash in the recovery. */
	crash(&self->b);
	scratch_set_lockd(self->b.scratch, 77, 2000);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* The network namespace of a process on B. */
static void set_namespace_on_b(fixture *self, const char *pid, const char *name)
{
	g_autofree char *folder = g_strdup_printf("proc/%s/ns", pid);
	g_autofree char *path =
		g_build_filename(scratch_mkdir(self->b.scratch, folder), "net", NULL);

	g_assert_cmpint(symlink(name, path), ==, 0);
}

/* Clients are recorded, but no lock was seen of any: that ends no grace period of a server that is
 * the group's own. */
static void test_to_reclaim_none(fixture *self, gconstpointer data)
{
	bool with_clients = g_strcmp0(data, "none") != 0;
	bool own = g_strcmp0(data, "shared") != 0;
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);
	struct found found;

	if (with_clients)
		scratch_write(self->a.scratch, "sm/client-a", RECORD_A);
	hold_locks(self, &self->a, 0);
	g_assert_cmpuint(hand_over(&self->a, state, PHASE_RELEASED, false), ==, 0);
	set_namespace_on_b(self, "1", "net:[4026531840]");
	set_namespace_on_b(self, "self", own ? "net:[4026532008]" : "net:[4026531840]");
	found = found_on_b(self);
	g_assert_cmpint(found.locks, ==, 0);
	g_assert_cmpint(found.exact, ==, !with_clients || !own);
}

static void test_to_reclaim_crashed(fixture *self, gconstpointer data)
{
	const enum phase *last = data;

	serve_on_a(self, *last);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* Some of the locks were to be reclaimed yet when A released it. */
static void test_to_reclaim_too_early(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	state->recovery_due = true;
	hold_locks(self, &self->a, 3);
	hand_over(&self->a, state, PHASE_RELEASED, false);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* The lock manager has them on a filesystem that nobody told us of, or was another one before. */
static void test_to_reclaim_not_all(fixture *self, gconstpointer data)
{
	const char *locks = data;
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	if (locks != NULL)
		scratch_set_locks(self->a.scratch, locks);
	else
		scratch_set_lockd(self->a.scratch, 77, 2000);
	hand_over(&self->a, state, PHASE_RELEASED, false);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* The exports were stopped too early, or it was not frozen first: who knows. */
static void test_to_reclaim_dropped(fixture *self, gconstpointer data)
{
	bool frozen_first = data != NULL;
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	hold_locks(self, &self->a, 3);
	if (frozen_first)
		hand_over_at_once(&self->a, state, PHASE_FROZEN, false);
	hold_locks(self, &self->a, 2);
	hand_over_at_once(&self->a, state, PHASE_RELEASED, false);
	crash(&self->a);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

static void test_to_reclaim_earlier_form(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->shared, "fs/.lockferry/locks", "fe:00:131 WRITE 0 EOF\n");
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* The grace period is begun for it, by a restart of the lock manager: nothing else has changed. */
static void test_to_reclaim_begun(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server;

	serve_on_a(self, PHASE_RELEASED);
	server = serve_others_on_b(self);
	scratch_set_server(self->b.scratch, 8, "Y");
	g_autoptr(GError) error = NULL;
	struct takeover result;
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_nonnull(result.to_reclaim);
	g_assert_cmpuint(lock_set_size(result.to_reclaim), ==, 3);
	takeover_clear(&result);
	fake_server_free(server);
}

#define LOCKS "fs/.lockferry/locks"
#define RECORDED LOCKS ".recorded"

/* The text of a set of this one lock. The caller frees it. */
static char *one_lock(const char *kind, gint64 noted_at)
{
	return g_strdup_printf("lockferry locks 1 %s %" G_GINT64_FORMAT
			       " 1\n/srv/a 131 WRITE 0 EOF\n",
		kind, noted_at);
}

/* A serves with three locks, and the recorder has that set since; then A crashes, or hands over. */
static void record_on_a(fixture *self, const char *recorded, enum phase last)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	hold_locks(self, &self->a, 3);
	set_phase(&self->a, state, PHASE_SERVING);
	scratch_write(self->shared, RECORDED, recorded);
	if (last == PHASE_SERVING)
		crash(&self->a);
	else
		hand_over(&self->a, state, last, false);
}

static void assert_noted(fixture *self, const char *expected)
{
	g_autofree char *noted = scratch_read(self->shared, LOCKS);

	g_assert_cmpstr(noted, ==, expected);
}

static gint64 now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

/* After a crash it is what was noted, and not what was at an earlier hand-over: inexact, whatever
 * it says. */
static void test_recorded(fixture *self, gconstpointer data)
{
	gint64 noted_at = now_s() + 1;
	g_autofree char *recorded = one_lock(data, noted_at);
	g_autofree char *expected = one_lock("inexact", noted_at);
	struct found found;

	record_on_a(self, recorded, PHASE_SERVING);
	scratch_write(self->shared, LOCKS, "lockferry locks 1 exact 7 0\n");
	found = found_on_b(self);
	g_assert_cmpint(found.locks, ==, 1);
	g_assert_true(found.after_crash && !found.exact);
	assert_noted(self, expected);
	/* And B crashes in the recovery, before it has recorded anything. */
	crash(&self->b);
	scratch_set_lockd(self->b.scratch, 77, 2000);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, expected);
}

/* The set of the hand-over is newer. */
static void test_recorded_handed_over(fixture *self, gconstpointer data)
{
	const enum phase *last = data;
	g_autofree char *recorded = one_lock("inexact", now_s() + 1);

	record_on_a(self, recorded, *last);
	g_autofree char *handed_over = scratch_read(self->shared, LOCKS);
	g_assert_cmpint(to_reclaim_on_b(self), ==, *last == PHASE_RELEASED ? 3 : -1);
	g_assert_true(g_str_has_prefix(handed_over, "lockferry locks 1 exact "));
	assert_noted(self, handed_over);
}

/* No lock was lost. */
static void test_recorded_resumed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *recorded = one_lock("inexact", now_s() + 1);

	record_on_a(self, recorded, PHASE_SERVING);
	self->a.address_is_here = true;
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 0));
	assert_noted(self, NULL);
}

/* The clock may have been set back meanwhile, or on: it is the owner's all the same. */
static void test_recorded_clock_set(fixture *self, gconstpointer data)
{
	g_autofree char *recorded = one_lock("inexact", now_s() + GPOINTER_TO_INT(data));

	record_on_a(self, recorded, PHASE_SERVING);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, recorded);
}

/* A left it when it had the group before, and has recorded nothing since. */
static void test_recorded_before(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *recorded = one_lock("inexact", now_s() + 1);
	g_autoptr(group_state) state = NULL;

	record_on_a(self, recorded, PHASE_SERVING);
	scratch_set_boot(self->a.scratch, "another-boot-of-node1");
	state = must_take_over(&self->a, ADOPTION_RECOVER, 0);
	assert_noted(self, recorded);
	set_phase(&self->a, state, PHASE_SERVING);
	scratch_write(self->shared, LOCKS, "lockferry locks 1 exact 7 0\n");
	crash(&self->a);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, "lockferry locks 1 exact 7 0\n");
}

/* It is damaged, or not there. */
static void test_recorded_of_no_use(fixture *self, gconstpointer data)
{
	record_on_a(self, data, PHASE_SERVING);
	if (*(const char *)data == '\0')
		scratch_remove(self->shared, RECORDED);
	scratch_write(self->shared, LOCKS, "lockferry locks 1 exact 7 0\n");
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, "lockferry locks 1 exact 7 0\n");
}

/* What is only good to look at keeps nobody from taking over. */
static void test_recorded_unreadable(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	record_on_a(self, "", PHASE_SERVING);
	scratch_remove(self->shared, RECORDED);
	scratch_mkdir(self->shared, RECORDED);
	scratch_set_server(self->b.scratch, 8, "N");
	self->b.options.require_fencing = false;
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_cmpuint(result.warnings->len, ==, 1);
	g_assert_nonnull(
		strstr(g_ptr_array_index(result.warnings, 0), "recorded before the crash"));
	takeover_clear(&result);
}

/* A store that would stay behind when the group moves. */
static void test_devices(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *const exports[] = {
		scratch_mkdir(self->shared, "one"), scratch_mkdir(self->shared, "two"), NULL};
	const char *on_one = scratch_path(self->shared, "one/store");
	const char *on_three = scratch_path(self->shared, "three/store");
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) devices = NULL;

	if (!scratch_mount(self->shared, "one") || !scratch_mount(self->shared, "two") ||
		!scratch_mount(self->shared, "three")) {
		g_test_skip("no file system can be mounted here");
		return;
	}
	devices = filesystems_find(on_one, exports, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(devices->len, ==, 2);
	g_autoptr(GArray) alone = filesystems_find(on_one, no_list, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(alone->len, ==, 1);
	/* A filesystem of its own moves like the others. */
	g_autoptr(GArray) apart = filesystems_find(on_three, exports, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(apart->len, ==, 3);
	g_assert_null(filesystems_find("/store-on-the-root-filesystem", exports, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_assert_nonnull(strstr(error->message, "would not move with them"));
	g_clear_error(&error);
	g_assert_null(filesystems_find("/store-on-the-root-filesystem", no_list, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_assert_nonnull(strstr(error->message, "root filesystem"));
	g_clear_error(&error);
	/* A tmpfs may be the node's as well. */
	g_assert_null(filesystems_find("/dev/shm/store", exports, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_clear_error(&error);
	/* An export that isn't mounted is on the root filesystem, wherever the store is. */
	g_assert_null(filesystems_find(on_three, (const char *const[]){"/etc", NULL}, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
}

#define ADD(name, data, function)                                                                  \
	g_test_add("/takeover/" name, fixture, data, set_up, function, tear_down)

int main(int argc, char **argv)
{
	static const enum phase armed = PHASE_ARMED, reclaiming = PHASE_RECLAIMING,
				serving = PHASE_SERVING, frozen = PHASE_FROZEN,
				released = PHASE_RELEASED;
	static const enum grace_source automatic = GRACE_SOURCE_AUTO,
				       restart = GRACE_SOURCE_RESTART_LOCKD;

	g_test_init(&argc, &argv, NULL);
	ADD("new-group", NULL, test_new_group);
	ADD("release-and-adopt", NULL, test_release_and_adopt);
	ADD("not-in-grace", NULL, test_not_in_grace);
	ADD("grace/begun", &automatic, test_grace_is_begun);
	ADD("grace/begun-by-restart", &restart, test_grace_is_begun);
	ADD("grace/over-with-address", NULL, test_grace_over_with_address);
	ADD("grace/mount-keeps-lock-manager", NULL, test_mount_keeps_lock_manager);
	ADD("grace/runs-short", NULL, test_grace_runs_short);
	ADD("grace/short-is-kept", NULL, test_grace_short_is_kept);
	ADD("grace/runs-long-enough", NULL, test_grace_runs_long_enough);
	ADD("grace/restart-once", NULL, test_restart_once);
	ADD("grace/restart-in-recovery", NULL, test_restart_in_recovery);
	ADD("no-clients", NULL, test_no_clients);
	ADD("unknown/state-is-gone", NULL, test_state_is_gone);
	ADD("unknown/store-is-gone", NULL, test_store_is_gone);
	ADD("unknown/store-is-new", NULL, test_store_is_new);
	ADD("unknown/records-are-gone", NULL, test_records_are_gone);
	ADD("owner-alive/armed", &armed, test_owner_alive);
	ADD("owner-alive/reclaiming", &reclaiming, test_owner_alive);
	ADD("owner-alive/serving", &serving, test_owner_alive);
	ADD("owner-alive/frozen", &frozen, test_owner_alive);
	ADD("process-killed/serving", &serving, test_process_killed);
	ADD("process-killed/frozen", &frozen, test_process_killed);
	ADD("process-killed/released", &released, test_process_killed);
	ADD("upgraded", NULL, test_upgraded);
	ADD("inexact/inexact", "inexact", test_inexact);
	ADD("inexact/partial", "partial", test_inexact);
	for (gsize i = 0; i < 7; i++) {
		g_autofree char *name = g_strdup_printf("/takeover/killed-and-away/%zu", i);

		g_test_add(name, fixture, GSIZE_TO_POINTER(i), set_up, test_killed_and_away,
			tear_down);
	}
	ADD("unlocked-since/frozen", &frozen, test_unlocked_since);
	ADD("unlocked-since/released", &released, test_unlocked_since);
	ADD("more-locks-since", NULL, test_more_locks_since);
	ADD("no-locks", NULL, test_no_locks);
	ADD("locks-unknown", NULL, test_locks_unknown);
	ADD("lockd-restarted", NULL, test_lockd_restarted);
	ADD("rebooted", NULL, test_rebooted);
	ADD("killed-in-recovery", NULL, test_killed_in_recovery);
	ADD("second-crash", NULL, test_second_crash);
	ADD("taken-from-us", NULL, test_taken_from_us);
	ADD("bad-stores", NULL, test_bad_stores);
	ADD("store-in-use", NULL, test_store_in_use);
	ADD("damaged-record", NULL, test_damaged_record);
	ADD("name-of-server", NULL, test_name_of_server);
	ADD("cannot-convey", NULL, test_cannot_convey);
	ADD("to-reclaim", NULL, test_to_reclaim);
	ADD("to-reclaim/none", "none", test_to_reclaim_none);
	ADD("to-reclaim/none-of-clients", "some", test_to_reclaim_none);
	ADD("to-reclaim/none-of-clients-shared", "shared", test_to_reclaim_none);
	ADD("to-reclaim/frozen", &frozen, test_to_reclaim_crashed);
	ADD("to-reclaim/serving", &serving, test_to_reclaim_crashed);
	ADD("to-reclaim/too-early", NULL, test_to_reclaim_too_early);
	ADD("to-reclaim/elsewhere", "1: POSIX  ADVISORY  WRITE 77 fe:01:1 0 EOF\n",
		test_to_reclaim_not_all);
	ADD("to-reclaim/dropped", "frozen first", test_to_reclaim_dropped);
	ADD("to-reclaim/not-frozen", NULL, test_to_reclaim_dropped);
	ADD("to-reclaim/other-lock-manager", NULL, test_to_reclaim_not_all);
	ADD("to-reclaim/earlier-form", NULL, test_to_reclaim_earlier_form);
	ADD("to-reclaim/begun", NULL, test_to_reclaim_begun);
	ADD("recorded", "inexact", test_recorded);
	ADD("recorded/claims-to-be-exact", "exact", test_recorded);
	ADD("recorded/frozen", &frozen, test_recorded_handed_over);
	ADD("recorded/released", &released, test_recorded_handed_over);
	ADD("recorded/resumed", NULL, test_recorded_resumed);
	ADD("recorded/clock-set-back", GINT_TO_POINTER(-7200), test_recorded_clock_set);
	ADD("recorded/clock-set-on", GINT_TO_POINTER(7200), test_recorded_clock_set);
	ADD("recorded/before", NULL, test_recorded_before);
	ADD("recorded/damaged", "lockferry locks 1 inexact 9999999999 2\n/srv/a 1 WRITE 0 EOF\n",
		test_recorded_of_no_use);
	ADD("recorded/none", "", test_recorded_of_no_use);
	ADD("recorded/unreadable", NULL, test_recorded_unreadable);
	ADD("devices", NULL, test_devices);
	ADD("handover/unlock", "exports", test_unlock);
	ADD("handover/unlock-store", NULL, test_unlock);
	ADD("handover/fails", NULL, test_handover_fails);
	ADD("handover/after-crash", NULL, test_after_crash);
	ADD("handover/after-crash-address-here", NULL, test_after_crash_address_here);
	ADD("handover/after-crash-not-ours", NULL, test_after_crash_not_ours);
	ADD("handover/after-migration", NULL, test_after_migration);
	return g_test_run();
}
