/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REPORT_EXPOSITION_H
#define LOCKFERRY_REPORT_EXPOSITION_H

/*
 * Writes metrics as text in the exposition format of Prometheus, version 0.0.4, for the textfile
 * collector of its node_exporter. Pure.
 *
 * Order of calls, for each metric: exposition_family(), then its samples. Each name appears once in
 * a file, with all its samples together.
 *
 * Why not strictly OpenMetrics: it requires a counter's TYPE without `_total`, and has types (info,
 * stateset) for which the collector's parser refuses the whole file (prometheus/common
 * expfmt/text_parse.go; prometheus/node_exporter collector/textfile.go). UNIT lines are from
 * OpenMetrics; the collector reads them as comments. Samples have no time, because the collector
 * refuses a file with one.
 */

#include <glib.h>

enum metric_type {
	METRIC_COUNTER, /* its name ends with _total */
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
};

/* A name and its value; the value is any text. */
struct metric_label {
	const char *name;
	const char *value;
};

/* Writes the lines HELP, TYPE and, if the metric is in seconds, UNIT. `help` is any text, but must
 * be the same in every file, because the collector compares them. */
void exposition_family(GString *to, const char *name, enum metric_type type, const char *help);

/* Writes a sample. The array `labels` ends with one that has no name. */
void exposition_sample(
	GString *to, const char *name, const struct metric_label *labels, double value);

/* A histogram of durations. All zero at first. */
#define HISTOGRAM_BUCKETS 12
struct histogram {
	guint64 counts[HISTOGRAM_BUCKETS +
		       1]; /* count of each bucket alone; the last one is for all longer times */
	double sum;        /* sum of all durations, in seconds */
};

void histogram_observe(struct histogram *self, double seconds);

/* Writes the samples of a histogram, with `labels` in each. */
void exposition_histogram(GString *to, const char *name, const struct metric_label *labels,
	const struct histogram *values);

#endif
