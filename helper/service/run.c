/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Runs a group's process in a main loop, with signals. */

#include "service/memory.h"
#include "service/service.h"

#include <glib-unix.h>
#include <signal.h>

struct run {
	GMainLoop *loop;
	service *service;
	service_ready ready;
	void *data;
};

static void is_ready(void *data)
{
	const struct run *run = data;

	if (run->ready != NULL)
		run->ready(run->data);
}

static void has_ended(void *data)
{
	const struct run *run = data;

	g_main_loop_quit(run->loop);
}

static const struct service_events events = {.ready = is_ready, .ended = has_ended};

static gboolean stop_by_signal(gpointer data)
{
	const struct run *run = data;

	service_stop(run->service);
	return G_SOURCE_CONTINUE;
}

bool service_run(
	const struct group_options *options, service_ready ready, void *data, GError **error)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	struct run run = {.loop = loop, .ready = ready, .data = data};
	guint signals[2];

	memory_set_up();
	run.service = service_start(options, &events, &run, error);
	if (run.service == NULL)
		return false;
	signals[0] = g_unix_signal_add(SIGTERM, stop_by_signal, &run);
	signals[1] = g_unix_signal_add(SIGINT, stop_by_signal, &run);
	g_main_loop_run(loop);
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		g_source_remove(signals[i]);
	return service_end(run.service, error);
}
