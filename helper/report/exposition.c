/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/exposition.h"

#include <stdbool.h>

/* Seconds. A record takes a millisecond; a first lock waits for 12 s at most. */
static const double bounds[HISTOGRAM_BUCKETS] = {
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

static const char *const type_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

/* Backslashes and newlines are escaped everywhere, quotes only in a label's value. Invalid UTF-8 is
 * replaced, because the collector would refuse the whole file. */
static void append_escaped(GString *to, const char *text, bool quotes)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	for (const char *at = valid; *at != '\0'; at++) {
		if (*at == '\n')
			g_string_append(to, "\\n");
		else if (*at == '\\' || (quotes && *at == '"'))
			g_string_append_printf(to, "\\%c", *at);
		else
			g_string_append_c(to, *at);
	}
}

/* Writes a decimal point, whatever the locale is. */
static void append_number(GString *to, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(text, sizeof(text), "%.15g", value);
	g_string_append(to, text);
}

void exposition_family(GString *to, const char *name, enum metric_type type, const char *help)
{
	g_string_append_printf(to, "# HELP %s ", name);
	append_escaped(to, help, false);
	g_string_append_printf(to, "\n# TYPE %s %s\n", name, type_names[type]);
	if (g_str_has_suffix(name, "_seconds"))
		g_string_append_printf(to, "# UNIT %s seconds\n", name);
}

static void append_label(GString *to, const char *name, const char *value)
{
	g_string_append_printf(to, "%s%s=\"", to->str[to->len - 1] == '{' ? "" : ",", name);
	append_escaped(to, value, true);
	g_string_append_c(to, '"');
}

/* `more` is one more label, or NULL. */
static void append_sample(GString *to, const char *name, const struct metric_label *labels,
	const struct metric_label *more, double value)
{
	g_string_append_printf(to, "%s{", name);
	for (; labels->name != NULL; labels++)
		append_label(to, labels->name, labels->value);
	if (more != NULL)
		append_label(to, more->name, more->value);
	g_string_append(to, "} ");
	append_number(to, value);
	g_string_append_c(to, '\n');
}

void exposition_sample(
	GString *to, const char *name, const struct metric_label *labels, double value)
{
	append_sample(to, name, labels, NULL, value);
}

void histogram_observe(struct histogram *self, double seconds)
{
	gsize i = 0;

	while (i < HISTOGRAM_BUCKETS && seconds > bounds[i])
		i++;
	self->counts[i]++;
	self->sum += seconds;
}

void exposition_histogram(GString *to, const char *name, const struct metric_label *labels,
	const struct histogram *values)
{
	g_autofree char *bucket = g_strconcat(name, "_bucket", NULL);
	g_autofree char *sum = g_strconcat(name, "_sum", NULL);
	g_autofree char *count = g_strconcat(name, "_count", NULL);
	guint64 total = 0;

	for (gsize i = 0; i <= HISTOGRAM_BUCKETS; i++) {
		char bound[G_ASCII_DTOSTR_BUF_SIZE] = "+Inf";
		const struct metric_label le = {"le", bound};

		if (i < HISTOGRAM_BUCKETS)
			g_ascii_formatd(bound, sizeof(bound), "%.15g", bounds[i]);
		total += values->counts[i];
		append_sample(to, bucket, labels, &le, (double)total);
	}
	append_sample(to, sum, labels, NULL, values->sum);
	append_sample(to, count, labels, NULL, (double)total);
}
