/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/statd.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_in_a_word(char **words, const char *value)
{
	for (gsize i = 0; words[i] != NULL; i++) {
		if (g_str_has_suffix(words[i], value))
			return true;
	}
	return false;
}

/* Words as in /proc/PID/cmdline. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup("", size + 1);
	g_auto(GStrv) words = NULL;
	g_autoptr(statd_options) options = NULL;

	for (size_t i = 0; i < size; i++)
		text[i] = data[i] != '\0' ? (char)data[i] : '\n';
	words = g_strsplit(text, "\n", -1);
	options = statd_options_parse((const char *const *)words, (const char *const *)words);
	g_assert_true(options->callout == NULL || is_in_a_word(words, options->callout));
	g_assert_true(options->state_dir == NULL || is_in_a_word(words, options->state_dir));
	return 0;
}
