/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/process.h"

#include <glib.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KTHREADD_PID "2"

/* The state, the parent and other fields follow the name. The start, in ticks since the boot, is
 * field 22 of the line. */
enum { FIELD_PARENT = 1, FIELD_START = 19, FIELD_COUNT = 20 };

static char *read_stat(const char *proc_dir, const char *pid)
{
	g_autofree char *path = g_build_filename(proc_dir, pid, "stat", NULL);
	char *stat = NULL;

	g_file_get_contents(path, &stat, NULL, NULL);
	return stat;
}

char *process_namespace(const char *proc_dir, const char *pid, const char *kind)
{
	g_autofree char *path = g_build_filename(proc_dir, pid, "ns", kind, NULL);

	return g_file_read_link(path, NULL);
}

static bool shares_namespace(const char *proc_dir, const char *pid, const char *kind)
{
	g_autofree char *theirs = process_namespace(proc_dir, pid, kind);
	g_autofree char *ours = process_namespace(proc_dir, "self", kind);

	return theirs == NULL || ours == NULL || g_str_equal(theirs, ours);
}

/* Only root can give a process a capability in our user namespace. */
static bool may_bind_ports(const char *proc_dir, const char *pid)
{
	g_autofree char *path = g_build_filename(proc_dir, pid, "status", NULL);
	g_autofree char *status = NULL;
	const char *permitted;

	if (!g_file_get_contents(path, &status, NULL, NULL))
		return true;
	permitted = strstr(status, "\nCapPrm:");
	return permitted != NULL && shares_namespace(proc_dir, pid, "user") &&
	       (g_ascii_strtoull(permitted + strlen("\nCapPrm:"), NULL, 16) &
		       (1u << CAP_NET_BIND_SERVICE)) != 0;
}

static bool is_of_kind(
	const char *proc_dir, const char *pid, const char *parent, enum process_kind kind)
{
	if (g_str_equal(parent, KTHREADD_PID) != (kind == PROCESS_KERNEL))
		return false;
	return kind == PROCESS_KERNEL ||
	       (shares_namespace(proc_dir, pid, "net") &&
		       (kind != PROCESS_DAEMON || may_bind_ports(proc_dir, pid)));
}

/* Returns NULL if the process `pid` does not have that name and kind. */
static char *incarnation_of(
	const char *proc_dir, const char *pid, const char *name, enum process_kind kind)
{
	g_autofree char *stat = read_stat(proc_dir, pid);
	g_autofree char *in_brackets = g_strdup_printf("(%s)", name);
	const char *begin = stat != NULL ? strchr(stat, '(') : NULL;
	const char *end = stat != NULL ? strrchr(stat, ')') : NULL;
	g_auto(GStrv) fields = NULL;

	if (begin == NULL || end == NULL || (gsize)(end + 1 - begin) != strlen(in_brackets) ||
		!g_str_has_prefix(begin, in_brackets) || end[1] != ' ')
		return NULL;
	fields = g_strsplit(end + 2, " ", FIELD_COUNT + 1);
	if (g_strv_length(fields) < FIELD_COUNT)
		return NULL;
	if (!is_of_kind(proc_dir, pid, fields[FIELD_PARENT], kind))
		return NULL;
	return g_strdup_printf("%s@%s", pid, fields[FIELD_START]);
}

char *process_incarnation(const char *proc_dir, pid_t pid, const char *name, enum process_kind kind)
{
	g_autofree char *text = g_strdup_printf("%d", (int)pid);

	return incarnation_of(proc_dir, text, name, kind);
}

char *process_find(const char *proc_dir, const char *name, enum process_kind kind)
{
	g_autoptr(GDir) dir = g_dir_open(proc_dir, 0, NULL);
	const char *pid;

	while (dir != NULL && (pid = g_dir_read_name(dir)) != NULL) {
		char *found =
			g_ascii_isdigit(pid[0]) ? incarnation_of(proc_dir, pid, name, kind) : NULL;

		if (found != NULL)
			return found;
	}
	return NULL;
}

bool process_runs(
	const char *proc_dir, const char *incarnation, const char *name, enum process_kind kind)
{
	const char *at = strchr(incarnation, '@');
	g_autofree char *pid =
		at != NULL ? g_strndup(incarnation, (gsize)(at - incarnation)) : NULL;
	g_autofree char *now = pid != NULL ? incarnation_of(proc_dir, pid, name, kind) : NULL;

	return g_strcmp0(now, incarnation) == 0;
}

double process_started(const char *incarnation)
{
	const char *at = strchr(incarnation, '@');

	if (at == NULL || !g_ascii_isdigit(at[1]))
		return -1;
	return (double)g_ascii_strtoull(at + 1, NULL, 10) / (double)sysconf(_SC_CLK_TCK);
}

char *process_path(const char *proc_dir, const char *incarnation, const char *file)
{
	g_autofree char *pid = g_strndup(incarnation, strcspn(incarnation, "@"));

	return g_build_filename(proc_dir, pid, file, NULL);
}

char **process_words(const char *proc_dir, const char *incarnation, const char *file)
{
	g_autofree char *path = process_path(proc_dir, incarnation, file);
	GPtrArray *words = g_ptr_array_new();
	g_autofree char *text = NULL;
	gsize length = 0;

	g_file_get_contents(path, &text, &length, NULL);
	for (const char *word = text; word != NULL && word < text + length;
		word += strlen(word) + 1)
		g_ptr_array_add(words, g_strdup(word));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

/* The owner and group of the process's folder are its effective ones, even if the process cannot
 * be dumped (fs/proc/base.c, task_dump_owner). */
bool process_user(const char *proc_dir, const char *incarnation, uid_t *user, gid_t *group)
{
	g_autofree char *path = process_path(proc_dir, incarnation, NULL);
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	*user = status.st_uid;
	*group = status.st_gid;
	return true;
}
