/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/findings.h"

#include "base/error.h"

#include <stdbool.h>

static const struct {
	const char *name;
	int status;
} levels[] = {
	[FINDING_OK] = {"ok", CRM_EX_OK},
	[FINDING_NOTE] = {"note", CRM_EX_OK},
	[FINDING_WARNING] = {"warning", CRM_EX_OK},
	[FINDING_MISSING] = {"error", CRM_EX_NOT_INSTALLED},
	[FINDING_WRONG] = {"error", CRM_EX_NOT_CONFIGURED},
};

void findings_init(struct findings *self)
{
	self->list = json_array_new();
	self->status = CRM_EX_OK;
}

void findings_clear(struct findings *self)
{
	g_clear_pointer(&self->list, json_array_unref);
}

void finding_add(
	struct findings *self, enum finding_level level, const char *cure, const char *format, ...)
{
	JsonObject *finding = json_object_new();
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	json_object_set_string_member(finding, "level", levels[level].name);
	json_object_set_string_member(finding, "finding", text);
	json_object_set_string_member(finding, "cure", cure);
	json_array_add_object_element(self->list, finding);
	self->status = MAX(self->status, levels[level].status);
}

void finding_add_error(struct findings *self, const GError *error)
{
	bool everywhere = lf_error_exit_status(error) == CRM_EX_NOT_CONFIGURED;

	finding_add(self, everywhere ? FINDING_WRONG : FINDING_MISSING, "", "%s", error->message);
}

char *findings_reason(const struct findings *self)
{
	for (guint i = json_array_get_length(self->list); i > 0; i--) {
		JsonObject *finding = json_array_get_object_element(self->list, i - 1);
		const char *cure = json_object_get_string_member(finding, "cure");

		if (g_str_equal(json_object_get_string_member(finding, "level"), "error"))
			return g_strconcat(json_object_get_string_member(finding, "finding"),
				cure[0] != '\0' ? ": " : NULL, cure, NULL);
	}
	return NULL;
}
