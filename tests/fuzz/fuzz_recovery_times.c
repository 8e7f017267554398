/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/grace_length.h"
#include "group/recovery_times.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GArray) times = recovery_times_parse((const char *)data, size);
	struct grace_facts facts = {.clients = (guint)size, .times = times};
	struct grace_length length = grace_length_for(&facts);
	g_autofree char *text = times != NULL ? recovery_times_format(times) : NULL;

	/* Whatever was measured. */
	g_assert_cmpuint(length.seconds, >=, GRACE_LENGTH_MIN_S);
	g_assert_cmpuint(length.seconds, <=, GRACE_LENGTH_MAX_S);
	if (text != NULL) {
		g_assert_cmpuint(strlen(text), ==, size);
		g_assert_cmpint(memcmp(text, data, size), ==, 0);
	}
	return 0;
}
