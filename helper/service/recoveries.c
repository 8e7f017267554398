/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/recoveries.h"

#include "group/recovery_times.h"

#include <qb/qblog.h>
#include <string.h>

struct recoveries {
	worker *writes;
	gint64 began_us;
};

struct note_job {
	store *store;
	guint64 epoch;
	struct recovery_times times;
};

recoveries *recoveries_new(worker *writes)
{
	recoveries *self = g_new0(recoveries, 1);

	self->writes = writes;
	return self;
}

void recoveries_server_began(recoveries *self, gint64 began_us)
{
	self->began_us = began_us;
}

/* Without a text that can be read the next grace period is longer, and that is all. */
static GArray *load(store *from)
{
	g_autoptr(GBytes) bytes = store_load_text(from, STORE_RECOVERIES, NULL);
	GArray *times = NULL;
	gsize length;
	const char *text;

	if (bytes != NULL) {
		text = g_bytes_get_data(bytes, &length);
		times = recovery_times_parse(text, length);
	}
	return times != NULL ? times : recovery_times_new();
}

static bool run_note_job(void *data, GError **error)
{
	const struct note_job *job = data;
	g_autoptr(GArray) times = load(job->store);
	g_autoptr(GBytes) bytes = NULL;
	char *text;

	recovery_times_add(times, &job->times);
	text = recovery_times_format(times);
	bytes = g_bytes_new_take(text, strlen(text));
	return store_save_text(job->store, job->epoch, STORE_RECOVERIES, bytes, error);
}

static void note_job_done(void *data, const GError *error)
{
	if (error != NULL)
		qb_log(LOG_WARNING, "how long the recovery took cannot be noted: %s",
			error->message);
	g_free(data);
}

static guint ms_of(double seconds)
{
	return (guint)CLAMP(seconds * 1000, 0, G_MAXINT);
}

void recoveries_note(recoveries *self, const struct recovery_end *what)
{
	const struct progress *progress = what->progress;
	struct note_job *job;

	if (self->began_us == 0)
		return;
	job = g_new0(struct note_job, 1);
	job->store = what->store;
	job->epoch = what->epoch;
	job->times = (struct recovery_times){
		.clients = what->clients,
		.arrived_ms =
			(guint)CLAMP((progress->began_us - self->began_us) / 1000, 0, G_MAXINT),
		.heard_ms = ms_of(progress_seconds(progress, RECOVERY_ACKNOWLEDGED)),
		.back_ms = ms_of(progress_seconds(progress, RECOVERY_RECLAIMED)),
	};
	/* One recovery, one line. */
	self->began_us = 0;
	worker_push(self->writes, run_note_job, note_job_done, job);
}

void recoveries_free(recoveries *self)
{
	g_free(self);
}
