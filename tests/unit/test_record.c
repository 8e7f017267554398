/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/record.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <string.h>

/* From the sm directory of a Linux 6.1 server with nfs-utils 2.6.2. */
#define COOKIE "000cdda50c0000000070b67400000000"
#define MEASURED "0100007f 000186b5 00000003 00000010 " COOKIE " 10.99.0.21 node1\n"

static GPtrArray *parse(const char *text, GError **error)
{
	/* A copy of the exact size, so that the sanitizers see every read beyond the end. */
	gsize length = strlen(text);
	g_autofree char *copy = g_memdup2(text, length);

	return sm_records_parse(copy ? copy : "", length, NULL, error);
}

static char *format_all(GPtrArray *records)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < records->len; i++)
		sm_record_format(g_ptr_array_index(records, i), text);
	return g_string_free(text, FALSE);
}

static void assert_same(const sm_record *a, const sm_record *b)
{
	g_assert_cmphex(a->address, ==, b->address);
	g_assert_cmphex(a->program, ==, b->program);
	g_assert_cmphex(a->version, ==, b->version);
	g_assert_cmphex(a->procedure, ==, b->procedure);
	g_assert_cmpmem(a->cookie, sizeof(a->cookie), b->cookie, sizeof(b->cookie));
	g_assert_cmpstr(a->mon_name, ==, b->mon_name);
	g_assert_cmpstr(a->my_name, ==, b->my_name);
}

static void test_measured(void)
{
	const guint8 cookie[] = {
		0x00, 0x0c, 0xdd, 0xa5, 0x0c, 0, 0, 0, 0x00, 0x70, 0xb6, 0x74, 0, 0, 0, 0};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) records = parse(MEASURED, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(records->len, ==, 1);

	const sm_record *record = g_ptr_array_index(records, 0);
	if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
		g_assert_cmphex(record->address, ==, htonl(INADDR_LOOPBACK));
	g_assert_cmpuint(record->program, ==, 100021);
	g_assert_cmpuint(record->version, ==, 3);
	g_assert_cmpuint(record->procedure, ==, 16);
	g_assert_cmpmem(record->cookie, sizeof(record->cookie), cookie, sizeof(cookie));
	g_assert_cmpstr(record->mon_name, ==, "10.99.0.21");
	g_assert_cmpstr(record->my_name, ==, "node1");

	g_autofree char *again = format_all(records);
	g_assert_cmpstr(again, ==, MEASURED);
}

static void test_several_lines(void)
{
	static const char text[] = MEASURED "0100007f 000186b5 00000001 00000010 " COOKIE
					    " fe80::1%eth0 node1.example.com\n" MEASURED;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) records = parse(text, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(records->len, ==, 3);

	const sm_record *second = g_ptr_array_index(records, 1);
	g_assert_cmpuint(second->version, ==, 1);
	g_assert_cmpstr(second->mon_name, ==, "fe80::1%eth0");

	g_autofree char *again = format_all(records);
	g_assert_cmpstr(again, ==, text);
}

static void test_refused(void)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{"", "empty"},
		{"\n", "line 1: the address"},
		{"0100007f", "the address"},
		{"10.99.0.21\n", "the address"},
		{"0100007f0 000186b5 00000003 00000010 " COOKIE " a b\n", "the address"},
		{"0x00007f 000186b5 00000003 00000010 " COOKIE " a b\n", "the address"},
		{" 0100007f 000186b5 00000003 00000010 " COOKIE " a b\n", "the address"},
		{"0100007f\t000186b5 00000003 00000010 " COOKIE " a b\n", "the address"},
		{"0100007f  00186b5 00000003 00000010 " COOKIE " a b\n", "the program"},
		{"0100007f +00186b5 00000003 00000010 " COOKIE " a b\n", "the program"},
		{"0100007f 000186b5 0000003 00000010 " COOKIE " a b\n", "the version"},
		{"0100007f 000186b5 00000003 0000001g " COOKIE " a b\n", "the procedure"},
		{"0100007f 000186b5 00000003 00000010\n", "the procedure"},
		{"0100007f 000186b5 00000003 00000010 \n", "the procedure"},
		{"0100007f 000186b5 00000003 00000010 00 a b\n", "the private cookie"},
		{"0100007f 000186b5 00000003 00000010 0" COOKIE " a b\n", "the private cookie"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE "\n", "the private cookie"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE " \n", "the private cookie"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE "  a b\n",
			"client's name '' .*empty"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE " a b c\n", "server's name .*blank"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE " a b\rc\n",
			"server's name 'b\\\\rc'"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE " ../../etc/passwd b\n",
			"begins with a dot"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE " a /b\n", "'/b' .*slash"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE " a\x1b[2J b\n",
			"'a\\\\033\\[2J' .*ASCII"},
		{"0100007f 000186b5 00000003 00000010 " COOKIE " \xff b\n", "'\\\\377' .*ASCII"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(parse(cases[i].text, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		if (!g_regex_match_simple(cases[i].says, error->message, 0, 0))
			g_error("'%s': '%s' does not say '%s'", cases[i].text, error->message,
				cases[i].says);
	}
}

/* Texts that statd's own parser accepts. */
static void test_accepted(void)
{
	static const char *const texts[] = {
		"0100007F 000186B5 00000003 00000010 000CDDA50C0000000070B67400000000 10.99.0.21 node1\n",
		"0100007f 000186b5 00000003 00000010 " COOKIE " 10.99.0.21   node1\n",
		"0100007f 000186b5 00000003 00000010 " COOKIE " 10.99.0.21 node1",
		"0100007f 000186b5 00000003 00000010 " COOKIE " 10.99.0.21 node1\r\n",
		"0100007f 000186b5 00000003 00000010 " COOKIE " 10.99.0.21 node1 \t\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) records = parse(texts[i], &error);
		g_autofree char *again = NULL;

		g_assert_no_error(error);
		again = format_all(records);
		g_assert_cmpstr(again, ==, MEASURED);
	}
}

/* As in statd's parser, the server's name may be missing. Such a record does not change when it is
 * written again. */
static void test_without_my_name(void)
{
	static const char *const ends[] = {"", " ", "   ", "\n", " \n"};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *text = g_strconcat(
			"0100007f 000186b5 00000003 00000010 " COOKIE " 10.99.0.21", ends[i], NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) records = parse(text, &error);
		const sm_record *record;
		g_autofree char *again = NULL;

		g_assert_no_error(error);
		record = g_ptr_array_index(records, 0);
		g_assert_cmpstr(record->mon_name, ==, "10.99.0.21");
		g_assert_cmpstr(record->my_name, ==, "");
		again = format_all(records);
		g_assert_cmpstr(
			again, ==, "0100007f 000186b5 00000003 00000010 " COOKIE " 10.99.0.21 \n");
	}
}

/* A damaged line does not affect the good ones, wherever it is. */
static void test_damaged_line(void)
{
	static const char *const texts[] = {
		MEASURED "0100007f 0001", "0100007f 0001\n" MEASURED, MEASURED "\n", "\n" MEASURED};
	static const guint lines[] = {2, 1, 2, 1};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *damage = NULL;
		g_autofree char *says = g_strdup_printf("line %u: the ", lines[i]);
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) records =
			sm_records_parse(texts[i], strlen(texts[i]), &damage, &error);
		g_autofree char *again = NULL;

		g_assert_no_error(error);
		again = format_all(records);
		g_assert_cmpstr(again, ==, MEASURED);
		g_assert_true(g_str_has_prefix(damage, says));
	}
}

/* Every prefix of a good text is refused, whichever field it ends in. The exception are the names:
 * statd's parser accepts any, and telling a client too many does no harm. */
static void test_prefixes(void)
{
	for (gsize length = 0; length < strlen(MEASURED) - strlen("10.99.0.21 node1\n"); length++) {
		g_autofree char *text = g_strndup(MEASURED, length);
		g_autofree char *line = g_strconcat(text, "\n", NULL);
		g_autoptr(GError) error = NULL;

		g_assert_null(parse(text, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		g_assert_null(parse(line, NULL));
	}
}

static void test_nul(void)
{
	char text[] = MEASURED;

	for (gsize i = 0; i < strlen(MEASURED); i++) {
		g_autoptr(GError) error = NULL;

		memcpy(text, MEASURED, sizeof(text));
		text[i] = '\0';
		g_assert_null(sm_records_parse(text, strlen(MEASURED), NULL, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		g_assert_nonnull(strstr(error->message, "NUL"));
	}
}

/* A power cut can leave such a file if its size was on the disk before its contents. */
static void test_nul_behind(void)
{
	static const char text[] = MEASURED "\0\0\0\n" MEASURED "\0\0\0\0";
	g_autofree char *damage = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) records = sm_records_parse(text, sizeof(text) - 1, &damage, &error);
	g_autofree char *again = NULL;

	g_assert_no_error(error);
	again = format_all(records);
	g_assert_cmpstr(again, ==, MEASURED MEASURED);
	g_assert_cmpstr(damage, ==, "line 2: it contains a NUL byte");
}

static void test_too_long(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	while (text->len + strlen(MEASURED) <= SM_FILE_MAX_BYTES)
		g_string_append(text, MEASURED);

	g_autoptr(GPtrArray) records = sm_records_parse(text->str, text->len, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(records->len, ==, SM_FILE_MAX_BYTES / strlen(MEASURED));

	g_string_append(text, MEASURED);
	g_assert_null(sm_records_parse(text->str, text->len, NULL, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "longer than"));
}

static void test_names(void)
{
	static const char *const good[] = {"a", "client.example.com", "10.99.0.21", "fe80::1%eth0",
		"2001:db8::7", "under_score", "-dash", "a.", "a..b", "~", "#"};
	static const char *const bad[] = {"", ".", "..", ".hidden", "/", "a/b", "a/", " ", "a b",
		"a\tb", "a\n", "\x01", "\x7f", "caf\xc3\xa9", "\x80"};
	char longest[SM_NAME_MAX_BYTES + 2];
	const char *why = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(sm_name_is_valid(good[i], &why));
	g_assert_null(why);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		why = NULL;
		g_assert_false(sm_name_is_valid(bad[i], &why));
		g_assert_nonnull(why);
		g_assert_false(sm_name_is_valid(bad[i], NULL));
	}

	memset(longest, 'x', sizeof(longest));
	longest[SM_NAME_MAX_BYTES + 1] = '\0';
	g_assert_false(sm_name_is_valid(longest, &why));
	longest[SM_NAME_MAX_BYTES] = '\0';
	g_assert_true(sm_name_is_valid(longest, &why));
}

static char *random_name(void)
{
	gsize length = (gsize)g_test_rand_int_range(1, SM_NAME_MAX_BYTES + 1);
	char *name = g_malloc(length + 1);

	for (gsize i = 0; i < length; i++) {
		do
			name[i] = (char)g_test_rand_int_range('!', '~' + 1);
		while (name[i] == '/' || (i == 0 && name[i] == '.'));
	}
	name[length] = '\0';
	return name;
}

static sm_record *random_record(void)
{
	sm_record *record = g_new0(sm_record, 1);

	record->address = (guint32)g_test_rand_int();
	record->program = (guint32)g_test_rand_int();
	record->version = (guint32)g_test_rand_int();
	record->procedure = (guint32)g_test_rand_int();
	for (gsize i = 0; i < sizeof(record->cookie); i++)
		record->cookie[i] = (guint8)g_test_rand_int();
	record->mon_name = random_name();
	record->my_name = random_name();
	return record;
}

static void test_round_trip(void)
{
	for (int i = 0; i < 1000; i++) {
		g_autoptr(sm_record) record = random_record();
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GError) error = NULL;

		sm_record_format(record, text);
		g_autoptr(GPtrArray) records = sm_records_parse(text->str, text->len, NULL, &error);
		g_assert_no_error(error);
		g_assert_cmpuint(records->len, ==, 1);
		assert_same(record, g_ptr_array_index(records, 0));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/measured", test_measured);
	g_test_add_func("/record/several-lines", test_several_lines);
	g_test_add_func("/record/refused", test_refused);
	g_test_add_func("/record/accepted", test_accepted);
	g_test_add_func("/record/without-my-name", test_without_my_name);
	g_test_add_func("/record/damaged-line", test_damaged_line);
	g_test_add_func("/record/prefixes", test_prefixes);
	g_test_add_func("/record/nul", test_nul);
	g_test_add_func("/record/nul-behind", test_nul_behind);
	g_test_add_func("/record/too-long", test_too_long);
	g_test_add_func("/record/names", test_names);
	g_test_add_func("/record/round-trip", test_round_trip);
	return g_test_run();
}
