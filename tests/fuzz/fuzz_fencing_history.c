/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/fencing_history.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];
	g_autoptr(GError) error = NULL;
	/* libFuzzer gives NULL for an empty input. */
	g_autoptr(fencing_history) history =
		fencing_history_parse((const char *)(data ? data : nothing), size, &error);
	struct fencings fencings;

	g_assert_true((history == NULL) == (error != NULL));
	if (history == NULL)
		return 0;
	fencings = fencing_history_of(history, "node1");
	g_assert_true((fencings.count == 0) == (fencings.last_us == 0));
	g_assert_cmpint(fencings.last_us, >=, 0);
	return 0;
}
