/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Finds where the names lead by which clients mount. Asks the resolver, including DNS: a check may
 * wait for it, a failover may not. Runs getent(1), because a program that hangs can be stopped. */

#include "check/check.h"

#include "cluster/command.h"
#include "node/addresses.h"

#include <arpa/inet.h>
#include <string.h>

/* Time limit for one name. If the resolver does not answer, no further name is looked up. */
#define PATIENCE_MS 5000

/* Exit status 2 of getent(1): "one or more of the supplied keys could not be found". */
#define NOT_FOUND 2

/* The first word of each line is an address; each address has several lines. The caller unrefs the
 * result. */
static GPtrArray *addresses_of(const GByteArray *text)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *copy = g_strndup(text->len > 0 ? (const char *)text->data : "", text->len);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);

	for (gsize i = 0; lines[i] != NULL; i++) {
		g_autofree char *word = g_strndup(lines[i], strcspn(lines[i], " \t"));

		if (address_is_valid(word) &&
			!g_ptr_array_find_with_equal_func(found, word, g_str_equal, NULL))
			g_ptr_array_add(found, g_steal_pointer(&word));
	}
	return found;
}

/* Returns NULL with `error` if the resolver did not answer. */
static GPtrArray *look_up(const char *name, GError **error)
{
	const char *const argv[] = {"getent", "ahosts", name, NULL};
	struct command command = {.argv = argv, .timeout_ms = PATIENCE_MS};
	int status = 0;
	g_autoptr(GByteArray) text = command_run(&command, &status, error);

	if (text == NULL)
		return NULL;
	if (status != 0 && status != NOT_FOUND)
		g_byte_array_set_size(text, 0);
	return addresses_of(text);
}

static bool is_the_groups(const struct check *self, const char *address)
{
	for (gsize i = 0; self->addresses[i] != NULL; i++) {
		if (address_is_same(self->addresses[i], address))
			return true;
	}
	return false;
}

static bool is_here(const char *address)
{
	const char *const list[] = {address, NULL};
	g_autoptr(addresses) seen = addresses_seen(list, NULL);

	return seen != NULL && addresses_is_here(seen, 0);
}

static void tell_stray(const char *name, const char *address, struct findings *findings)
{
	static const char cure[] =
		"make the name lead only to an address of the group, in DNS and in /etc/hosts of the clients, or have clients mount by another name";

	if (is_here(address))
		finding_add(findings, FINDING_WARNING, cure,
			"the name '%s' leads to '%s', an address of this node and not of the group: clients that mount by it do not follow the group",
			name, address);
	else
		finding_add(findings, FINDING_WARNING, cure,
			"the name '%s' leads to '%s', which is not an address of the group: clients that mount by it do not follow the group",
			name, address);
}

static void tell_several(const char *name, guint count, struct findings *findings)
{
	finding_add(findings, FINDING_WARNING,
		"give each address a name of its own, and let each client mount by one of them only",
		"the name '%s' leads to %u addresses of the group: a Linux client that mounts by several addresses reclaims the locks of only one of them after a failover, and loses the others; the server cannot prevent that",
		name, count);
}

static void judge(const struct check *self, const char *name, const GPtrArray *found,
	struct findings *findings)
{
	guint own = 0;

	for (guint i = 0; i < found->len; i++) {
		const char *address = g_ptr_array_index(found, i);

		if (is_the_groups(self, address))
			own++;
		else
			tell_stray(name, address, findings);
	}
	if (found->len == 0)
		finding_add(findings, FINDING_NOTE,
			"this is normal if only the clients know the name",
			"the name '%s' cannot be resolved here", name);
	else if (own > 1)
		tell_several(name, own, findings);
	else if (own == 1 && found->len == 1)
		finding_add(findings, FINDING_OK, "",
			"the name '%s' leads to an address of the group", name);
}

bool check_name_leads(const struct check *self, const char *name, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = look_up(name, &error);

	if (found == NULL) {
		finding_add(findings, FINDING_NOTE, "check again when the resolver answers",
			"cannot look up the name '%s': %s", name, error->message);
		return false;
	}
	judge(self, name, found, findings);
	return true;
}
