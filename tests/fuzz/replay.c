/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Replaces libFuzzer in an ordinary build: gives each file of the corpus to a fuzz target, so that
 * `make check` checks every fault that was found once. CORPUS is the corpus's folder below the
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
	/* g_file_get_contents() adds a NUL after the contents, which would hide a read beyond the
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
		fprintf(stderr, "'%s' is empty: there is nothing to replay\n", folder);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
