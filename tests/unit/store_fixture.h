/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_STORE_FIXTURE_H
#define LOCKFERRY_TESTS_STORE_FIXTURE_H

/*
 * A store in a directory for one test, and the records in it.
 *
 * Order of calls: store_set_up() -> any of the others -> store_tear_down(), as a fixture of
 * g_test_add(). Each failure ends the test.
 */

#include "scratch.h"
#include "store/store.h"

#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define RECORD_B SCRATCH_RECORD("10.99.0.22")

typedef struct store_fixture {
	scratch *scratch;
	const char *kind; /* NULL: the default kind of store_open() */
	const char *path; /* path of the store, which is not made yet */
} store_fixture;

/* `kind` is the kind of the store. */
void store_set_up(store_fixture *self, gconstpointer kind);
void store_tear_down(store_fixture *self, gconstpointer kind);

/* Adds a test for every kind of store. */
void store_add_each(const char *name, void (*function)(store_fixture *self, gconstpointer kind));

store *open_store(const store_fixture *self, enum store_mode mode);

/* Opening the store must fail with exit status `code`, and the message must contain the path and
 * `says`. */
void assert_refused(
	const char *path, enum store_mode mode, const char *kind, int code, const char *says);
void assert_says(const GError *error, const char *says);

/* A list of one client, with this text as its record. The caller unrefs it. */
GPtrArray *one_client(const char *file, const char *text);
bool try_put(store *to, const char *file, const char *text, GError **error);
void put(store *to, const char *file, const char *text);

/* Whether the record `file` in the store has exactly this text. */
bool has(store *from, const char *file, const char *text);

/* The clients of the store, with their records; the caller unrefs them. */
GPtrArray *load(store *from);
GPtrArray *load_with_problems(store *from, guint count);

/* Opens the store again, as another process would, and loads its clients. */
GPtrArray *load_anew(const store_fixture *self, enum store_mode mode);

/* The first client of this file; NULL: none. */
client *find(GPtrArray *clients, const char *file);
void assert_raw(GPtrArray *clients, const char *file, const char *text);

/* Saves the account, with `recovery` for each of the clients. */
void save_as(store *to, GPtrArray *clients, guint64 epoch, enum recovery recovery);

/* Claims the store for this epoch. */
void save_epoch(store *to, guint64 epoch);

#endif
