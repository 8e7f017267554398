/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/verify.h"

#include "base/error.h"
#include "cmd/cmd.h"

#include <stdio.h>

static char *store_dir, *group;
static char **exports;

static const GOptionEntry entries[] = {
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir, "The group's store", "DIR"},
	{"export", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &exports,
		"A directory that the group exports", "DIR"},
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group,
		"The service group; the store must belong to it", "GROUP"},
	{0},
};

static const char details[] =
	"Run it on the node that serves the group. It changes nothing. Exit status: 0 no lock is missing, 1 some are\n"
	"missing or it cannot be determined, 5 there is no store or no lock set in it, 7 this node does not serve the group.\n";

/* Returns the path unchanged, or escaped if a line of text or JSON cannot hold it. */
static char *printable(const char *path)
{
	const char *at = path;

	if (!g_utf8_validate(path, -1, NULL))
		return lock_set_escape(path);
	while (*at != '\0' && *at != '\\' && g_unichar_isprint(g_utf8_get_char(at)))
		at = g_utf8_next_char(at);
	return *at == '\0' ? g_strdup(path) : lock_set_escape(path);
}

static void set_path(JsonObject *object, const char *member, const char *path)
{
	g_autofree char *text = path != NULL ? printable(path) : NULL;

	if (text != NULL)
		json_object_set_string_member(object, member, text);
	else
		json_object_set_null_member(object, member);
}

static JsonObject *lock_to_json(const struct lock *lock)
{
	JsonObject *object = json_object_new();

	set_path(object, "directory", lock->directory);
	json_object_set_int_member(object, "inode", (gint64)lock->inode);
	json_object_set_string_member(object, "type", lock->type);
	json_object_set_string_member(object, "first", lock->first);
	json_object_set_string_member(object, "last", lock->last);
	return object;
}

static JsonArray *missing_to_json(const struct verification *self)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < self->missing->len; i++) {
		const struct lock *lock = g_ptr_array_index(self->missing, i);
		JsonObject *object = lock_to_json(lock);

		set_path(object, "file", verification_file(self, lock));
		json_array_add_object_element(array, object);
	}
	return array;
}

static JsonArray *added_to_json(const struct verification *self)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < self->added->len; i++)
		json_array_add_object_element(
			array, lock_to_json(g_ptr_array_index(self->added, i)));
	return array;
}

static JsonArray *suspects_to_json(const struct verification *self)
{
	return self->missing->len > 0 ? verification_clients(self, verification_may_have_lost)
				      : json_array_new();
}

JsonObject *verification_to_json(const struct verification *self)
{
	const group_state *state = self->state;
	JsonObject *result = json_object_new();

	json_object_set_string_member(result, "store", self->store);
	json_object_set_string_member(result, "group", state->group);
	json_object_set_string_member(result, "phase", phase_name(state->phase));
	json_object_set_boolean_member(result, "pending", state->recovery_due);
	json_object_set_boolean_member(result, "exact", self->note.exact);
	json_object_set_string_member(result, "doubt", self->doubt != NULL ? self->doubt : "");
	json_object_set_int_member(result, "noted_at", self->note.noted_at);
	json_object_set_int_member(result, "noted", self->all->len);
	json_object_set_int_member(result, "recovered", self->all->len - self->missing->len);
	json_object_set_array_member(result, "missing", missing_to_json(self));
	json_object_set_array_member(result, "new", added_to_json(self));
	json_object_set_array_member(result, "clients", suspects_to_json(self));
	return result;
}

/* As text */

static void print_age(gint64 seconds)
{
	if (seconds < 120)
		printf(", %" G_GINT64_FORMAT " s ago\n", MAX(seconds, 0));
	else if (seconds < 120 * 60)
		printf(", %" G_GINT64_FORMAT " min ago\n", seconds / 60);
	else
		printf(", %" G_GINT64_FORMAT " h ago\n", seconds / 3600);
}

static void print_head(JsonObject *result)
{
	gint64 noted_at = json_object_get_int_member(result, "noted_at");
	g_autofree char *when = report_time(noted_at);

	printf("group '%s': %" G_GINT64_FORMAT " locks were noted at %s",
		json_object_get_string_member(result, "group"),
		json_object_get_int_member(result, "noted"), when);
	print_age(g_get_real_time() / G_USEC_PER_SEC - noted_at);
	if (json_object_get_string_member(result, "doubt")[0] != '\0') {
		printf("  partial: %s\n", json_object_get_string_member(result, "doubt"));
		return;
	}
	puts(json_object_get_boolean_member(result, "exact")
			? "  exact: noted at a clean handover. A missing lock was not reclaimed, or was unlocked since"
			: "  inexact: clients may have locked and unlocked between this time and the failover");
}

static void print_missing(
	JsonArray *array, guint place, JsonNode *node G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
	JsonObject *lock = json_array_get_object_element(array, place);

	printf("    %-5s %s-%s ", json_object_get_string_member(lock, "type"),
		json_object_get_string_member(lock, "first"),
		json_object_get_string_member(lock, "last"));
	if (json_object_get_null_member(lock, "file"))
		printf("inode %" G_GINT64_FORMAT " in the filesystem of %s\n",
			json_object_get_int_member(lock, "inode"),
			json_object_get_string_member(lock, "directory"));
	else
		puts(json_object_get_string_member(lock, "file"));
}

static void print_suspects(JsonArray *array)
{
	guint count = json_array_get_length(array);

	if (count == 0)
		puts("  no known client was told and did not come back: a program may have unlocked its file or ended");
	else
		printf("  clients that may have held them: ");
	for (guint i = 0; i < count; i++) {
		JsonObject *entry = json_array_get_object_element(array, i);

		printf("%s (%s)%s", json_object_get_string_member(entry, "mon_name"),
			recovery_text(json_object_get_string_member(entry, "recovery")),
			i + 1 < count ? ", " : "\n");
	}
}

void verification_print(JsonObject *result)
{
	JsonArray *missing = json_object_get_array_member(result, "missing");
	guint count = json_array_get_length(missing);

	print_head(result);
	printf("  recovered: %" G_GINT64_FORMAT "\n  missing: %u\n",
		json_object_get_int_member(result, "recovered"), count);
	json_array_foreach_element(missing, print_missing, NULL);
	if (count > 0)
		print_suspects(json_object_get_array_member(result, "clients"));
	if (count > 0 && json_object_get_boolean_member(result, "pending"))
		puts("  the recovery is still running: more of them may come back");
	printf("  new: %u\n", json_array_get_length(json_object_get_array_member(result, "new")));
}

static int verify(const struct cmd *self, struct verification *what, GError **error)
{
	g_autoptr(JsonObject) result = NULL;
	int printed;

	if (!verification_run(what, error))
		return CRM_EX_ERROR;
	result = verification_to_json(what);
	printed = cmd_print(self, result, verification_print, error);
	return printed == CRM_EX_OK && (what->missing->len > 0 || what->doubt != NULL)
		       ? CRM_EX_ERROR
		       : printed;
}

int cmd_verify(const struct cmd *self, int argc, char **argv, GError **error)
{
	struct verification what = {0};
	int status;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("store", store_dir, error) || !cmd_check_group(group, error))
		return CRM_EX_USAGE;
	what.kernel = cmd_kernel();
	what.store = store_dir;
	what.group = group;
	what.exports = cmd_directories(exports);
	status = verify(self, &what, error);
	verification_clear(&what);
	return status;
}
