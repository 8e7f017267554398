/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/tickle.h"

#include "network.h"
#include "quick_time.h"
#include "scratch.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define SERVER "10.99.0.100"
#define SERVER6 "fd00:99::100"
#define CLIENT "10.99.0.21"
#define CLIENT6 "fd00:99::21"

/* The two ends of a connection between addresses of this namespace. */
struct ends {
	int server_fd;
	int client_fd;
	struct connection names;
};

static endpoint at(const char *address, int fd)
{
	endpoint to;
	socklen_t size;

	g_assert_true(endpoint_parse(address, &to, NULL));
	size = endpoint_size(&to);
	if (fd >= 0)
		g_assert_cmpint(getsockname(fd, &to.any, &size), ==, 0);
	return to;
}

static int tcp_socket(const endpoint *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, &address->any, endpoint_size(address)), ==, 0);
	return fd;
}

static struct ends connect_ends(const char *server, const char *client)
{
	endpoint from = at(client, -1), to = at(server, -1);
	int listener = tcp_socket(&to);
	struct ends ends = {.client_fd = tcp_socket(&from)};

	g_assert_cmpint(listen(listener, 1), ==, 0);
	to = at(server, listener);
	g_assert_cmpint(connect(ends.client_fd, &to.any, endpoint_size(&to)), ==, 0);
	ends.server_fd = accept(listener, NULL, NULL);
	g_assert_cmpint(ends.server_fd, >=, 0);
	close(listener);
	ends.names.server = to;
	ends.names.client = at(client, ends.client_fd);
	return ends;
}

/* As after a crash: the server's end is gone without a packet. A connection in repair mode ends in
 * this way. */
static void lose_server_end(struct ends *ends)
{
	const int on = 1;

	g_assert_cmpint(
		setsockopt(ends->server_fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)), ==, 0);
	close(ends->server_fd);
}

static bool is_reset(void *data)
{
	const struct ends *ends = data;
	char byte;

	return recv(ends->client_fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
}

static GArray *set_of(const struct ends *ends, const char *ignored_server)
{
	GArray *set = connections_new();
	struct connection other = ends->names;

	g_array_append_val(set, ends->names);
	other.server = at(ignored_server, -1);
	g_array_append_val(set, other);
	return set;
}

static void resets(const char *server, const char *client, const char *other)
{
	struct ends ends = connect_ends(server, client);
	g_autoptr(GArray) set = set_of(&ends, other);

	lose_server_end(&ends);
	g_assert_false(is_reset(&ends));
	g_autoptr(tickle) started = tickle_start(server, set, NULL);
	g_assert_nonnull(started);
	g_assert_cmpuint(tickle_count(started), ==, 1);
	g_assert_true(scratch_run_until(is_reset, &ends));
	close(ends.client_fd);
}

static void test_resets(void)
{
	resets(SERVER, CLIENT, SERVER6);
}

static void test_resets_v6(void)
{
	resets(SERVER6, CLIENT6, SERVER);
}

/* All turns happen, and the connection works as before. */
static void test_lives(void)
{
	struct ends ends = connect_ends(SERVER, CLIENT);
	g_autoptr(GArray) set = set_of(&ends, SERVER6);
	g_autoptr(tickle) started = tickle_start(SERVER, set, NULL);
	const guint never = 0;
	char byte = 0;

	quick_time_start(QUICK_POLLS);
	quick_time_run_until(&never, 1, 4.5);
	quick_time_stop();
	g_assert_cmpint(send(ends.server_fd, "x", 1, 0), ==, 1);
	g_assert_cmpint(recv(ends.client_fd, &byte, 1, 0), ==, 1);
	g_assert_cmpint(send(ends.client_fd, "y", 1, 0), ==, 1);
	g_assert_cmpint(recv(ends.server_fd, &byte, 1, 0), ==, 1);
	g_assert_cmpint(byte, ==, 'y');
	close(ends.client_fd);
	close(ends.server_fd);
}

/* A turn for many connections runs in pieces, and reaches the last one, too. */
static void test_many(void)
{
	struct ends ends = connect_ends(SERVER, CLIENT);
	struct connection other = ends.names;
	g_autoptr(GArray) set = connections_new();

	for (guint i = 0; i < 20000; i++) {
		endpoint_set_port(&other.client, (uint16_t)(i % 1000 + 1));
		g_array_append_val(set, other);
	}
	g_array_append_val(set, ends.names);
	lose_server_end(&ends);
	g_autoptr(tickle) started = tickle_start(SERVER, set, NULL);
	g_assert_cmpuint(tickle_count(started), ==, 20001);
	g_assert_true(scratch_run_until(is_reset, &ends));
	close(ends.client_fd);
}

static void test_address_is_away(void)
{
	g_autoptr(GArray) none = connections_new();
	g_autoptr(GError) away = NULL, wrong = NULL;

	g_assert_null(tickle_start("10.99.0.99", none, &away));
	g_assert_nonnull(strstr(away->message, "Cannot assign requested address"));
	g_assert_null(tickle_start("nfs", none, &wrong));
}

/* Made by hand, by RFC 9293, 3.1. */
static void test_format(void)
{
	struct connection entry = {.server = at("10.99.0.100", -1), .client = at(CLIENT, -1)};
	const guint8 expected[TICKLE_BYTES] = {0x08, 0x01, 0x03, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0x50,
		0x10, 0x04, 0, 0x8b, 0x92, 0, 0};
	guint8 packet[TICKLE_BYTES];

	endpoint_set_port(&entry.server, 2049);
	endpoint_set_port(&entry.client, 771);
	tickle_format(&entry, packet);
	g_assert_cmpmem(packet, sizeof(packet), expected, sizeof(expected));
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tickle/format", test_format);
	if (!network_enter()) {
		g_test_message("no network namespace to be had: %s", g_strerror(errno));
		return g_test_run() != 0 ? EXIT_FAILURE : EXIT_SKIP;
	}
	network_add(SERVER);
	network_add(SERVER6);
	network_add(CLIENT);
	network_add(CLIENT6);
	g_test_add_func("/tickle/address-is-away", test_address_is_away);
	g_test_add_func("/tickle/resets", test_resets);
	g_test_add_func("/tickle/resets-v6", test_resets_v6);
	g_test_add_func("/tickle/many", test_many);
	g_test_add_func("/tickle/lives", test_lives);
	return g_test_run();
}
