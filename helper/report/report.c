/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include "base/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool report_format_parse(const char *name, enum report_format *format, GError **error)
{
	static const char *const names[] = {
		[REPORT_TEXT] = "text",
		[REPORT_JSON] = "json",
		[REPORT_XML] = "xml",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(name, names[i])) {
			*format = (enum report_format)i;
			return true;
		}
	}
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
		"'%s' is not an output format: use text, json or xml", name);
	return false;
}

/* Cleans a text: paths and the output of other programs can have any bytes, but JSON and XML
 * cannot. XML 1.0 cannot have control characters either, not even escaped. */
static char *clean_text(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *clean = g_string_new(NULL);

	for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool stays = c == '\n' || c == '\t' || !g_unichar_iscntrl(c);

		g_string_append_unichar(clean, stays && (c & 0xfffe) != 0xfffe ? c : '?');
	}
	return g_string_free(clean, FALSE);
}

static JsonNode *clean_node(JsonNode *node);

static JsonObject *clean_object(JsonObject *object)
{
	JsonObject *clean = json_object_new();
	JsonObjectIter iter;
	const char *name;
	JsonNode *node;

	json_object_iter_init_ordered(&iter, object);
	while (json_object_iter_next_ordered(&iter, &name, &node))
		json_object_set_member(clean, name, clean_node(node));
	return clean;
}

static JsonArray *clean_array(JsonArray *array)
{
	JsonArray *clean = json_array_new();

	for (guint i = 0; i < json_array_get_length(array); i++)
		json_array_add_element(clean, clean_node(json_array_get_element(array, i)));
	return clean;
}

/* A copy that every parser accepts. */
static JsonNode *clean_node(JsonNode *node)
{
	JsonNode *clean = json_node_alloc();

	if (JSON_NODE_HOLDS_OBJECT(node)) {
		json_node_init(clean, JSON_NODE_OBJECT);
		json_node_take_object(clean, clean_object(json_node_get_object(node)));
	} else if (JSON_NODE_HOLDS_ARRAY(node)) {
		json_node_init(clean, JSON_NODE_ARRAY);
		json_node_take_array(clean, clean_array(json_node_get_array(node)));
	} else if (json_node_get_value_type(node) == G_TYPE_STRING) {
		g_autofree char *text = clean_text(json_node_get_string(node));
		json_node_init_string(clean, text);
	} else {
		json_node_free(clean);
		clean = json_node_copy(node);
	}
	return clean;
}

static void append_xml(GString *xml, const char *name, JsonNode *node, int depth);

static void append_members(GString *xml, JsonObject *object, int depth)
{
	JsonObjectIter iter;
	const char *name;
	JsonNode *node;

	json_object_iter_init_ordered(&iter, object);
	while (json_object_iter_next_ordered(&iter, &name, &node))
		append_xml(xml, name, node, depth);
}

static void append_items(GString *xml, JsonArray *array, int depth)
{
	for (guint i = 0; i < json_array_get_length(array); i++)
		append_xml(xml, "item", json_array_get_element(array, i), depth);
}

/* A scalar as text; the caller frees it. */
static char *scalar_text(JsonNode *node)
{
	if (JSON_NODE_HOLDS_NULL(node))
		return g_strdup("");
	if (json_node_get_value_type(node) == G_TYPE_STRING)
		return json_node_dup_string(node);
	return json_to_string(node, FALSE);
}

static void append_xml(GString *xml, const char *name, JsonNode *node, int depth)
{
	bool is_object = JSON_NODE_HOLDS_OBJECT(node);

	g_string_append_printf(xml, "%*s<%s>", depth * 2, "", name);
	if (is_object || JSON_NODE_HOLDS_ARRAY(node)) {
		g_string_append_c(xml, '\n');
		if (is_object)
			append_members(xml, json_node_get_object(node), depth + 1);
		else
			append_items(xml, json_node_get_array(node), depth + 1);
		g_string_append_printf(xml, "%*s", depth * 2, "");
	} else {
		g_autofree char *text = scalar_text(node);
		g_autofree char *escaped = g_markup_escape_text(text, -1);
		g_string_append(xml, escaped);
	}
	g_string_append_printf(xml, "</%s>\n", name);
}

char *report_to_xml(const char *root, JsonObject *result)
{
	GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	g_autoptr(JsonObject) clean = clean_object(result);

	g_string_append_printf(xml, "<lockferry command=\"%s\">\n", root);
	append_members(xml, clean, 1);
	g_string_append(xml, "</lockferry>\n");
	return g_string_free(xml, FALSE);
}

char *report_to_json(JsonObject *result, bool pretty)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(root, clean_object(result));
	return json_to_string(root, pretty);
}

bool report_print(enum report_format format, const char *command, JsonObject *result,
	report_text text, GError **error)
{
	if (format == REPORT_JSON) {
		g_autofree char *json = report_to_json(result, true);
		printf("%s\n", json);
	} else if (format == REPORT_XML) {
		g_autofree char *xml = report_to_xml(command, result);
		fputs(xml, stdout);
	} else {
		text(result);
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write the result");
	return false;
}

/* Prints into `file`, by redirecting stdout in the meantime. */
static bool print_into(int file, enum report_format format, const char *command, JsonObject *result,
	report_text text, GError **error)
{
	int before;
	bool printed = false;

	fflush(stdout);
	before = dup(STDOUT_FILENO);
	if (before < 0 || dup2(file, STDOUT_FILENO) < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot redirect the output");
	else
		printed = report_print(format, command, result, text, error);
	if (before >= 0) {
		dup2(before, STDOUT_FILENO);
		close(before);
	}
	return printed;
}

/* linkat() never replaces a file. */
static bool publish(int file, int directory, const char *from, const char *to, GError **error)
{
	if (fsync(file) == 0 && linkat(directory, from, directory, to, 0) == 0 &&
		fsync(directory) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write it");
	return false;
}

static bool save_in(int directory, const char *name, enum report_format format, const char *command,
	JsonObject *result, report_text text, GError **error)
{
	g_autofree char *temporary = g_strdup_printf(".%s.%d", name, getpid());
	int file = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool saved;

	if (file < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make a file");
		return false;
	}
	saved = print_into(file, format, command, result, text, error) &&
		publish(file, directory, temporary, name, error);
	unlinkat(directory, temporary, 0);
	close(file);
	return saved;
}

bool report_save(enum report_format format, const char *command, JsonObject *result,
	report_text text, const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	int directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool saved = false;

	if (directory < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", parent);
	} else {
		saved = save_in(directory, name, format, command, result, text, error);
		close(directory);
	}
	if (!saved)
		g_prefix_error(error, "cannot write the report '%s': ", path);
	return saved;
}

char *report_time(gint64 seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);

	if (seconds == 0 || time == NULL)
		return g_strdup("never");
	return g_date_time_format(time, "%Y-%m-%d %H:%M:%S");
}
