/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/recorded_locks.h"

bool recorded_locks_use(store *in, guint64 epoch, lock_set **locks, GPtrArray *warnings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = store_load_text(in, STORE_LOCKS_RECORDED, &error);
	struct lock_set_note note;
	g_autoptr(GBytes) noted = NULL;

	*locks = bytes != NULL ? lock_set_from_bytes(bytes, &note) : NULL;
	if (*locks != NULL) {
		note.exact = false;
		noted = lock_set_to_bytes(*locks, &note);
		store_save_text(in, epoch, STORE_LOCKS_NOTED, noted, &error);
	}
	if (error != NULL)
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"cannot use the locks that were recorded before the crash: %s",
				error->message));
	return error == NULL;
}

void recorded_locks_retire(store *in, guint64 epoch, GPtrArray *warnings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = store_load_text(in, STORE_LOCKS_RECORDED, NULL);
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);

	if (bytes != NULL && g_bytes_get_size(bytes) > 0 &&
		!store_save_text(in, epoch, STORE_LOCKS_RECORDED, nothing, &error))
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"cannot remove the former owner's lock set from the store: %s",
				error->message));
}
