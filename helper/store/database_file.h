/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_DATABASE_FILE_H
#define LOCKFERRY_STORE_DATABASE_FILE_H

/* The files of a `sqlite` store's database, in the store's directory. */

#define DATABASE_FILE "store.sqlite"
#define DATABASE_WAL_FILE DATABASE_FILE "-wal"

#endif
