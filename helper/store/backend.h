/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_BACKEND_H
#define LOCKFERRY_STORE_BACKEND_H

/*
 * What a kind of store provides to store.c: how it keeps the clients. What it keeps of the group
 * itself is the same for all (store/group_files.h). One thread at a time. `path` and `dir_fd` are
 * the store's directory; both outlive the backend. Contracts of the functions: those of the same
 * name in store.h. With STORE_CREATE there is no store yet, at most what a crash left of making
 * one.
 */

#include "store/terms.h"

#include <glib.h>
#include <stdbool.h>

struct backend_ops {
	const char *name;
	void *(*open)(const char *path, int dir_fd, enum store_mode mode, GError **error);
	void (*close)(void *backend);
	/* Whether a directory where it isn't open has the clients of one, or may have: the name of
	 * what has them, else NULL. */
	const char *(*holds_clients)(int dir_fd);
	/* Remove what this kind alone has from a directory where it isn't open; nothing there is no
	 * error. */
	bool (*destroy)(int dir_fd, GError **error);
	GPtrArray *(*load_clients)(
		void *backend, enum store_raw raw, GPtrArray *problems, GError **error);
	GBytes *(*load_record)(void *backend, const char *file, GError **error);
	bool (*has)(void *backend, const char *file, GBytes *raw);
	bool (*put_clients)(void *backend, GPtrArray *clients, GError **error);
	bool (*remove_clients)(void *backend, GPtrArray *files, GError **error);
	bool (*save_account)(void *backend, GPtrArray *clients, GError **error);
	/* Add the names of those of its files (of const char *) that somebody else changed since
	 * the last call: as far as their times of change tell. The first call finds none. */
	void (*find_changed)(void *backend, GPtrArray *names);
};

extern const struct backend_ops backend_files;
extern const struct backend_ops backend_sqlite;

#endif
