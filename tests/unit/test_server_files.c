/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a group's own server exports, and its configuration. */

#include "base/error.h"
#include "scratch.h"
#include "keeper/export_lines.h"
#include "keeper/server_files.h"

#include <string.h>

#define DIR "/srv/nfs"

static const char *const accepted[] = {
	DIR " *(rw)",
	DIR "/a\t192.0.2.0/24(rw,sec=sys,fsid=1) *(ro)",
	"\"" DIR "/a b\" *(rw)",
	DIR "/a\\040b *(rw)",
	"# comment\n" DIR " *(rw)",
	"; " DIR " *(rw);" DIR "/x *(ro) ;",
	DIR "/krb5 pnfs.example.com(rw)",
};

static const struct {
	const char *text, *message;
} refused[] = {
	{"", "nothing is exported"},
	{"#" DIR " *(rw)", "nothing is exported"},
	{DIR "x *(rw)", "'" DIR "x' is not in the group's filesystem"},
	{"/srv *(rw)", "'/srv' is not in the group's filesystem"},
	{DIR "/../x *(rw)", "'" DIR "/../x' is not in the group's filesystem"},
	{DIR "/\\056\\056/x *(rw)", "'" DIR "/../x' is not in the group's filesystem"},
	{"\"/srv/other\" *(rw)", "'/srv/other' is not in the group's filesystem"},
	{"nfs *(rw)", "'nfs' is not in the group's filesystem"},
	{DIR " *(rw)\n/etc *(rw)", "'/etc' is not in the group's filesystem"},
	{DIR " *(rw);/etc *(rw)", "'/etc' is not in the group's filesystem"},
	{DIR " *(sec=krb5)", "'" DIR " *(sec=krb5)': Kerberos is not supported"},
	{DIR " a(rw) *(rw,sec=sys:krb5i)", "'" DIR " a(rw) *(rw,sec=sys:krb5i)': Kerberos"},
	{DIR " -sec=krb5p *(rw)", "'" DIR " -sec=krb5p *(rw)': Kerberos"},
	{DIR " gss/krb5(rw)", "'" DIR " gss/krb5(rw)': 'gss/krb5' is not supported"},
	{DIR " *(pnfs,rw)", "'" DIR " *(pnfs,rw)': 'pnfs' is not supported"},
};

static void test_lines(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(accepted); i++) {
		g_autoptr(GError) error = NULL;

		export_lines_check(accepted[i], DIR, &error);
		g_assert_no_error(error);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(export_lines_check(refused[i].text, DIR, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
		if (!g_str_has_prefix(error->message, refused[i].message))
			g_error("'%s' is not '%s'", error->message, refused[i].message);
	}
}

static void test_to_file(void)
{
	g_autofree char *file = export_lines_to_file("a b ;\n# x\n c(d)");

	g_assert_cmpstr(file, ==, "a b\nc(d)\n");
}

static server_options *options_of(const char *versions)
{
	server_options *options = server_options_new();

	options->store = g_strdup(DIR "/.lockferry");
	options->directory = g_strdup(DIR);
	options->versions = g_strdup(versions);
	return options;
}

static void assert_has(const char *text, const char *line)
{
	g_autofree char *whole = g_strdup_printf("\n%s\n", line);

	if (strstr(text, whole) == NULL)
		g_error("'%s' is not in %s", line, text);
}

static void test_nfs_conf(void)
{
	g_autoptr(server_options) options = options_of("3 4.1");
	g_autoptr(server_options) only_4 = options_of("4");
	struct server_host host = {.callout = (char *)"/x/callout", .manage_gids = (char *)"y"};
	const struct server_host none = {0};
	g_autofree char *text = server_files_nfs_conf(options, &host);
	g_autofree char *other = server_files_nfs_conf(only_4, &none);

	assert_has(text, "pipefs-directory=/run/rpc_pipefs");
	assert_has(text, "port=662");
	assert_has(text, "no-notify=1");
	assert_has(text, "state-directory-path=/var/lib/nfs/statd");
	assert_has(text, "ha-callout=/x/callout");
	assert_has(text, "port=20048");
	assert_has(text, "manage-gids=y");
	assert_has(text, "storagedir=" DIR "/.lockferry/server/nfsdcld");
	assert_has(text, "vers3=y\nvers4=y\nvers4.0=n\nvers4.1=y\nvers4.2=n");
	assert_has(other, "vers3=n\nvers4=y\nvers4.0=y\nvers4.1=y\nvers4.2=y");
	g_assert_null(strstr(other, "ha-callout"));
	g_assert_null(strstr(other, "manage-gids"));
}

static void test_exports_file(void)
{
	g_autoptr(scratch) dir_of_test = scratch_new();
	g_autoptr(server_options) options = options_of("3");
	const char *target = scratch_path(dir_of_test, "exports");
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	options->exports_file = g_strdup(scratch_path(dir_of_test, "given"));
	g_assert_false(server_files_write_exports(options, target, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_clear_error(&error);
	scratch_write_bytes(dir_of_test, "given", DIR " *(rw)", sizeof(DIR " *(rw)"));
	g_assert_false(server_files_write_exports(options, target, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_clear_error(&error);
	scratch_write(dir_of_test, "given", "/etc *(rw)\n");
	g_assert_false(server_files_write_exports(options, target, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_clear_error(&error);
	g_assert_false(scratch_has(dir_of_test, "exports"));
	scratch_write(dir_of_test, "given", "#\n" DIR " *(rw)\n");
	g_assert_true(server_files_write_exports(options, target, &error));
	g_assert_no_error(error);
	text = scratch_read(dir_of_test, "exports");
	g_assert_cmpstr(text, ==, DIR " *(rw)\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/server-files/lines", test_lines);
	g_test_add_func("/server-files/to-file", test_to_file);
	g_test_add_func("/server-files/nfs-conf", test_nfs_conf);
	g_test_add_func("/server-files/exports-file", test_exports_file);
	return g_test_run();
}
