/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_DAEMON_H
#define LOCKFERRY_KEEPER_DAEMON_H

/*
 * A daemon of nfs-utils that a keeper runs in its namespaces, in the foreground, watched by a pidfd
 * and restarted when it ends.
 *
 * daemon_new() -> daemon_adopt() or daemon_start() -> daemon_end() -> daemon_free(). The main loop
 * notices its end, and restarts it: the first time at once, then after a pause that doubles up to
 * 30 s. What it writes goes to the log, line by line. It goes on when its keeper dies, and a new
 * keeper adopts it.
 *
 * All functions may be called from any thread but daemon_free(), which is for that of the main
 * loop.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct daemon_kind {
	const char *name;    /* of the program, at most 15 bytes */
	const char *argv[8]; /* NULL last */
	const char *package; /* that has it */
	guint32 program;     /* its RPC program; 0: it serves none */
	guint32 version;
	bool logs_itself; /* what it writes is in the system log, too */
};

/* What status shows of one. */
struct daemon_look {
	pid_t pid;      /* 0: it does not run */
	gint64 since_s; /* seconds since the epoch */
	guint restarts;
	guint recent;     /* how often it ended within the last minute, not by daemon_kill() */
	char *last_words; /* owned: the last line that it wrote when it ended last; NULL: none */
	bool wanted;
};

struct daemon;

/* It was restarted, by the main loop. */
typedef void (*daemon_restarted)(const struct daemon_kind *kind, void *data);

/* `environment`: NULL-terminated, and copied. `kind` must stay. `port`: on which it serves. */
struct daemon *daemon_new(const struct daemon_kind *kind, guint16 port, char **environment,
	daemon_restarted restarted, void *data);
void daemon_free(struct daemon *self);

/* Take over one that runs in our network namespace. False: none does. */
bool daemon_adopt(struct daemon *self);

/* Start it, unless it runs. Error: not installed, failed. */
bool daemon_start(struct daemon *self, GError **error);

/* Whether it answers within the time: a service by a call, nfsdcld by having its pipe open. */
bool daemon_answers(struct daemon *self, guint timeout_ms, GError **error);

/* Wait until it answers. Error (failed): it ended, or does not answer in time. */
bool daemon_await(struct daemon *self, gint64 deadline_us, GError **error);

/* Kill it, for the main loop to restart it at once: it hangs. */
void daemon_kill(struct daemon *self);

/* Restart it no more, and send it SIGTERM. Then wait for its end until the deadline, and kill it
 * after that. False: it is still there, hanging in the kernel. */
void daemon_ask_to_end(struct daemon *self);
bool daemon_end(struct daemon *self, gint64 deadline_us);

/* daemon_look_clear() it. */
void daemon_look(struct daemon *self, struct daemon_look *look);
void daemon_look_clear(struct daemon_look *look);

const struct daemon_kind *daemon_kind_of(const struct daemon *self);

#endif
