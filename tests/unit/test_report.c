/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include "base/error.h"
#include "scratch.h"

#include <stdio.h>
#include <string.h>

static JsonObject *sample(const char *text)
{
	JsonObject *object = json_object_new(), *inner = json_object_new();
	JsonArray *array = json_array_new();

	json_array_add_int_element(array, 1);
	json_array_add_string_element(array, "two");
	json_object_set_boolean_member(inner, "yes", TRUE);
	json_object_set_double_member(inner, "half", 0.5);
	json_array_add_object_element(array, inner);
	json_object_set_string_member(object, "text", text);
	json_object_set_int_member(object, "big", G_MAXINT64);
	json_object_set_null_member(object, "nothing");
	json_object_set_array_member(object, "list", array);
	json_object_set_array_member(object, "empty", json_array_new());
	return object;
}

static void test_xml(void)
{
	g_autoptr(JsonObject) object = sample("a<b>&\"c'");
	g_autofree char *xml = report_to_xml("list", object);

	g_assert_cmpstr(xml, ==,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<lockferry command=\"list\">\n"
		"  <text>a&lt;b&gt;&amp;&quot;c&apos;</text>\n"
		"  <big>9223372036854775807</big>\n"
		"  <nothing></nothing>\n"
		"  <list>\n"
		"    <item>1</item>\n"
		"    <item>two</item>\n"
		"    <item>\n"
		"      <yes>true</yes>\n"
		"      <half>0.5</half>\n"
		"    </item>\n"
		"  </list>\n"
		"  <empty>\n"
		"  </empty>\n"
		"</lockferry>\n");
}

static void test_json(void)
{
	g_autoptr(JsonObject) object = sample("quote \" backslash \\ line\nend");
	g_autofree char *text = report_to_json(object, false);
	g_autoptr(JsonNode) node = json_from_string(text, NULL);

	g_assert_null(strchr(text, '\n'));
	g_assert_nonnull(node);
	g_assert_cmpstr(json_object_get_string_member(json_node_get_object(node), "text"), ==,
		"quote \" backslash \\ line\nend");
	g_assert_cmpint(
		json_object_get_int_member(json_node_get_object(node), "big"), ==, G_MAXINT64);
}

static void nothing(GMarkupParseContext *context G_GNUC_UNUSED, const char *text, gsize length,
	gpointer data, GError **error G_GNUC_UNUSED)
{
	g_string_append_len(data, text, (gssize)length);
}

/* Whatever bytes a text has, JSON and XML stay valid for every parser. */
static void test_strange_bytes(void)
{
	static const char *const texts[] = {"\x01\x02\x1f\x7f", "\x1b[31mred", "\t\n\r",
		"n\xc3\xb6rd", "\xff\xfe", "cut off \xc3", "]]>", "<!--", "\xef\xbf\xbf",
		"\xed\xa0\x80", "\xc2\x85"};
	const GMarkupParser parser = {.text = nothing};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(JsonObject) object = sample(texts[i]);
		g_autofree char *xml = report_to_xml("status", object);
		g_autofree char *json = report_to_json(object, true);
		g_autoptr(GString) heard = g_string_new(NULL);
		g_autoptr(GMarkupParseContext) context =
			g_markup_parse_context_new(&parser, G_MARKUP_DEFAULT_FLAGS, heard, NULL);
		g_autoptr(GError) error = NULL;

		g_test_message("%" G_GSIZE_FORMAT, i);
		g_assert_true(g_utf8_validate(xml, -1, NULL));
		g_assert_true(g_utf8_validate(json, -1, NULL));
		g_markup_parse_context_parse(context, xml, -1, &error);
		g_assert_no_error(error);
		for (const char *at = xml; *at != '\0'; at++)
			g_assert_true(!g_ascii_iscntrl(*at) || *at == '\n' || *at == '\t');
		for (const char *at = json; *at != '\0'; at++)
			g_assert_true(!g_ascii_iscntrl(*at) || *at == '\n' || *at == '\x7f');
		g_autoptr(JsonNode) node = json_from_string(json, &error);
		g_assert_no_error(error);
	}
}

static void test_format(void)
{
	static const char *const names[] = {"text", "json", "xml"};
	static const char *const strangers[] = {"", "JSON", "yaml", "xm"};
	enum report_format format;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_true(report_format_parse(names[i], &format, NULL));
		g_assert_cmpint(format, ==, i);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(strangers); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(report_format_parse(strangers[i], &format, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_USAGE);
	}
}

static void print_text(JsonObject *result)
{
	printf("%s\n", json_object_get_string_member(result, "text"));
}

static void test_print_subprocess(void)
{
	g_autoptr(JsonObject) object = sample("told");
	g_autoptr(GError) error = NULL;

	g_assert_true(report_print(REPORT_TEXT, "list", object, print_text, &error));
	/* A full disk or a closed pipe is an error, so that a script does not take half a result
	 * for all of it. */
	g_assert_nonnull(freopen("/dev/full", "w", stdout));
	g_assert_false(report_print(REPORT_JSON, "list", object, print_text, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	fputs(error->message, stderr);
}

static void test_print(void)
{
	g_test_trap_subprocess("/report/print/subprocess", 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*told*");
	g_test_trap_assert_stderr("*cannot write the result: No space left on device*");
}

/* The report is saved completely and once, and stdout works as before. */
static void test_save_subprocess(void)
{
	g_autoptr(JsonObject) object = sample("told"), other = sample("later");
	g_autoptr(GError) error = NULL, nowhere = NULL;
	g_autoptr(scratch) in = scratch_new();
	g_autofree char *path = g_build_filename(scratch_mkdir(in, "kept"), "report", NULL);
	g_autofree char *text = NULL, *list = NULL;

	g_assert_true(report_save(REPORT_TEXT, "list", object, print_text, path, &error));
	g_assert_false(report_save(REPORT_TEXT, "list", other, print_text, path, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	text = scratch_read(in, "kept/report");
	g_assert_cmpstr(text, ==, "told\n");
	list = scratch_list(in, "kept");
	g_assert_cmpstr(list, ==, "report ");
	g_assert_false(report_save(REPORT_JSON, "list", object, print_text,
		scratch_path(in, "none/report"), &nowhere));
	puts("afterwards");
	fputs(error->message, stderr);
}

static void test_save(void)
{
	g_test_trap_subprocess("/report/save/subprocess", 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*afterwards*");
	g_test_trap_assert_stdout_unmatched("*told*");
	g_test_trap_assert_stderr(
		"*cannot write the report '*report': cannot write it: File exists*");
}

static void test_time(void)
{
	g_setenv("TZ", "UTC", TRUE);
	g_autofree char *some = report_time(1700000000);
	g_autofree char *none = report_time(0);
	g_autofree char *late = report_time(G_MAXINT64);

	g_assert_cmpstr(some, ==, "2023-11-14 22:13:20");
	g_assert_cmpstr(none, ==, "never");
	g_assert_nonnull(late);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report/xml", test_xml);
	g_test_add_func("/report/json", test_json);
	g_test_add_func("/report/strange-bytes", test_strange_bytes);
	g_test_add_func("/report/format", test_format);
	g_test_add_func("/report/print", test_print);
	g_test_add_func("/report/print/subprocess", test_print_subprocess);
	g_test_add_func("/report/save", test_save);
	g_test_add_func("/report/save/subprocess", test_save_subprocess);
	g_test_add_func("/report/time", test_time);
	return g_test_run();
}
