/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/grace_length.h"

#include "group/recovery_times.h"

/* Of what was measured so much is taken. */
#define SAFETY 2

#define ARRIVAL_UNKNOWN_S 15
#define ARRIVAL_MIN_S 5

/* With nothing measured: 20 clients a second, which a disk that takes 50 ms for a record can do. */
#define TELLING_MIN_S 2
#define CLIENTS_PER_S_UNKNOWN 20
/* Never less than this, however well it went: the disk may be busier. */
#define CLIENTS_PER_S_BEST 100

#define RETRY_SHORT_S 10
#define RETRY_S 60

#define ROUND_TO_S 10

static guint to_seconds(guint64 ms)
{
	return (guint)MIN((ms + 999) / 1000, GRACE_LENGTH_MAX_S);
}

static guint arrival(const GArray *times)
{
	guint64 longest_ms = 0;

	if (times->len == 0)
		return ARRIVAL_UNKNOWN_S;
	for (guint i = 0; i < times->len; i++)
		longest_ms =
			MAX(longest_ms, g_array_index(times, struct recovery_times, i).arrived_ms);
	return MAX(to_seconds(longest_ms * SAFETY), ARRIVAL_MIN_S);
}

/* As long as it took them, for as many as there are now. */
static guint64 scaled_ms(const struct recovery_times *times, guint clients)
{
	guint64 took_ms = MAX(times->heard_ms, times->back_ms);

	return times->clients > 0 && clients > times->clients ? took_ms * clients / times->clients
							      : took_ms;
}

static guint telling(const GArray *times, guint clients)
{
	guint64 longest_ms = 0;

	for (guint i = 0; i < times->len; i++)
		longest_ms = MAX(longest_ms,
			scaled_ms(&g_array_index(times, struct recovery_times, i), clients));
	if (longest_ms == 0)
		return TELLING_MIN_S + clients / CLIENTS_PER_S_UNKNOWN;
	return MAX(to_seconds(longest_ms * SAFETY), TELLING_MIN_S + clients / CLIENTS_PER_S_BEST);
}

struct grace_length grace_length_for(const struct grace_facts *facts)
{
	g_autoptr(GArray) none = recovery_times_new();
	const GArray *times = facts->times != NULL ? facts->times : none;
	struct grace_length length = {
		.lease = facts->lease_s, .clients = facts->clients, .recoveries = times->len};
	guint sum;

	/* Nobody is told, so nobody reclaims an NFSv3 lock. */
	if (facts->clients > 0) {
		length.arrival = arrival(times);
		length.telling = telling(times, facts->clients);
		length.retry = facts->was_short ? RETRY_SHORT_S : RETRY_S;
	}
	sum = MAX(length.arrival + length.telling + length.retry, length.lease);
	sum = (sum + ROUND_TO_S - 1) / ROUND_TO_S * ROUND_TO_S;
	length.seconds = CLAMP(sum, GRACE_LENGTH_MIN_S, GRACE_LENGTH_MAX_S);
	return length;
}

char *grace_length_text(const struct grace_length *self)
{
	GString *text = g_string_new(NULL);

	if (self->clients > 0)
		g_string_append_printf(text,
			"%u s until the address comes, %u s to tell and record %u clients, %u s for a client's next try to connect",
			self->arrival, self->telling, self->clients, self->retry);
	else
		g_string_append(text, "no client has NFSv3 locks to reclaim");
	if (self->lease > 0)
		g_string_append_printf(text, "; at least the lease, %u s", self->lease);
	if (self->clients > 0 && self->recoveries > 0)
		g_string_append_printf(
			text, "; by %u recoveries that were measured", self->recoveries);
	else if (self->clients > 0)
		g_string_append(text, "; no recovery was measured yet");
	return g_string_free(text, FALSE);
}
