/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/server.h"

#include "base/error.h"
#include "control/client.h"
#include "control/message.h"
#include "control/place.h"
#include "scratch.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUP "files"
#define STATD_UID 4711
#define LONG_MS 10000

typedef struct fixture {
	scratch *scratch;
	const char *run_dir;
	control *control;
	GString *heard;     /* each request, followed by a blank */
	control_call *kept; /* the call of the request "keep" */
} fixture;

static void answer(control_call *call, const char *member)
{
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_boolean_member(object, member, TRUE);
	control_answer(call, object);
}

static void request(const char *text, control_call *call, void *data)
{
	fixture *self = data;

	g_string_append_printf(self->heard, "%s ", text);
	if (g_str_equal(text, "keep"))
		self->kept = call;
	else
		answer(call, "yes");
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	memset(self, 0, sizeof(*self));
	self->scratch = scratch_new();
	/* The directory is made when it is needed. */
	self->run_dir = scratch_path(self->scratch, "run/lockferry");
	self->heard = g_string_new(NULL);
	self->control = control_open(self->run_dir, GROUP, STATD_UID, request, self, &error);
	g_assert_no_error(error);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_clear_pointer(&self->control, control_close);
	g_string_free(self->heard, TRUE);
	scratch_free(self->scratch);
}

/* A peer that asks, on a separate thread. */
struct asker {
	const fixture *fixture;
	const char *text;
	guint timeout_ms;
	GThread *thread;
	JsonObject *answer;
	GError *error;
	gint done;
};

static gpointer run_asker(gpointer data)
{
	struct asker *asker = data;

	asker->answer = control_ask(
		asker->fixture->run_dir, GROUP, asker->text, asker->timeout_ms, &asker->error);
	g_atomic_int_set(&asker->done, 1);
	return NULL;
}

static void begin_to_ask(struct asker *asker)
{
	asker->thread = g_thread_new("asker", run_asker, asker);
}

static bool has_asked(void *data)
{
	return g_atomic_int_get(&((struct asker *)data)->done);
}

static void end_asking(struct asker *asker)
{
	g_assert_true(scratch_run_until(has_asked, asker));
	g_thread_join(asker->thread);
}

static void clear_asker(struct asker *asker)
{
	g_clear_pointer(&asker->answer, json_object_unref);
	g_clear_error(&asker->error);
}

static bool is_kept(void *data)
{
	return ((fixture *)data)->kept != NULL;
}

static void test_ask(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct asker asker = {.fixture = self, .text = "status", .timeout_ms = LONG_MS};
	struct stat status;

	g_assert_cmpint(
		stat(scratch_path(self->scratch, "run/lockferry/" GROUP ".sock"), &status), ==, 0);
	g_assert_true(S_ISSOCK(status.st_mode));
	begin_to_ask(&asker);
	end_asking(&asker);
	g_assert_no_error(asker.error);
	g_assert_true(json_object_get_boolean_member(asker.answer, "yes"));
	g_assert_cmpstr(self->heard->str, ==, "status ");
	clear_asker(&asker);
}

/* A peer that waits for its answer does not delay the others. */
static void test_answer_later(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct asker first = {.fixture = self, .text = "keep", .timeout_ms = LONG_MS};
	struct asker second = {.fixture = self, .text = "status", .timeout_ms = LONG_MS};

	begin_to_ask(&first);
	g_assert_true(scratch_run_until(is_kept, self));
	begin_to_ask(&second);
	end_asking(&second);
	g_assert_no_error(second.error);
	g_assert_false(has_asked(&first));
	answer(self->kept, "later");
	end_asking(&first);
	g_assert_no_error(first.error);
	g_assert_true(json_object_has_member(first.answer, "later"));
	clear_asker(&first);
	clear_asker(&second);
}

static void test_time_out(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct asker asker = {.fixture = self, .text = "keep", .timeout_ms = 100};

	begin_to_ask(&asker);
	end_asking(&asker);
	g_assert_error(asker.error, LF_ERROR, LF_ERROR_TIMEOUT);
	g_assert_nonnull(strstr(asker.error->message, "'" GROUP "'"));
	clear_asker(&asker);
	/* An answer to a peer that has gone does no harm. */
	answer(self->kept, "late");
}

/* The server is stopped, or hangs in the kernel, so it does not even accept a connection. */
static void test_nobody_accepts(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(control_ask(self->run_dir, GROUP, "status", 100, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_TIMEOUT);
}

/* The process ends before it has answered. */
static void test_ends_meanwhile(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct asker asker = {.fixture = self, .text = "keep", .timeout_ms = LONG_MS};

	begin_to_ask(&asker);
	g_assert_true(scratch_run_until(is_kept, self));
	g_clear_pointer(&self->control, control_close);
	end_asking(&asker);
	g_assert_error(asker.error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(asker.error->message, "complete answer"));
	clear_asker(&asker);
}

static void test_none(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(control_ask(self->run_dir, "other", "status", LONG_MS, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING);
	g_clear_error(&error);
	g_assert_null(control_ask("/nonexistent", GROUP, "status", LONG_MS, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING);
	g_clear_error(&error);
	g_clear_pointer(&self->control, control_close);
	g_assert_false(scratch_has(self->scratch, "run/lockferry/" GROUP ".sock"));
	g_assert_null(control_ask(self->run_dir, GROUP, "status", LONG_MS, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING);
}

static void test_two_processes(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *pid = g_strdup_printf("process %d: ", (int)getpid());
	struct asker asker = {.fixture = self, .text = "status", .timeout_ms = LONG_MS};
	g_autoptr(GError) error = NULL;

	g_assert_null(control_open(self->run_dir, GROUP, 0, request, self, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, pid));
	g_clear_error(&error);
	/* The socket of the first server still works. */
	begin_to_ask(&asker);
	end_asking(&asker);
	g_assert_no_error(asker.error);
	clear_asker(&asker);
	/* Another group can be served at the same time. */
	g_autoptr(control) other = control_open(self->run_dir, "other", 0, request, self, &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) groups = control_groups(self->run_dir);
	g_assert_cmpuint(groups->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(groups, 0), ==, GROUP);
	g_assert_cmpstr(g_ptr_array_index(groups, 1), ==, "other");
	g_autoptr(GPtrArray) none = control_groups("/nonexistent");
	g_assert_cmpuint(none->len, ==, 0);
}

/* A process of the group "crashed" that runs until it is killed. */
static pid_t fork_server(fixture *self)
{
	int fds[2];
	pid_t child;
	char byte = 0;

	g_assert_cmpint(pipe(fds), ==, 0);
	child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		control *own = control_open(self->run_dir, "crashed", 0, request, self, NULL);

		(void)!write(fds[1], own != NULL ? "y" : "n", 1);
		for (;;)
			pause();
	}
	g_assert_cmpint(read(fds[0], &byte, 1), ==, 1);
	g_assert_cmpint(byte, ==, 'y');
	close(fds[0]);
	close(fds[1]);
	return child;
}

static void test_killed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	pid_t child = fork_server(self);
	g_autoptr(GError) error = NULL;
	int status;

	g_assert_false(control_wait_gone(self->run_dir, "crashed", 50, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_TIMEOUT);
	g_clear_error(&error);
	/* control_kill() kills only the process that holds the lock of this group, so not the test
	 * itself. */
	control_kill(self->run_dir, "nonesuch");
	control_kill(self->run_dir, "crashed");
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	g_assert_true(control_wait_gone(self->run_dir, "crashed", 1000, &error));
	g_assert_true(control_wait_gone(self->run_dir, "nonesuch", 1000, &error));
	g_assert_no_error(error);

	/* The socket is still there, but no process behind it. No process is killed for it. */
	g_assert_true(scratch_has(self->scratch, "run/lockferry/crashed.sock"));
	g_assert_null(control_ask(self->run_dir, "crashed", "status", LONG_MS, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING);
	g_clear_error(&error);
	scratch_write(self->scratch, "run/lockferry/crashed.lock", "1\n");
	control_kill(self->run_dir, "crashed");
	g_autoptr(control) next = control_open(self->run_dir, "crashed", 0, request, self, &error);
	g_assert_no_error(error);
}

static int connect_raw(const fixture *self)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/" GROUP ".sock", self->run_dir);
	g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	return fd;
}

static void send_raw(int fd, const char *text, gsize length)
{
	g_assert_cmpint(send(fd, text, length, MSG_NOSIGNAL), ==, (gssize)length);
}

struct reader {
	int fd;
	char text[256];
	gssize length; /* -1: nothing yet */
};

static bool has_read(void *data)
{
	struct reader *reader = data;

	reader->length = recv(reader->fd, reader->text, sizeof(reader->text) - 1, MSG_DONTWAIT);
	if (reader->length >= 0)
		reader->text[reader->length] = '\0';
	return reader->length >= 0;
}

/* Reads the server's answer, and compares it. "" means that the server closed the connection. */
static void assert_reply(int fd, const char *text)
{
	struct reader reader = {.fd = fd};

	g_assert_true(scratch_run_until(has_read, &reader));
	g_assert_cmpstr(reader.text, ==, text);
}

static void test_in_pieces(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	int slow = connect_raw(self), quick = connect_raw(self);

	send_raw(slow, "sta", 3);
	send_raw(quick, "status\n", 7);
	assert_reply(quick, "{\"yes\":true}");
	send_raw(slow, "tus\nignored", 11);
	assert_reply(slow, "{\"yes\":true}");
	g_assert_cmpstr(self->heard->str, ==, "status status ");
	close(slow);
	close(quick);
}

/* Not valid requests: too long, without an end, or empty. The server closes the connection and
 * continues. */
static void test_hostile(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *filler = g_strnfill(CONTROL_REQUEST_MAX_BYTES, 'x');
	g_autofree char *longest = g_strnfill(CONTROL_REQUEST_MAX_BYTES - 1, 'y');
	int over_long = connect_raw(self), cut_off = connect_raw(self), empty = connect_raw(self);
	int good = connect_raw(self), silent = connect_raw(self);

	send_raw(over_long, filler, strlen(filler));
	assert_reply(over_long, "");
	send_raw(cut_off, "stop", 4);
	g_assert_cmpint(shutdown(cut_off, SHUT_WR), ==, 0);
	assert_reply(cut_off, "");
	close(empty);
	send_raw(good, longest, strlen(longest));
	send_raw(good, "\n", 1);
	assert_reply(good, "{\"yes\":true}");
	g_assert_cmpuint(self->heard->len, ==, CONTROL_REQUEST_MAX_BYTES);
	close(over_long);
	close(cut_off);
	close(good);
	/* A connection without a request ends with the server. */
	g_clear_pointer(&self->control, control_close);
	assert_reply(silent, "");
	close(silent);
}

/* A peer has closed the connection, or does not read, when its answer comes. */
static void test_hung_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	int gone = connect_raw(self);

	send_raw(gone, "keep\n", 5);
	g_assert_true(scratch_run_until(is_kept, self));
	close(gone);
	answer(self->kept, "late");
	g_string_truncate(self->heard, 0);
	test_ask(self, NULL);
}

/* Descriptors from one process to another: see unix(7), SCM_RIGHTS. */
union passed {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static bool pass_on(int to, int fd)
{
	union passed passed = {0};
	struct iovec part = {.iov_base = (char *)"", .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &passed,
		.msg_controllen = sizeof(passed)};

	passed.header.cmsg_level = SOL_SOCKET;
	passed.header.cmsg_type = SCM_RIGHTS;
	passed.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&passed.header), &fd, sizeof(fd));
	return sendmsg(to, &message, MSG_NOSIGNAL) == 1;
}

static int receive_fd(int from)
{
	union passed passed = {0};
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &passed,
		.msg_controllen = sizeof(passed)};
	int fd;

	g_assert_cmpint(recvmsg(from, &message, MSG_CMSG_CLOEXEC), ==, 1);
	g_assert_cmpint(passed.header.cmsg_type, ==, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&passed.header), sizeof(fd));
	return fd;
}

/* A connection made by this user; the kernel remembers whose it was. */
static int connect_as(const fixture *self, uid_t uid)
{
	pid_t child;
	int fds[2], fd;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
	child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0)
		_exit(setresuid(uid, uid, uid) == 0 && pass_on(fds[1], connect_raw(self)) ? 0 : 1);
	fd = receive_fd(fds[0]);
	g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
	close(fds[0]);
	close(fds[1]);
	return fd;
}

/* statd's user may ask to record clients and nothing else. Other users may ask nothing. */
static void test_denied(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct {
		uid_t uid;
		const char *request;
		bool allowed;
	} cases[] = {
		{0, "stop\n", true},
		{STATD_UID, "record 10.99.0.21\n", true},
		{STATD_UID, "stop\n", false},
		{STATD_UID, "status\n", false},
		{STATD_UID, "recorded\n", false},
	};

	if (geteuid() != 0) {
		g_test_skip("only root can be others");
		return;
	}
	g_assert_cmpint(chmod(self->scratch->path, 0755), ==, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		int fd = connect_as(self, cases[i].uid);

		send_raw(fd, cases[i].request, strlen(cases[i].request));
		assert_reply(fd, cases[i].allowed ? "{\"yes\":true}" : "{\"denied\":true}");
		close(fd);
	}
	g_assert_cmpstr(self->heard->str, ==, "stop record 10.99.0.21 ");
}

/* A user without rights cannot even connect. Otherwise anybody could fill the queue, and statd's
 * callout would find no room. */
static void test_stranger(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *path = scratch_path(self->scratch, "run/lockferry/" GROUP ".sock");
	g_autoptr(GError) error = NULL;
	struct stat st;
	int status;
	pid_t child;

	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	if (geteuid() != 0) {
		g_test_skip("only root can be others");
		return;
	}
	g_assert_cmpint(st.st_uid, ==, STATD_UID);
	g_assert_cmpint(chmod(self->scratch->path, 0755), ==, 0);
	child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		bool told = setresuid(STATD_UID + 1, STATD_UID + 1, STATD_UID + 1) == 0 &&
			    control_ask(self->run_dir, GROUP, "status", LONG_MS, &error) == NULL &&
			    g_error_matches(error, LF_ERROR, LF_ERROR_PRIVILEGE);

		_exit(told ? 0 : 1);
	}
	while (waitpid(child, &status, WNOHANG) == 0)
		g_main_context_iteration(NULL, FALSE);
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpuint(self->heard->len, ==, 0);
}

/* Idle connections, more than the process has descriptors for, prevent no answer. */
static void test_silent(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct asker asker = {.fixture = self, .text = "status", .timeout_ms = LONG_MS};
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));

	for (int i = 0; i < 400; i++) {
		int fd = connect_raw(self);

		g_array_append_val(fds, fd);
		while (g_main_context_iteration(NULL, FALSE))
			;
	}
	begin_to_ask(&asker);
	end_asking(&asker);
	g_assert_no_error(asker.error);
	clear_asker(&asker);
	/* The first connections were closed to make room. */
	assert_reply(g_array_index(fds, int, 0), "");
	for (guint i = 0; i < fds->len; i++)
		close(g_array_index(fds, int, i));
}

/* Users such as statd's can look for the groups' sockets, whatever our umask is: that of
 * Pacemaker's daemons is 026. */
static void test_umask(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *run_dir = scratch_path(self->scratch, "fresh");
	mode_t mask = umask(026);
	g_autoptr(GError) error = NULL;
	struct stat st;

	for (int i = 0; i < 2; i++) {
		control *other = control_open(run_dir, GROUP, STATD_UID, request, self, &error);

		g_assert_no_error(error);
		control_close(other);
		g_assert_cmpint(stat(run_dir, &st), ==, 0);
		g_assert_cmpint(st.st_mode & 07777, ==, 0755);
		/* As an older version left it. */
		g_assert_cmpint(chmod(run_dir, 0751), ==, 0);
	}
	umask(mask);
}

static void test_too_long_path(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *name = g_strnfill(100, 'd');
	const char *run_dir = scratch_mkdir(self->scratch, name);
	g_autoptr(GError) error = NULL;

	g_assert_null(control_open(run_dir, GROUP, 0, request, self, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_clear_error(&error);
	g_assert_null(control_ask(run_dir, GROUP, "status", LONG_MS, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
}

#define ADD(name, function) g_test_add("/control/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("ask", test_ask);
	ADD("answer-later", test_answer_later);
	ADD("timeout", test_time_out);
	ADD("nobody-accepts", test_nobody_accepts);
	ADD("ends-meanwhile", test_ends_meanwhile);
	ADD("none", test_none);
	ADD("two-processes", test_two_processes);
	ADD("killed", test_killed);
	ADD("in-pieces", test_in_pieces);
	ADD("hostile", test_hostile);
	ADD("hung-up", test_hung_up);
	ADD("denied", test_denied);
	ADD("stranger", test_stranger);
	ADD("silent", test_silent);
	ADD("umask", test_umask);
	ADD("too-long-path", test_too_long_path);
	return g_test_run();
}
