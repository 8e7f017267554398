/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lock_set.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The fields of the line "1: POSIX  ADVISORY  WRITE 1234 fe:00:131 0 EOF", split at blanks. The
 * second field of a waiter is "->". */
enum {
	FIELD_CLASS = 1,
	FIELD_TYPE = 3,
	FIELD_PROCESS = 4,
	FIELD_FILE = 5,
	FIELD_START = 6,
	FIELD_END = 7,
	FIELD_COUNT = 8
};

/* The heading of a set in the store. The kind, the time of noting and the number of lines follow
 * it. */
#define HEADING "lockferry locks 1 "
#define KIND_EXACT "exact"
#define KIND_INEXACT "inexact"
#define KIND_PARTIAL "partial"

struct lock_set {
	GHashTable *lines; /* owned line without its newline -> how often */
	guint size;
	guint elsewhere;
};

lock_set *lock_set_new(void)
{
	lock_set *self = g_new0(lock_set, 1);

	self->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return self;
}

void lock_set_free(lock_set *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->lines);
	g_free(self);
}

static guint count_of(const lock_set *self, const char *line)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(self->lines, line));
}

/* Takes ownership of the line. */
static void add(lock_set *self, char *line)
{
	guint count = count_of(self, line) + 1;

	g_hash_table_insert(self->lines, line, GUINT_TO_POINTER(count));
	self->size++;
}

GHashTable *lock_set_lines(const lock_set *self)
{
	return self->lines;
}

void lock_set_put(lock_set *self, const char *line, guint count)
{
	self->size += count - count_of(self, line);
	g_hash_table_insert(self->lines, g_strdup(line), GUINT_TO_POINTER(count));
}

void lock_set_put_elsewhere(lock_set *self, guint elsewhere)
{
	self->elsewhere = elsewhere;
}

/* The directory precedes the type and contains no blank. */
bool lock_set_line_is_write(const char *line)
{
	return strstr(line, " WRITE ") != NULL;
}

char *lock_set_escape(const char *path)
{
	GString *word = g_string_new(NULL);

	for (; *path != '\0'; path++) {
		if (g_ascii_isgraph(*path) && *path != '\\')
			g_string_append_c(word, *path);
		else
			g_string_append_printf(word, "\\%03o", (unsigned char)*path);
	}
	return g_string_free(word, FALSE);
}

/* Returns the index of the filesystem that contains the file "fe:00:131", or -1. `*inode` points
 * to the inode in that text. */
static int find_filesystem(const char *file, const GArray *filesystems, const char **inode)
{
	unsigned int major_number, minor_number;
	int inode_at = 0;

	/* sscanf() does not report whether a literal after the last number matched, so %n is
	 * checked. */
	if (sscanf(file, "%x:%x:%n", &major_number, &minor_number, &inode_at) != 2 || inode_at == 0)
		return -1;
	*inode = file + inode_at;
	for (guint i = 0; i < filesystems->len; i++) {
		dev_t device = g_array_index(filesystems, struct lock_filesystem, i).device;

		if (major(device) == major_number && minor(device) == minor_number)
			return (int)i;
	}
	return -1;
}

struct proc_locks {
	const GArray *filesystems;
	char **names; /* the escaped names of these filesystems */
	gint64 lock_manager;
};

/* /proc/locks also lists locks of NFSv4 clients and of programs on this node. */
static bool is_of(const char *process, gint64 lock_manager)
{
	return lock_manager == 0 || g_ascii_strtoll(process, NULL, 10) == lock_manager;
}

static void add_proc_line(lock_set *self, char *line, const struct proc_locks *from)
{
	char *field[FIELD_COUNT];
	const char *inode;
	char *words;
	int on;

	if (text_split(line, field, FIELD_COUNT) != FIELD_COUNT ||
		!g_str_equal(field[FIELD_CLASS], "POSIX") ||
		!is_of(field[FIELD_PROCESS], from->lock_manager))
		return;
	on = find_filesystem(field[FIELD_FILE], from->filesystems, &inode);
	if (on < 0) {
		self->elsewhere += from->lock_manager != 0;
		return;
	}
	if (from->lock_manager == 0 &&
		g_ascii_strtoull(inode, NULL, 10) ==
			g_array_index(from->filesystems, struct lock_filesystem, on).own_inode)
		return;
	words = g_strdup_printf("%s %s %s %s %s", from->names[on], inode, field[FIELD_TYPE],
		field[FIELD_START], field[FIELD_END]);
	/* A write lock is exclusive, so a second line is the same lock, listed twice. */
	if (g_str_equal(field[FIELD_TYPE], "WRITE") && count_of(self, words) > 0)
		g_free(words);
	else
		add(self, words);
}

static char **escaped_names(const GArray *filesystems)
{
	char **names = g_new0(char *, filesystems->len + 1);

	for (guint i = 0; i < filesystems->len; i++)
		names[i] = lock_set_escape(
			g_array_index(filesystems, struct lock_filesystem, i).directory);
	return names;
}

lock_set *lock_set_parse(
	const char *text, gsize length, const GArray *filesystems, gint64 lock_manager)
{
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) names = escaped_names(filesystems);
	const struct proc_locks from = {filesystems, names, lock_manager};
	lock_set *self = lock_set_new();
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		add_proc_line(self, line, &from);
	return self;
}

/*
 * The kernel may omit the lock at which a read(2) continues. The first read has a random length, so
 * the later reads continue at other locks in each look. Then not every look can omit the same lock.
 */
#define FIRST_READ_MIN 512
#define READ_MAX 4096

static char *read_all(int fd)
{
	g_autoptr(GString) text = g_string_new(NULL);
	gsize want = (gsize)g_random_int_range(FIRST_READ_MIN, READ_MAX);
	char buffer[READ_MAX];
	gssize got;

	while ((got = read(fd, buffer, want)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		g_string_append_len(text, buffer, got);
		want = sizeof(buffer);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *read_locks(const struct kernel *kernel, GError **error)
{
	g_autofree char *path = g_build_filename(kernel->proc_dir, "locks", NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd >= 0 ? read_all(fd) : NULL;

	if (text == NULL)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot read '%s'", path);
	if (fd >= 0)
		close(fd);
	return text;
}

lock_set *lock_set_held(const struct kernel *kernel, const GArray *filesystems,
	const char *lock_manager, GError **error)
{
	g_autofree char *text = read_locks(kernel, error);

	if (text == NULL)
		return NULL;
	return lock_set_parse(
		text, strlen(text), filesystems, kernel_lock_manager_pid(lock_manager));
}

static const char *kind_of(const struct lock_set_note *note)
{
	if (note->partial)
		return KIND_PARTIAL;
	return note->exact ? KIND_EXACT : KIND_INEXACT;
}

GBytes *lock_set_to_bytes(const lock_set *self, const struct lock_set_note *note)
{
	guint count;
	g_autofree const char **lines =
		(const char **)g_hash_table_get_keys_as_array(self->lines, &count);
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, HEADING "%s %" G_GINT64_FORMAT " %u\n", kind_of(note),
		note->noted_at, self->size);
	qsort(lines, count, sizeof(lines[0]), text_compare);
	for (guint i = 0; i < count; i++) {
		for (guint left = count_of(self, lines[i]); left > 0; left--)
			g_string_append_printf(text, "%s\n", lines[i]);
	}
	return g_string_free_to_bytes(text);
}

static bool parse_heading(char *line, struct lock_set_note *note, guint64 *size)
{
	char *field[3];

	if (line == NULL || !g_str_has_prefix(line, HEADING) ||
		text_split(line + strlen(HEADING), field, G_N_ELEMENTS(field)) !=
			G_N_ELEMENTS(field))
		return false;
	note->exact = g_str_equal(field[0], KIND_EXACT);
	note->partial = g_str_equal(field[0], KIND_PARTIAL);
	return (note->exact || note->partial || g_str_equal(field[0], KIND_INEXACT)) &&
	       g_ascii_string_to_signed(field[1], 10, 0, G_MAXINT64, &note->noted_at, NULL) &&
	       g_ascii_string_to_unsigned(field[2], 10, 0, G_MAXUINT, size, NULL);
}

lock_set *lock_set_from_bytes(GBytes *bytes, struct lock_set_note *note)
{
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);
	/* g_bytes_get_data() returns NULL for no bytes. */
	g_autofree char *copy = g_strndup(length > 0 ? text : "", length);
	g_autoptr(lock_set) self = lock_set_new();
	struct lock_set_note found;
	char *rest = copy, *line;
	guint64 size;

	if (!parse_heading(strsep(&rest, "\n"), &found, &size))
		return NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0')
			add(self, g_strdup(line));
	}
	if (self->size != size)
		return NULL;
	if (note != NULL)
		*note = found;
	return g_steal_pointer(&self);
}

guint lock_set_size(const lock_set *self)
{
	return self->size;
}

guint lock_set_elsewhere(const lock_set *self)
{
	return self->elsewhere;
}

guint lock_set_missing(const lock_set *self, const lock_set *other)
{
	GHashTableIter iter;
	gpointer line, count;
	guint missing = 0;

	g_hash_table_iter_init(&iter, self->lines);
	while (g_hash_table_iter_next(&iter, &line, &count)) {
		guint held = count_of(other, line);

		missing += GPOINTER_TO_UINT(count) - MIN(held, GPOINTER_TO_UINT(count));
	}
	return missing;
}

char *lock_set_unescape(const char *word)
{
	g_autoptr(GString) path = g_string_new(NULL);
	unsigned int byte;

	for (; *word != '\0'; word++) {
		if (*word != '\\') {
			g_string_append_c(path, *word);
			continue;
		}
		if (strspn(word + 1, "01234567") < 3 || sscanf(word + 1, "%3o", &byte) != 1 ||
			byte == 0 || byte > 0377)
			return NULL;
		g_string_append_c(path, (char)byte);
		word += 3;
	}
	return g_string_free(g_steal_pointer(&path), FALSE);
}

void lock_free(struct lock *self)
{
	g_free(self->directory);
	g_free(self->words);
	g_free(self);
}

static struct lock *lock_parse(const char *line)
{
	g_autofree char *words = g_strdup(line);
	char *field[5];
	struct lock *self;
	guint64 inode, byte;

	if (text_split(words, field, G_N_ELEMENTS(field)) != G_N_ELEMENTS(field) ||
		!g_ascii_string_to_unsigned(field[1], 10, 0, G_MAXUINT64, &inode, NULL) ||
		!g_ascii_string_to_unsigned(field[3], 10, 0, G_MAXUINT64, &byte, NULL))
		return NULL;
	self = g_new0(struct lock, 1);
	self->directory = lock_set_unescape(field[0]);
	self->inode = inode;
	self->type = field[2];
	self->first = field[3];
	self->last = field[4];
	self->words = g_steal_pointer(&words);
	if (self->directory != NULL)
		return self;
	lock_free(self);
	return NULL;
}

GPtrArray *lock_set_list(const lock_set *self, const lock_set *other)
{
	guint size;
	g_autofree const char **lines =
		(const char **)g_hash_table_get_keys_as_array(self->lines, &size);
	GPtrArray *locks = g_ptr_array_new_with_free_func((GDestroyNotify)lock_free);

	qsort(lines, size, sizeof(lines[0]), text_compare);
	for (guint i = 0; i < size; i++) {
		guint held = other != NULL ? count_of(other, lines[i]) : 0;

		for (guint left = count_of(self, lines[i]); left > held; left--) {
			struct lock *lock = lock_parse(lines[i]);

			if (lock != NULL)
				g_ptr_array_add(locks, lock);
		}
	}
	return locks;
}
