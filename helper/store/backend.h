/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_BACKEND_H
#define LOCKFERRY_STORE_BACKEND_H

/*
 * What a kind of store provides to store.c: how it stores the clients. The files about the group
 * itself are the same for all kinds (store/group_files.h). Only one thread at a time may call these
 * functions. `path` and `dir_fd` are the store's directory, and both outlive the backend. The
 * contract of each function is that of the function with the same name in store.h. With
 * STORE_CREATE there is no store yet, except for what a crash left of an attempt to create one.
 */

#include "store/terms.h"

#include <glib.h>
#include <stdbool.h>

struct backend_ops {
	const char *name;
	void *(*open)(const char *path, int dir_fd, enum store_mode mode, GError **error);
	void (*close)(void *backend);
	/* Whether a directory in which this kind is not open contains its clients, or may
	 * contain them. Returns the name of the file or directory that has them, or NULL. */
	const char *(*holds_clients)(int dir_fd);
	/* Removes the files that only this kind has, from a directory in which it is not open.
	 * Missing files are not an error. */
	bool (*destroy)(int dir_fd, GError **error);
	GPtrArray *(*load_clients)(
		void *backend, enum store_raw raw, GPtrArray *problems, GError **error);
	GBytes *(*load_record)(void *backend, const char *file, GError **error);
	bool (*has)(void *backend, const char *file, GBytes *raw);
	bool (*put_clients)(void *backend, GPtrArray *clients, GError **error);
	bool (*remove_clients)(void *backend, GPtrArray *files, GError **error);
	bool (*save_account)(void *backend, GPtrArray *clients, GError **error);
	/* Adds the names (const char *) of those of its files that another program changed since
	 * the last call, as far as their times of change show it. The first call finds none. */
	void (*find_changed)(void *backend, GPtrArray *names);
};

extern const struct backend_ops backend_files;
extern const struct backend_ops backend_sqlite;

#endif
