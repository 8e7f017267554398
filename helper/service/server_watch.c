/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/server_watch.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/slot.h"
#include "kernel/nfs4_clients.h"
#include "server/own.h"

#define LOOK_INTERVAL_US (5 * G_USEC_PER_SEC)
#define ANSWER_US (2 * G_USEC_PER_SEC)

/* One that has much to do may be late. */
#define SILENCE_US (20 * G_USEC_PER_SEC)

struct server_watch {
	const struct group_options *options;
	worker *looks;
	struct problems *problems;
	struct slot slot;
	gint64 due_us;
	gint64 heard_us;         /* when the keeper answered last, monotonic; 0: never */
	JsonObject *keeper;      /* owned */
	GPtrArray *nfs4_clients; /* owned */
	guint nfs4_count;
};

struct look_job {
	server_watch *self;
	guint ticket;
	const struct group_options *options;
	JsonObject *keeper;      /* out; owned */
	GPtrArray *nfs4_clients; /* out; owned */
	guint nfs4_count;        /* out */
};

server_watch *server_watch_new(
	const struct group_options *options, worker *looks, struct problems *problems)
{
	server_watch *self = g_new0(server_watch, 1);

	self->options = options;
	self->looks = looks;
	self->problems = problems;
	return self;
}

static bool run_look(void *data, GError **error)
{
	struct look_job *job = data;
	const struct group_options *options = job->options;

	job->nfs4_clients = nfs4_clients_now(&options->kernel, &job->nfs4_count);
	job->keeper = own_server_status(
		options->run_dir, options->group, clock_now_us() + ANSWER_US, error);
	return job->keeper != NULL;
}

/* What the keeper calls a problem, or a warning; NULL: nothing. The caller frees it. */
static char *keepers_texts(JsonObject *keeper, const char *member)
{
	JsonArray *list = json_object_has_member(keeper, member)
				  ? json_object_get_array_member(keeper, member)
				  : NULL;
	GString *text = NULL;

	for (guint i = 0; list != NULL && i < json_array_get_length(list); i++) {
		if (text == NULL)
			text = g_string_new(NULL);
		g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "",
			json_array_get_string_element(list, i));
	}
	return text != NULL ? g_string_free(text, FALSE) : NULL;
}

static void use_answer(server_watch *self, struct look_job *job)
{
	g_autofree char *problems = keepers_texts(job->keeper, "problems");
	g_autofree char *warnings = keepers_texts(job->keeper, "warnings");

	g_clear_pointer(&self->keeper, json_object_unref);
	self->keeper = g_steal_pointer(&job->keeper);
	self->heard_us = clock_now_us();
	problems_set(self->problems, PROBLEM_SERVER, problems);
	problems_set(self->problems, PROBLEM_KEEPER, warnings);
}

static void no_answer(server_watch *self, const GError *error)
{
	bool is_late = g_error_matches(error, LF_ERROR, LF_ERROR_TIMEOUT) &&
		       clock_now_us() - self->heard_us < SILENCE_US;

	if (is_late)
		return;
	g_clear_pointer(&self->keeper, json_object_unref);
	problems_set(self->problems, PROBLEM_SERVER, error->message);
	problems_set(self->problems, PROBLEM_KEEPER, NULL);
}

static void look_done(void *data, const GError *error)
{
	struct look_job *job = data;
	server_watch *self = job->self;

	if (slot_return(&self->slot, job->ticket)) {
		g_clear_pointer(&self->nfs4_clients, g_ptr_array_unref);
		self->nfs4_clients = g_steal_pointer(&job->nfs4_clients);
		self->nfs4_count = job->nfs4_count;
		if (error == NULL)
			use_answer(self, job);
		else
			no_answer(self, error);
	}
	g_clear_pointer(&job->keeper, json_object_unref);
	g_clear_pointer(&job->nfs4_clients, g_ptr_array_unref);
	g_free(job);
}

void server_watch_look(server_watch *self, const struct situation *now)
{
	struct look_job *job;

	if (!self->options->own_server || self->slot.busy || now->stopping ||
		now->phase == PHASE_ADOPTING || now->now_us < self->due_us)
		return;
	/* The first silence counts from the first question. */
	if (self->heard_us == 0)
		self->heard_us = now->now_us;
	self->due_us = now->now_us + LOOK_INTERVAL_US;
	job = g_new0(struct look_job, 1);
	job->self = self;
	job->ticket = slot_take(&self->slot);
	job->options = self->options;
	worker_push(self->looks, run_look, look_done, job);
}

void server_watch_renew(server_watch *self)
{
	slot_renew(&self->slot);
}

struct server_view server_watch_view(const server_watch *self)
{
	return (struct server_view){
		.keeper = self->keeper,
		.nfs4_clients = self->nfs4_clients,
		.nfs4_count = self->nfs4_count,
	};
}

void server_watch_free(server_watch *self)
{
	if (self == NULL)
		return;
	g_clear_pointer(&self->keeper, json_object_unref);
	g_clear_pointer(&self->nfs4_clients, g_ptr_array_unref);
	g_free(self);
}
