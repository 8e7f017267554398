/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/daemons.h"

#include "base/clock.h"
#include "base/error.h"
#include "report/log.h"
#include "keeper/daemon.h"
#include "keeper/lockd_wake.h"
#include "keeper/registrations.h"
#include "keeper/rpc_call.h"
#include "keeper/server_files.h"
#include "keeper/tool.h"

#include <string.h>

/* How long one may take to answer before it counts as stuck. */
#define ANSWER_MS 2000

/* More ends than that within a minute are a problem. */
#define RECENT_MAX 5

/* The kernel's; version 4 is NFSv3's. */
#define LOCKD_PROGRAM 100021
#define LOCKD_VERSION 4

enum { RPCBIND, STATD, NFSDCLD, MOUNTD, KINDS };

static const struct daemon_kind kinds[KINDS] = {
	[RPCBIND] = {"rpcbind", {"rpcbind", "-f", NULL}, "rpcbind", 100000, 2, false},
	[STATD] = {"rpc.statd", {"rpc.statd", "-F", "--no-notify", NULL}, "nfs-utils", 100024, 1,
		false},
	[NFSDCLD] = {"nfsdcld", {"nfsdcld", "-F", NULL}, "nfs-utils", 0, 0, false},
	[MOUNTD] = {"rpc.mountd", {"rpc.mountd", "-F", NULL}, "nfs-utils", 100005, 3, true},
};

struct daemons {
	GPtrArray *all; /* of struct daemon */
	daemons_lost_registrations lost;
	void *data;
	GMutex mutex; /* of all below */
	GPtrArray *registrations;
	/* Since when each does not answer, monotonic; 0: it does. The last is lockd's. */
	gint64 silent_since_us[KINDS + 1];
};

static guint16 port_of(const server_options *options, guint kind)
{
	switch (kind) {
	case STATD:
		return (guint16)options->statd_port;
	case MOUNTD:
		return (guint16)options->mountd_port;
	default:
		return 111;
	}
}

static bool is_needed(const server_options *options, guint kind)
{
	return kind != NFSDCLD || server_options_serves(options, '4');
}

/* lockferry-callout, which rpc.statd runs, then asks the group's process only. */
static char **environment_of(const server_options *options)
{
	char **environment = g_get_environ();

	environment = g_environ_setenv(environment, "LOCKFERRY_GROUP", options->group, TRUE);
	return g_environ_setenv(environment, "LOCKFERRY_RUNDIR", options->run_dir, TRUE);
}

static void was_restarted(const struct daemon_kind *kind, void *data)
{
	daemons *self = data;

	if (kind == &kinds[RPCBIND] && self->lost != NULL)
		self->lost(self->data);
}

daemons *daemons_new(const server_options *options, daemons_lost_registrations lost, void *data)
{
	g_auto(GStrv) environment = environment_of(options);
	daemons *self = g_new0(daemons, 1);

	self->all = g_ptr_array_new_with_free_func((GDestroyNotify)daemon_free);
	self->lost = lost;
	self->data = data;
	g_mutex_init(&self->mutex);
	for (guint i = 0; i < KINDS; i++) {
		if (is_needed(options, i))
			g_ptr_array_add(self->all, daemon_new(&kinds[i], port_of(options, i),
							   environment, was_restarted, self));
	}
	return self;
}

void daemons_free(daemons *self)
{
	if (self == NULL)
		return;
	g_ptr_array_unref(self->all);
	g_clear_pointer(&self->registrations, g_ptr_array_unref);
	g_mutex_clear(&self->mutex);
	g_free(self);
}

bool daemons_are_installed(const server_options *options, GError **error)
{
	for (guint i = 0; i < KINDS; i++) {
		if (is_needed(options, i) && !tool_is_there(kinds[i].name, kinds[i].package, error))
			return false;
	}
	return tool_is_there("exportfs", "nfs-utils", error) &&
	       tool_is_there(options->rpc_nfsd != NULL ? options->rpc_nfsd : "rpc.nfsd",
		       "nfs-utils", error) &&
	       tool_is_there("ip", "iproute2", error);
}

guint daemons_adopt(daemons *self)
{
	guint count = 0;

	for (guint i = 0; i < self->all->len; i++)
		count += daemon_adopt(g_ptr_array_index(self->all, i));
	return count;
}

static bool does_run(struct daemon *one)
{
	struct daemon_look look;
	bool runs;

	daemon_look(one, &look);
	runs = look.pid != 0;
	daemon_look_clear(&look);
	return runs;
}

bool daemons_know_services(daemons *self)
{
	return does_run(g_ptr_array_index(self->all, RPCBIND));
}

void daemons_revive(daemons *self)
{
	for (guint i = 0; i < self->all->len; i++) {
		g_autoptr(GError) error = NULL;

		if (!daemon_start(g_ptr_array_index(self->all, i), &error))
			qb_log(LOG_ERR, "%s", error->message);
	}
}

/* An rpcbind that knows nothing, as after its restart, teaches nothing. */
static void note_registrations(daemons *self)
{
	GPtrArray *list = registrations_list();

	if (list == NULL)
		return;
	g_mutex_lock(&self->mutex);
	g_clear_pointer(&self->registrations, g_ptr_array_unref);
	self->registrations = list;
	g_mutex_unlock(&self->mutex);
}

bool daemons_start(daemons *self, gint64 deadline_us, GError **error)
{
	for (guint i = 0; i < self->all->len; i++) {
		struct daemon *one = g_ptr_array_index(self->all, i);

		if (!daemon_start(one, error) || !daemon_await(one, deadline_us, error))
			return false;
	}
	return true;
}

guint16 daemons_lockd_port(daemons *self)
{
	guint16 port;

	g_mutex_lock(&self->mutex);
	port = lockd_wake_port(self->registrations);
	g_mutex_unlock(&self->mutex);
	return port;
}

void daemons_wake_lockd(daemons *self)
{
	lockd_wake(daemons_lockd_port(self));
}

void daemons_register(daemons *self)
{
	struct daemon *rpcbind = g_ptr_array_index(self->all, RPCBIND);
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GError) error = NULL;
	guint count;

	g_mutex_lock(&self->mutex);
	if (self->registrations != NULL)
		list = g_ptr_array_ref(self->registrations);
	g_mutex_unlock(&self->mutex);
	if (list == NULL)
		return;
	if (!daemon_await(rpcbind, clock_now_us() + 10 * G_USEC_PER_SEC, &error)) {
		qb_log(LOG_WARNING, "rpcbind was restarted, but knows no service: %s",
			error->message);
		return;
	}
	count = registrations_restore(list);
	qb_log(count == list->len ? LOG_NOTICE : LOG_WARNING,
		"rpcbind was restarted: %u of %u services are registered again", count, list->len);
}

/* Returns whether it answered the last time. */
static bool note_answer(daemons *self, guint which, bool answers, gint64 asked_us)
{
	gint64 *since_us = &self->silent_since_us[which];
	bool answered;

	g_mutex_lock(&self->mutex);
	answered = *since_us == 0;
	if (answers)
		*since_us = 0;
	else if (answered)
		*since_us = asked_us;
	g_mutex_unlock(&self->mutex);
	return answered;
}

static guint silent_s(daemons *self, guint which)
{
	gint64 since_us;

	g_mutex_lock(&self->mutex);
	since_us = self->silent_since_us[which];
	g_mutex_unlock(&self->mutex);
	return since_us != 0 ? (guint)((clock_now_us() - since_us) / G_USEC_PER_SEC) : 0;
}

/* One that hangs in the kernel stays when it is killed: this is logged once. */
static bool check_one(daemons *self, guint which)
{
	struct daemon *one = g_ptr_array_index(self->all, which);
	gint64 asked_us = clock_now_us();
	bool answers, answered;

	/* nfsdcld opens its pipe when the kernel makes it. One that does not run is not stuck. */
	if (daemon_kind_of(one)->program == 0 || !does_run(one))
		return true;
	answers = daemon_answers(one, ANSWER_MS, NULL) || daemon_answers(one, ANSWER_MS, NULL);
	answered = note_answer(self, which, answers, asked_us);
	if (answers)
		return true;
	if (answered)
		qb_log(LOG_WARNING, "'%s' does not answer: it is killed, and restarted",
			daemon_kind_of(one)->name);
	daemon_kill(one);
	return false;
}

/* A server that was stopped meanwhile refuses the connection. */
static void check_lockd(daemons *self)
{
	guint16 port = daemons_lockd_port(self);
	gint64 asked_us = clock_now_us();
	g_autoptr(GError) error = NULL;

	if (port == 0)
		return;
	rpc_null_answers(port, LOCKD_PROGRAM, LOCKD_VERSION, ANSWER_MS, &error);
	note_answer(self, KINDS, !g_error_matches(error, LF_ERROR, LF_ERROR_TIMEOUT), asked_us);
}

void daemons_check(daemons *self)
{
	bool well = true;

	for (guint i = 0; i < self->all->len; i++)
		well = check_one(self, i) && well;
	check_lockd(self);
	if (well)
		note_registrations(self);
}

guint daemons_lockd_silent_s(daemons *self)
{
	return silent_s(self, KINDS);
}

bool daemons_end(daemons *self, gint64 deadline_us, GError **error)
{
	bool good = true;

	for (guint i = self->all->len; i-- > 0;)
		daemon_ask_to_end(g_ptr_array_index(self->all, i));
	for (guint i = self->all->len; i-- > 0;) {
		struct daemon *one = g_ptr_array_index(self->all, i);

		if (!daemon_end(one, deadline_us) && good) {
			g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
				"'%s' does not end: it hangs in the kernel",
				daemon_kind_of(one)->name);
			good = false;
		}
	}
	g_mutex_lock(&self->mutex);
	g_clear_pointer(&self->registrations, g_ptr_array_unref);
	memset(self->silent_since_us, 0, sizeof(self->silent_since_us));
	g_mutex_unlock(&self->mutex);
	return good;
}

static void add_problems(const char *name, const struct daemon_look *look, JsonArray *problems)
{
	g_autofree char *text = NULL;
	const char *words = look->last_words != NULL ? look->last_words : "it does not say why";

	if (look->wanted && look->recent > RECENT_MAX)
		text = g_strdup_printf(
			"'%s' ended %u times within a minute (%s): see the system log", name,
			look->recent, words);
	if (text != NULL)
		json_array_add_string_element(problems, text);
}

static void add_silence(const char *name, guint seconds, JsonArray *to)
{
	g_autofree char *text = NULL;

	if (seconds == 0)
		return;
	text = g_strdup_printf(
		"'%s' has not answered for %u s, and was killed to be restarted: the NFSv3 locks of every group on this node may wait for it",
		name, seconds);
	json_array_add_string_element(to, text);
}

static void add_lockd_silence(guint seconds, JsonArray *warnings)
{
	g_autofree char *text = NULL;

	if (seconds == 0)
		return;
	text = g_strdup_printf(
		"the kernel's lock manager has not answered for %u s, so the NFSv3 locks of every group on this node wait: it waits for the disk or a daemon of one of them, and 'lockferry server status' shows of which",
		seconds);
	json_array_add_string_element(warnings, text);
}

JsonArray *daemons_look(daemons *self, guint hang_limit_s, JsonArray *problems, JsonArray *warnings)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < self->all->len; i++) {
		struct daemon *one = g_ptr_array_index(self->all, i);
		JsonObject *object = json_object_new();
		struct daemon_look look;
		guint silent = silent_s(self, i);

		daemon_look(one, &look);
		json_object_set_string_member(object, "name", daemon_kind_of(one)->name);
		json_object_set_int_member(object, "pid", look.pid);
		json_object_set_int_member(object, "since", look.pid != 0 ? look.since_s : 0);
		json_object_set_int_member(object, "restarts", look.restarts);
		json_object_set_string_member(object, "state",
			look.pid != 0 ? "running"
			: look.wanted ? "restarting"
				      : "stopped");
		add_problems(daemon_kind_of(one)->name, &look, problems);
		add_silence(daemon_kind_of(one)->name, silent,
			hang_limit_s > 0 && silent >= hang_limit_s ? problems : warnings);
		daemon_look_clear(&look);
		json_array_add_object_element(array, object);
	}
	add_lockd_silence(daemons_lockd_silent_s(self), warnings);
	return array;
}
