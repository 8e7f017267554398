/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/phase.h"

#include <glib.h>
#include <string.h>

/* The events of docs/architecture.md. Its diagram and its table are made here from phase_next(),
 * and must be on that page to the letter, so they are a second opinion on the table in the code. */
static const struct happening {
	const char *words;
	enum phase_event event;
	bool recovery_due;
} happenings[] = {
	{"adopted", EVENT_ADOPTED, false},
	{"address up, nothing to reclaim", EVENT_ADDRESS_UP, false},
	{"address up, locks to reclaim", EVENT_ADDRESS_UP, true},
	{"grace over", EVENT_GRACE_OVER, false},
	{"grace over, locks to reclaim", EVENT_GRACE_MISSED, true},
	{"address gone", EVENT_ADDRESS_GONE, false},
	{"lock manager restarted", EVENT_LOCK_MANAGER_RESTARTED, false},
	{"stop, address away", EVENT_STOP, false},
};

static enum phase next_of(int phase, const struct happening *happening)
{
	return phase_next((enum phase)phase, happening->event, happening->recovery_due);
}

static GString *draw_diagram(void)
{
	GString *text = g_string_new("```mermaid\nstateDiagram-v2\n");

	g_string_append_printf(text, "    [*] --> %s: start\n", phase_name(PHASE_ADOPTING));
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (gsize i = 0; i < G_N_ELEMENTS(happenings); i++) {
			enum phase next = next_of(phase, &happenings[i]);

			if ((int)next != phase)
				g_string_append_printf(text, "    %s --> %s: %s\n",
					phase_name((enum phase)phase), phase_name(next),
					happenings[i].words);
		}
	}
	g_string_append_printf(text, "    %s --> [*]\n```\n", phase_name(PHASE_RELEASED));
	return text;
}

static GString *draw_table(void)
{
	GString *text = g_string_new("|                                |");

	for (int phase = 0; phase < PHASE_COUNT; phase++)
		g_string_append_printf(text, " %-10s |", phase_name((enum phase)phase));
	g_string_append(text, "\n|---|---|---|---|---|---|---|\n");
	for (gsize i = 0; i < G_N_ELEMENTS(happenings); i++) {
		g_string_append_printf(text, "| %-30s |", happenings[i].words);
		for (int phase = 0; phase < PHASE_COUNT; phase++) {
			enum phase next = next_of(phase, &happenings[i]);

			g_string_append_printf(
				text, " %-10s |", (int)next != phase ? phase_name(next) : "");
		}
		g_string_append_c(text, '\n');
	}
	return text;
}

static void assert_documented(GString *drawn)
{
	const char *source_folder = g_getenv("srcdir");
	g_autofree char *path = g_build_filename(
		source_folder != NULL ? source_folder : ".", "docs/architecture.md", NULL);
	g_autofree char *page = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(path, &page, NULL, &error);
	g_assert_no_error(error);
	if (strstr(page, drawn->str) == NULL) {
		g_printerr("the phases, as the code has them, are not in '%s':\n\n%s\n", path,
			drawn->str);
		g_test_fail();
	}
	g_string_free(drawn, TRUE);
}

static void test_diagram(void)
{
	assert_documented(draw_diagram());
}

static void test_table(void)
{
	assert_documented(draw_table());
}

/* A recovery that is due changes only where "address up" leads, so the drawing is complete. */
static void test_recovery_due(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int event = 0; event < EVENT_COUNT; event++) {
			if (event != EVENT_ADDRESS_UP)
				g_assert_cmpint(phase_next((enum phase)phase,
							(enum phase_event)event, true),
					==,
					phase_next(
						(enum phase)phase, (enum phase_event)event, false));
		}
	}
	g_assert_cmpint(G_N_ELEMENTS(happenings), ==, EVENT_COUNT + 1);
}

static void test_names(void)
{
	static const char *const strangers[] = {"", "Serving", "serving ", "reclaimed", "none"};

	for (int i = 0; i < PHASE_COUNT; i++) {
		enum phase phase = PHASE_COUNT;

		g_assert_true(phase_from_name(phase_name((enum phase)i), &phase));
		g_assert_cmpint(phase, ==, i);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(strangers); i++) {
		enum phase phase = PHASE_COUNT;

		g_assert_false(phase_from_name(strangers[i], &phase));
		g_assert_cmpint(phase, ==, PHASE_COUNT);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/phase/diagram", test_diagram);
	g_test_add_func("/phase/table", test_table);
	g_test_add_func("/phase/recovery-due", test_recovery_due);
	g_test_add_func("/phase/names", test_names);
	return g_test_run();
}
