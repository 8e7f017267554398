/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_INTERNAL_H
#define LOCKFERRY_STORE_INTERNAL_H

/* What store.c shares with convert.c, and nobody else. */

#include "store/backend.h"
#include "store/store.h"

#include <sys/stat.h>

struct store {
	char *path;
	int dir_fd;
	int lock_fd; /* -1 when opened to be read */
	dev_t device;
	GPtrArray *mended; /* owned; of owned char * */
	const struct backend_ops *ops;
	void *backend;       /* NULL while none is open */
	group_state *claim;  /* the state that was saved last; NULL: none was, by us */
	bool claim_doubtful; /* a save failed: what is on the disk may be the newer one */
	/* What was written last, to be compared; of a text a checksum, owned; NULL: not known */
	char *texts[STORE_TEXT_COUNT];
	struct stat text_files[STORE_TEXT_COUNT];
	GPtrArray *alarms;   /* owned; of owned char *; what somebody else changed */
	struct stat claimed; /* the file of a state that was seen to be of that claim */
};

/* Every kind there is; NULL at the end. */
extern const struct backend_ops *const store_backends[];

/* Error (argument): there's no such kind. */
const struct backend_ops *store_find_backend(const char *name, GError **error);

/* Durably write which kind the store is: from then on it is that and no other. */
bool store_write_kind(store *self, const struct backend_ops *ops, GError **error);

#endif
