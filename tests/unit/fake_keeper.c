/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_keeper.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define POLL_MS 10
#define NAMESPACE "4026532008"
#define FIRST_NAMESPACE "4026531840"

struct fake_keeper {
	scratch *scratch;
	const char *sm;
	GThread *thread;
	GMutex lock; /* of what follows */
	GString *asked;
	const char *fails;
	guint listener;
	int fd;
	int ended;
};

static void set_namespace(scratch *in, const char *pid, const char *inode)
{
	g_autofree char *folder = g_strdup_printf("proc/%s/ns", pid);
	g_autofree char *target = g_strdup_printf("net:[%s]", inode);
	g_autofree char *path = g_build_filename(scratch_mkdir(in, folder), "net", NULL);

	g_assert_cmpint(symlink(target, path), ==, 0);
}

void fake_keeper_stop_server(fake_keeper *self)
{
	scratch_set_server(self->scratch, 0, "Y");
	scratch_write(self->scratch, "nfsd/portlist", "");
	scratch_write(self->scratch, "proc/net/tcp", "");
}

void fake_keeper_start_server(fake_keeper *self)
{
	g_autofree char *line = g_strdup_printf(
		"   0: 00000000:0801 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 %u 1\n",
		++self->listener);

	scratch_write(self->scratch, "proc/net/tcp", line);
	scratch_write(self->scratch, "nfsd/portlist", "tcp 2049\n");
	scratch_set_server(self->scratch, 8, "N");
}

/* Its words, with commas between them. */
static char *records(const fake_keeper *self)
{
	g_autofree char *list = scratch_list(self->scratch, self->sm);

	return g_strdelimit(g_strchomp(g_steal_pointer(&list)), " ", ',');
}

static bool obey(fake_keeper *self, const char *request)
{
	bool fails = self->fails != NULL && g_str_has_prefix(request, self->fails);

	if (g_str_has_prefix(request, "start-server")) {
		g_autofree char *there = records(self);

		g_string_append_printf(self->asked, "%s(%s) ", request, there);
		if (!fails)
			fake_keeper_start_server(self);
	} else {
		g_string_append_printf(self->asked, "%s ", request);
		scratch_set_locks(self->scratch, "");
		if (!fails)
			fake_keeper_stop_server(self);
	}
	return !fails;
}

static void answer(fake_keeper *self, int fd)
{
	char request[256] = "";
	gssize got = recv(fd, request, sizeof(request) - 1, 0);
	const char *text;

	g_assert_cmpint(got, >, 0);
	g_strchomp(request);
	g_mutex_lock(&self->lock);
	text = obey(self, request) ? "{}\n" : "{\"error\":\"it cannot be done\"}\n";
	g_mutex_unlock(&self->lock);
	g_assert_cmpint(send(fd, text, strlen(text), 0), ==, strlen(text));
	close(fd);
}

static gpointer keep(gpointer data)
{
	fake_keeper *self = data;
	struct pollfd poller = {.fd = self->fd, .events = POLLIN};

	while (!g_atomic_int_get(&self->ended)) {
		if (poll(&poller, 1, POLL_MS) > 0)
			answer(self, accept(self->fd, NULL, NULL));
	}
	return NULL;
}

fake_keeper *fake_keeper_new(scratch *in, const char *group, const char *sm)
{
	fake_keeper *self = g_new0(fake_keeper, 1);
	g_autofree char *name = g_strconcat(group, ".sock", NULL);
	g_autofree char *path = g_build_filename(scratch_mkdir(in, "server"), name, NULL);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	self->scratch = in;
	self->sm = sm;
	self->asked = g_string_new(NULL);
	self->listener = 31000;
	g_mutex_init(&self->lock);
	set_namespace(in, "self", NAMESPACE);
	set_namespace(in, "1", FIRST_NAMESPACE);
	fake_keeper_stop_server(self);
	g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
		sizeof(address.sun_path));
	self->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(self->fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(self->fd, 5), ==, 0);
	self->thread = g_thread_new("keeper", keep, self);
	return self;
}

void fake_keeper_free(fake_keeper *self)
{
	g_atomic_int_set(&self->ended, TRUE);
	g_thread_join(self->thread);
	close(self->fd);
	g_mutex_clear(&self->lock);
	g_string_free(self->asked, TRUE);
	g_free(self);
}

char *fake_keeper_asked(fake_keeper *self)
{
	char *asked;

	g_mutex_lock(&self->lock);
	asked = g_strdup(self->asked->str);
	g_string_truncate(self->asked, 0);
	g_mutex_unlock(&self->lock);
	return asked;
}

void fake_keeper_fail(fake_keeper *self, const char *request)
{
	g_mutex_lock(&self->lock);
	self->fails = request;
	g_mutex_unlock(&self->lock);
}
