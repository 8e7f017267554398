/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/message.h"

#include "base/error.h"
#include "nsm/record.h"

#include <string.h>

static bool is_client(const char *name, gsize length)
{
	g_autofree char *text = g_strndup(name, length);

	return sm_name_is_valid(text, NULL);
}

enum control_progress control_read_request(const char *bytes, gsize length, gsize *line_length)
{
	const gsize record_length = strlen(CONTROL_RECORD);
	gsize end = 0;

	while (end < length && g_ascii_isprint(bytes[end]))
		end++;
	if (end >= CONTROL_REQUEST_MAX_BYTES)
		return CONTROL_REFUSED;
	if (end == length)
		return CONTROL_PART;
	if (bytes[end] != '\n')
		return CONTROL_REFUSED;
	if (end >= record_length && memcmp(bytes, CONTROL_RECORD, record_length) == 0 &&
		!is_client(bytes + record_length, end - record_length))
		return CONTROL_REFUSED;
	*line_length = end;
	return CONTROL_WHOLE;
}

bool control_knows(uid_t peer, uid_t own, uid_t recorder)
{
	return peer == 0 || peer == own || peer == recorder;
}

bool control_allows(const char *line, uid_t peer, uid_t own, uid_t recorder)
{
	return peer == 0 || peer == own ||
	       (peer == recorder && g_str_has_prefix(line, CONTROL_RECORD));
}

/* json-glib recurses once per level, without a limit. Brackets within strings and comments are
 * counted too: that may refuse too much, but never too little. */
static bool has_too_many_parts(const char *text, gsize length)
{
	guint parts = 0;

	for (gsize i = 0; i < length; i++)
		parts += text[i] == '{' || text[i] == '[';
	return parts > CONTROL_ANSWER_MAX_PARTS;
}

/* Returns NULL if the text is not a JSON object. The caller unrefs the object. */
static JsonObject *parse_object(const char *text, gsize length)
{
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	JsonNode *root;

	if (length > CONTROL_ANSWER_MAX_BYTES || !g_utf8_validate_len(text, length, NULL) ||
		has_too_many_parts(text, length) ||
		!json_parser_load_from_data(parser, text, (gssize)length, NULL))
		return NULL;
	root = json_parser_get_root(parser);
	return root != NULL && JSON_NODE_HOLDS_OBJECT(root)
		       ? json_object_ref(json_node_get_object(root))
		       : NULL;
}

JsonObject *control_parse_answer(const char *text, gsize length, const char *group, GError **error)
{
	g_autoptr(JsonObject) answer = parse_object(text, length);

	if (answer == NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the process of group '%s' ended without a complete answer: see the system log",
			group);
		return NULL;
	}
	if (json_object_has_member(answer, "denied")) {
		g_set_error(error, LF_ERROR, LF_ERROR_PRIVILEGE,
			"the process of group '%s' accepts this request from root only", group);
		return NULL;
	}
	return g_steal_pointer(&answer);
}
