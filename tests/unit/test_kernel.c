/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include "base/error.h"
#include "kernel/listener.h"
#include "kernel/process.h"
#include "scratch.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct fixture {
	scratch *scratch;
	struct kernel *kernel;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	self->kernel = &self->scratch->kernel;
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_free(self->scratch);
}

static void assert_grace(fixture *self, guint threads, const char *ended,
	enum kernel_grace expected, const char *says)
{
	g_autoptr(GError) error = NULL;

	scratch_set_server(self->scratch, threads, ended);
	g_assert_cmpuint(kernel_nfsd_threads(self->kernel), ==, threads);
	g_assert_cmpint(kernel_grace(self->kernel), ==, expected);
	g_assert_cmpint(
		kernel_prove_grace(self->kernel, &error), ==, expected == KERNEL_GRACE_RUNS);
	if (says == NULL) {
		g_assert_no_error(error);
		return;
	}
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, says));
}

static void test_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	assert_grace(self, 8, "N", KERNEL_GRACE_RUNS, NULL);
	assert_grace(self, 8, "Y", KERNEL_GRACE_OVER, "not in its grace period");
	assert_grace(self, 0, "N", KERNEL_GRACE_NO_SERVER, "not running");
	assert_grace(self, 0, "Y", KERNEL_GRACE_NO_SERVER, "not running");
	assert_grace(self, 8, NULL, KERNEL_GRACE_NO_SERVER, "not running");
}

/* Without the kernel modules, neither file exists. A file that cannot be read is not a server. */
static void test_no_server(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const strange[] = {"", "-1", "many", "99999999999"};

	g_assert_cmpuint(kernel_nfsd_threads(self->kernel), ==, 0);
	g_assert_cmpint(kernel_grace(self->kernel), ==, KERNEL_GRACE_NO_SERVER);
	scratch_set_server(self->scratch, 8, "N");
	for (gsize i = 0; i < G_N_ELEMENTS(strange); i++) {
		scratch_write(self->scratch, "nfsd/threads", strange[i]);
		g_assert_cmpint(kernel_grace(self->kernel), ==, KERNEL_GRACE_NO_SERVER);
	}
}

/* A grace period is never assumed: only the kernel's own "N" proves it. */
static void test_strange_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const strange[] = {"", "n", "NO", "Y\nN", "0"};

	for (gsize i = 0; i < G_N_ELEMENTS(strange); i++) {
		scratch_set_server(self->scratch, 8, strange[i]);
		g_assert_cmpint(kernel_grace(self->kernel), !=, KERNEL_GRACE_RUNS);
	}
}

static void assert_lock_manager(fixture *self, const char *expected)
{
	g_autofree char *found = kernel_lock_manager(self->kernel);

	g_assert_cmpstr(found, ==, expected);
	g_assert_true(kernel_lock_manager_is(self->kernel, expected));
}

/* Other entries of /proc, and some that only look like lockd. */
static void make_strangers(scratch *to)
{
	scratch_write(to, "proc/1/stat",
		"1 (systemd) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 1 0\n");
	/* A user's process of this name, whose parent is its shell. */
	scratch_write(to, "proc/300/stat",
		"300 (lockd) S 299 300 299 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0\n");
	/* A process can choose its own name. */
	scratch_write(to, "proc/301/stat",
		"301 (lockd) S 2 0 0 (x) S 299 300 299 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 778 0\n");
	scratch_write(to, "proc/302/stat",
		"302 (nlockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 779 0\n");
	scratch_write(to, "proc/303/stat",
		"303 (lockd2) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 780 0\n");
	scratch_write(to, "proc/304/stat", "304 (lockd) S 2\n");
	scratch_write(to, "proc/305/stat", "305 (lockd)");
	scratch_write(to, "proc/306/stat", "");
	scratch_write(
		to, "proc/self/stat", "9 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 781 0\n");
	scratch_mkdir(to, "proc/307");
}

static void test_lock_manager(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	assert_lock_manager(self, "none");
	make_strangers(self->scratch);
	assert_lock_manager(self, "none");
	g_assert_false(kernel_lock_manager_is(self->kernel, "300@777"));

	scratch_set_lockd(self->scratch, 77, 12345);
	assert_lock_manager(self, "77@12345");
	g_assert_false(kernel_lock_manager_is(self->kernel, "none"));
	g_assert_false(kernel_lock_manager_is(self->kernel, "77@12344"));
	g_assert_false(kernel_lock_manager_is(self->kernel, "78@12345"));
	g_assert_false(kernel_lock_manager_is(self->kernel, ""));

	/* After a restart it is another thread, or the same process id again. */
	scratch_set_lockd(self->scratch, 78, 12399);
	assert_lock_manager(self, "78@12399");
	g_assert_false(kernel_lock_manager_is(self->kernel, "77@12345"));
	scratch_set_lockd(self->scratch, 78, 12400);
	assert_lock_manager(self, "78@12400");
	g_assert_false(kernel_lock_manager_is(self->kernel, "78@12399"));
	scratch_set_lockd(self->scratch, 0, 0);
	assert_lock_manager(self, "none");
	g_assert_false(kernel_lock_manager_is(self->kernel, "78@12400"));
}

/* Sets the network namespace of a process: "self" is this process, "1" is the one with which the
 * node booted. */
static void set_namespace(fixture *self, const char *pid, const char *inode)
{
	g_autofree char *folder = g_strdup_printf("proc/%s/ns", pid);
	g_autofree char *target = g_strdup_printf("net:[%s]", inode);
	g_autofree char *path = g_build_filename(scratch_mkdir(self->scratch, folder), "net", NULL);

	unlink(path);
	g_assert_cmpint(symlink(target, path), ==, 0);
}

#define TCP_HEADING                                                                                \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"        \
	"  timeout inode\n"
#define TCP_LINE(port, state, uid, inode)                                                          \
	"   0: 00000000:" port " 00000000:0000 " state " 00000000:00000000 00:00000000 00000000 "  \
	"    " uid "        0 " inode " 1 00000000b0f3ad1c 100 0 0 10 0\n"

static void set_listener(fixture *self, const char *line)
{
	g_autofree char *text = g_strconcat(TCP_HEADING, line, NULL);

	scratch_write(self->scratch, "nfsd/portlist", "rdma 20049\ntcp 2049\n");
	scratch_write(self->scratch, "proc/net/tcp", text);
}

static bool is_still(fixture *self, const char *incarnation)
{
	return kernel_lock_manager_is(self->kernel, incarnation);
}

/* The server of our namespace was restarted. Servers of other namespaces keep lockd's thread
 * running. */
static void test_listener(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char whole[] = "77@12345 net:4026532008 listener:31337";

	scratch_set_lockd(self->scratch, 77, 12345);
	set_namespace(self, "self", "4026532008");
	set_namespace(self, "1", "4026531840");
	assert_lock_manager(self, "77@12345 net:4026532008");
	set_listener(self, TCP_LINE("0801", "0A", "0", "31337"));
	assert_lock_manager(self, whole);
	g_assert_cmpint(kernel_lock_manager_pid(whole), ==, 77);
	/* Now the server is stopped. */
	g_assert_false(is_still(self, "77@12345 net:4026532008"));
	set_listener(self, TCP_LINE("0801", "0A", "0", "31338"));
	g_assert_false(is_still(self, whole));
	g_assert_true(kernel_lockd_runs(self->kernel, whole));
	set_listener(self, "");
	g_assert_false(is_still(self, whole));
	scratch_remove(self->scratch, "proc/net/tcp");
	scratch_write(
		self->scratch, "proc/net/tcp6", TCP_HEADING TCP_LINE("0801", "0A", "0", "31337"));
	g_assert_true(is_still(self, whole));

	/* The same socket number in another namespace is another socket, and lockd's thread may be
	 * another one. */
	set_namespace(self, "self", "4026532009");
	g_assert_false(is_still(self, whole));
	set_namespace(self, "self", "4026532008");
	scratch_set_lockd(self->scratch, 77, 12346);
	g_assert_false(is_still(self, whole));
	g_assert_false(kernel_lockd_runs(self->kernel, whole));
}

/* A mount keeps the lock manager running while the server is restarted. */
static void test_listener_and_mount(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char whole[] = "77@12345 net:4026531840 listener:31337";

	scratch_set_lockd(self->scratch, 77, 12345);
	set_namespace(self, "self", "4026531840");
	set_namespace(self, "1", "4026531840");
	set_listener(self, TCP_LINE("0801", "0A", "0", "31338"));
	g_assert_false(is_still(self, whole));
	scratch_write(self->scratch, "proc/mounts",
		"filer:/home /home nfs rw,vers=3,addr=10.0.0.1 0 0\n");
	g_assert_true(is_still(self, whole));
	set_namespace(self, "self", "4026532008");
	g_assert_false(is_still(self, whole));
}

/* The text of an earlier version contains only lockd's thread, which is enough if there is only one
 * server. */
static void test_earlier_text(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_set_lockd(self->scratch, 77, 12345);
	set_namespace(self, "self", "4026531840");
	set_namespace(self, "1", "4026531840");
	set_listener(self, TCP_LINE("0801", "0A", "0", "31337"));
	g_assert_true(is_still(self, "77@12345"));
	g_assert_false(is_still(self, "77@12344"));
	g_assert_false(is_still(self, "none"));
	set_namespace(self, "self", "4026532008");
	g_assert_false(is_still(self, "77@12345"));
}

static void assert_listener(const char *text, guint64 inode, guint64 expected)
{
	g_assert_cmpuint(listener_parse(text, strlen(text), 2049, inode), ==, expected);
}

static void test_listener_lines(void)
{
	static const char two[] =
		TCP_HEADING TCP_LINE("0801", "0A", "0", "5") TCP_LINE("0801", "0A", "0", "6");

	assert_listener(two, 0, 5);
	assert_listener(two, 6, 6);
	assert_listener(two, 7, 0);
	assert_listener(TCP_LINE("0801", "07", "0", "5"), 0, 5);
	/* Not a listener of the server: a connection, another port, a user's socket, a socket that
	 * is being closed, and an invalid line. */
	assert_listener(TCP_LINE("0801", "01", "0", "5"), 0, 0);
	assert_listener(TCP_LINE("0802", "0A", "0", "5"), 0, 0);
	assert_listener(TCP_LINE("0801", "0A", "1000", "5"), 0, 0);
	assert_listener(TCP_LINE("0801", "0A", "0", "0"), 0, 0);
	assert_listener(TCP_LINE("10801", "0A", "0", "5"), 0, 0);
	assert_listener("0: 00000000:0801 00000000:0000 0A\n", 0, 0);
	assert_listener("", 0, 0);
}

/* When the server began: lockd's thread may have begun long before this server, or for another
 * one. */
static void test_server_began(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	double began = 6000 / (double)sysconf(_SC_CLK_TCK);

	scratch_set_lockd(self->scratch, 77, 6000);
	scratch_set_server(self->scratch, 8, "N");
	scratch_write(self->scratch, "nfsd/v4_end_grace", "N\n");
	scratch_write(self->scratch, "nfsd/nfsv4gracetime", "90\n");
	scratch_write(self->scratch, "proc/uptime", "70.00 60.00\n");
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_grace_period", "90");
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_timeout", "10");
	set_namespace(self, "self", "4026531840");
	set_namespace(self, "1", "4026531840");
	g_assert_cmpfloat(kernel_server_began(self->kernel, "77@6000"), ==, began);
	g_assert_cmpuint(kernel_grace_left(self->kernel, NULL), ==, (guint)(began + 90 - 70));
	g_assert_cmpuint(kernel_nfs4_grace_left(self->kernel, NULL), ==, (guint)(began + 90 - 70));
	set_namespace(self, "self", "4026532008");
	g_assert_cmpfloat(kernel_server_began(self->kernel, "77@6000"), <, 0);
	g_assert_cmpuint(kernel_grace_left(self->kernel, NULL), ==, 0);
	g_assert_cmpuint(kernel_nfs4_grace_left(self->kernel, NULL), ==, 0);
}

/* Of a server in its own namespace only the text knows, and it stays the same incarnation. */
static void test_begun(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *text = NULL;

	scratch_set_lockd(self->scratch, 77, 6000);
	scratch_set_server(self->scratch, 8, "N");
	scratch_write(self->scratch, "nfsd/v4_end_grace", "N\n");
	scratch_write(self->scratch, "nfsd/nfsv4gracetime", "60\n");
	scratch_write(self->scratch, "proc/uptime", "75.00 60.00\n");
	/* Another server's. */
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_grace_period", "90");
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_timeout", "10");
	set_namespace(self, "self", "4026532008");
	set_namespace(self, "1", "4026531840");
	set_listener(self, TCP_LINE("0801", "0A", "0", "31337"));
	text = kernel_lock_manager_begun(self->kernel, 70.9, 30);
	g_assert_cmpstr(text, ==, "77@6000 net:4026532008 listener:31337 began:70 grace:30");
	g_assert_true(is_still(self, text));
	g_assert_cmpuint(kernel_lock_manager_grace(text), ==, 30);
	g_assert_cmpuint(kernel_lock_manager_grace("77@6000"), ==, 0);
	g_assert_cmpfloat(kernel_server_began(self->kernel, text), ==, 70);
	g_assert_cmpuint(kernel_grace_left(self->kernel, text), ==, 25);
	g_assert_cmpuint(kernel_nfs4_grace_left(self->kernel, text), ==, 55);
	set_listener(self, TCP_LINE("0801", "0A", "0", "31338"));
	g_assert_false(is_still(self, text));
}

/* One that speaks NFSv4 alone has no lockd. */
static void test_without_lockd(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char whole[] = "none net:4026532008 listener:31337";

	set_namespace(self, "self", "4026532008");
	set_namespace(self, "1", "4026531840");
	set_listener(self, TCP_LINE("0801", "0A", "0", "31337"));
	assert_lock_manager(self, whole);
	g_assert_true(is_still(self, "none net:4026532008 listener:31337 began:70 grace:30"));
	set_listener(self, TCP_LINE("0801", "0A", "0", "31338"));
	g_assert_false(is_still(self, whole));
	set_namespace(self, "self", "4026531840");
	assert_lock_manager(self, "none");
	g_assert_true(kernel_lock_manager_is_elsewhere(self->kernel, whole));
	g_assert_false(kernel_lock_manager_is_elsewhere(self->kernel, "none"));
	g_assert_false(kernel_lock_manager_is_elsewhere(self->kernel, "7@7 net:4026531840"));
}

static void assert_grace_seconds(
	fixture *self, const char *period, const char *timeout, guint expected)
{
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_grace_period", period);
	scratch_write(self->scratch, "proc/sys/fs/nfs/nlm_timeout", timeout);
	g_assert_cmpuint(kernel_grace_seconds(self->kernel), ==, expected);
}

static void test_grace_seconds(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpuint(kernel_grace_seconds(self->kernel), ==, 0);
	scratch_mkdir(self->scratch, "proc/sys/fs");
	scratch_mkdir(self->scratch, "proc/sys/fs/nfs");
	/* The defaults. */
	assert_grace_seconds(self, "0\n", "10\n", 50);
	assert_grace_seconds(self, "90\n", "10\n", 90);
	assert_grace_seconds(self, "91\n", "10\n", 100);
	assert_grace_seconds(self, "1\n", "3\n", 3);
	assert_grace_seconds(self, "many\n", "10\n", 50);
	assert_grace_seconds(self, "90\n", "\n", 0);
	assert_grace_seconds(self, "4294967295\n", "10\n", 0);
}

static void test_statd(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *none = kernel_statd(self->kernel);
	g_autofree char *found = NULL;

	g_assert_cmpstr(none, ==, "none");
	g_assert_false(kernel_statd_is(self->kernel, none));
	scratch_write(self->scratch, "proc/70/stat",
		"70 (rpc.statd) S 1 70 70 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 700 0\n");
	found = kernel_statd(self->kernel);
	g_assert_cmpstr(found, ==, "70@700");
	g_assert_true(kernel_statd_is(self->kernel, found));
	g_assert_false(kernel_statd_is(self->kernel, "70@701"));
}

/* The machine on which this runs: two looks must agree. */
static void test_this_machine(void)
{
	const struct kernel kernel = KERNEL_DEFAULT;
	g_autofree char *found = kernel_lock_manager(&kernel);
	g_autoptr(GError) error = NULL;
	g_autofree char *boot = kernel_boot_id(&kernel, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(strlen(boot), ==, 36);
	g_assert_true(kernel_lock_manager_is(&kernel, found));
}

static void test_boot_id(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *boot = kernel_boot_id(self->kernel, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(boot, ==, "boot1");
	scratch_remove(self->scratch, "proc/sys/kernel/random/boot_id");
	g_assert_null(kernel_boot_id(self->kernel, &error));
	g_assert_nonnull(error);
}

static void assert_written(fixture *self, const char *name, const char *text)
{
	g_autofree char *written = scratch_read(self->scratch, name);

	g_assert_cmpstr(written, ==, text);
}

static void test_unlock(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	scratch_write(self->scratch, "nfsd/unlock_ip", "");
	scratch_write(self->scratch, "nfsd/unlock_filesystem", "");
	g_assert_true(kernel_unlock_address(self->kernel, "192.0.2.10", &error));
	g_assert_true(kernel_unlock_filesystem(self->kernel, "/srv/my files\\", &error));
	g_assert_no_error(error);
	assert_written(self, "nfsd/unlock_ip", "192.0.2.10\n");
	assert_written(self, "nfsd/unlock_filesystem", "/srv/my\\040files\\134\n");
}

static void test_unlock_refused(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(kernel_unlock_address(self->kernel, "192.0.2.10", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "'192.0.2.10'"));
	g_assert_nonnull(strstr(error->message, "nfsd/unlock_ip'"));
	g_clear_error(&error);
	/* A kernel that does not accept it reports this by write(2). */
	scratch_mkdir(self->scratch, "nfsd/unlock_filesystem");
	g_assert_false(kernel_unlock_filesystem(self->kernel, "/srv", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
}

/* A file of the kernel that says EINVAL to a path. */
static void test_unlock_without_server(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *path = scratch_path(self->scratch, "nfsd/unlock_filesystem");
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(symlink("/proc/self/oom_score_adj", path), ==, 0);
	scratch_write(self->scratch, "nfsd/threads", "0\n");
	g_assert_true(kernel_unlock_filesystem(self->kernel, "/srv", &error));
	g_assert_no_error(error);
	scratch_write(self->scratch, "nfsd/threads", "8\n");
	g_assert_false(kernel_unlock_filesystem(self->kernel, "/srv", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
}

static void test_versions(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(kernel_nfsd_lacks(self->kernel, "3"));
	scratch_write(self->scratch, "nfsd/versions", "-2 -3 +4 +4.1 -4.2\n");
	g_assert_true(kernel_nfsd_lacks(self->kernel, "3"));
	g_assert_false(kernel_nfsd_lacks(self->kernel, "4"));
	g_assert_true(kernel_nfsd_lacks(self->kernel, "4.2"));
}

static void test_nfsd_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpuint(kernel_nfsd_grace_seconds(self->kernel), ==, 0);
	scratch_write(self->scratch, "nfsd/nfsv4gracetime", "90\n");
	g_assert_cmpuint(kernel_nfsd_grace_seconds(self->kernel), ==, 90);
}

static void test_process(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char words[] = "rpc.statd\0--no-notify\0\0-H\0/callout";
	uid_t user = 0;
	gid_t group = 0;

	scratch_write_bytes(self->scratch, "proc/700/cmdline", words, sizeof(words));
	g_auto(GStrv) found = process_words(self->kernel->proc_dir, "700@900", "cmdline");
	g_auto(GStrv) none = process_words(self->kernel->proc_dir, "701@900", "cmdline");
	g_autofree char *joined = g_strjoinv("|", found);
	g_assert_cmpstr(joined, ==, "rpc.statd|--no-notify||-H|/callout");
	g_assert_null(none[0]);
	g_assert_true(process_user(self->kernel->proc_dir, "700@900", &user, &group));
	g_assert_cmpuint(user, ==, geteuid());
	g_assert_cmpuint(group, ==, getegid());
	g_assert_false(process_user(self->kernel->proc_dir, "701@900", &user, &group));
}

static void test_end_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(kernel_end_grace(self->kernel, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_clear_error(&error);
	scratch_set_server(self->scratch, 8, "N");
	g_assert_true(kernel_end_grace(self->kernel, &error));
	g_assert_no_error(error);
	g_assert_cmpint(kernel_grace(self->kernel), ==, KERNEL_GRACE_OVER);
}

static void test_nfs4(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpint(kernel_nfs4(self->kernel), ==, KERNEL_NFS4_UNKNOWN);
	g_assert_false(kernel_nfs4_grace_runs(self->kernel));
	scratch_write(self->scratch, "nfsd/versions", "+3 -4 -4.1 -4.2\n");
	g_assert_cmpint(kernel_nfs4(self->kernel), ==, KERNEL_NFS4_NOT_SERVED);
	scratch_write(self->scratch, "nfsd/versions", "+3 +4 -4.0 -4.1 +4.2\n");
	g_assert_cmpint(kernel_nfs4(self->kernel), ==, KERNEL_NFS4_SERVED);
	scratch_write(self->scratch, "nfsd/versions", "");
	g_assert_cmpint(kernel_nfs4(self->kernel), ==, KERNEL_NFS4_UNKNOWN);

	scratch_write(self->scratch, "nfsd/v4_end_grace", "N\n");
	g_assert_true(kernel_nfs4_grace_runs(self->kernel));
	g_assert_true(kernel_end_nfs4_grace(self->kernel, NULL));
	g_assert_false(kernel_nfs4_grace_runs(self->kernel));

	g_assert_false(kernel_nfsdcld_runs(self->kernel));
	scratch_write(self->scratch, "proc/800/stat",
		"800 (nfsdcld) S 1 800 800 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 900 0\n");
	g_assert_true(kernel_nfsdcld_runs(self->kernel));
}

#define ADD(name, function) g_test_add("/kernel/" name, fixture, NULL, set_up, function, tear_down)

static void test_older(void)
{
	double began = process_started("77@1000");

	g_assert_true(kernel_is_older("700@900", began));
	g_assert_false(kernel_is_older("700@1000", began));
	g_assert_false(kernel_is_older("700@1100", began));
	g_assert_false(kernel_is_older("none", began));
	g_assert_false(kernel_is_older("700@900", -1));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("grace", test_grace);
	ADD("no-server", test_no_server);
	ADD("strange-grace", test_strange_grace);
	ADD("lock-manager", test_lock_manager);
	ADD("listener", test_listener);
	ADD("listener-and-mount", test_listener_and_mount);
	ADD("earlier-text", test_earlier_text);
	g_test_add_func("/kernel/listener-lines", test_listener_lines);
	ADD("server-began", test_server_began);
	ADD("begun", test_begun);
	ADD("without-lockd", test_without_lockd);
	ADD("grace-seconds", test_grace_seconds);
	ADD("statd", test_statd);
	g_test_add_func("/kernel/older", test_older);
	ADD("boot-id", test_boot_id);
	ADD("unlock", test_unlock);
	ADD("unlock-refused", test_unlock_refused);
	ADD("unlock-without-server", test_unlock_without_server);
	ADD("versions", test_versions);
	ADD("nfsd-grace", test_nfsd_grace);
	ADD("process", test_process);
	ADD("end-grace", test_end_grace);
	ADD("nfs4", test_nfs4);
	g_test_add_func("/kernel/this-machine", test_this_machine);
	return g_test_run();
}
