/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/export_clients.h"
#include "keeper/export_lines.h"
#include "keeper/server_options.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as the file of a group's own server: one that is accepted survives a round trip. */
static void as_file(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(server_options) options = server_options_parse(text, length, &error);
	g_autoptr(server_options) again = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	gsize first_length, second_length;

	g_assert_true((options == NULL) == (error != NULL));
	if (options == NULL)
		return;
	first = server_options_to_text(options, &first_length);
	again = server_options_parse(first, first_length, NULL);
	if (again == NULL)
		g_error("not accepted again: %s", first);
	second = server_options_to_text(again, &second_length);
	g_assert_cmpmem(first, first_length, second, second_length);
	g_assert_true(server_options_same(options, again));
	server_options_check(options, NULL);
}

/* The input as what is exported: the file that is made of accepted lines is accepted. */
static void as_exports(const char *text)
{
	g_autofree char *file = export_lines_to_file(text);

	g_assert_true(export_lines_check(text, "/srv/nfs", NULL) ==
		      export_lines_check(file, "/srv/nfs", NULL));
}

/* The clients that a firewall lets in: the networks, as exports, are the same networks. */
static void as_clients(const char *text)
{
	g_autoptr(export_clients) clients = export_clients_of(text);
	g_autofree char *networks = export_clients_to_text(clients);
	g_autofree char *exports = g_strconcat("/srv/nfs ", networks, NULL);
	g_autoptr(export_clients) again = export_clients_of(exports);
	g_autofree char *second = export_clients_to_text(again);

	g_assert_cmpstr(networks, ==, second);
	g_assert_true((networks[0] == '\0') == (again->any != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup(size > 0 ? (const char *)data : "", size);

	as_file(size > 0 ? (const char *)data : "", size);
	as_exports(text);
	as_clients(text);
	return 0;
}
