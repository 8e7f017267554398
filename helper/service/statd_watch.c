/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/statd_watch.h"

#include "kernel/process.h"
#include "nsm/statd_rights.h"
#include "service/missed.h"

/* How long status shows missed clients: several monitor intervals. */
#define MISSED_SHOWN_US ((gint64)600 * G_USEC_PER_SEC)

/* How often to check statd's rights: about once in a monitor interval. */
#define STATD_LOOK_US ((gint64)10 * G_USEC_PER_SEC)

struct statd_watch {
	const struct group_options *options;
	uid_t user; /* whose callout may hand over clients: the owner of the sm directory when this
		       process began */
	struct problems *problems;
	missed *missed; /* clients that the callout could not hand over */
	guint64 missed_count;
	gint64 missed_us; /* when the last one was found, monotonic */
	gint64 due_us;    /* next check of statd's rights, monotonic */
};

statd_watch *statd_watch_new(
	const struct group_options *options, uid_t user, struct problems *problems, GError **error)
{
	missed *opened = missed_open(options->run_dir, options->group, user, error);
	statd_watch *self;

	if (opened == NULL)
		return NULL;
	self = g_new0(statd_watch, 1);
	self->options = options;
	self->user = user;
	self->problems = problems;
	self->missed = opened;
	return self;
}

void statd_watch_look_at_missed(statd_watch *self, gint64 now_us)
{
	g_autofree char *last = NULL;
	g_autofree char *text = NULL;
	guint count = missed_look(self->missed, &last);

	if (count == 0) {
		if (now_us - self->missed_us > MISSED_SHOWN_US)
			problems_set(self->problems, PROBLEM_MISSED, NULL);
		return;
	}
	self->missed_us = now_us;
	self->missed_count += count;
	text = g_strdup_printf(
		"lockferry-callout could not hand over %" G_GUINT64_FORMAT
		" clients, the last of them '%s': they may have got locks before their records were on the disk; the system's log has the reason",
		self->missed_count, last != NULL ? last : "unknown");
	problems_set(self->problems, PROBLEM_MISSED, text);
}

/* Whether it was started by the keeper of the group's own server, so that its callout asks this
 * group alone. */
static bool is_of_group(const struct group_options *options, const char *statd)
{
	g_auto(GStrv) words = process_words(options->kernel.proc_dir, statd, "environ");
	g_autofree char *wanted = g_strconcat("LOCKFERRY_GROUP=", options->group, NULL);

	return g_strv_contains((const char *const *)words, wanted);
}

/* The text for status, the caller frees it; NULL: nothing is wrong. Users by number: to ask for
 * their names can take long. */
static char *what_bars(const statd_watch *self, const struct statd_rights *rights)
{
	if (rights->barred != NULL)
		return g_strdup_printf(
			"rpc.statd runs as user %u, but '%s' (owner %u, mode %03o) does not let this user record clients: no client gets its first NFSv3 lock; 'lockferry check' has the cure",
			(unsigned)rights->user, rights->barred, (unsigned)rights->owner,
			(unsigned)rights->mode);
	if (rights->user == 0 || rights->user == self->user)
		return NULL;
	return g_strdup_printf(
		"rpc.statd runs as user %u, but '%s' belonged to user %u when this process began: its callout cannot hand over clients; 'lockferry check' has the cure",
		(unsigned)rights->user, self->options->sm_dir, (unsigned)self->user);
}

bool statd_watch_is_due(const statd_watch *self, gint64 now_us)
{
	return now_us >= self->due_us;
}

void statd_watch_look_at_rights(statd_watch *self, const char *statd, gint64 now_us)
{
	struct statd_rights rights;
	g_autofree char *text = NULL;

	self->due_us = now_us + STATD_LOOK_US;
	if (statd_rights_look(
		    self->options->kernel.proc_dir, statd, self->options->sm_dir, &rights)) {
		text = what_bars(self, &rights);
		statd_rights_clear(&rights);
	}
	if (text == NULL && self->options->own_server && !g_str_equal(statd, "none") &&
		!is_of_group(self->options, statd))
		text = g_strdup_printf(
			"rpc.statd was not started by the keeper of the NFS server of group '%s': its callout asks every group of the node, and their disks can hold up clients; end it, and the keeper starts it again",
			self->options->group);
	problems_set(self->problems, PROBLEM_STATD, text);
}

guint64 statd_watch_missed(const statd_watch *self)
{
	return self->missed_count;
}

void statd_watch_free(statd_watch *self)
{
	if (self == NULL)
		return;
	missed_close(self->missed);
	g_free(self);
}
