/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "nsm/record.h"
#include "store/database.h"
#include "store/database_file.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_NAME "fuzz-client"
#define RECORD                                                                                     \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 10.0.0.1 node1\n"

static char *dir, *database_path, *log_path;

static void remove_dir(void)
{
	const char *words[] = {"rm", "-rf", "--", dir, NULL};

	g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		NULL);
}

/* A store of kind sqlite, in memory if possible, whose database is replaced by the input. */
static void make_store(void)
{
	bool in_memory = access("/dev/shm", W_OK) == 0;
	g_autoptr(GError) error = NULL;
	g_autoptr(store) made = NULL;

	dir = g_build_filename(
		in_memory ? "/dev/shm" : g_get_tmp_dir(), "lockferry-fuzz.XXXXXX", NULL);
	g_assert_nonnull(g_mkdtemp(dir));
	atexit(remove_dir);
	database_path = g_build_filename(dir, DATABASE_FILE, NULL);
	log_path = g_build_filename(dir, DATABASE_WAL_FILE, NULL);
	made = store_open(dir, STORE_CREATE, "sqlite", &error);
	g_assert_no_error(error);
}

static void write_database(const uint8_t *data, size_t size)
{
	int fd = open(database_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	unlink(log_path);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, data, size), ==, (gssize)size);
	close(fd);
}

static store *open_store(enum store_mode mode)
{
	g_autoptr(GError) error = NULL;
	store *opened = store_open(dir, mode, NULL, &error);

	g_assert_true((opened == NULL) == (error != NULL));
	return opened;
}

/* Whatever is in the file, an accepted client is valid. NULL if the file cannot be read to its
 * end. */
static GPtrArray *load(store *from)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	GPtrArray *clients = store_load_clients(from, STORE_WITH_RAW, problems, &error);

	g_assert_true((clients == NULL) == (error != NULL));
	for (guint i = 0; clients != NULL && i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		gsize length;
		const char *raw = g_bytes_get_data(entry->raw, &length);
		g_autoptr(GPtrArray) records = sm_records_parse(raw, length, NULL, NULL);
		const sm_record *record;

		g_assert_nonnull(records);
		record = g_ptr_array_index(records, 0);
		g_assert_true(sm_name_is_valid(entry->file, NULL));
		g_assert_cmpstr(entry->mon_name, ==, record->mon_name);
		g_assert_cmpstr(entry->my_name, ==, record->my_name);
		g_assert_cmpint(entry->first_recorded, >=, 0);
		g_assert_cmpint(entry->last_seen, >=, 0);
	}
	return clients;
}

static void read_only(void)
{
	g_autoptr(store) from = open_store(STORE_READ);
	g_autoptr(GPtrArray) clients = from != NULL ? load(from) : NULL;
}

/* True if it could be recorded: then it is in the store. */
static bool record_one(void)
{
	g_autoptr(store) to = open_store(STORE_WRITE);
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GPtrArray) before = NULL;
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autoptr(GError) error = NULL;

	if (to == NULL)
		return false;
	before = load(to);
	g_ptr_array_add(clients, client_new(FILE_NAME, raw, "10.0.0.1", "node1"));
	if (!store_put_clients(to, clients, &error)) {
		g_assert_nonnull(error);
		return false;
	}
	return true;
}

/* A client that was recorded in a damaged database without an error is found again. */
static void find_one(void)
{
	g_autoptr(store) from = open_store(STORE_READ);
	g_autoptr(GPtrArray) clients = from != NULL ? load(from) : NULL;
	guint found = 0;

	for (guint i = 0; clients != NULL && i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		found += g_str_equal(entry->file, FILE_NAME);
	}
	g_assert_true(clients == NULL || found == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	if (dir == NULL)
		make_store();
	/* libFuzzer gives NULL for an empty input. */
	write_database(data ? data : nothing, size);
	read_only();
	if (record_one())
		find_one();
	return 0;
}
