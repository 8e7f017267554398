/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"

#include "base/error.h"
#include "group/state.h"
#include "nsm/sm_dir.h"
#include "service/parameters.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DELETION_DELAY_DEFAULT_S 60

static struct kernel kernel = KERNEL_DEFAULT;
static enum report_format format;
static char *run_dir = (char *)LOCKFERRY_RUNDIR;
static char *output_as;
static int deletion_delay_s = DELETION_DELAY_DEFAULT_S;
static char *nfsd_dir, *lockd_dir, *proc_dir, *rpc_nfsd;

static const GOptionEntry common_entries[] = {
	{"output-as", 0, 0, G_OPTION_ARG_FILENAME, &output_as, "How to print the result [text]",
		"text|json|xml"},
	{"run-dir", 0, 0, G_OPTION_ARG_FILENAME, &run_dir,
		"Directory of the control sockets [" LOCKFERRY_RUNDIR "]", "DIR"},
	{0},
};

static const GOptionEntry test_entries[] = {
	{"nfsd-dir", 0, 0, G_OPTION_ARG_FILENAME, &nfsd_dir, "Use instead of /proc/fs/nfsd", "DIR"},
	{"lockd-dir", 0, 0, G_OPTION_ARG_FILENAME, &lockd_dir, "Use instead of /proc/fs/lockd",
		"DIR"},
	{"deletion-delay", 0, 0, G_OPTION_ARG_INT, &deletion_delay_s,
		"How long a record's file must be gone before the record is deleted [60]",
		"SECONDS"},
	{"proc-dir", 0, 0, G_OPTION_ARG_FILENAME, &proc_dir, "Use instead of /proc", "DIR"},
	{"rpc-nfsd", 0, 0, G_OPTION_ARG_FILENAME, &rpc_nfsd,
		"Use instead of rpc.nfsd, which does not run with --nfsd-dir", "PROGRAM"},
	{0},
};

static GOptionContext *make_context(
	const struct cmd *cmd, const GOptionEntry *entries, const char *details)
{
	g_autofree char *parameters = g_strdup_printf("- %s", cmd->summary);
	GOptionContext *context = g_option_context_new(parameters);
	GOptionGroup *group = g_option_group_new(
		"test", "Options for tests:", "Show the options for tests", NULL, NULL);

	if (entries != NULL)
		g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_add_main_entries(context, common_entries, NULL);
	g_option_group_add_entries(group, test_entries);
	g_option_context_add_group(context, group);
	g_option_context_set_description(context, details);
	return context;
}

static bool take_common_options(GError **error)
{
	if (nfsd_dir != NULL) {
		kernel.nfsd_dir = nfsd_dir;
		kernel.rpc_nfsd = NULL;
	}
	if (rpc_nfsd != NULL)
		kernel.rpc_nfsd = rpc_nfsd;
	if (lockd_dir != NULL)
		kernel.lockd_dir = lockd_dir;
	if (proc_dir != NULL)
		kernel.proc_dir = proc_dir;
	return output_as == NULL || report_format_parse(output_as, &format, error);
}

char *cmd_strip_slashes(char *path)
{
	gsize length = path != NULL ? strlen(path) : 0;

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	return path;
}

/* Every text option is declared as a file name, so that GLib does not convert it from the locale.
 * The help text says which of them are directories. */
static void strip_directories(const GOptionEntry *entries)
{
	for (; entries != NULL && entries->long_name != NULL; entries++) {
		if (entries->arg == G_OPTION_ARG_FILENAME &&
			g_strcmp0(entries->arg_description, "DIR") == 0)
			cmd_strip_slashes(*(char **)entries->arg_data);
	}
}

bool cmd_parse(const struct cmd *cmd, const GOptionEntry *entries, const char *details, int argc,
	char **argv, GError **error)
{
	g_autoptr(GOptionContext) context = make_context(cmd, entries, details);
	g_autofree char *name = g_strdup_printf("lockferry %s", cmd->name);

	g_set_prgname(name);
	if (!g_option_context_parse(context, &argc, &argv, error)) {
		g_prefix_error(error, "%s: ", cmd->name);
		return false;
	}
	strip_directories(entries);
	if (argc > 1) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"%s: unexpected argument '%s': see 'lockferry %s --help'", cmd->name,
			argv[1], cmd->name);
		return false;
	}
	return take_common_options(error);
}

/* The result for programs; NULL: none yet. */
static JsonObject *document;

int cmd_print(const struct cmd *cmd, JsonObject *result, report_text text, GError **error)
{
	if (format == REPORT_TEXT)
		return report_print(format, cmd->name, result, text, error) ? CRM_EX_OK
									    : CRM_EX_ERROR;
	document = json_object_ref(result);
	return CRM_EX_OK;
}

static void add_status(JsonObject *to, int status, const char *message)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "code", status);
	json_object_set_string_member(object, "message", message);
	json_object_set_int_member(to, "format", CMD_FORMAT);
	json_object_set_object_member(to, "status", object);
}

static bool print_document(const struct cmd *cmd, int status, const GError *error, GError **failure)
{
	g_autoptr(JsonObject) result = document != NULL ? document : json_object_new();

	document = NULL;
	add_status(result, status, error != NULL ? error->message : "");
	return report_print(format, cmd->name, result, NULL, failure);
}

int cmd_end(const struct cmd *cmd, int status, const GError *error)
{
	g_autoptr(GError) failure = NULL;

	if (error != NULL) {
		cmd_say("%s", error->message);
		status = lf_error_exit_status(error);
	}
	if (format == REPORT_TEXT || print_document(cmd, status, error, &failure))
		return status;
	cmd_say("%s", failure->message);
	return CRM_EX_ERROR;
}

bool cmd_save(const struct cmd *cmd, JsonObject *result, report_text text, const char *file,
	GError **error)
{
	json_object_set_int_member(result, "format", CMD_FORMAT);
	return report_save(format, cmd->name, result, text, file, error);
}

const struct kernel *cmd_kernel(void)
{
	return &kernel;
}

int cmd_deletion_delay_s(void)
{
	return MAX(deletion_delay_s, 0);
}

const char *cmd_run_dir(void)
{
	return run_dir;
}

bool cmd_require(const char *option, const void *value, GError **error)
{
	if (value != NULL)
		return true;
	g_set_error(
		error, LF_ERROR, LF_ERROR_USAGE, "the option --%s is required: see --help", option);
	return false;
}

bool cmd_check_group(const char *group, GError **error)
{
	if (group == NULL || group_name_is_valid(group))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
		"'%s' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first",
		group);
	return false;
}

const char *const *cmd_list_of(char **values)
{
	static const char *const none[] = {NULL};

	return values != NULL ? (const char *const *)values : none;
}

const char *const *cmd_directories(char **values)
{
	for (guint i = 0; values != NULL && values[i] != NULL; i++) {
		char *path = parameters_decode_path(values[i]);

		g_free(values[i]);
		values[i] = path;
	}
	return cmd_list_of(values);
}

char **cmd_split_addresses(char **values)
{
	g_autofree char *joined = values != NULL ? g_strjoinv(",", values) : g_strdup("");

	return g_strsplit(joined, ",", -1);
}

char *cmd_sm_dir(const char *given, GError **error)
{
	return given != NULL ? g_strdup(given) : sm_dir_find(cmd_kernel()->proc_dir, error);
}

/* The document of a command that timed out. */
static char *late_document;

static void end_now(int signal_number G_GNUC_UNUSED)
{
	static const char text[] = "lockferry: timed out\n";

	/* The process ends in any case, so a failed write does not matter. */
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	if (late_document != NULL)
		(void)!write(STDOUT_FILENO, late_document, strlen(late_document));
	_exit(CRM_EX_TIMEOUT);
}

static char *make_late_document(const struct cmd *cmd)
{
	g_autoptr(JsonObject) result = json_object_new();
	g_autofree char *json = NULL;

	add_status(result, CRM_EX_TIMEOUT, "timed out");
	if (format == REPORT_XML)
		return report_to_xml(cmd->name, result);
	json = report_to_json(result, true);
	return g_strconcat(json, "\n", NULL);
}

void cmd_end_after(const struct cmd *cmd, int seconds)
{
	if (format != REPORT_TEXT)
		late_document = make_late_document(cmd);
	signal(SIGALRM, end_now);
	alarm((unsigned int)seconds);
}

void cmd_say(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	fputs("lockferry: ", stderr);
	vfprintf(stderr, text, args);
	fputc('\n', stderr);
	va_end(args);
}

void cmd_print_texts(const char *what, JsonArray *array)
{
	for (guint i = 0; i < json_array_get_length(array); i++)
		printf("  %s: %s\n", what, json_array_get_string_element(array, i));
}
