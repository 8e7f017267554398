/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_server.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define POLL_US 5000

struct fake_server {
	scratch *scratch;
	GThread *kernel;
	char *threads_path, *lockd_stat_path;
	int ended;
	int kept;
};

/* Does what the kernel does when the last thread has ended. */
static gpointer be_kernel(gpointer data)
{
	fake_server *self = data;

	while (!g_atomic_int_get(&self->ended)) {
		g_autofree char *threads = NULL;

		if (g_file_get_contents(self->threads_path, &threads, NULL, NULL) &&
			threads[0] == '0' && !g_atomic_int_get(&self->kept))
			g_unlink(self->lockd_stat_path);
		g_usleep(POLL_US);
	}
	return NULL;
}

void fake_server_set_start(fake_server *self, const char *line)
{
	g_autofree char *text = g_strdup_printf("#!/bin/sh\n"
						"echo \"$*\" >>'%s/starts'\n"
						"cd '%s' || exit\n"
						"for threads; do :; done\n"
						"%s\n",
		self->scratch->path, self->scratch->path, line);

	scratch_write(self->scratch, "rpc.nfsd", text);
	g_assert_cmpint(chmod(scratch_path(self->scratch, "rpc.nfsd"), 0755), ==, 0);
}

void fake_server_starts_well(fake_server *self)
{
	fake_server_set_start(self,
		"echo \"${threads:-4}\" >nfsd/threads; echo N >lockd/nlm_end_grace; mkdir -p proc/78; echo '78 (lockd) S 2 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 2000 0' >proc/78/stat");
}

fake_server *fake_server_new(scratch *in)
{
	fake_server *self = g_new0(fake_server, 1);

	self->scratch = in;
	scratch_set_server(in, 8, "Y");
	scratch_set_lockd(in, 77, 1000);
	scratch_write(in, "nfsd/versions", "-2 +3 +4 +4.1 -4.2\n");
	scratch_write(in, "nfsd/portlist", "tcp 2049\ntcp 2049\n");
	scratch_write(in, "starts", "");
	fake_server_starts_well(self);
	in->kernel.rpc_nfsd = scratch_path(in, "rpc.nfsd");
	self->threads_path = g_strdup(scratch_path(in, "nfsd/threads"));
	self->lockd_stat_path = g_strdup(scratch_path(in, "proc/77/stat"));
	self->kernel = g_thread_new("kernel", be_kernel, self);
	return self;
}

void fake_server_free(fake_server *self)
{
	g_atomic_int_set(&self->ended, TRUE);
	g_thread_join(self->kernel);
	g_free(self->threads_path);
	g_free(self->lockd_stat_path);
	g_free(self);
}

void fake_server_keep_lock_manager(fake_server *self)
{
	g_atomic_int_set(&self->kept, TRUE);
}

char *fake_server_starts(fake_server *self)
{
	char *starts = scratch_read(self->scratch, "starts");

	scratch_write(self->scratch, "starts", "");
	return starts;
}
