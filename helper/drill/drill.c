/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/drill.h"

#include "base/error.h"
#include "cluster/load.h"
#include "cluster/resources.h"
#include "control/client.h"
#include "drill/pacemaker.h"
#include "verify/nfs4_reclaims.h"

#include <signal.h>

#define LOOK_MS 250
/* Each look starts a crm_mon process. */
#define CRM_MON_MS 1000
#define CRM_MON_CALM_MS 5000
#define ANSWER_MS 2000
/* For two monitors of a group that was just started. */
#define MONITOR_PATIENCE_S 60
/* The constraint expires this long after the drill's own timeout. */
#define LIFETIME_MARGIN_S 120

static volatile sig_atomic_t interrupted;

static void note_signal(int signal_number G_GNUC_UNUSED)
{
	interrupted = 1;
}

/* Signals that end other programs are only noted: the drill must clean up first. */
static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = note_signal};

	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &action, NULL);
	/* A terminal that went away must not end the drill. */
	signal(SIGPIPE, SIG_IGN);
}

/* Looks at the cluster, and judges it. */
static bool look_before(struct drill *self, const char *here, GError **error)
{
	struct preflight_question question = {.group = self->group,
		.fence = self->fence,
		.configuration = self->configuration,
		.plan = &self->plan};

	g_clear_pointer(&self->findings, g_ptr_array_unref);
	g_clear_pointer(&self->cluster, crm_mon_free);
	plan_clear(&self->plan);
	self->cluster = pacemaker_crm_mon(error);
	if (self->cluster == NULL || !plan_make(&self->plan, self->configuration, self->cluster,
					     self->group, here, error))
		return false;
	question.cluster = self->cluster;
	self->findings = preflight_judge(&question);
	return true;
}

/* Whether nothing is wrong but that the group was started a moment ago: its first monitors report
 * it. */
static bool waits_for_monitor(const struct drill *self)
{
	g_autofree char *name = preflight_attribute(self->group);

	return self->findings->len == 1 &&
	       crm_mon_attribute(self->cluster, self->plan.source, name) == NULL;
}

bool drill_prepare(struct drill *self, GError **error)
{
	g_autofree char *here = pacemaker_node_name(error);
	gint64 end_us = g_get_monotonic_time() + MONITOR_PATIENCE_S * G_USEC_PER_SEC;

	if (here == NULL)
		return false;
	self->configuration = cluster_load(NULL, PACEMAKER_PATIENCE_MS, error);
	if (self->configuration == NULL || !look_before(self, here, error))
		return false;
	while (waits_for_monitor(self) && g_get_monotonic_time() < end_us) {
		self->say(true, "waiting for the next monitor of the group");
		g_usleep(CRM_MON_MS * 1000);
		if (!look_before(self, here, error))
			return false;
	}
	self->version = g_strdup(self->cluster->version);
	if (self->findings->len == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"the cluster is not fit for a drill of group '%s', for %u reasons: nothing was moved",
		self->group, self->findings->len);
	return false;
}

/* One move of the drill. */
struct way {
	struct drill *drill;
	struct timeline *timeline;
	const char *source, *target;
	bool inbound;
	gint64 look_due_us;
	/* Milliseconds since the order: */
	gint64 looked_ms;  /* when crm_mon was run last */
	gint64 present_ms; /* when the group was last seen on the target */
};

static gint64 ms_since(gint64 time_us)
{
	return (g_get_monotonic_time() - time_us) / 1000;
}

static void say_when(const struct way *self, const char *text, const char *node)
{
	g_autofree char *line = g_strdup_printf(
		"%6.1f s  %s: %s", (double)ms_since(self->drill->ordered_us) / 1000, node, text);

	self->drill->say(false, line);
}

static void say_news(const struct way *self, guint news)
{
	for (int mark = 0; mark < TIMELINE_MARKS; mark++) {
		if (news & (1U << mark))
			say_when(self, timeline_text((enum timeline_mark)mark),
				mark <= TIMELINE_STOPPED ? self->source : self->target);
	}
}

/* Keeps the last state if the cluster does not answer. */
static void look_again(struct way *self)
{
	bool calm = self->timeline->at_ms[TIMELINE_STOPPED] >= 0 &&
		    self->timeline->at_ms[TIMELINE_SERVING] < 0 && !self->inbound;
	crm_mon *cluster;

	gint64 begun_ms = ms_since(self->drill->ordered_us);

	if (g_get_monotonic_time() < self->look_due_us)
		return;
	cluster = pacemaker_crm_mon(NULL);
	if (cluster != NULL) {
		crm_mon_free(self->drill->cluster);
		self->drill->cluster = cluster;
		self->looked_ms = begun_ms;
	}
	self->look_due_us =
		g_get_monotonic_time() + (gint64)(calm ? CRM_MON_CALM_MS : CRM_MON_MS) * 1000;
}

static bool addresses_run(const struct way *self, const char *node)
{
	const GPtrArray *addresses = self->drill->plan.addresses;

	for (guint i = 0; i < addresses->len; i++) {
		if (!crm_mon_runs(self->drill->cluster, g_ptr_array_index(addresses, i), node))
			return false;
	}
	return true;
}

static gint64 number(JsonObject *from, const char *member)
{
	return json_object_get_int_member_with_default(from, member, 0);
}

static bool addresses_are_here(JsonObject *status)
{
	JsonArray *list = json_object_get_array_member(status, "addresses");

	for (guint i = 0; i < json_array_get_length(list); i++) {
		if (!json_object_get_boolean_member(json_array_get_object_element(list, i), "here"))
			return false;
	}
	return true;
}

/* Shows counters to the person who watches. */
static void say_counts(
	const struct way *self, const struct timeline_sample *sample, JsonObject *status)
{
	GString *line = g_string_new(NULL);

	g_string_append_printf(line,
		"%6.1f s  %s: %s: of %" G_GINT64_FORMAT " clients %" G_GINT64_FORMAT
		" told, %" G_GINT64_FORMAT " acknowledged, %" G_GINT64_FORMAT " reclaimed",
		(double)ms_since(self->drill->ordered_us) / 1000, self->target, sample->phase,
		number(status, "clients"), number(status, "told"), number(status, "acknowledged"),
		sample->reclaimed);
	if (sample->missing >= 0)
		g_string_append_printf(line, "; %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " locks",
			number(status, "locks_noted") - sample->missing,
			number(status, "locks_noted"));
	self->drill->say(true, line->str);
	g_string_free(line, TRUE);
}

/* The group's process knows the grace periods of its NFS server, which may be the group's own. */
static bool new_locks_are_granted(JsonObject *status)
{
	JsonObject *grace = json_object_get_object_member(status, "grace");
	JsonObject *lockd = json_object_get_object_member(grace, "lockd");
	JsonObject *nfs4 = json_object_get_object_member(grace, "nfsv4");

	return g_str_equal(json_object_get_string_member(lockd, "state"), "over") &&
	       !g_str_equal(json_object_get_string_member(nfs4, "state"), "runs");
}

/* Notes the NFSv4 clients that may reclaim. Before the NFS server starts, these are the clients
 * that it had; if its grace period has ended already, all of them are back. */
static void note_nfs4(struct drill *self)
{
	struct nfs4_reclaims found = {0};

	if (self->nfs4_expected == NULL && nfs4_reclaims_read(&found, self->plan.store, NULL))
		self->nfs4_expected =
			g_ptr_array_ref(found.expected->len > 0 ? found.expected : found.present);
	nfs4_reclaims_clear(&found);
}

static void look_here(const struct way *self, struct timeline_sample *sample)
{
	struct drill *drill = self->drill;
	JsonObject *status = control_ask(drill->run_dir, drill->group, "status", ANSWER_MS, NULL);

	if (status == NULL || !json_object_has_member(status, "phase")) {
		g_clear_pointer(&status, json_object_unref);
		return;
	}
	g_clear_pointer(&drill->status, json_object_unref);
	drill->status = status;
	sample->phase = json_object_get_string_member(status, "phase");
	sample->address_here = addresses_are_here(status);
	sample->reclaimed = number(status, "reclaimed");
	if (json_object_has_member(status, "locks_missing") &&
		!json_object_get_null_member(status, "locks_missing"))
		sample->missing = number(status, "locks_missing");
	sample->new_locks = new_locks_are_granted(status);
	note_nfs4(drill);
	say_counts(self, sample, status);
}

/* Looks at the source node through the cluster's attribute, which is as old as the last monitor. */
static void look_there(const struct way *self, struct timeline_sample *sample)
{
	struct drill *drill = self->drill;
	g_autofree char *name = preflight_attribute(drill->group);
	const char *value = crm_mon_attribute(drill->cluster, self->target, name);

	sample->address_here = addresses_run(self, self->target);
	if (value == NULL || sample->group_there)
		return;
	g_free(drill->attribute);
	drill->attribute = g_strdup(value);
	if (g_str_has_prefix(value, "serving"))
		sample->phase = "serving";
	else if (g_str_has_prefix(value, "reclaiming"))
		sample->phase = "reclaiming";
}

/* Whether the cluster shows the group on the wrong node. During a migration the cluster shows it on
 * two nodes, so a process that answers here is the better evidence. */
static bool is_astray(const struct way *self, GError **error)
{
	const crm_mon *cluster = self->drill->cluster;
	const crm_mon_resource *found = crm_mon_find(cluster, self->drill->plan.resource->id);
	gint64 stopped_ms = self->timeline->at_ms[TIMELINE_STOPPED];
	const char *node;

	if (stopped_ms < 0 || self->looked_ms <= MAX(stopped_ms, self->present_ms) ||
		found == NULL || found->nodes->len == 0)
		return false;
	node = g_ptr_array_index(found->nodes, 0);
	if (crm_mon_runs(cluster, found->id, self->target) ||
		!crm_mon_runs(cluster, found->id, node))
		return false;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"group '%s' did not come to node '%s', but to '%s': see why with 'crm_mon -1 --show-detail'",
		self->drill->group, self->target, node);
	return true;
}

/* True also if there is nothing to read, or nothing was noted. */
static bool verify_nfs4(struct drill *self, GError **error)
{
	struct nfs4_reclaims found = {0};
	GError *local_error = NULL;

	if (nfs4_reclaims_read(&found, self->plan.store, &local_error) &&
		self->nfs4_expected != NULL)
		self->nfs4_lost = nfs4_reclaims_missing(self->nfs4_expected, found.present);
	nfs4_reclaims_clear(&found);
	if (local_error == NULL)
		return true;
	g_propagate_error(error, local_error);
	return false;
}

/* All that an nfsgroup exports is in its directory. The caller frees it. */
static char **exports_of(const cib_resource *resource)
{
	char *directory[] = {(char *)cib_parameter(resource, "directory"), NULL};

	return resource_is_own_server(resource) ? g_strdupv(directory)
						: resource_list(resource, "exports");
}

/* Runs when new locks are granted. Earlier, locks are still coming back; later, clients may have
 * unlocked. */
static void verify(struct drill *self)
{
	self->exports = exports_of(self->plan.resource);
	self->found.kernel = self->kernel;
	self->found.store = self->plan.store;
	self->found.group = self->group;
	self->found.exports = (const char *const *)self->exports;
	self->verified = verification_run(&self->found, &self->unverified) &&
			 verify_nfs4(self, &self->unverified);
}

/* Returns whether the group has arrived. */
static bool look(struct way *self)
{
	struct drill *drill = self->drill;
	struct timeline_sample sample = {.missing = -1};
	guint news;

	look_again(self);
	sample.group_there = crm_mon_runs(drill->cluster, drill->plan.resource->id, self->source);
	sample.address_there = addresses_run(self, self->source);
	if (self->inbound)
		look_there(self, &sample);
	else
		look_here(self, &sample);
	if (sample.phase != NULL)
		self->present_ms = ms_since(drill->ordered_us);
	news = timeline_look(self->timeline, &sample, ms_since(drill->ordered_us));
	say_news(self, news);
	if (!self->inbound && (news & (1U << TIMELINE_NEW_LOCKS)) != 0)
		verify(drill);
	return self->timeline->at_ms[self->inbound ? TIMELINE_SERVING : TIMELINE_NEW_LOCKS] >= 0 &&
	       plan_is_settled(&drill->plan, drill->cluster, self->target);
}

static bool may_go_on(const struct way *self, GError **error)
{
	const struct drill *drill = self->drill;

	if (interrupted) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the drill was interrupted: group '%s' may be moving, see 'crm_mon -1'",
			drill->group);
		return false;
	}
	if (is_astray(self, error))
		return false;
	if (ms_since(drill->ordered_us) < (gint64)drill->timeout_s * 1000)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
		"group '%s' was not served on node '%s', with new locks granted, within %u s: see 'crm_mon -1 --show-detail', and 'lockferry status' there",
		drill->group, self->target, drill->timeout_s);
	return false;
}

static bool follow(struct way *self, GError **error)
{
	while (!look(self)) {
		if (!may_go_on(self, error))
			return false;
		g_usleep(LOOK_MS * 1000);
	}
	return true;
}

/* If the drill has already failed, the message of this error is put before the other one. */
static void clear_constraint(const struct way *self, GError **failure)
{
	GError *error = NULL;

	if (pacemaker_clear(self->drill->plan.unit, &error)) {
		say_when(self, "the location constraint of the drill is removed", self->target);
	} else if (*failure == NULL) {
		*failure = error;
	} else {
		g_prefix_error(failure, "%s; ", error->message);
		g_error_free(error);
	}
}

/* The constraint is removed even if the group did not come. */
static bool travel(struct way *self, GError **error)
{
	struct drill *drill = self->drill;
	GError *failure = NULL;

	drill->ordered_us = g_get_monotonic_time();
	if (may_go_on(self, &failure) && pacemaker_move(drill->plan.unit, self->target,
						 drill->timeout_s + LIFETIME_MARGIN_S, &failure))
		follow(self, &failure);
	clear_constraint(self, &failure);
	if (failure == NULL)
		return true;
	g_propagate_error(error, failure);
	return false;
}

static bool crash(struct way *self, GError **error)
{
	self->drill->ordered_us = g_get_monotonic_time();
	if (!pacemaker_fence(self->source, self->drill->timeout_s, error))
		return false;
	say_when(self, "fenced", self->source);
	return follow(self, error);
}

static bool go_back(struct drill *self, GError **error)
{
	struct way way = {.drill = self,
		.timeline = &self->inbound,
		.source = self->plan.target,
		.target = self->plan.source,
		.inbound = true};

	self->went_back = true;
	return travel(&way, error);
}

static bool go(struct drill *self, GError **error)
{
	struct way way = {.drill = self,
		.timeline = &self->outbound,
		.source = self->plan.source,
		.target = self->plan.target};

	return (self->fence ? crash(&way, error) : travel(&way, error)) &&
	       (!self->move_back || go_back(self, error));
}

bool drill_run(struct drill *self, GError **error)
{
	bool done;

	catch_signals();
	timeline_begin(&self->outbound);
	timeline_begin(&self->inbound);
	self->began_s = g_get_real_time() / G_USEC_PER_SEC;
	done = go(self, error);
	self->ended_s = g_get_real_time() / G_USEC_PER_SEC;
	return done;
}

void drill_clear(struct drill *self)
{
	verification_clear(&self->found);
	plan_clear(&self->plan);
	g_clear_pointer(&self->findings, g_ptr_array_unref);
	g_clear_pointer(&self->configuration, cib_free);
	g_clear_pointer(&self->cluster, crm_mon_free);
	g_clear_pointer(&self->version, g_free);
	g_clear_pointer(&self->status, json_object_unref);
	g_clear_error(&self->unverified);
	g_clear_pointer(&self->attribute, g_free);
	g_clear_pointer(&self->nfs4_lost, g_ptr_array_unref);
	g_clear_pointer(&self->nfs4_expected, g_ptr_array_unref);
	g_clear_pointer(&self->exports, g_strfreev);
}
