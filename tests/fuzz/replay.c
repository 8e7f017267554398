/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Stands in for libFuzzer in an ordinary build: gives a fuzz target each file of its corpus, so
 * that what was found once stays found by `make check`. CORPUS is the corpus's folder below the
 * source folder (or the current one).
 */

#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
{
	g_autofree char *contents = NULL;
	g_autofree uint8_t *exact = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!g_file_get_contents(path, &contents, &length, &error)) {
		fprintf(stderr, "%s\n", error->message);
		exit(EXIT_FAILURE);
	}
	printf("%s\n", path);
	fflush(stdout);
	/* g_file_get_contents() puts a NUL behind the contents, which would hide a read beyond the
	 * end. */
	exact = g_memdup2(contents, length);
	LLVMFuzzerTestOneInput(exact, length);
}

int main(void)
{
	const char *source_folder = g_getenv("srcdir");
	g_autofree char *folder =
		g_build_filename(source_folder ? source_folder : ".", CORPUS, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) stream = g_dir_open(folder, 0, &error);
	const char *name;
	guint count = 0;

	if (!stream) {
		fprintf(stderr, "%s\n", error->message);
		return EXIT_FAILURE;
	}
	for (; (name = g_dir_read_name(stream)); count++) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		replay(path);
	}
	if (count == 0)
		fprintf(stderr, "'%s' is empty, nothing was replayed\n", folder);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
