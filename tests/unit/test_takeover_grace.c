/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The grace period of a takeover: a running one, or one that the takeover begins. */
#include "service/takeover.h"

#include "base/error.h"
#include "fake_server.h"
#include "quick_time.h"
#include "service/missed_grace.h"
#include "two_nodes.h"

#include <string.h>

/* B has an NFS server that can be restarted, which takes some time. */
static fake_server *serve_others_on_b(two_nodes *self)
{
	fake_server *server = fake_server_new(self->b.scratch);

	quick_time_stop();
	self->b.options.kernel = self->b.scratch->kernel;
	return server;
}

/* B takes the group over, and its NFS server is started this often. */
static group_state *must_take_over_with(
	two_nodes *self, fake_server *server, enum adoption expected, guint starts)
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

/* B's NFS server has served other groups for long. */
static void test_grace_is_begun(two_nodes *self, gconstpointer data)
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

/* Other clients may have taken the locks. */
static void test_grace_over_with_address(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	self->b.address_is_here = true;
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "the group's address is on this node");
	g_assert_cmpuint(kernel_nfsd_threads(&self->b.options.kernel), ==, 8);
	fake_server_free(server);
}

static void test_mount_keeps_lock_manager(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->b.scratch, "proc/mounts", "192.0.2.9:/x /mnt nfs rw,vers=3 0 0\n");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "an NFSv3 filesystem is mounted");
	fake_server_free(server);
}

/* The grace period runs; `uptime` says how long. */
static void set_grace(scratch *of, const char *uptime)
{
	scratch_set_server(of, 8, "N");
	scratch_write(of, "proc/sys/fs/nfs/nlm_grace_period", "90\n");
	scratch_write(of, "proc/sys/fs/nfs/nlm_timeout", "10\n");
	/* lockd was started at tick 1000 of 100 a second */
	scratch_write(of, "proc/uptime", uptime);
}

static void test_grace_runs_short(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	set_grace(self->b.scratch, "60.00 1.00\n");
	g_assert_cmpuint(kernel_grace_left(&self->b.options.kernel, NULL), ==, 40);
	group_state_free(must_take_over_with(self, server, ADOPTION_RECOVER, 1));
	fake_server_free(server);
}

/* No new grace period can be begun: the rest of the running one is better than nothing, and no
 * restart is reported. */
static void test_grace_short_is_kept(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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
	g_assert_nonnull(strstr(g_ptr_array_index(result.warnings, 0), "cannot be restarted"));
	g_assert_nonnull(strstr(g_ptr_array_index(result.warnings, 1), "only 40 s are left"));
	takeover_clear(&result);
	fake_server_free(server);
}

static void test_grace_runs_long_enough(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);

	serve_on_a(self, PHASE_RELEASED);
	set_grace(self->b.scratch, "50.00 1.00\n");
	g_assert_cmpuint(kernel_grace_left(&self->b.options.kernel, NULL), ==, 50);
	group_state_free(must_take_over_with(self, server, ADOPTION_RECOVER, 0));
	fake_server_free(server);
}

/* With a setting to restart, the process restarts the lock manager when it arrives, and not after
 * each restart by others. */
static void test_restart_once(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

/* Locks that clients have reclaimed are gone with the lock manager, and must be reclaimed again. */
static void test_restart_in_recovery(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

/* The lock manager is restarted, and somebody has removed a record from the store since the
 * takeover before: the process still knows its client. */
static void test_record_removed(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);
	g_autoptr(GPtrArray) known = NULL;
	g_autoptr(GError) error = NULL;
	struct takeover result;

	serve_on_a(self, PHASE_RELEASED);
	group_state_free(must_take_over_with(self, server, ADOPTION_RECOVER, 1));
	known = store_load_clients(self->b.store, STORE_WITHOUT_RAW, NULL, &error);
	for (guint i = 0; i < known->len; i++) {
		client *entry = g_ptr_array_index(known, i);
		g_autofree char *path = g_strdup_printf("fs/.lockferry/sm/%s", entry->file);

		entry->recovery = RECOVERY_ACKNOWLEDGED;
		scratch_remove(self->shared, path);
	}
	self->b.known = known;
	scratch_write(self->b.scratch, "proc/78/stat",
		"78 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 3000 0\n");
	scratch_set_server(self->b.scratch, 8, "N");
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_true(result.state->recovery_due);
	g_assert_cmpuint(result.clients->len, ==, 2);
	for (guint i = 0; i < known->len; i++) {
		const client *entry = g_ptr_array_index(result.clients, i);

		g_assert_cmpstr(entry->file, ==, ((client *)g_ptr_array_index(known, i))->file);
		g_assert_cmpint(entry->recovery, ==, RECOVERY_RECORDED);
	}
	takeover_clear(&result);
	fake_server_free(server);
}

/* On b, clients reclaim: one has answered, the other one is as `other` says. The caller frees the
 * state and, in `*clients`, these two. */
static group_state *reclaim_on_b(two_nodes *self, enum recovery other, GPtrArray **clients)
{
	g_autoptr(GError) error = NULL;
	group_state *state;

	serve_on_a(self, PHASE_RELEASED);
	scratch_set_server(self->b.scratch, 8, "N");
	state = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	*clients = store_load_clients(self->b.store, STORE_WITHOUT_RAW, NULL, &error);
	((client *)g_ptr_array_index(*clients, 0))->recovery = RECOVERY_ACKNOWLEDGED;
	((client *)g_ptr_array_index(*clients, 1))->recovery = other;
	g_assert_true(store_save_account(self->b.store, state->epoch, *clients, &error));
	set_phase(&self->b, state, PHASE_RECLAIMING);
	return state;
}

/* The process dies while clients reclaim, and is started again when grace is over. */
static void test_grace_missed(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);
	g_autoptr(group_state) state = NULL;
	g_autoptr(GPtrArray) clients = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *says = NULL;
	struct takeover result;

	state = reclaim_on_b(self, RECOVERY_UNREACHABLE, &clients);
	crash(&self->b);
	scratch_set_server(self->b.scratch, 8, "Y");
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(result.cautions->len, ==, 1);
	says = g_strdup_printf("these clients had not answered by then: '%s': ",
		((client *)g_ptr_array_index(clients, 1))->mon_name);
	g_assert_nonnull(strstr(g_ptr_array_index(result.cautions, 0), says));
	takeover_clear(&result);
	fake_server_free(server);
}

/* The group was handed over without its process before it is started again, and with it the lock
 * manager went whose grace period was over. */
static void test_grace_missed_before(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_server *server = serve_others_on_b(self);
	g_autoptr(group_state) state = NULL;
	g_autoptr(GPtrArray) clients = NULL;
	g_autoptr(GError) error = NULL;
	struct takeover result;

	state = reclaim_on_b(self, RECOVERY_TOLD, &clients);
	g_assert_true(missed_grace_note(self->b.store, state, KERNEL_GRACE_RUNS, &error));
	g_ptr_array_unref(clients);
	clients = store_load_clients(self->b.store, STORE_WITHOUT_RAW, NULL, &error);
	g_assert_cmpint(((client *)g_ptr_array_index(clients, 1))->recovery, ==, RECOVERY_TOLD);
	g_assert_true(missed_grace_note(self->b.store, state, KERNEL_GRACE_OVER, &error));
	crash(&self->b);
	scratch_write(self->b.scratch, "proc/77/stat",
		"77 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 3000 0\n");
	scratch_set_server(self->b.scratch, 8, "N");
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_cmpuint(result.cautions->len, ==, 1);
	g_assert_nonnull(strstr(g_ptr_array_index(result.cautions, 0), "had not answered by then"));
	g_assert_nonnull(strstr(g_ptr_array_index(result.cautions, 0),
		((client *)g_ptr_array_index(clients, 1))->mon_name));
	takeover_clear(&result);
	fake_server_free(server);
}

/* The takeover begins a grace period by a restart of the lock manager. Nothing else has changed. */
static void test_to_reclaim_begun(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

#define ADD(name, data, function) TWO_NODES_ADD("/takeover/" name, data, function)

int main(int argc, char **argv)
{
	static const enum grace_source automatic = GRACE_SOURCE_AUTO,
				       restart = GRACE_SOURCE_RESTART_LOCKD;

	g_test_init(&argc, &argv, NULL);
	ADD("grace/begun", &automatic, test_grace_is_begun);
	ADD("grace/begun-by-restart", &restart, test_grace_is_begun);
	ADD("grace/over-with-address", NULL, test_grace_over_with_address);
	ADD("grace/mount-keeps-lock-manager", NULL, test_mount_keeps_lock_manager);
	ADD("grace/runs-short", NULL, test_grace_runs_short);
	ADD("grace/short-is-kept", NULL, test_grace_short_is_kept);
	ADD("grace/runs-long-enough", NULL, test_grace_runs_long_enough);
	ADD("grace/restart-once", NULL, test_restart_once);
	ADD("grace/record-removed", NULL, test_record_removed);
	ADD("grace/missed", NULL, test_grace_missed);
	ADD("grace/missed-before", NULL, test_grace_missed_before);
	ADD("grace/restart-in-recovery", NULL, test_restart_in_recovery);
	ADD("to-reclaim/begun", NULL, test_to_reclaim_begun);
	return g_test_run();
}
