/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/statd.h"

#include "base/error.h"
#include "kernel/process.h"

#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#define STATD "rpc.statd"

static const char short_options[] = "h?vVFNH:dn:p:o:P:LT:U:";
static const struct option long_options[] = {
	{"foreground", no_argument, NULL, 'F'},
	{"no-syslog", no_argument, NULL, 'd'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{"outgoing-port", required_argument, NULL, 'o'},
	{"port", required_argument, NULL, 'p'},
	{"name", required_argument, NULL, 'n'},
	{"state-directory-path", required_argument, NULL, 'P'},
	{"notify-mode", no_argument, NULL, 'N'},
	{"ha-callout", required_argument, NULL, 'H'},
	{"no-notify", no_argument, NULL, 'L'},
	{"nlm-port", required_argument, NULL, 'T'},
	{"nlm-udp-port", required_argument, NULL, 'U'},
	{0},
};

/* getopt_long() has one state for the whole process. */
static GMutex getopt_lock;

static void take(char **which, const char *value)
{
	g_free(*which);
	*which = g_strdup(value);
}

static void take_option(statd_options *self, int option, const char *value)
{
	if (option == 'H')
		take(&self->callout, value);
	else if (option == 'P')
		take(&self->state_dir, value);
	else if (option == 'L')
		self->no_notify = true;
}

/* getopt_long() reorders the words, so they are copied. */
static void parse(statd_options *self, const char *const *words)
{
	guint count = g_strv_length((char **)words);
	g_autofree const char **copy = g_new(const char *, count + 1);
	int option;

	memcpy(copy, words, (count + 1) * sizeof(*copy));
	g_mutex_lock(&getopt_lock);
	opterr = 0;
	optind = 0; /* starts a new parse: getopt(3), glibc */
	while ((option = getopt_long(
			(int)count, (char **)copy, short_options, long_options, NULL)) != -1)
		take_option(self, option, optarg);
	g_mutex_unlock(&getopt_lock);
}

statd_options *statd_options_parse(const char *const *words, const char *const *environment)
{
	statd_options *self = g_new0(statd_options, 1);
	const char *value = environment != NULL
				    ? g_environ_getenv((char **)environment, "RPC_STATD_NO_NOTIFY")
				    : NULL;

	self->no_notify = value != NULL && g_ascii_strtoll(value, NULL, 10) > 0;
	if (words[0] != NULL)
		parse(self, words);
	return self;
}

void statd_options_free(statd_options *self)
{
	if (self == NULL)
		return;
	g_free(self->callout);
	g_free(self->state_dir);
	g_free(self);
}

char *statd_find(const char *proc_dir)
{
	return process_find(proc_dir, STATD, PROCESS_DAEMON);
}

statd_options *statd_options_of(const char *proc_dir, const char *incarnation)
{
	g_auto(GStrv) words = process_words(proc_dir, incarnation, "cmdline");
	g_auto(GStrv) environment = process_words(proc_dir, incarnation, "environ");

	if (words[0] == NULL)
		return NULL;
	return statd_options_parse((const char *const *)words, (const char *const *)environment);
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat one_status, other_status;

	return stat(one, &one_status) == 0 && stat(other, &other_status) == 0 &&
	       one_status.st_dev == other_status.st_dev && one_status.st_ino == other_status.st_ino;
}

/* Returns the state directory, or NULL if it is unknown. */
static char *state_dir_of(const char *proc_dir, const char *incarnation)
{
	g_autofree char *link = process_path(proc_dir, incarnation, "cwd");
	g_autofree char *dir = g_file_read_link(link, NULL);
	g_autoptr(statd_options) options = NULL;

	/* The options are used if statd has not changed to its directory yet, or if the link
	 * cannot be read. */
	if (dir != NULL && !g_str_equal(dir, "/"))
		return g_steal_pointer(&dir);
	options = statd_options_of(proc_dir, incarnation);
	return options != NULL ? g_steal_pointer(&options->state_dir) : NULL;
}

/* Whether the path leads to the same directory for statd and for this process. */
static bool is_in_reach(const char *proc_dir, const char *incarnation, const char *state_dir)
{
	g_autofree char *link = process_path(proc_dir, incarnation, "cwd");
	g_autofree char *there = g_file_read_link(link, NULL);

	return g_strcmp0(there, state_dir) != 0 || is_same_file(link, state_dir);
}

char *statd_sm_dir(const char *proc_dir, GError **error)
{
	g_autofree char *statd = statd_find(proc_dir);
	g_autofree char *state_dir = statd != NULL ? state_dir_of(proc_dir, statd) : NULL;
	g_autofree char *path = state_dir != NULL ? g_build_filename(state_dir, "sm", NULL) : NULL;

	if (path == NULL)
		return NULL;
	if (is_in_reach(proc_dir, statd, state_dir) && g_file_test(path, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&path);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"rpc.statd runs and keeps its records in '%s', which does not exist here: restart rpc.statd in this mount namespace, with its directory in place",
		path);
	return NULL;
}
