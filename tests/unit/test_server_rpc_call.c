/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/rpc_call.h"

#include "network.h"
#include "keeper/tool.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM 100005
#define VERSION 3
#define SHORT_MS 300
#define LONG_MS 60000

/* A call of procedure 0 with its record mark, and a reply to it: RFC 5531. */
#define CALL_WORDS 11
#define REPLY_WORDS 7

enum how { ANSWERS, IS_SILENT, HANGS_UP, SENDS_ANOTHER_ID, HAS_NO_SUCH_PROGRAM, SENDS_RUBBISH };

struct service {
	enum how how;
	int listen_fd;
	guint16 port;
	GThread *thread;
};

static void reply(const struct service *self, int fd, const guint32 *call)
{
	guint32 words[REPLY_WORDS] = {
		htonl(0x80000000U | (REPLY_WORDS - 1) * 4), call[1], htonl(1)};

	if (self->how == SENDS_ANOTHER_ID)
		words[1] ^= 1;
	if (self->how == HAS_NO_SUCH_PROGRAM)
		words[6] = htonl(1);
	if (self->how == SENDS_RUBBISH)
		memset(words, 0xff, sizeof(words));
	g_assert_cmpint(send(fd, words, sizeof(words), MSG_NOSIGNAL), ==, sizeof(words));
}

static gpointer serve(gpointer data)
{
	const struct service *self = data;
	int fd = accept(self->listen_fd, NULL, NULL);
	guint32 call[CALL_WORDS];
	char rest;

	g_assert_cmpint(recv(fd, call, sizeof(call), MSG_WAITALL), ==, sizeof(call));
	g_assert_cmphex(ntohl(call[0]), ==, 0x80000000U | (sizeof(call) - 4));
	g_assert_cmpuint(ntohl(call[4]), ==, PROGRAM);
	g_assert_cmpuint(ntohl(call[5]), ==, VERSION);
	g_assert_cmpuint(ntohl(call[6]), ==, 0);
	if (self->how != IS_SILENT && self->how != HANGS_UP)
		reply(self, fd, call);
	if (self->how == IS_SILENT)
		g_assert_cmpint(recv(fd, &rest, 1, 0), ==, 0);
	close(fd);
	return NULL;
}

static void begin(struct service *self, enum how how)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	self->how = how;
	self->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(bind(self->listen_fd, (struct sockaddr *)&address, size), ==, 0);
	g_assert_cmpint(listen(self->listen_fd, 1), ==, 0);
	g_assert_cmpint(getsockname(self->listen_fd, (struct sockaddr *)&address, &size), ==, 0);
	self->port = ntohs(address.sin_port);
	self->thread = g_thread_new("service", serve, self);
}

static void end(struct service *self)
{
	g_thread_join(self->thread);
	close(self->listen_fd);
}

static void assert_refused(enum how how, guint timeout_ms, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *message = NULL;
	struct service service;

	begin(&service, how);
	g_assert_false(rpc_null_answers(service.port, PROGRAM, VERSION, timeout_ms, &error));
	message = g_strdup_printf("no answer at port %u: %s", service.port, why);
	if (!g_str_has_prefix(error->message, message))
		g_error("'%s' is not '%s'", error->message, message);
	end(&service);
}

static void test_answers(void)
{
	struct service service;

	begin(&service, ANSWERS);
	g_assert_true(rpc_null_answers(service.port, PROGRAM, VERSION, LONG_MS, NULL));
	end(&service);
}

static void test_does_not(void)
{
	g_autoptr(GError) error = NULL;

	assert_refused(IS_SILENT, SHORT_MS, "Connection timed out");
	assert_refused(HANGS_UP, LONG_MS, "it ended the connection");
	assert_refused(SENDS_ANOTHER_ID, LONG_MS, "it sent something else");
	assert_refused(HAS_NO_SUCH_PROGRAM, LONG_MS, "");
	assert_refused(SENDS_RUBBISH, LONG_MS, "it sent something else");
	g_assert_false(rpc_null_answers(1, PROGRAM, VERSION, LONG_MS, &error));
	g_assert_cmpstr(error->message, ==, "no answer at port 1: Connection refused");
}

static void test_tool(void)
{
	const char *const good[] = {"sh", "-c", "echo out; echo err >&2", NULL};
	const char *const bad[] = {"sh", "-c", "echo why; exit 3", NULL};
	const char *const silent[] = {"sh", "-c", "kill -KILL $$", NULL};
	const char *const hangs[] = {"sleep", "1000", NULL};
	const char *const absent[] = {"no-such-tool", NULL};
	g_autoptr(GError) error = NULL;
	g_autofree char *said = NULL;
	gint64 began_us = g_get_monotonic_time();

	g_assert_true(tool_run(good, LONG_MS, &said, &error));
	g_assert_cmpstr(said, ==, "out\nerr");
	g_assert_false(tool_run(bad, LONG_MS, NULL, &error));
	g_assert_cmpstr(error->message, ==, "'sh -c echo why; exit 3' failed: why");
	g_clear_error(&error);
	g_assert_false(tool_run(silent, LONG_MS, NULL, &error));
	g_assert_true(g_str_has_suffix(error->message, "failed: it does not say why"));
	g_clear_error(&error);
	g_assert_false(tool_run(hangs, SHORT_MS, NULL, &error));
	g_assert_true(g_str_has_prefix(error->message, "'sleep' did not finish within "));
	g_assert_cmpint(g_get_monotonic_time() - began_us, <, 60 * G_USEC_PER_SEC);
	g_clear_error(&error);
	g_assert_false(tool_run(absent, LONG_MS, NULL, &error));
	g_assert_true(g_str_has_prefix(error->message, "cannot run 'no-such-tool': "));
	g_clear_error(&error);
	g_assert_false(tool_is_there("no-such-tool", "some-package", &error));
	g_assert_cmpstr(error->message, ==,
		"there is no 'no-such-tool' on this node: install some-package");
}

int main(int argc, char **argv)
{
	network_enter_or_skip();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/server-rpc-null/answers", test_answers);
	g_test_add_func("/server-rpc-null/does-not", test_does_not);
	g_test_add_func("/server-rpc-null/tool", test_tool);
	return g_test_run();
}
