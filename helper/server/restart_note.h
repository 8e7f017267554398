/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_RESTART_NOTE_H
#define LOCKFERRY_SERVER_RESTART_NOTE_H

/*
 * How the NFS server was before it was stopped for a restart. It is in the run directory from
 * before the stop until the server runs again. So if the process is killed in between, the next one
 * knows that the server must be started, and how.
 *
 * restart_note_take() -> restart_note_save() -> (the server is stopped and started) ->
 * restart_note_remove(). Later, in another process: restart_note_load(). All of this under the lock
 * of grace_lock().
 */

#include "kernel/kernel.h"

typedef struct restart_note {
	char *boot;         /* owned; the boot id: a server of an earlier boot is gone anyway */
	char *network;      /* owned; the network namespace of the server; "": not known */
	char *nfsd_dir;     /* owned; where its files are */
	char *lock_manager; /* owned; the incarnation that goes with the server */
	guint threads;
	char *versions;  /* owned; as in nfsd's file: "+3 +4 +4.1 -4.2"; "": not known */
	char *ports;     /* owned; the same: "tcp 2049", a line for each address family */
	bool configured; /* it is started with the settings of nfs.conf, not as it was */
} restart_note;

void restart_note_clear(restart_note *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(restart_note, restart_note_clear)

/* The server as it is now. All zero before. False with `error` if the boot id cannot be read. */
bool restart_note_take(restart_note *self, const struct kernel *kernel, GError **error);

/* Whether the note is of this kernel's server, in this boot. */
bool restart_note_is_of(const restart_note *self, const struct kernel *kernel);

bool restart_note_save(const restart_note *self, const char *run_dir, GError **error);
void restart_note_remove(const char *run_dir);

/* Whether there is a note; `self` is filled. All zero before. False with `error` if there is one
 * that cannot be read, and without `error` if there is none. */
bool restart_note_load(restart_note *self, const char *run_dir, GError **error);

/* The text of the file, and back. Pure. The caller frees the text; `self` is all zero before. */
char *restart_note_format(const restart_note *self);
bool restart_note_parse(restart_note *self, const char *text, gsize length, GError **error);

#endif
