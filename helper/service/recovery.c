/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/recovery.h"

#include "base/clock.h"
#include "base/text.h"
#include "group/address_bits.h"
#include "nsm/hosts.h"
#include "nsm/notifier.h"

#include <qb/qblog.h>

struct recovery_run {
	client_list *clients;
	char **names;
	gint32 state_number;
	gint64 late_us; /* who answers later may not have the time to reclaim */
	recovery_changed changed;
	void *data;
	hosts *known;        /* owned */
	GHashTable *tellers; /* owned struct teller: a set */
	gint64 turn_us;      /* 0: all clients are told at the same time */
	guint silent;        /* clients that did not answer at first */
	guint late;          /* those of them that answered later */
};

/* How many clients the log names; `lockferry list` has all of them. */
#define NAMED_AT_MOST 10

/* Tells clients from one address. */
struct teller {
	recovery_run *run;
	char *address;   /* owned */
	address_set bit; /* 0: there are too many addresses, so answers at this one are not noted */
	notifier *notifier; /* owned */
};

static void teller_free(gpointer data)
{
	struct teller *teller = data;

	notifier_free(teller->notifier);
	g_free(teller->address);
	g_free(teller);
}

static guint teller_hash(gconstpointer key)
{
	return g_str_hash(((const struct teller *)key)->address);
}

static gboolean teller_same(gconstpointer a, gconstpointer b)
{
	return g_str_equal(
		((const struct teller *)a)->address, ((const struct teller *)b)->address);
}

/* The addresses of the group from which a client can be told. */
static address_set wanted_by(
	const recovery_run *self, const char *const *addresses, const char *mon_name)
{
	address_set wanted = 0;

	for (gsize i = 0; addresses[i] != NULL; i++) {
		g_autofree char *at = hosts_reach(self->known, mon_name, addresses[i]);

		if (at != NULL)
			wanted |= address_bit(addresses[i]);
	}
	return wanted;
}

/* Takes over answers from before this process. An answer in the store counts, and is not asked for
 * again: under another lock manager, the state number would be another one. An account of an older
 * version says acknowledged without any answers; then all addresses count as answered. */
static void take_up(client_list *clients, const char *mon_name, address_set wanted)
{
	const client *known = client_list_find(clients, mon_name);
	address_set answered = known->answered;

	if (answered == 0 && known->recovery == RECOVERY_ACKNOWLEDGED)
		answered = wanted;
	if (answered != 0 || known->asked)
		client_list_note(clients, mon_name, CLIENT_ANSWERED, answered);
}

static void want_answers(const recovery_run *self, const char *const *addresses)
{
	client_list *clients = self->clients;
	g_autoptr(GPtrArray) mon_names = client_list_mon_names(clients);

	for (guint i = 0; i < mon_names->len; i++) {
		const char *mon_name = g_ptr_array_index(mon_names, i);
		address_set wanted = wanted_by(self, addresses, mon_name);

		client_list_want(clients, mon_name, wanted);
		take_up(clients, mon_name, wanted);
	}
}

recovery_run *recovery_new(client_list *clients, const char *const *addresses,
	const char *const *names, gint32 state_number, recovery_changed changed, void *data)
{
	recovery_run *self = g_new0(recovery_run, 1);

	self->clients = clients;
	self->names = g_strdupv((char **)names);
	self->state_number = state_number;
	self->late_us = G_MAXINT64;
	self->changed = changed;
	self->data = data;
	self->tellers = g_hash_table_new_full(teller_hash, teller_same, teller_free, NULL);
	self->known = hosts_load(HOSTS_FILE);
	want_answers(self, addresses);
	return self;
}

void recovery_expect_end(recovery_run *self, gint64 grace_ends_us, guint length_s)
{
	guint needed_s = length_s > 0 ? MIN(RECOVERY_TIME_TO_RECLAIM_S, length_s / 2)
				      : RECOVERY_TIME_TO_RECLAIM_S;

	self->late_us = grace_ends_us - needed_s * G_USEC_PER_SEC;
}

/* A client may be silent at several addresses: say it once. */
static void say_silent(recovery_run *self, const char *mon_name)
{
	if (client_list_recovery(self->clients, mon_name) >= RECOVERY_UNREACHABLE)
		return;
	if (self->silent++ < NAMED_AT_MOST)
		qb_log(LOG_WARNING,
			"client '%s' does not answer, and is told again: check that it is up, and that its port 111 and the port of its statd can be reached",
			mon_name);
	else if (self->silent == NAMED_AT_MOST + 1)
		qb_log(LOG_WARNING,
			"more than %d clients do not answer, and are told again: 'lockferry list' names them",
			NAMED_AT_MOST);
}

static void say_answer(recovery_run *self, const char *mon_name)
{
	if (client_list_recovery(self->clients, mon_name) == RECOVERY_UNREACHABLE &&
		self->late++ < NAMED_AT_MOST)
		qb_log(LOG_NOTICE, "client '%s' answers", mon_name);
}

static enum client_fact answer_now(const recovery_run *self)
{
	return clock_now_us() < self->late_us ? CLIENT_ANSWERED : CLIENT_ANSWERED_LATE;
}

static void client_changed(const char *mon_name, enum notifier_step step, void *data)
{
	const struct teller *teller = data;
	recovery_run *self = teller->run;

	switch (step) {
	case NOTIFIER_TOLD:
		client_list_note(self->clients, mon_name, CLIENT_TOLD, teller->bit);
		break;
	case NOTIFIER_ACKNOWLEDGED:
		say_answer(self, mon_name);
		client_list_note(self->clients, mon_name, answer_now(self), teller->bit);
		break;
	case NOTIFIER_SILENT:
		say_silent(self, mon_name);
		client_list_note(self->clients, mon_name, CLIENT_SILENT, teller->bit);
		break;
	}
	self->changed(self->data);
}

/* A client that did not answer in an earlier recovery has no locks left to reclaim. */
static bool needs_telling(const struct teller *teller, const char *mon_name)
{
	const client *known = client_list_find(teller->run->clients, mon_name);

	return !recovery_is_unheard(known->recovery) &&
	       (teller->bit == 0 || !client_has_heard(known, teller->bit));
}

static guint add_clients(const struct teller *teller)
{
	g_autoptr(GPtrArray) mon_names = client_list_mon_names(teller->run->clients);
	guint added = 0;

	for (guint i = 0; i < mon_names->len; i++) {
		const char *mon_name = g_ptr_array_index(mon_names, i);

		g_autofree char *at = NULL;

		if (!needs_telling(teller, mon_name))
			continue;
		at = hosts_reach(teller->run->known, mon_name, teller->address);
		if (at != NULL && notifier_add_at(teller->notifier, mon_name, at, NULL))
			added++;
	}
	return added;
}

static bool teller_begin(struct teller *teller, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	recovery_run *self = teller->run;

	g_ptr_array_add(names, teller->address);
	for (gsize i = 0; self->names[i] != NULL; i++)
		g_ptr_array_add(names, self->names[i]);
	g_ptr_array_add(names, NULL);
	teller->notifier = notifier_new(teller->address, (const char *const *)names->pdata,
		self->state_number, client_changed, teller, error);
	if (teller->notifier == NULL)
		return false;
	notifier_take_turns(teller->notifier, self->turn_us);
	/* First start the notifier: if an address cannot be used, no answer is expected there. */
	return notifier_start(teller->notifier, error);
}

void recovery_take_turns(recovery_run *self, gint64 longest_us)
{
	self->turn_us = longest_us;
}

void recovery_note(recovery_run *self)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, self->tellers);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		struct teller *teller = key;
		const char *mon_name = notifier_turn(teller->notifier);
		const client *known =
			mon_name != NULL ? client_list_find(self->clients, mon_name) : NULL;

		if (known != NULL && known->asked)
			notifier_settled(teller->notifier);
	}
}

bool recovery_tell_from(recovery_run *self, const char *address, GError **error)
{
	struct teller *teller = g_new0(struct teller, 1);
	guint added;

	teller->run = self;
	teller->address = g_strdup(address);
	teller->bit = address_bit(address);
	if (g_hash_table_contains(self->tellers, teller)) {
		teller_free(teller);
		return true;
	}
	if (!teller_begin(teller, error)) {
		teller_free(teller);
		return false;
	}
	added = add_clients(teller);
	g_hash_table_add(self->tellers, teller);
	qb_log(LOG_NOTICE,
		"telling %u clients from %s that its locks must be reclaimed (state number %d)",
		added, address, self->state_number);
	return true;
}

/* The client answered at no address before the grace period ended. */
static void say_lost(const char *mon_name, guint number)
{
	if (number <= NAMED_AT_MOST)
		qb_log(LOG_ERR,
			"client '%s' did not answer before the grace period ended: its locks are lost; restart its applications",
			mon_name);
}

static void say_may_have_lost(const char *mon_name, guint number)
{
	if (number <= NAMED_AT_MOST)
		qb_log(LOG_WARNING,
			"client '%s' did not answer before the grace period ended: it may have lost locks, but is not known to use this group; if it does, restart its applications",
			mon_name);
}

static void say_more(guint lost, guint may_have_lost)
{
	if (lost > NAMED_AT_MOST)
		qb_log(LOG_ERR,
			"%u more clients did not answer before the grace period ended: their locks are lost; 'lockferry list' names them",
			lost - NAMED_AT_MOST);
	if (may_have_lost > NAMED_AT_MOST)
		qb_log(LOG_WARNING,
			"%u more clients that are not known to use this group did not answer before the grace period ended: they may have lost locks; 'lockferry list' names them",
			may_have_lost - NAMED_AT_MOST);
}

/* Some answers are missing, but maybe only at addresses that these clients did not mount by. */
static void say_half_told(guint count)
{
	g_autofree char *clients = text_count(count, "client");

	if (count > 0)
		qb_log(LOG_WARNING,
			"%s answered at only some of the group's addresses before the grace period ended: a client that mounted by another address has lost its locks; restart its applications",
			clients);
}

char *recovery_late_text(const client_list *clients)
{
	g_autoptr(GPtrArray) names = client_list_mon_names(clients);
	g_autofree char *named = NULL;

	for (guint i = names->len; i-- > 0;) {
		if (!client_list_find(clients, g_ptr_array_index(names, i))->late)
			g_ptr_array_remove_index_fast(names, i);
	}
	if (names->len == 0)
		return NULL;
	named = text_name_some(names);
	return g_strdup_printf(
		"these clients answered when the grace period was nearly over, or after it, and may not have reclaimed all their locks: %s: restart their applications",
		named);
}

/* How many clients did not answer everywhere in time. */
struct unheard {
	guint lost, may_have_lost, half_told;
};

static void settle(
	recovery_run *self, const client *known, bool other_groups, struct unheard *count)
{
	if (known->answered != 0) {
		count->half_told++;
	} else if (other_groups && !known->uses_group) {
		say_may_have_lost(known->mon_name, ++count->may_have_lost);
		client_list_set_recovery(self->clients, known->mon_name, RECOVERY_MAY_HAVE_LOST);
	} else {
		say_lost(known->mon_name, ++count->lost);
		client_list_set_recovery(self->clients, known->mon_name, RECOVERY_LOST);
	}
}

/* The client asked for a lock, so it is back. But the lock may be one of another group, or the
 * client used one of several addresses. It does not reclaim its locks by an address from which it
 * was not told. */
static bool is_back_in_part(const client *known)
{
	return known->recovery == RECOVERY_RECLAIMED &&
	       (known->wanted & (known->wanted - 1)) != 0 &&
	       !client_has_heard(known, known->wanted);
}

/* It asked for a lock, but answered nowhere. lockd has a client monitored also for a new lock that
 * it refuses in grace (fs/lockd/svc4proc.c), and a client that was not told reclaims nothing. */
static bool only_asked(const client *known)
{
	return known->recovery == RECOVERY_RECLAIMED && known->wanted != 0 && known->answered == 0;
}

guint recovery_finish(recovery_run *self, bool locks_are_back, bool other_groups)
{
	g_autoptr(GPtrArray) mon_names = client_list_mon_names(self->clients);
	struct unheard count = {0};

	g_hash_table_remove_all(self->tellers);
	for (guint i = 0; i < mon_names->len; i++) {
		const client *known =
			client_list_find(self->clients, g_ptr_array_index(mon_names, i));

		if (known->recovery >= RECOVERY_ACKNOWLEDGED &&
			(locks_are_back || !only_asked(known))) {
			count.half_told += !locks_are_back && is_back_in_part(known);
			continue;
		}
		if (locks_are_back)
			client_list_set_recovery(self->clients, known->mon_name, RECOVERY_RECORDED);
		else
			settle(self, known, other_groups, &count);
	}
	say_more(count.lost, count.may_have_lost);
	say_half_told(count.half_told);
	return count.lost;
}

void recovery_free(recovery_run *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->tellers);
	hosts_free(self->known);
	g_strfreev(self->names);
	g_free(self);
}
