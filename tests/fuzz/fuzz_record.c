/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/record.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GString *formatted(const GPtrArray *records)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < records->len; i++)
		sm_record_format(g_ptr_array_index(records, i), text);
	return text;
}

/* The input as the contents of a file: format() writes an accepted record as statd writes it, and
 * it is the same when it is read again. */
static void as_text(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) records = sm_records_parse(text, length, NULL, &error);

	g_assert_true((records == NULL) == (error != NULL));
	if (!records)
		return;
	g_assert_cmpuint(records->len, >, 0);
	for (guint i = 0; i < records->len; i++) {
		const sm_record *record = g_ptr_array_index(records, i);

		g_assert_true(sm_name_is_valid(record->mon_name, NULL));
		g_assert_true(
			record->my_name[0] == '\0' || sm_name_is_valid(record->my_name, NULL));
	}

	g_autoptr(GString) once = formatted(records);
	g_autoptr(GPtrArray) again = sm_records_parse(once->str, once->len, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(again->len, ==, records->len);
	g_autoptr(GString) twice = formatted(again);
	g_assert_cmpstr(twice->str, ==, once->str);
}

static char *take_string(const uint8_t **data, size_t *size)
{
	size_t length = strnlen((const char *)*data, *size);
	char *text = g_strndup((const char *)*data, length);

	length = MIN(length + 1, *size);
	*data += length;
	*size -= length;
	return text;
}

/* The input as the fields of a record: parse(format(x)) == x. */
static void as_fields(const uint8_t *data, size_t size)
{
	g_autoptr(sm_record) record = g_new0(sm_record, 1);
	const size_t numbers_size = 4 * sizeof(guint32);

	if (size < numbers_size + sizeof(record->cookie))
		return;
	memcpy(&record->address, data, 4);
	memcpy(&record->program, data + 4, 4);
	memcpy(&record->version, data + 8, 4);
	memcpy(&record->procedure, data + 12, 4);
	memcpy(record->cookie, data + numbers_size, sizeof(record->cookie));
	data += numbers_size + sizeof(record->cookie);
	size -= numbers_size + sizeof(record->cookie);
	record->mon_name = take_string(&data, &size);
	record->my_name = take_string(&data, &size);

	/* A record with such names is invalid: a newline in a name would make two lines. */
	if (!sm_name_is_valid(record->mon_name, NULL) || !sm_name_is_valid(record->my_name, NULL))
		return;

	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	sm_record_format(record, text);
	g_autoptr(GPtrArray) records = sm_records_parse(text->str, text->len, NULL, &error);
	g_assert_no_error(error);

	const sm_record *again = g_ptr_array_index(records, 0);
	g_assert_cmpuint(records->len, ==, 1);
	g_assert_cmpuint(again->address, ==, record->address);
	g_assert_cmpuint(again->program, ==, record->program);
	g_assert_cmpuint(again->version, ==, record->version);
	g_assert_cmpuint(again->procedure, ==, record->procedure);
	g_assert_cmpmem(
		again->cookie, sizeof(again->cookie), record->cookie, sizeof(record->cookie));
	g_assert_cmpstr(again->mon_name, ==, record->mon_name);
	g_assert_cmpstr(again->my_name, ==, record->my_name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	data = data ? data : nothing;
	as_text((const char *)data, size);
	as_fields(data, size);
	return 0;
}
