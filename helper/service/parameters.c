/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/parameters.h"

#include "base/error.h"
#include "base/path.h"
#include "group/parameter_check.h"
#include "node/addresses.h"
#include "nsm/host_name.h"

#include <string.h>

static bool is_missing(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static bool check_store(const char *store, GError **error)
{
	if (is_missing(store))
		return lf_error_usage(error,
			"parameter 'store' is missing: set it to a directory in the group's own filesystem");
	return parameter_check_path("store", store, error);
}

static bool check_ips(const char *const *ips, GError **error)
{
	g_autofree char *joined = g_strjoinv(",", (char **)ips);
	g_auto(GStrv) list = g_strsplit(joined, ",", -1);
	g_autoptr(addresses) all = NULL;
	g_autoptr(GError) reason = NULL;

	if (is_missing(joined))
		return lf_error_usage(error,
			"parameter 'ip' is missing: set it to the floating addresses of the group");
	for (guint i = 0; list[i] != NULL; i++) {
		if (!address_is_valid(list[i]))
			return lf_error_usage(error,
				"parameter 'ip': '%s' is not an IPv4 or IPv6 address: give it as in IPaddr2, without a prefix length",
				list[i]);
	}
	all = addresses_new((const char *const *)list, NULL, NULL, &reason);
	return all != NULL || lf_error_usage(error, "parameter 'ip': %s", reason->message);
}

static bool check_exports(const char *const *exports, GError **error)
{
	for (guint i = 0; exports[i] != NULL; i++) {
		if (!g_path_is_absolute(exports[i]))
			return lf_error_usage(error,
				"parameter 'exports': '%s' is not an absolute path: begin it with '/', and write a blank in a path as \\040",
				exports[i]);
	}
	return true;
}

/* Clients could not use an export inside the store or around it, because only root may look into a
 * store. */
static bool check_beside(const char *store, const char *const *exports, GError **error)
{
	for (guint i = 0; exports[i] != NULL; i++) {
		if (path_is_in(exports[i], store))
			return lf_error_usage(error,
				"parameter 'store': '%s' is or contains the exported directory '%s', but only root may look into a store: give the store a directory of its own beside it",
				store, exports[i]);
	}
	return true;
}

bool parameters_check(const struct parameters *self, GError **error)
{
	return parameter_check_group(self->group, error) && check_store(self->store, error) &&
	       check_ips(self->ips, error) && host_names_check(self->names, error) &&
	       check_exports(self->exports, error) &&
	       check_beside(self->store, self->exports, error) &&
	       parameter_check_path("sm_dir", self->sm_dir, error) &&
	       parameter_check_path("metrics", self->metrics, error) &&
	       parameter_check_backend(self->backend, error);
}

static bool is_octal(const char *digits)
{
	return digits[0] >= '0' && digits[0] <= '3' && digits[1] >= '0' && digits[1] <= '7' &&
	       digits[2] >= '0' && digits[2] <= '7';
}

char *parameters_decode_path(const char *text)
{
	GString *path = g_string_new(NULL);

	while (*text != '\0') {
		char byte = 0;

		if (text[0] == '\\' && is_octal(text + 1))
			byte = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
		/* A zero byte would end the text, so \000 stays as it is. */
		g_string_append_c(path, byte != 0 ? byte : *text);
		text += byte != 0 ? 4 : 1;
	}
	return g_string_free(path, FALSE);
}

static bool is_same_path(const char *a, const char *b)
{
	g_autofree char *a_plain = g_canonicalize_filename(a, "/");
	g_autofree char *b_plain = g_canonicalize_filename(b, "/");

	return g_str_equal(a_plain, b_plain);
}

static const char *served_address(JsonArray *array, guint place)
{
	return json_object_get_string_member(
		json_array_get_object_element(array, place), "address");
}

static bool has_address(JsonArray *array, const char *address)
{
	for (guint i = 0; i < json_array_get_length(array); i++) {
		if (address_is_same(served_address(array, i), address))
			return true;
	}
	return false;
}

static bool are_same_addresses(JsonArray *array, const char *const *list)
{
	guint count = 0;

	for (; list[count] != NULL; count++) {
		if (!has_address(array, list[count]))
			return false;
	}
	return count == json_array_get_length(array);
}

static char *served_addresses(JsonArray *array)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < json_array_get_length(array); i++)
		g_string_append_printf(text, "%s%s", i > 0 ? "," : "", served_address(array, i));
	return g_string_free(text, FALSE);
}

bool parameters_are_served(
	JsonObject *answer, const char *store, const char *const *list, GError **error)
{
	const char *group = json_object_get_string_member(answer, "group");
	const char *served = json_object_get_string_member(answer, "store");
	JsonArray *array = json_object_get_array_member(answer, "addresses");
	g_autofree char *text = NULL;

	if ((store == NULL || is_same_path(served, store)) &&
		(list == NULL || are_same_addresses(array, list)))
		return true;
	text = served_addresses(array);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
		"group '%s' is served here for another resource, with the store '%s' and the addresses '%s': give each resource a 'group' of its own",
		group, served, text);
	return false;
}
