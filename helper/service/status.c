/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"
#include "node/filesystems.h"
#include "server/new_locks.h"
#include "service/internal.h"

#include <string.h>
#include <unistd.h>

/* Of clients that need a human, so many are named. */
#define NAMES_MAX 20

static JsonArray *addresses_to_json(const struct service *self)
{
	const char *const *list = addresses_list(self->here);
	JsonArray *array = json_array_new();

	for (guint i = 0; list[i] != NULL; i++) {
		JsonObject *address = json_object_new();

		json_object_set_string_member(address, "address", list[i]);
		json_object_set_boolean_member(address, "here", addresses_is_here(self->here, i));
		json_array_add_object_element(array, address);
	}
	return array;
}

static void add_problems(const struct service *self, bool warnings, JsonArray *array)
{
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		if (self->problems.texts[i] != NULL &&
			problem_is_warning((enum problem)i) == warnings)
			json_array_add_string_element(array, self->problems.texts[i]);
	}
}

static JsonArray *problems_to_json(const struct service *self)
{
	JsonArray *array = json_array_new();

	add_problems(self, false, array);
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

static bool any_client_is(const struct service *self, enum recovery recovery)
{
	const client_list *clients = roster_clients(self->roster);

	return clients != NULL && client_list_count(clients, recovery) > 0;
}

static void warn_of_clients_that_are(
	JsonArray *array, const struct service *self, enum recovery recovery, const char *what)
{
	const client_list *clients = roster_clients(self->roster);
	g_autoptr(GPtrArray) mon_names = NULL;
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	if (!any_client_is(self, recovery))
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

bool service_warns(const struct service *self)
{
	return any_client_is(self, RECOVERY_UNREACHABLE) || any_client_is(self, RECOVERY_LOST) ||
	       any_client_is(self, RECOVERY_MAY_HAVE_LOST) ||
	       reclaim_watch_view(self->reclaim_watch).awaited != NULL ||
	       cautions_any(&self->cautions) || problems_any(&self->problems, true);
}

static JsonArray *warnings_to_json(const struct service *self)
{
	const char *awaited = reclaim_watch_view(self->reclaim_watch).awaited;
	JsonArray *array = json_array_new();

	warn_of_clients_that_are(array, self, RECOVERY_UNREACHABLE, "does not answer");
	warn_of_clients_that_are(array, self, RECOVERY_LOST,
		"lost its locks: it did not answer before the grace period ended; restart its "
		"applications");
	warn_of_clients_that_are(array, self, RECOVERY_MAY_HAVE_LOST,
		"may have lost locks: it did not answer before the grace period ended, and is not "
		"known to use this group; if it does, restart its applications");
	if (awaited != NULL)
		json_array_add_string_element(array, awaited);
	cautions_to_json(&self->cautions, array);
	add_problems(self, true, array);
	return array;
}

static void add_counts(const struct service *self, JsonObject *answer)
{
	const client_list *clients = roster_clients(self->roster);

	json_object_set_int_member(
		answer, "clients", clients != NULL ? client_list_size(clients) : 0);
	json_object_set_int_member(answer, "unreadable", self->unreadable);
	for (int i = 0; i < RECOVERY_COUNT; i++)
		json_object_set_int_member(answer, recovery_name((enum recovery)i),
			clients != NULL ? client_list_count(clients, (enum recovery)i) : 0);
}

/* When the last client got so far, in seconds since the recovery began. */
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

/* Whether clients of the group may still have to reclaim locks under the lock manager that runs. */
static bool needs_grace(const struct service *self, bool all_back)
{
	const group_state *state = self->state;

	/* One that was restarted a moment ago may not have been noticed. */
	if (state == NULL || self->taking_over ||
		!kernel_lock_manager_is(&self->options->kernel, state->lock_manager))
		return true;
	return !all_back && (state->phase != PHASE_SERVING || state->recovery_due);
}

static void add_recovery(const struct service *self, JsonObject *answer)
{
	struct telling_view view = telling_view(self->telling);

	json_object_set_int_member(answer, "recovery_began", view.began);
	json_object_set_int_member(answer, "recovery_ended", view.ended);
	json_object_set_object_member(answer, "recovery_seconds", seconds_to_json(view.progress));
}

/* How many of the locks noted at the hand-over are to come back yet: null where nobody waits for
 * them. */
static void add_reclaims(const struct service *self, JsonObject *answer)
{
	struct reclaim_view reclaims = reclaim_watch_view(self->reclaim_watch);

	if (reclaims.known) {
		json_object_set_int_member(answer, "locks_noted", reclaims.noted);
		json_object_set_int_member(answer, "locks_missing", reclaims.missing);
	} else {
		json_object_set_null_member(answer, "locks_noted");
		json_object_set_null_member(answer, "locks_missing");
	}
	json_object_set_boolean_member(answer, "needs_grace", needs_grace(self, reclaims.all_back));
	json_object_set_string_member(
		answer, "grace_needed_by", reclaims.needed_by != NULL ? reclaims.needed_by : "");
}

/* "frozen" is a promise, that the last records and the locks are in the store. */
static const char *shown_phase(const struct service *self)
{
	const group_state *state = self->state;

	if (state == NULL)
		return phase_name(PHASE_ADOPTING);
	if (state->phase == PHASE_FROZEN && ownership_is_pending(self->ownership))
		return "freezing";
	return phase_name(state->phase);
}

static void add_state(const struct service *self, JsonObject *answer)
{
	const group_state *state = self->state;

	json_object_set_string_member(answer, "phase", shown_phase(self));
	json_object_set_int_member(answer, "epoch", state != NULL ? (gint64)state->epoch : 0);
	json_object_set_int_member(answer, "state_number", state != NULL ? state->state_number : 0);
	json_object_set_boolean_member(
		answer, "recovery_due", state != NULL && state->recovery_due);
}

/* What the fencing history says of this node; while the start waits for it, of the other one. */
static void add_fencing(struct service *self, JsonObject *answer)
{
	g_autofree char *why = takeover_wait_text(&self->wait);
	const char *known = self->fencing != NULL ? self->fencing : "";

	json_object_set_string_member(answer, "fencing", why != NULL ? why : known);
	json_object_set_boolean_member(answer, "waits_for_fencing", why != NULL);
}

JsonObject *service_status(struct service *self)
{
	JsonObject *answer = json_object_new();

	json_object_set_string_member(answer, "group", self->options->group);
	json_object_set_string_member(answer, "node", self->options->node);
	json_object_set_int_member(answer, "pid", getpid());
	json_object_set_string_member(answer, "store", self->options->store);
	json_object_set_array_member(answer, "devices", filesystems_to_json(self->filesystems));
	json_object_set_string_member(answer, "sm_dir", self->options->sm_dir);
	add_state(self, answer);
	add_fencing(self, answer);
	json_object_set_array_member(answer, "addresses", addresses_to_json(self));
	add_counts(self, answer);
	json_object_set_int_member(
		answer, "callouts", (gint64)intake_watch_callouts(self->intake_watch));
	json_object_set_int_member(
		answer, "callouts_missed", (gint64)statd_watch_missed(self->statd_watch));
	json_object_set_int_member(answer, "locks_at_freeze", self->locks_at_freeze);
	add_reclaims(self, answer);
	json_object_set_object_member(answer, "grace", new_locks_to_json(&self->options->kernel));
	add_recovery(self, answer);
	json_object_set_array_member(answer, "problems", problems_to_json(self));
	json_object_set_array_member(answer, "warnings", warnings_to_json(self));
	return answer;
}
