/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/handover.h"

#include "node/filesystems.h"
#include "two_nodes.h"

static void test_unlock(two_nodes *self, gconstpointer data)
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

/* A step fails: the state does not change, so the group does not count as released. */
static void test_handover_fails(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

static void assert_phase(two_nodes *self, enum phase phase)
{
	g_autoptr(store) from = store_open(self->store_path, STORE_READ, NULL, NULL);
	g_autoptr(group_state) state = store_load_state(from, NULL);

	g_assert_cmpint(state->phase, ==, phase);
}

/* The last steps of a process that died while it served. */
static void test_after_crash(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	bool released = false;

	serve_on_a(self, PHASE_SERVING);
	/* statd recorded this while no process was running. */
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
	/* It is not known which locks were dropped before. */
	g_assert_true(g_str_has_prefix(lines[0], "lockferry locks 1 inexact "));
	g_assert_cmpuint(g_strv_length(lines), ==, 6);

	/* Now B needs no fencing. */
	scratch_set_server(self->b.scratch, 8, "N");
	group_state_free(must_take_over(&self->b, ADOPTION_RECOVER, 3));
}

static void test_after_crash_address_here(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

/* Nothing to hand over: the group belongs to another node, another boot or another group, or there
 * is no store. */
static void test_after_crash_not_ours(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	bool released = false;

	g_assert_true(handover_without_process(&self->a.options, &released, &error));
	g_assert_true(released);
	/* No store is made either. */
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

/* If B has taken the group over, as in a migration, A drops the locks that are left on the group's
 * filesystems, but not while the group's address is on A. */
static void test_after_migration(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *const local[] = {"127.0.0.1", NULL};
	g_autoptr(GError) error = NULL;
	bool released = false;

	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->a.scratch, "nfsd/unlock_filesystem", "");
	/* A migration that failed changes nothing. */
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

#define ADD(name, data, function) TWO_NODES_ADD("/handover/" name, data, function)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("unlock", "exports", test_unlock);
	ADD("unlock-store", NULL, test_unlock);
	ADD("fails", NULL, test_handover_fails);
	ADD("after-crash", NULL, test_after_crash);
	ADD("after-crash-address-here", NULL, test_after_crash_address_here);
	ADD("after-crash-not-ours", NULL, test_after_crash_not_ours);
	ADD("after-migration", NULL, test_after_migration);
	return g_test_run();
}
