/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/status.h"

#include "base/text.h"
#include "kernel/nfs4_clients.h"
#include "node/filesystems.h"
#include "server/new_locks.h"

#include <string.h>
#include <unistd.h>

/* How many clients are named for each kind of warning. */
#define NAMES_MAX 20

static JsonArray *addresses_to_json(const struct status_view *view)
{
	const char *const *list = addresses_list(view->addresses);
	JsonArray *array = json_array_new();

	for (guint i = 0; list[i] != NULL; i++) {
		JsonObject *address = json_object_new();

		json_object_set_string_member(address, "address", list[i]);
		json_object_set_boolean_member(
			address, "here", addresses_is_here(view->addresses, i));
		json_array_add_object_element(array, address);
	}
	return array;
}

static void add_problems(const struct status_view *view, bool warnings, JsonArray *array)
{
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		if (view->problems->texts[i] != NULL &&
			problem_is_warning((enum problem)i) == warnings)
			json_array_add_string_element(array, view->problems->texts[i]);
	}
}

static JsonArray *problems_to_json(const struct status_view *view)
{
	JsonArray *array = json_array_new();

	add_problems(view, false, array);
	return array;
}

static void warn_of_clients(JsonArray *array, GPtrArray *names, const char *what)
{
	for (guint i = 0; i < MIN(names->len, NAMES_MAX); i++) {
		g_autofree char *text = g_strdup_printf(
			"client '%s' %s", (const char *)g_ptr_array_index(names, i), what);
		json_array_add_string_element(array, text);
	}
	if (names->len > NAMES_MAX) {
		g_autofree char *text =
			g_strdup_printf("%u more clients each %s", names->len - NAMES_MAX, what);
		json_array_add_string_element(array, text);
	}
}

static bool any_client_is(const struct status_view *view, enum recovery recovery)
{
	const client_list *clients = view->clients;

	return clients != NULL && client_list_count(clients, recovery) > 0;
}

static void warn_of_clients_that_are(
	JsonArray *array, const struct status_view *view, enum recovery recovery, const char *what)
{
	const client_list *clients = view->clients;
	g_autoptr(GPtrArray) mon_names = NULL;
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	if (!any_client_is(view, recovery))
		return;
	mon_names = client_list_mon_names(clients);
	for (guint i = 0; i < mon_names->len; i++) {
		char *mon_name = g_ptr_array_index(mon_names, i);

		if (client_list_recovery(clients, mon_name) == recovery)
			g_ptr_array_add(found, mon_name);
	}
	g_ptr_array_sort(found, text_compare);
	warn_of_clients(array, found, what);
}

bool status_warns(const struct status_view *view)
{
	return any_client_is(view, RECOVERY_UNREACHABLE) || any_client_is(view, RECOVERY_LOST) ||
	       any_client_is(view, RECOVERY_MAY_HAVE_LOST) || view->reclaims.awaited != NULL ||
	       cautions_any(view->cautions) || problems_any(view->problems, true);
}

static JsonArray *warnings_to_json(const struct status_view *view)
{
	const char *awaited = view->reclaims.awaited;
	JsonArray *array = json_array_new();

	warn_of_clients_that_are(array, view, RECOVERY_UNREACHABLE, "does not answer");
	warn_of_clients_that_are(array, view, RECOVERY_LOST,
		"lost its locks: it did not answer before the grace period ended; restart its applications");
	warn_of_clients_that_are(array, view, RECOVERY_MAY_HAVE_LOST,
		"may have lost locks: it did not answer before the grace period ended, and is not known to use this group; if it does, restart its applications");
	if (awaited != NULL)
		json_array_add_string_element(array, awaited);
	cautions_to_json(view->cautions, array);
	add_problems(view, true, array);
	return array;
}

static void add_counts(const struct status_view *view, JsonObject *answer)
{
	const client_list *clients = view->clients;

	json_object_set_int_member(
		answer, "clients", clients != NULL ? client_list_size(clients) : 0);
	json_object_set_int_member(answer, "unreadable", view->found.unreadable);
	for (int i = 0; i < RECOVERY_COUNT; i++)
		json_object_set_int_member(answer, recovery_name((enum recovery)i),
			clients != NULL ? client_list_count(clients, (enum recovery)i) : 0);
}

/* When the last client reached each step, in seconds since the recovery began. */
static JsonObject *seconds_to_json(const struct progress *progress)
{
	static const enum recovery steps[] = {
		RECOVERY_TOLD, RECOVERY_ACKNOWLEDGED, RECOVERY_RECLAIMED};
	JsonObject *seconds = json_object_new();

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		json_object_set_double_member(
			seconds, recovery_name(steps[i]), progress_seconds(progress, steps[i]));
	return seconds;
}

bool status_needs_grace(const struct status_view *view)
{
	const group_state *state = view->state;

	/* A restart a moment ago may not have been noticed yet. */
	if (state == NULL || view->taking_over || !view->lock_manager_runs)
		return true;
	return !view->reclaims.all_back && (state->phase != PHASE_SERVING || state->recovery_due);
}

static void add_recovery(const struct status_view *view, JsonObject *answer)
{
	const struct telling_view *told = &view->told;

	json_object_set_int_member(answer, "recovery_began", told->began);
	json_object_set_int_member(answer, "recovery_ended", told->ended);
	json_object_set_object_member(answer, "recovery_seconds", seconds_to_json(told->progress));
}

/* How many of the locks noted at the handover are not back yet; null if this is not watched. */
static void add_reclaims(const struct status_view *view, JsonObject *answer)
{
	const struct reclaim_view *reclaims = &view->reclaims;

	if (reclaims->known) {
		json_object_set_int_member(answer, "locks_noted", reclaims->noted);
		json_object_set_int_member(answer, "locks_missing", reclaims->missing);
	} else {
		json_object_set_null_member(answer, "locks_noted");
		json_object_set_null_member(answer, "locks_missing");
	}
	json_object_set_boolean_member(answer, "needs_grace", status_needs_grace(view));
	json_object_set_string_member(
		answer, "grace_needed_by", reclaims->needed_by != NULL ? reclaims->needed_by : "");
}

/* "frozen" is a promise that the last records and the locks are in the store. */
static const char *shown_phase(const struct status_view *view)
{
	const group_state *state = view->state;

	if (state == NULL)
		return phase_name(PHASE_ADOPTING);
	if (state->phase == PHASE_FROZEN && !view->is_saved)
		return "freezing";
	return phase_name(state->phase);
}

static void add_state(const struct status_view *view, JsonObject *answer)
{
	const group_state *state = view->state;

	json_object_set_string_member(answer, "phase", shown_phase(view));
	json_object_set_int_member(answer, "epoch", state != NULL ? (gint64)state->epoch : 0);
	json_object_set_int_member(answer, "state_number", state != NULL ? state->state_number : 0);
	json_object_set_boolean_member(
		answer, "recovery_due", state != NULL && state->recovery_due);
}

/* What the fencing history says about this node; while the start waits, about the node that it
 * waits for. */
static void add_fencing(const struct status_view *view, JsonObject *answer)
{
	const char *why = view->waits_for;
	const char *known = view->found.fencing != NULL ? view->found.fencing : "";

	json_object_set_string_member(answer, "fencing", why != NULL ? why : known);
	json_object_set_boolean_member(answer, "fencing_known", view->found.fencing_known);
	json_object_set_boolean_member(answer, "waits_for_fencing", why != NULL);
}

/* Of a server of its own only the state knows when it began. */
static JsonObject *grace_to_json(const struct status_view *view)
{
	bool is_known = view->options->own_server && view->state != NULL && view->lock_manager_runs;

	return new_locks_to_json(
		&view->options->kernel, is_known ? view->state->lock_manager : NULL);
}

/* Of so many NFSv4 clients it is told who they are. */
#define NFS4_CLIENTS_MAX 100

static JsonObject *nfs4_client_to_json(const struct nfs4_client *one)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "address", one->address);
	json_object_set_string_member(object, "name", one->name);
	json_object_set_string_member(object, "status", one->status);
	json_object_set_int_member(object, "minor_version", one->minor_version);
	if (one->renewed_s >= 0)
		json_object_set_int_member(object, "seconds_since_renewal", one->renewed_s);
	else
		json_object_set_null_member(object, "seconds_since_renewal");
	return object;
}

static void add_nfs4_clients(const struct server_view *server, JsonObject *object)
{
	const GPtrArray *clients = server->nfs4_clients;
	JsonArray *array = json_array_new();

	if (clients != NULL)
		json_object_set_int_member(object, "nfs4_clients", server->nfs4_count);
	else
		json_object_set_null_member(object, "nfs4_clients");
	for (guint i = 0; clients != NULL && i < MIN(clients->len, NFS4_CLIENTS_MAX); i++)
		json_array_add_object_element(
			array, nfs4_client_to_json(g_ptr_array_index(clients, i)));
	json_object_set_array_member(object, "nfs4", array);
}

/* How long the grace period is, or was, and why: the reason is known to the process that began it.
 */
static void add_grace_length(const struct status_view *view, JsonObject *object)
{
	const struct grace_length *length = &view->found.grace;
	guint seconds =
		view->state != NULL ? kernel_lock_manager_grace(view->state->lock_manager) : 0;
	g_autofree char *text = length->seconds > 0 && view->options->grace_s == 0
					? grace_length_text(length)
					: NULL;

	json_object_set_int_member(object, "grace_seconds", seconds);
	json_object_set_string_member(object, "grace_rests_on",
		view->options->grace_s > 0 ? "the configuration"
		: text != NULL             ? text
					   : "");
}

static JsonObject *server_to_json(const struct status_view *view)
{
	JsonObject *object = json_object_new();

	add_grace_length(view, object);
	add_nfs4_clients(&view->server, object);
	if (view->server.keeper != NULL)
		json_object_set_object_member(
			object, "keeper", json_object_ref(view->server.keeper));
	else
		json_object_set_null_member(object, "keeper");
	return object;
}

/* Whether it hangs, and that it does not answer, in words: "". */
static void add_disk(const struct status_view *view, JsonObject *answer)
{
	const char *hangs = view->problems->texts[PROBLEM_DISK];
	const char *late = view->problems->texts[PROBLEM_SLOW_DISK];

	json_object_set_boolean_member(answer, "disk_hangs", hangs != NULL);
	json_object_set_string_member(answer, "disk",
		hangs != NULL  ? hangs
		: late != NULL ? late
			       : "");
}

JsonObject *status_to_json(const struct status_view *view)
{
	JsonObject *answer = json_object_new();

	json_object_set_string_member(answer, "group", view->options->group);
	json_object_set_string_member(answer, "node", view->options->node);
	json_object_set_int_member(answer, "pid", getpid());
	json_object_set_string_member(answer, "store", view->options->store);
	json_object_set_array_member(
		answer, "devices", filesystems_to_json(view->found.filesystems));
	json_object_set_string_member(answer, "sm_dir", view->options->sm_dir);
	add_state(view, answer);
	add_fencing(view, answer);
	json_object_set_array_member(answer, "addresses", addresses_to_json(view));
	add_counts(view, answer);
	json_object_set_int_member(answer, "callouts", (gint64)view->callouts);
	json_object_set_int_member(answer, "callouts_missed", (gint64)view->callouts_missed);
	json_object_set_int_member(answer, "locks_at_freeze", view->locks_at_freeze);
	add_reclaims(view, answer);
	json_object_set_object_member(answer, "grace", grace_to_json(view));
	if (view->options->own_server)
		json_object_set_object_member(answer, "server", server_to_json(view));
	add_recovery(view, answer);
	add_disk(view, answer);
	json_object_set_array_member(answer, "problems", problems_to_json(view));
	json_object_set_array_member(answer, "warnings", warnings_to_json(view));
	return answer;
}
