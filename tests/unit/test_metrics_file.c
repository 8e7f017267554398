/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/metrics_file.h"

#include "quick_time.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "lockferry-blue.prom"

typedef struct fixture {
	scratch *scratch;
	metrics_file *metrics;
	guint written;
	char *problem;
} fixture;

static void written(const char *problem, void *data)
{
	fixture *self = data;

	self->written++;
	g_free(self->problem);
	self->problem = g_strdup(problem);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	scratch_mkdir(self->scratch, "metrics");
	self->metrics =
		metrics_file_new(scratch_path(self->scratch, "metrics"), "blue", written, self);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	metrics_file_free(self->metrics);
	g_free(self->problem);
	scratch_free(self->scratch);
}

static bool any_written(void *data)
{
	return ((fixture *)data)->written > 0;
}

static void offer_and_wait(fixture *self, const char *text)
{
	self->written = 0;
	metrics_file_offer(self->metrics, g_strdup(text));
	g_assert_true(scratch_run_until(any_written, self));
}

static void assert_file(fixture *self, const char *expected)
{
	g_autofree char *text = scratch_read(self->scratch, "metrics/" NAME);
	g_autofree char *names = scratch_list(self->scratch, "metrics");

	g_assert_cmpstr(text, ==, expected);
	g_assert_cmpstr(names, ==, expected != NULL ? NAME " " : "");
}

/* The collector's user can read the file, whatever our umask is. */
static void test_written_and_removed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	mode_t mask = umask(077);
	struct stat status;

	offer_and_wait(self, "a 1\n");
	umask(mask);
	assert_file(self, "a 1\n");
	g_assert_cmpint(stat(scratch_path(self->scratch, "metrics/" NAME), &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, 0644);
	offer_and_wait(self, "a 2\n");
	assert_file(self, "a 2\n");
	g_clear_pointer(&self->metrics, metrics_file_free);
	assert_file(self, NULL);
}

/* An unchanged text is not written again for a while. */
static void test_pace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	offer_and_wait(self, "a 1\n");
	scratch_remove(self->scratch, "metrics/" NAME);
	self->written = 0;
	metrics_file_offer(self->metrics, g_strdup("a 1\n"));
	g_clear_pointer(&self->metrics, metrics_file_free); /* waits for a running job */
	g_assert_cmpuint(self->written, ==, 0);
}

static void test_no_directory(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_remove(self->scratch, "metrics");
	offer_and_wait(self, "a 1\n");
	g_assert_nonnull(strstr(self->problem, "cannot write metrics into"));
	g_assert_nonnull(strstr(self->problem, "No such file or directory: make it"));
	/* The same text is tried again, too. */
	scratch_mkdir(self->scratch, "metrics");
	offer_and_wait(self, "a 1\n");
	g_assert_null(self->problem);
	assert_file(self, "a 1\n");
}

/* Another user may write into the directory. What this user puts there is neither followed nor
 * waited for. */
static void test_hostile_directory(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, "precious", "mine");
	g_assert_cmpint(symlink(scratch_path(self->scratch, "precious"),
				scratch_path(self->scratch, "metrics/.lockferry-blue.new")),
		==, 0);
	g_assert_cmpint(symlink(scratch_path(self->scratch, "precious"),
				scratch_path(self->scratch, "metrics/" NAME)),
		==, 0);
	offer_and_wait(self, "a 1\n");
	g_assert_null(self->problem);
	g_assert_cmpint(
		mkfifo(scratch_path(self->scratch, "metrics/.lockferry-blue.new"), 0600), ==, 0);
	offer_and_wait(self, "a 2\n");
	assert_file(self, "a 2\n");
	g_autofree char *text = scratch_read(self->scratch, "precious");
	g_assert_cmpstr(text, ==, "mine");
	/* Something that cannot be replaced has the file's name. */
	scratch_remove(self->scratch, "metrics/" NAME);
	scratch_mkdir(self->scratch, "metrics/" NAME);
	offer_and_wait(self, "a 3\n");
	g_assert_nonnull(strstr(self->problem, g_strerror(EISDIR)));
	g_autofree char *names = scratch_list(self->scratch, "metrics");
	g_assert_cmpstr(names, ==, NAME " ");
}

/* The disk of the directory hangs in the last of the calls. */
static GMutex gate;

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	g_mutex_lock(&gate);
	g_mutex_unlock(&gate);
	return __real_renameat(from_fd, from, to_fd, to);
}

/* The object of a thread that hangs is never freed. This pointer keeps it reachable. */
static metrics_file *volatile left;

static bool is_removed(void *data)
{
	g_autofree char *names = scratch_list(((fixture *)data)->scratch, "metrics");

	return names[0] == '\0';
}

/* The hanging disk is reported. It does not delay other work, and delays a stop for one second
 * only. */
static void test_hanging_directory(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint64 began_us = g_get_monotonic_time();

	g_mutex_lock(&gate);
	quick_time_start(QUICK_SLEEPS);
	metrics_file_offer(self->metrics, g_strdup("a 1\n"));
	while (self->written == 0) {
		g_assert_cmpint(g_get_monotonic_time() - began_us, <, 10 * G_USEC_PER_SEC);
		g_usleep(100 * 1000);
		metrics_file_offer(self->metrics, g_strdup("a 2\n"));
	}
	g_assert_nonnull(strstr(self->problem, "has not answered for 5 s: look at its disk"));
	left = self->metrics;
	began_us = g_get_monotonic_time();
	g_clear_pointer(&self->metrics, metrics_file_free);
	/* One second, and the time that a busy machine takes for the rest. Without the limit it
	 * would hang. */
	g_assert_cmpint(g_get_monotonic_time() - began_us, <, 30 * G_USEC_PER_SEC);
	quick_time_stop();
	g_mutex_unlock(&gate);
	g_assert_true(scratch_run_until(is_removed, self));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/metrics_file/" name, fixture, NULL, set_up, function, tear_down)
	ADD("written and removed", test_written_and_removed);
	ADD("pace", test_pace);
	ADD("no directory", test_no_directory);
	ADD("hostile directory", test_hostile_directory);
	ADD("hanging directory", test_hanging_directory);
	return g_test_run();
}
