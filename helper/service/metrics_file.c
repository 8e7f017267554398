/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/metrics_file.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/worker.h"

#include <fcntl.h>
#include <qb/qblog.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An unchanged file is written again after this time, so that its reader can see that the process
 * is alive. */
#define CALM_INTERVAL_S 15

/* A warning is set if the disk of the directory takes longer. */
#define PATIENCE_MS 5000

/* How long a stop waits for the removal of the file. */
#define REMOVAL_TIMEOUT_MS 1000

struct metrics_file {
	worker *thread;
	char *directory;
	char *name;      /* of the file */
	char *temporary; /* does not end with .prom, so the collector ignores it */
	metrics_file_written written;
	void *data;
	char *last; /* the text written last, or being written; NULL: the write failed */
	gint64 last_us;
	bool busy;    /* the thread has a job */
	bool removed; /* the file is gone; atomic */
};

struct metrics_job {
	metrics_file *self;
	char *text;
};

metrics_file *metrics_file_new(
	const char *directory, const char *group, metrics_file_written written, void *data)
{
	metrics_file *self = g_new0(metrics_file, 1);

	self->thread = worker_new();
	self->directory = g_strdup(directory);
	self->name = g_strdup_printf("lockferry-%s.prom", group);
	self->temporary = g_strdup_printf(".lockferry-%s.new", group);
	self->written = written;
	self->data = data;
	return self;
}

/* The file is readable for the collector's user, whatever our umask is. Others may have write
 * access to the directory, so an existing file with the temporary name may not be ours: it is
 * removed, and never written into. */
static bool write_file(int dir_fd, const metrics_file *self, const char *text)
{
	bool good;
	int fd;

	unlinkat(dir_fd, self->temporary, 0);
	fd = openat(dir_fd, self->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		S_IRUSR | S_IWUSR);
	if (fd < 0)
		return false;
	good = fd_write_all(fd, text, strlen(text)) &&
	       fchmod(fd, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0;
	good = close(fd) == 0 && good;
	return good && renameat(dir_fd, self->temporary, dir_fd, self->name) == 0;
}

/* On the thread. */
static bool run_metrics_job(void *data, GError **error)
{
	const struct metrics_job *job = data;
	const metrics_file *self = job->self;
	int dir_fd = open(self->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = dir_fd >= 0 && write_file(dir_fd, self, job->text);

	if (!good)
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot write metrics into '%s'", self->directory);
	if (dir_fd >= 0) {
		unlinkat(dir_fd, self->temporary, 0);
		close(dir_fd);
	}
	return good;
}

static bool run_removal_job(void *data, GError **error G_GNUC_UNUSED)
{
	metrics_file *self = data;
	g_autofree char *path = g_build_filename(self->directory, self->name, NULL);

	unlink(path);
	__atomic_store_n(&self->removed, true, __ATOMIC_RELEASE);
	return true;
}

static void removal_job_done(void *data G_GNUC_UNUSED, const GError *error G_GNUC_UNUSED)
{
}

static void metrics_job_done(void *data, const GError *error)
{
	struct metrics_job *job = data;
	metrics_file *self = job->self;
	g_autofree char *problem = NULL;

	self->busy = false;
	if (error != NULL) {
		g_clear_pointer(&self->last, g_free);
		problem = g_strdup_printf(
			"%s: make it a directory that can be written, or serve without metrics",
			error->message);
	}
	self->written(problem, self->data);
	g_free(job->text);
	g_free(job);
}

static void complain_of_waiting(metrics_file *self)
{
	gint64 busy_ms = worker_busy_ms(self->thread);
	g_autofree char *text = NULL;

	if (busy_ms <= PATIENCE_MS)
		return;
	text = g_strdup_printf("the metrics' directory '%s' has not answered for %" G_GINT64_FORMAT
			       " s: look at its disk",
		self->directory, busy_ms / 1000);
	self->written(text, self->data);
}

void metrics_file_offer(metrics_file *self, char *text)
{
	gint64 now_us = clock_now_us();
	struct metrics_job *job;
	bool due = now_us - self->last_us >= CALM_INTERVAL_S * G_USEC_PER_SEC;

	if (self->busy) {
		complain_of_waiting(self);
	} else if (due || g_strcmp0(self->last, text) != 0) {
		g_free(self->last);
		self->last = g_steal_pointer(&text);
		self->last_us = now_us;
		self->busy = true;
		job = g_new(struct metrics_job, 1);
		job->self = self;
		job->text = g_strdup(self->last);
		worker_push(self->thread, run_metrics_job, metrics_job_done, job);
	}
	g_free(text);
}

/* Waits without the main loop, because its other sources must not run any more. If the thread
 * hangs, it is left alone: waiting for it would hang as well. */
void metrics_file_free(metrics_file *self)
{
	if (self == NULL)
		return;
	worker_push(self->thread, run_removal_job, removal_job_done, self);
	for (guint ms = 0; !__atomic_load_n(&self->removed, __ATOMIC_ACQUIRE); ms++) {
		if (ms == REMOVAL_TIMEOUT_MS) {
			qb_log(LOG_WARNING,
				"the metrics' directory '%s' does not answer: remove '%s' there",
				self->directory, self->name);
			return;
		}
		clock_sleep_us(1000);
	}
	worker_free(self->thread);
	g_free(self->directory);
	g_free(self->name);
	g_free(self->temporary);
	g_free(self->last);
	g_free(self);
}
