/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_TRUST_H
#define LOCKFERRY_STORE_TRUST_H

/*
 * Whether nobody but root can change a store, or put another one in its place. Whoever else could
 * decides who is told to reclaim locks, and under which state number.
 *
 * A store is trusted if it and all that it holds belong to root, and if every directory and link on
 * the way to it belongs to root and can be written by nobody else. A directory with the sticky bit
 * is safe as well: there only root can rename what belongs to root. (Where the program runs as
 * another user, in tests, that user counts as root.)
 */

#include <glib.h>
#include <stdbool.h>

/*
 * Whether nobody else can exchange the directory at `path`, an absolute path, or make it if it is
 * not there. The directory itself is not looked at. Error (privilege): somebody can; it names who
 * and where.
 */
bool trust_way(const char *path, GError **error);

/*
 * The store itself, open as `dir_fd`, and what it holds. A wrong mode is set right: what was done
 * is added to `mended` (an array of char *). Error (privilege): something there belongs to somebody
 * else.
 */
bool trust_store(int dir_fd, const char *path, GPtrArray *mended, GError **error);

#endif
