/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/cmd.h"
#include "group/client_list.h"
#include "service/recovery.h"
#include "store/store.h"

#include <stdio.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT_S 60
#define TICK_MS 100

static char *store_dir, *from;
static char **names;
static gboolean force;
static int timeout_s = TIMEOUT_DEFAULT_S;

static const GOptionEntry entries[] = {
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "The group's store", "DIR"},
	{"from", 0, 0, G_OPTION_ARG_FILENAME, &from,
		"The group's address, which must be on this node", "ADDR"},
	{"name", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &names,
		"A name by which clients mount, in addition to that address; may be repeated",
		"NAME"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
		"When to give up on clients that don't answer [60]", "SECONDS"},
	{"force", 0, 0, G_OPTION_ARG_NONE, &force,
		"Notify even outside the grace period: clients will lose their locks", NULL},
	{0},
};

static const char details[] =
	"For recovery by hand of a group that no process serves; 'lockferry serve' does this by itself. It notifies every client\n"
	"in the store, with a new state number. Exit status: 0 every client answered, 1 some did not.\n";

struct telling {
	GMainLoop *loop;
	client_list *clients;
	gint64 began_us;
	bool terminal; /* show progress */
};

static guint answered(const struct telling *self)
{
	return client_list_count(self->clients, RECOVERY_ACKNOWLEDGED);
}

static void changed(void *data)
{
	struct telling *self = data;

	if (answered(self) == client_list_size(self->clients))
		g_main_loop_quit(self->loop);
}

static gboolean tick(gpointer data)
{
	struct telling *self = data;
	gint64 spent_us = g_get_monotonic_time() - self->began_us;

	if (self->terminal)
		fprintf(stderr, "\r%u of %u clients answered after %.1f s", answered(self),
			client_list_size(self->clients), (double)spent_us / G_USEC_PER_SEC);
	if (spent_us >= (gint64)timeout_s * G_USEC_PER_SEC)
		g_main_loop_quit(self->loop);
	return G_SOURCE_CONTINUE;
}

static void print_text(JsonObject *result)
{
	JsonArray *silent = json_object_get_array_member(result, "silent");

	printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
	       " clients answered within %.1f s (state number %" G_GINT64_FORMAT ")\n",
		json_object_get_int_member(result, "acknowledged"),
		json_object_get_int_member(result, "clients"),
		json_object_get_double_member(result, "seconds"),
		json_object_get_int_member(result, "state"));
	for (guint i = 0; i < json_array_get_length(silent); i++)
		printf("no answer: %s\n", json_array_get_string_element(silent, i));
}

/* Raises the state number. This is durable before the first packet is sent. No client has answered
 * under the new number yet. */
static group_state *raise_state(store *in, GPtrArray *clients, GError **error)
{
	GError *local_error = NULL;
	g_autoptr(group_state) state = store_load_state(in, &local_error);

	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return NULL;
	}
	if (state == NULL)
		state = group_state_new("", g_get_real_time() / G_USEC_PER_SEC);
	for (guint i = 0; i < clients->len; i++)
		client_forget_facts(g_ptr_array_index(clients, i));
	state->state_number =
		group_state_next_number(state->state_number, g_get_real_time() / G_USEC_PER_SEC);
	if (!store_save_account(in, state->epoch, clients, error) ||
		!store_save_state(in, state, error))
		return NULL;
	return g_steal_pointer(&state);
}

static bool tell(struct telling *self, gint32 state_number, GError **error)
{
	const char *const addresses[] = {from, NULL};
	recovery_run *run = recovery_new(
		self->clients, addresses, cmd_list_of(names), state_number, changed, self);
	guint source;

	if (!recovery_tell_from(run, from, error)) {
		recovery_free(run);
		return false;
	}
	self->loop = g_main_loop_new(NULL, FALSE);
	source = g_timeout_add(TICK_MS, tick, self);
	if (client_list_size(self->clients) > 0)
		g_main_loop_run(self->loop);
	g_source_remove(source);
	if (self->terminal)
		fputc('\n', stderr);
	g_main_loop_unref(self->loop);
	recovery_free(run);
	return true;
}

static JsonArray *silent_to_json(client_list *clients)
{
	g_autoptr(GPtrArray) copies = client_list_copy(clients);
	JsonArray *array = json_array_new();

	for (guint i = 0; i < copies->len; i++) {
		const client *entry = g_ptr_array_index(copies, i);

		if (entry->recovery < RECOVERY_ACKNOWLEDGED)
			json_array_add_string_element(array, entry->mon_name);
	}
	return array;
}

static bool may_tell(GError **error)
{
	switch (kernel_grace(cmd_kernel())) {
	case KERNEL_GRACE_RUNS:
		return true;
	case KERNEL_GRACE_NO_SERVER:
		cmd_say("the NFS server does not run on this node: clients cannot reclaim their locks, and keep trying, until it runs");
		return true;
	case KERNEL_GRACE_OVER:
		break;
	}
	return force || kernel_prove_grace(cmd_kernel(), error);
}

static int tell_and_report(const struct cmd *self, store *in, GPtrArray *clients, GError **error)
{
	g_autoptr(group_state) state = raise_state(in, clients, error);
	g_autoptr(JsonObject) result = json_object_new();
	g_autoptr(client_list) list = client_list_new();
	struct telling telling = {.clients = list,
		.began_us = g_get_monotonic_time(),
		.terminal = isatty(STDERR_FILENO) == 1};
	g_autoptr(GPtrArray) account = NULL;
	guint unreachable;
	int status;

	if (state == NULL)
		return CRM_EX_ERROR;
	for (guint i = 0; i < clients->len; i++)
		client_list_put(list, client_copy(g_ptr_array_index(clients, i)));
	if (!tell(&telling, state->state_number, error))
		return CRM_EX_ERROR;
	unreachable = client_list_size(list) - answered(&telling);
	json_object_set_int_member(result, "clients", client_list_size(list));
	json_object_set_int_member(result, "acknowledged", answered(&telling));
	json_object_set_int_member(result, "unreachable", unreachable);
	json_object_set_int_member(result, "state", state->state_number);
	json_object_set_double_member(result, "seconds",
		(double)(g_get_monotonic_time() - telling.began_us) / G_USEC_PER_SEC);
	json_object_set_array_member(result, "silent", silent_to_json(list));
	account = client_list_copy(list);
	status = store_save_account(in, state->epoch, account, error)
			 ? cmd_print(self, result, print_text, error)
			 : CRM_EX_ERROR;
	return unreachable > 0 ? CRM_EX_ERROR : status;
}

int cmd_notify(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) clients = NULL;
	g_autoptr(store) in = NULL;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("store", store_dir, error) || !cmd_require("from", from, error))
		return CRM_EX_USAGE;
	if (timeout_s < 1) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"the timeout must be at least one second, not %d", timeout_s);
		return CRM_EX_USAGE;
	}
	if (!may_tell(error))
		return CRM_EX_ERROR;
	in = store_open(store_dir, STORE_WRITE, NULL, error);
	clients = in != NULL ? store_load_clients(in, STORE_WITHOUT_RAW, problems, error) : NULL;
	if (clients == NULL)
		return CRM_EX_ERROR;
	for (guint i = 0; i < problems->len; i++)
		cmd_say("in the store: %s", (const char *)g_ptr_array_index(problems, i));
	return tell_and_report(self, in, clients, error);
}
