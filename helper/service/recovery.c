/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/recovery.h"

#include "nsm/notifier.h"

#include <qb/qblog.h>
#include <string.h>

struct recovery_run {
	client_list *clients;
	char **names;
	gint32 state_number;
	recovery_changed changed;
	void *data;
	GHashTable *notifiers; /* owned address -> owned notifier */
	GHashTable *expected;  /* owned mon_name -> how many answers are still to come */
};

recovery_run *recovery_new(client_list *clients, const char *const *names, gint32 state_number,
	recovery_changed changed, void *data)
{
	recovery_run *self = g_new0(recovery_run, 1);

	self->clients = clients;
	self->names = g_strdupv((char **)names);
	self->state_number = state_number;
	self->changed = changed;
	self->data = data;
	self->notifiers = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)notifier_free);
	self->expected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return self;
}

/* A step never takes back what is known better: a client may reclaim before its answer arrives. */
static void advance(recovery_run *self, const char *mon_name, enum recovery to)
{
	if (client_list_recovery(self->clients, mon_name) < to)
		client_list_set_recovery(self->clients, mon_name, to);
}

static void acknowledged(recovery_run *self, const char *mon_name)
{
	guint left = GPOINTER_TO_UINT(g_hash_table_lookup(self->expected, mon_name));

	if (client_list_recovery(self->clients, mon_name) == RECOVERY_UNREACHABLE)
		qb_log(LOG_NOTICE, "client '%s' answers", mon_name);
	if (left <= 1) {
		advance(self, mon_name, RECOVERY_ACKNOWLEDGED);
		return;
	}
	g_hash_table_insert(self->expected, g_strdup(mon_name), GUINT_TO_POINTER(left - 1));
	if (client_list_recovery(self->clients, mon_name) == RECOVERY_UNREACHABLE)
		client_list_set_recovery(self->clients, mon_name, RECOVERY_TOLD);
}

/* Also at an address after another. */
static void is_silent(recovery_run *self, const char *mon_name)
{
	if (client_list_recovery(self->clients, mon_name) >= RECOVERY_UNREACHABLE)
		return;
	qb_log(LOG_WARNING,
		"client '%s' does not answer; trying on: is it up, and may port 111 and its "
		"statd's be reached?",
		mon_name);
	client_list_set_recovery(self->clients, mon_name, RECOVERY_UNREACHABLE);
}

static void client_changed(const char *mon_name, enum notifier_step step, void *data)
{
	recovery_run *self = data;

	switch (step) {
	case NOTIFIER_TOLD:
		advance(self, mon_name, RECOVERY_TOLD);
		break;
	case NOTIFIER_ACKNOWLEDGED:
		acknowledged(self, mon_name);
		break;
	case NOTIFIER_SILENT:
		is_silent(self, mon_name);
		break;
	}
	self->changed(self->data);
}

static void expect_answer(recovery_run *self, const char *mon_name)
{
	guint expected = GPOINTER_TO_UINT(g_hash_table_lookup(self->expected, mon_name));

	g_hash_table_insert(self->expected, g_strdup(mon_name), GUINT_TO_POINTER(expected + 1));
}

static guint add_clients(recovery_run *self, notifier *teller)
{
	g_autoptr(GPtrArray) mon_names = client_list_mon_names(self->clients);
	guint added = 0;

	for (guint i = 0; i < mon_names->len; i++) {
		const char *mon_name = g_ptr_array_index(mon_names, i);

		if (client_list_recovery(self->clients, mon_name) >= RECOVERY_ACKNOWLEDGED ||
			!notifier_add(teller, mon_name, NULL))
			continue;
		expect_answer(self, mon_name);
		added++;
	}
	return added;
}

bool recovery_tell_from(recovery_run *self, const char *address, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	notifier *teller;
	guint added;

	if (g_hash_table_contains(self->notifiers, address))
		return true;
	g_ptr_array_add(names, (char *)address);
	for (gsize i = 0; self->names[i] != NULL; i++)
		g_ptr_array_add(names, self->names[i]);
	g_ptr_array_add(names, NULL);
	teller = notifier_new(address, (const char *const *)names->pdata, self->state_number,
		client_changed, self, error);
	if (teller == NULL)
		return false;
	/* First of all: no answer is expected from where nothing can be asked. */
	if (!notifier_start(teller, error)) {
		notifier_free(teller);
		return false;
	}
	added = add_clients(self, teller);
	g_hash_table_insert(self->notifiers, g_strdup(address), teller);
	qb_log(LOG_NOTICE,
		"telling %u clients from %s that its locks are to be reclaimed (state number %d)",
		added, address, self->state_number);
	return true;
}

guint recovery_untellable(const recovery_run *self)
{
	g_autoptr(GPtrArray) mon_names = client_list_mon_names(self->clients);
	guint untellable = 0;

	for (guint i = 0; i < mon_names->len; i++) {
		const char *mon_name = g_ptr_array_index(mon_names, i);

		if (client_list_recovery(self->clients, mon_name) == RECOVERY_RECORDED &&
			!g_hash_table_contains(self->expected, mon_name))
			untellable++;
	}
	return untellable;
}

guint recovery_finish(recovery_run *self, bool locks_are_back)
{
	g_autoptr(GPtrArray) mon_names = client_list_mon_names(self->clients);
	guint lost = 0;

	g_hash_table_remove_all(self->notifiers);
	for (guint i = 0; i < mon_names->len; i++) {
		const char *mon_name = g_ptr_array_index(mon_names, i);

		if (client_list_recovery(self->clients, mon_name) >= RECOVERY_ACKNOWLEDGED)
			continue;
		client_list_set_recovery(self->clients, mon_name,
			locks_are_back ? RECOVERY_RECORDED : RECOVERY_LOST);
		if (locks_are_back)
			continue;
		qb_log(LOG_ERR,
			"client '%s' did not answer before the grace period ended: its locks are "
			"lost; "
			"restart its applications",
			mon_name);
		lost++;
	}
	return lost;
}

void recovery_free(recovery_run *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->notifiers);
	g_hash_table_unref(self->expected);
	g_strfreev(self->names);
	g_free(self);
}
