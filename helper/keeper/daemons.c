/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/daemons.h"

#include "base/clock.h"
#include "base/error.h"
#include "report/log.h"
#include "keeper/daemon.h"
#include "keeper/lockd_wake.h"
#include "keeper/registrations.h"
#include "keeper/server_files.h"
#include "keeper/tool.h"

#include <string.h>

/* How long one may take to answer before it counts as stuck. */
#define ANSWER_MS 2000

/* More ends than that within a minute are a problem. */
#define RECENT_MAX 5

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
	GMutex mutex; /* of the list below */
	GPtrArray *registrations;
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

bool daemons_know_services(daemons *self)
{
	struct daemon_look look;
	bool runs;

	daemon_look(g_ptr_array_index(self->all, RPCBIND), &look);
	runs = look.pid != 0;
	daemon_look_clear(&look);
	return runs;
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

void daemons_wake_lockd(daemons *self)
{
	guint16 port;

	g_mutex_lock(&self->mutex);
	port = lockd_wake_port(self->registrations);
	g_mutex_unlock(&self->mutex);
	lockd_wake(port);
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

static bool is_stuck(struct daemon *one)
{
	struct daemon_look look;
	bool runs;

	daemon_look(one, &look);
	runs = look.pid != 0;
	daemon_look_clear(&look);
	/* One that does not run is not stuck. */
	return runs && !daemon_answers(one, ANSWER_MS, NULL) &&
	       !daemon_answers(one, ANSWER_MS, NULL);
}

void daemons_check(daemons *self)
{
	bool well = true;

	for (guint i = 0; i < self->all->len; i++) {
		struct daemon *one = g_ptr_array_index(self->all, i);

		/* nfsdcld opens its pipe when the kernel makes it. */
		if (daemon_kind_of(one)->program == 0 || !is_stuck(one))
			continue;
		qb_log(LOG_WARNING, "'%s' does not answer: it is killed, and restarted",
			daemon_kind_of(one)->name);
		daemon_kill(one);
		well = false;
	}
	if (well)
		note_registrations(self);
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

JsonArray *daemons_look(daemons *self, JsonArray *problems)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < self->all->len; i++) {
		struct daemon *one = g_ptr_array_index(self->all, i);
		JsonObject *object = json_object_new();
		struct daemon_look look;

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
		daemon_look_clear(&look);
		json_array_add_object_element(array, object);
	}
	return array;
}
