/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "drill/verdict.h"

#include <sys/utsname.h>

/* A counter of the group's process. */
static gint64 count_of(const struct drill *self, const char *what)
{
	return self->status != NULL ? json_object_get_int_member_with_default(self->status, what, 0)
				    : 0;
}

static gint64 lost(const struct drill *self)
{
	return count_of(self, "lost");
}

static gint64 may_have_lost(const struct drill *self)
{
	return count_of(self, recovery_name(RECOVERY_MAY_HAVE_LOST));
}

static guint missing(const struct drill *self)
{
	return self->verified ? self->found.missing->len : 0;
}

static guint nfs4_lost(const struct drill *self)
{
	return self->nfs4_lost != NULL ? self->nfs4_lost->len : 0;
}

/* Whether no error is known, but too little is proven, for one of these reasons: locks are missing
 * that were recorded while clients were running, and the clients may have unlocked them before the
 * crash; no locks were noted, or not all of them; a client did not answer, but may not use the
 * group. */
static bool is_unclear(const struct drill *self, const GError *error)
{
	if (error != NULL || lost(self) > 0 || nfs4_lost(self) > 0 || !self->verified)
		return false;
	if (missing(self) > 0)
		return !self->found.note.exact;
	return self->found.all->len == 0 || self->found.doubt != NULL || may_have_lost(self) > 0;
}

static char *unclear_reason(const struct drill *self)
{
	if (missing(self) > 0)
		return g_strdup_printf(
			"%u of the locks recorded before the crash are not held now: they were unlocked since, or not reclaimed",
			missing(self));
	if (self->found.doubt != NULL)
		return g_strdup(self->found.doubt);
	if (may_have_lost(self) > 0)
		return g_strdup_printf(
			"clients that did not answer, and are not known to use this group: %" G_GINT64_FORMAT
			"; they may have lost locks",
			may_have_lost(self));
	return g_strdup(
		"no NFSv3 lock was noted before the group moved, so this proves nothing about locks: take one on a client and repeat the drill");
}

/* The caller frees it. */
static char *losses(const struct drill *self, const GError *error)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "missing locks: %u, clients that lost their locks: %" G_GINT64_FORMAT,
		missing(self), lost(self));
	if (nfs4_lost(self) > 0)
		g_string_append_printf(
			text, ", NFSv4 clients that did not come back: %u", nfs4_lost(self));
	if (error != NULL)
		g_string_append_printf(text, "; %s", error->message);
	return g_string_free(text, FALSE);
}

/* Why the drill did not pass, or ""; the caller frees it. */
static char *reason_of(const struct drill *self, const GError *error)
{
	if (is_unclear(self, error))
		return unclear_reason(self);
	if (missing(self) > 0 || lost(self) > 0 || nfs4_lost(self) > 0)
		return losses(self, error);
	if (error != NULL)
		return g_strdup(error->message);
	if (!self->verified)
		return g_strdup_printf("the locks could not be verified: %s",
			self->unverified != NULL ? self->unverified->message : "");
	return g_strdup("");
}

static void set_head(const struct drill *self, JsonObject *result)
{
	const char *user = g_getenv("SUDO_USER");

	json_object_set_string_member(result, "group", self->group);
	json_object_set_string_member(result, "kind", self->fence ? "fence" : "move");
	json_object_set_string_member(result, "user", user != NULL ? user : g_get_user_name());
	json_object_set_int_member(result, "began", self->began_s);
	json_object_set_int_member(result, "ended", self->ended_s);
	json_object_set_string_member(result, "from", self->plan.source);
	json_object_set_string_member(result, "to", self->plan.target);
	json_object_set_string_member(result, "host", g_get_host_name());
	json_object_set_string_member(result, "resource", self->plan.unit);
}

static JsonObject *versions(const struct drill *self)
{
	JsonObject *object = json_object_new();
	struct utsname kernel;

	json_object_set_string_member(object, "lockferry", PACKAGE_VERSION);
	json_object_set_string_member(object, "pacemaker", self->version);
	json_object_set_string_member(object, "kernel", uname(&kernel) == 0 ? kernel.release : "");
	return object;
}

static void set_seconds(
	JsonObject *object, const char *name, const struct timeline *timeline, double seconds)
{
	if (timeline != NULL && seconds >= 0)
		json_object_set_double_member(object, name, seconds);
	else
		json_object_set_null_member(object, name);
}

/* Times since the group was ordered to move. */
static JsonObject *seconds_of(const struct timeline *timeline)
{
	JsonObject *object = json_object_new();

	for (int i = 0; i < TIMELINE_MARKS; i++)
		set_seconds(object, timeline_name((enum timeline_mark)i), timeline,
			(double)timeline->at_ms[i] / 1000);
	return object;
}

/* Times since the address went away: the interruption that clients notice. */
static JsonObject *pauses_of(const struct timeline *timeline)
{
	static const enum timeline_mark marks[] = {
		TIMELINE_ADDRESS_UP, TIMELINE_LAST_RECLAIM, TIMELINE_NEW_LOCKS};
	JsonObject *object = json_object_new();

	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
		set_seconds(object, timeline_name(marks[i]), timeline,
			timeline_seconds(timeline, TIMELINE_ADDRESS_AWAY, marks[i]));
	return object;
}

static void set_timeline(JsonObject *result, const char *name, const struct timeline *timeline)
{
	JsonObject *object = json_object_new();

	json_object_set_object_member(object, "seconds", seconds_of(timeline));
	json_object_set_object_member(object, "pauses", pauses_of(timeline));
	json_object_set_object_member(result, name, object);
}

static JsonObject *clients_of(const struct drill *self)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "clients", count_of(self, "clients"));
	for (int i = 0; i < RECOVERY_COUNT; i++) {
		const char *name = recovery_name((enum recovery)i);

		json_object_set_int_member(object, name, count_of(self, name));
	}
	return object;
}

/* NULL if the group has no NFS server of its own, or it was not verified. */
static JsonObject *nfs4_of(const struct drill *self)
{
	JsonObject *object;
	JsonArray *names;

	if (self->nfs4_lost == NULL)
		return NULL;
	names = json_array_new();
	for (guint i = 0; i < self->nfs4_lost->len; i++)
		json_array_add_string_element(names, g_ptr_array_index(self->nfs4_lost, i));
	object = json_object_new();
	json_object_set_int_member(object, "expected", self->nfs4_expected->len);
	json_object_set_array_member(object, "lost", names);
	return object;
}

/* Which clients the report names. The store may not have the final state yet, in which a client
 * that did not answer before the end of grace is lost, or may have lost locks. */
static bool needs_human(const struct verification *found G_GNUC_UNUSED, const client *entry)
{
	return recovery_is_unheard(entry->recovery) || entry->recovery == RECOVERY_UNREACHABLE ||
	       entry->recovery == RECOVERY_TOLD;
}

static bool any_needs_human(const struct drill *self)
{
	return self->found.clients != NULL &&
	       (lost(self) > 0 || may_have_lost(self) > 0 ||
		       count_of(self, recovery_name(RECOVERY_UNREACHABLE)) > 0);
}

static JsonArray *attention_of(const struct drill *self)
{
	return any_needs_human(self) ? verification_clients(&self->found, needs_human)
				     : json_array_new();
}

static void set_back(const struct drill *self, JsonObject *result)
{
	if (!self->went_back) {
		json_object_set_null_member(result, "back");
		return;
	}
	set_timeline(result, "back", &self->inbound);
	json_object_set_string_member(json_object_get_object_member(result, "back"), "attribute",
		self->attribute != NULL ? self->attribute : "");
}

static const char *verdict_of(const struct drill *self, const char *reason, const GError *error)
{
	if (reason[0] == '\0')
		return "passed";
	return is_unclear(self, error) ? "unclear" : "failed";
}

/* Takes ownership of `value`. */
static void set_or_null(JsonObject *result, const char *name, JsonObject *value)
{
	if (value != NULL)
		json_object_set_object_member(result, name, value);
	else
		json_object_set_null_member(result, name);
}

JsonObject *verdict_make(const struct drill *self, JsonObject *locks, const GError *error)
{
	JsonObject *result = json_object_new();
	g_autofree char *reason = reason_of(self, error);

	json_object_set_string_member(result, "verdict", verdict_of(self, reason, error));
	json_object_set_string_member(result, "reason", reason);
	set_head(self, result);
	json_object_set_object_member(result, "versions", versions(self));
	set_timeline(result, "there", &self->outbound);
	json_object_set_object_member(result, "clients", clients_of(self));
	json_object_set_array_member(result, "attention", attention_of(self));
	set_or_null(result, "nfs4_clients", nfs4_of(self));
	set_or_null(result, "locks", locks);
	set_back(self, result);
	return result;
}

bool verdict_is_passed(JsonObject *result)
{
	return g_str_equal(json_object_get_string_member(result, "verdict"), "passed");
}
