/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REPORT_EXPOSITION_H
#define LOCKFERRY_REPORT_EXPOSITION_H

/*
 * Metrics as text, in the exposition format of Prometheus, version 0.0.4: what the textfile
 * collector of its node_exporter reads. Pure.
 *
 * For each metric exposition_family(), then its samples. A name is told of once in a file, all its
 * samples together.
 *
 * Why not OpenMetrics to the letter: that has a counter's TYPE without `_total`, and types (info,
 * stateset) that the collector's parser refuses, and with them the whole file (prometheus/common
 * expfmt/text_parse.go; prometheus/node_exporter collector/textfile.go). UNIT lines, which are
 * OpenMetrics', are comments to it. Samples have no time: it refuses a file with one.
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

/* HELP, TYPE and, where the name's unit is seconds, UNIT. `help` is any text, the same in every
 * file: the collector compares. */
void exposition_family(GString *to, const char *name, enum metric_type type, const char *help);

/* `labels` end with one without a name. */
void exposition_sample(
	GString *to, const char *name, const struct metric_label *labels, double value);

/* How often something took how long. All zero at first. */
#define HISTOGRAM_BUCKETS 12
struct histogram {
	guint64 counts[HISTOGRAM_BUCKETS + 1]; /* of each bucket by itself; the last: longer */
	double sum;                            /* seconds */
};

void histogram_observe(struct histogram *self, double seconds);

/* The samples of a histogram, with `labels` in each. */
void exposition_histogram(GString *to, const char *name, const struct metric_label *labels,
	const struct histogram *values);

#endif
