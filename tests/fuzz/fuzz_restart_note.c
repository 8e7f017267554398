/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/restart_note.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* parse(format(x)) == x */
static void assert_round_trip(const restart_note *note)
{
	g_autofree char *text = restart_note_format(note);
	g_auto(restart_note) again = {0};
	g_autoptr(GError) error = NULL;

	g_assert_true(restart_note_parse(&again, text, strlen(text), &error));
	g_assert_no_error(error);
	g_assert_cmpstr(again.boot, ==, note->boot);
	g_assert_cmpstr(again.network, ==, note->network);
	g_assert_cmpstr(again.nfsd_dir, ==, note->nfsd_dir);
	g_assert_cmpstr(again.lock_manager, ==, note->lock_manager);
	g_assert_cmpuint(again.threads, ==, note->threads);
	g_assert_cmpstr(again.versions, ==, note->versions);
	g_assert_cmpstr(again.ports, ==, note->ports);
	g_assert_true(again.configured == note->configured);
}

/* The input as the file. */
static void as_text(const char *text, gsize length)
{
	g_auto(restart_note) note = {0};
	g_autoptr(GError) error = NULL;
	bool good = restart_note_parse(&note, text, length, &error);

	g_assert_true(good == (error == NULL));
	if (!good) {
		g_assert_null(note.boot);
		return;
	}
	g_assert_cmpuint(note.threads, >, 0);
	/* Escapes make the text longer. */
	if (length < 1024)
		assert_round_trip(&note);
}

/* The input as what the kernel's files say. */
static void as_server(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, MIN(size, 512));
	restart_note note = {.boot = text,
		.network = text,
		.nfsd_dir = text,
		.lock_manager = text,
		.threads = (guint)size + 1,
		.versions = text,
		.ports = text,
		.configured = size % 2 == 0};

	if (g_utf8_validate(text, -1, NULL))
		assert_round_trip(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	data = data ? data : nothing;
	as_text((const char *)data, size);
	as_server(data, size);
	return 0;
}
