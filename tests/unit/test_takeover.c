/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/takeover.h"

#include "base/error.h"
#include "two_nodes.h"

#include <string.h>
#include <sys/stat.h>

static void test_new_group(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = NULL;
	struct stat status;

	/* No grace period is needed if no client has a lock to reclaim. */
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

/* The whole way: A releases the group, and B adopts it. */
static void test_release_and_adopt(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	g_autoptr(group_state) state = NULL;
	g_autoptr(GPtrArray) clients = NULL;

	/* B has a record of one of the clients already, and the record of its own statd is
	 * newer. */
	scratch_write(self->b.scratch, "sm/client-a", RECORD_A RECORD_A);
	scratch_set_server(self->b.scratch, 8, "N");
	state = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, >=, number + 2);
	g_assert_cmpuint(state->epoch, ==, 2);
	g_assert_true(state->recovery_due);
	assert_record(&self->b, "10.99.0.22", RECORD_B_CONVEYED);
	assert_record(&self->b, "client-a", RECORD_A RECORD_A);

	/* The state in memory is also on the disk. */
	g_autoptr(group_state) stored = store_load_state(self->b.store, NULL);
	g_assert_cmpint(stored->state_number, >=, number + 2);
	g_assert_cmpstr(stored->node, ==, "node2");
	clients = store_load_clients(self->b.store, STORE_WITH_RAW, NULL, NULL);
	for (guint i = 0; i < clients->len; i++)
		g_assert_cmpint(
			((client *)g_ptr_array_index(clients, i))->recovery, ==, RECOVERY_RECORDED);
}

static void test_not_in_grace(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	self->b.options.grace = GRACE_SOURCE_RUNNING;
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "2 clients must reclaim locks");
	scratch_set_server(self->b.scratch, 0, "N");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "not running");
	scratch_set_server(self->b.scratch, 8, NULL);
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "not running");
	scratch_set_server(self->b.scratch, 8, "N");
	group_state_free(must_take_over(&self->b, ADOPTION_RECOVER, 2));
}

/* No client must be told, so the grace period does not matter. */
static void test_no_clients(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);
	g_autoptr(group_state) next = NULL;

	hand_over(&self->a, state, PHASE_RELEASED, false);
	next = must_take_over(&self->b, ADOPTION_RECOVER, 0);
	g_assert_false(next->recovery_due);
	g_assert_cmpint(next->state_number, >=, state->state_number + 2);
}

static void test_owner_alive(two_nodes *self, gconstpointer data)
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

static void set_recovery(struct node *node, enum recovery recovery)
{
	g_autoptr(GPtrArray) clients = store_load_clients(node->store, STORE_WITH_RAW, NULL, NULL);

	for (guint i = 0; i < clients->len; i++)
		((client *)g_ptr_array_index(clients, i))->recovery = recovery;
	g_autoptr(group_state) state = store_load_state(node->store, NULL);
	g_assert_true(store_save_account(node->store, state->epoch, clients, NULL));
}

/* The process is killed in a recovery, which continues under the same number, because some clients
 * know it already. */
static void test_killed_in_recovery(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

	/* Grace ended in the meantime: clients that did not answer cannot reclaim any more. */
	scratch_set_server(self->b.scratch, 8, "Y");
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "2 clients must reclaim locks");
	self->b.store = store_open(self->store_path, STORE_WRITE, NULL, NULL);
	set_recovery(&self->b, RECOVERY_ACKNOWLEDGED);
	crash(&self->b);
	self->b.address_is_here = true;
	group_state_free(must_take_over(&self->b, ADOPTION_CONTINUE, 2));
}

/* B dies in its recovery, and A takes over. This is a new recovery, for all clients. */
static void test_second_crash(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

/* On a filesystem that both nodes see: the node from which the group was taken does not write any
 * more. */
static void test_taken_from_us(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

static bool is_on_root_filesystem(const two_nodes *self)
{
	struct stat root, own;

	return stat("/", &root) == 0 && stat(self->store_path, &own) == 0 &&
	       root.st_dev == own.st_dev;
}

static void test_bad_stores(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

static void test_store_in_use(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 0));
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "another process");
}

/* A damaged record does not prevent that the other clients are told and the group is served. */
static void test_damaged_record(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

/* lockd uses the host name of its UTS namespace, whatever the cluster calls the node. */
static void test_name_of_server(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = NULL;

	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->b.scratch, "proc/sys/kernel/hostname", "nfs2.example.com\n");
	scratch_set_server(self->b.scratch, 8, "N");
	state = must_take_over(&self->b, ADOPTION_RECOVER, 2);
	assert_record(&self->b, "10.99.0.22", RECORD_OF("nfs2.example.com"));
}

/* Nothing can be written into statd's directory: this is a warning, and the clients are told
 * anyway. */
static void test_cannot_convey(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

/* There must be one caution, with this text. */
static void assert_cautioned(const struct takeover *result, const char *says)
{
	g_assert_cmpuint(result->cautions->len, ==, 1);
	if (strstr(g_ptr_array_index(result->cautions, 0), says) == NULL)
		g_error("'%s' does not say '%s'", (char *)g_ptr_array_index(result->cautions, 0),
			says);
}

/* The records are there, so the clients' locks may be lost. */
static void test_state_is_gone(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	serve_on_a(self, PHASE_RELEASED);
	scratch_remove(self->shared, "fs/.lockferry/state");
	self->b.options.grace = GRACE_SOURCE_RUNNING;
	must_be_refused(self, &self->b, LF_ERROR_FAILED, "2 clients must reclaim locks");
	scratch_set_server(self->b.scratch, 8, "N");
	g_assert_true(take_over(&self->b, &result, &error));
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_true(result.state->recovery_due);
	g_assert_cmpuint(result.clients->len, ==, 2);
	assert_cautioned(&result, "records of 2 clients");
	assert_record(&self->b, "10.99.0.22", RECORD_B_CONVEYED);
	takeover_clear(&result);
	crash(&self->b);
	/* The clients are told once more, but without a caution. */
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_CONTINUE);
	g_assert_cmpuint(result.cautions->len, ==, 0);
	takeover_clear(&result);
}

/* The store is gone: the clients that statd knows on this node are told if they may have lost their
 * locks. */
static void test_store_is_gone(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	scratch_write(self->b.scratch, "sm/client-a", RECORD_A);
	scratch_write(self->b.scratch, "sm/rubbish", "rubbish\n");
	scratch_set_server(self->b.scratch, 8, "N");
	g_assert_true(take_over(&self->b, &result, &error));
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_true(result.state->recovery_due);
	assert_cautioned(&result, "records of 1 client on this node");
	g_assert_null(result.new_store);
	takeover_clear(&result);
}

/* The grace period of this lock manager is over, so it has lost no lock. But other clients are not
 * known. */
static void test_store_is_new(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

/* Locks were noted, but no client has a record, so the records are lost. */
static void test_records_are_gone(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
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

#define ADD(name, data, function) TWO_NODES_ADD("/takeover/" name, data, function)

int main(int argc, char **argv)
{
	static const enum phase armed = PHASE_ARMED, reclaiming = PHASE_RECLAIMING,
				serving = PHASE_SERVING, frozen = PHASE_FROZEN;

	g_test_init(&argc, &argv, NULL);
	ADD("new-group", NULL, test_new_group);
	ADD("release-and-adopt", NULL, test_release_and_adopt);
	ADD("not-in-grace", NULL, test_not_in_grace);
	ADD("no-clients", NULL, test_no_clients);
	ADD("unknown/state-is-gone", NULL, test_state_is_gone);
	ADD("unknown/store-is-gone", NULL, test_store_is_gone);
	ADD("unknown/store-is-new", NULL, test_store_is_new);
	ADD("unknown/records-are-gone", NULL, test_records_are_gone);
	ADD("owner-alive/armed", &armed, test_owner_alive);
	ADD("owner-alive/reclaiming", &reclaiming, test_owner_alive);
	ADD("owner-alive/serving", &serving, test_owner_alive);
	ADD("owner-alive/frozen", &frozen, test_owner_alive);
	ADD("killed-in-recovery", NULL, test_killed_in_recovery);
	ADD("second-crash", NULL, test_second_crash);
	ADD("taken-from-us", NULL, test_taken_from_us);
	ADD("bad-stores", NULL, test_bad_stores);
	ADD("store-in-use", NULL, test_store_in_use);
	ADD("damaged-record", NULL, test_damaged_record);
	ADD("name-of-server", NULL, test_name_of_server);
	ADD("cannot-convey", NULL, test_cannot_convey);
	return g_test_run();
}
