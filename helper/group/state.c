/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/state.h"

#include "base/error.h"

#include <string.h>

#define SECTION "group"
#define NAME_MAX_BYTES 64
#define MINUTE_S 60
#define STATE_MAX_BYTES (16 * 1024)

void group_state_free(group_state *self)
{
	if (self == NULL)
		return;
	g_free(self->group);
	g_free(self->node);
	g_free(self->boot);
	g_free(self->lock_manager);
	g_free(self);
}

group_state *group_state_copy(const group_state *from)
{
	group_state *self = g_new(group_state, 1);

	*self = *from;
	self->group = g_strdup(from->group);
	self->node = g_strdup(from->node);
	self->boot = g_strdup(from->boot);
	self->lock_manager = g_strdup(from->lock_manager);
	return self;
}

/* A group never recovers every two seconds for long. So numbers that started at the clock's
 * number stay below it. */
static gint32 number_of_clock(gint64 now)
{
	return (gint32)(now & 0x3fffffff) | 1;
}

group_state *group_state_new(const char *group, gint64 now)
{
	group_state *self = g_new0(group_state, 1);

	self->group = g_strdup(group);
	self->node = g_strdup("");
	self->boot = g_strdup("");
	self->lock_manager = g_strdup("");
	self->state_number = number_of_clock(now);
	self->phase = PHASE_RELEASED;
	return self;
}

bool group_state_check_group(
	const group_state *self, const char *store_path, const char *group, GError **error)
{
	if (self->group[0] == '\0' || g_str_equal(self->group, group))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_CONFIGURED,
		"the store '%s' belongs to group '%s', not to '%s': give every group a store of its own",
		store_path, self->group, group);
	return false;
}

gint32 group_state_next_number(gint32 state_number, gint64 now)
{
	gint32 next = state_number >= G_MAXINT32 - 1 ? 1 : (state_number + 2) | 1;

	/* This form does not overflow at the end of 31 bits. */
	return number_of_clock(now) - MINUTE_S > next ? number_of_clock(now) : next;
}

bool group_name_is_valid(const char *name)
{
	gsize length = strlen(name);

	if (length == 0 || length > NAME_MAX_BYTES || name[0] == '.' || name[0] == '-')
		return false;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isalnum(name[i]) && strchr("_-.", name[i]) == NULL)
			return false;
	}
	return true;
}

bool node_name_is_valid(const char *name)
{
	if (name[0] == '\0' || !g_utf8_validate(name, -1, NULL))
		return false;
	for (const char *at = name; *at != '\0'; at = g_utf8_next_char(at)) {
		if (g_unichar_iscntrl(g_utf8_get_char(at)))
			return false;
	}
	return true;
}

static bool read_string(GKeyFile *keys, const char *key, char **value, GError **error)
{
	*value = g_key_file_get_string(keys, SECTION, key, error);
	return *value != NULL;
}

static bool read_number(GKeyFile *keys, const char *key, gint64 minimum, gint64 maximum,
	gint64 *value, GError **error)
{
	g_autofree char *text = NULL;

	if (!read_string(keys, key, &text, error))
		return false;
	if (g_ascii_string_to_signed(text, 10, minimum, maximum, value, error))
		return true;
	g_prefix_error(error, "'%s': ", key);
	return false;
}

static bool read_phase(GKeyFile *keys, enum phase *phase, GError **error)
{
	g_autofree char *text = NULL;

	if (!read_string(keys, "phase", &text, error))
		return false;
	if (phase_from_name(text, phase))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "'%s' is not a phase", text);
	return false;
}

/* A store that an earlier version wrote does not have these keys. */
static bool read_fencings(GKeyFile *keys, group_state *self, GError **error)
{
	gint64 count;

	if (!g_key_file_has_key(keys, SECTION, "owner_fencings", NULL))
		return true;
	if (!read_number(keys, "owner_fencings", 0, G_MAXINT32, &count, error) ||
		!read_number(
			keys, "owner_fenced_us", 0, G_MAXINT64, &self->fencings.last_us, error))
		return false;
	self->fencings.count = (guint)count;
	self->fencings_known = true;
	return true;
}

static bool read_flag(GKeyFile *keys, const char *key, bool *value, GError **error)
{
	GError *local_error = NULL;

	*value = g_key_file_get_boolean(keys, SECTION, key, &local_error);
	if (local_error == NULL)
		return true;
	g_propagate_error(error, local_error);
	return false;
}

/* A store that an earlier version wrote does not have this key. */
static bool read_other_groups(GKeyFile *keys, group_state *self, GError **error)
{
	return !g_key_file_has_key(keys, SECTION, "other_groups", NULL) ||
	       read_flag(keys, "other_groups", &self->other_groups, error);
}

static bool read_all(GKeyFile *keys, group_state *self, GError **error)
{
	gint64 epoch, number;

	if (!read_string(keys, "group", &self->group, error) ||
		!read_string(keys, "node", &self->node, error) ||
		!read_string(keys, "boot", &self->boot, error) ||
		!read_string(keys, "lock_manager", &self->lock_manager, error) ||
		!read_number(keys, "owned_since", 0, G_MAXINT64, &self->owned_since, error) ||
		!read_fencings(keys, self, error) ||
		!read_number(keys, "epoch", 0, G_MAXINT64, &epoch, error) ||
		!read_number(keys, "state_number", 1, G_MAXINT32, &number, error) ||
		!read_phase(keys, &self->phase, error) ||
		!read_flag(keys, "recovery_due", &self->recovery_due, error) ||
		!read_other_groups(keys, self, error))
		return false;
	if ((self->group[0] != '\0' && !group_name_is_valid(self->group)) || number % 2 == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the group's name or state number is invalid");
		return false;
	}
	self->epoch = (guint64)epoch;
	self->state_number = (gint32)number;
	return true;
}

group_state *group_state_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autoptr(group_state) self = g_new0(group_state, 1);
	gint64 format;

	if (length == 0 || length > STATE_MAX_BYTES || memchr(text, '\0', length) != NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it is empty or not a text");
		return NULL;
	}
	if (!g_key_file_load_from_data(keys, text, length, G_KEY_FILE_NONE, error) ||
		!read_number(keys, "format", 0, G_MAXINT32, &format, error))
		return NULL;
	if (format != GROUP_STATE_FORMAT) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"it has format %" G_GINT64_FORMAT
			", this lockferry knows format %d: install the same version on every node",
			format, GROUP_STATE_FORMAT);
		return NULL;
	}
	if (!read_all(keys, self, error))
		return NULL;
	return g_steal_pointer(&self);
}

char *group_state_format(const group_state *self)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();

	g_key_file_set_integer(keys, SECTION, "format", GROUP_STATE_FORMAT);
	g_key_file_set_string(keys, SECTION, "group", self->group);
	g_key_file_set_string(keys, SECTION, "phase", phase_name(self->phase));
	g_key_file_set_string(keys, SECTION, "node", self->node);
	g_key_file_set_string(keys, SECTION, "boot", self->boot);
	g_key_file_set_string(keys, SECTION, "lock_manager", self->lock_manager);
	g_key_file_set_int64(keys, SECTION, "owned_since", self->owned_since);
	if (self->fencings_known) {
		g_key_file_set_uint64(keys, SECTION, "owner_fencings", self->fencings.count);
		g_key_file_set_int64(keys, SECTION, "owner_fenced_us", self->fencings.last_us);
	}
	g_key_file_set_uint64(keys, SECTION, "epoch", self->epoch);
	g_key_file_set_integer(keys, SECTION, "state_number", self->state_number);
	if (self->other_groups)
		g_key_file_set_boolean(keys, SECTION, "other_groups", true);
	g_key_file_set_boolean(keys, SECTION, "recovery_due", self->recovery_due);
	return g_key_file_to_data(keys, NULL, NULL);
}
