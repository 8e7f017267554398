/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "statd.h"

#include "chance.h"
#include "client.h"
#include "control/client.h"
#include "control/place.h"
#include "files.h"
#include "story.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* lockferry-callout asks each group for so long. */
#define CALLOUT_TIMEOUT_MS 8000

struct monitoring {
	struct node *node;
	struct nfs_client *client;
	statd_done done;
	void *data;
};

static void tell_watch(const char *name)
{
	const struct inode *root = files_root();
	const struct inode *var = dir_find(root, "var");

	watch_tell(dir_find(var, "sm"), name);
}

/* The lines of a file but that of this client. The caller frees them. */
static GString *lines_of_others(const char *path, const struct nfs_client *client)
{
	GString *others = g_string_new(NULL);
	g_autofree char *text = NULL;
	g_autofree char *own = g_strdup_printf(" %s ", client->address);
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return others;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		if (lines[i][0] != '\0' && strstr(lines[i], own) == NULL)
			g_string_append_printf(others, "%s\n", lines[i]);
	}
	return others;
}

/* As O_SYNC has it; the directory is not synced. */
static bool write_new(const char *path, const char *text, int how)
{
	int fd = open(path, O_WRONLY | O_CREAT | how, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fsync(fd) == 0;
	close(fd);
	return good;
}

/* A file that others have lines in is replaced. */
static bool replace(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(SIM_SM_DIR, name, NULL);
	g_autofree char *temporary = g_strconcat(".", name, ".new", NULL);
	g_autofree char *temporary_path = g_build_filename(SIM_SM_DIR, temporary, NULL);

	if (!write_new(temporary_path, text, O_TRUNC))
		return false;
	tell_watch(temporary);
	if (rename(temporary_path, path) != 0)
		return false;
	tell_watch(name);
	return true;
}

/* The file is removed with its last line. */
static GString *take_line_out(const struct nfs_client *client, const char *path)
{
	GString *others = lines_of_others(path, client);

	if (others->len > 0)
		replace(client->record_file, others->str);
	else if (unlink(path) == 0)
		tell_watch(client->record_file);
	return others;
}

/* A line of a file that has the client's reverse name. A client that is monitored again loses its
 * old line first (nfs-utils utils/statd/monitor.c; support/nsm/file.c, nsm_insert_monitored_host).
 */
static bool write_record(struct node *node, const struct nfs_client *client)
{
	g_autofree char *path = g_build_filename(SIM_SM_DIR, client->record_file, NULL);
	g_autoptr(GString) others = take_line_out(client, path);
	g_autofree char *line = g_strdup_printf("0100007f 000186b5 00000003 00000010 "
						"%016x%016x %s %s\n",
		++node->next_cookie, client->number, client->address, node->name);
	bool good;

	if (others->len > 0) {
		g_string_append(others, line);
		return replace(client->record_file, others->str);
	}
	good = write_new(path, line, O_EXCL);
	tell_watch(client->record_file);
	return good;
}

/* Until a group has its record (invariants.c). */
static void client_is_late(struct nfs_client *client)
{
	for (guint i = 0; i < cluster.setup.groups; i++)
		client->late[i] = true;
}

/* Which is another program's work, but statd waits for it. */
static void run_callout(struct nfs_client *client)
{
	g_autoptr(GPtrArray) groups = control_groups(SIM_RUN_DIR);
	g_autofree char *request = g_strconcat("record ", client->address, NULL);

	for (guint i = 0; i < groups->len; i++) {
		g_autoptr(JsonObject) answer = control_ask(
			SIM_RUN_DIR, groups->pdata[i], request, CALLOUT_TIMEOUT_MS, NULL);

		if (answer == NULL || (json_object_has_member(answer, "recorded") &&
					      !json_object_get_boolean_member(answer, "recorded")))
			client_is_late(client);
	}
}

static void serve(void *data)
{
	struct node *node = data;
	struct monitoring *next;

	while (!actor_is_dead() && (next = g_queue_pop_head(&node->statd_queue)) != NULL) {
		bool written = write_record(node, next->client);

		if (!cluster.setup.callout)
			client_is_late(next->client);
		else if (written)
			run_callout(next->client);
		if (!actor_is_dead() && written && node->statd_pid != 0)
			next->done(next->data);
		g_free(next);
	}
	node->statd_busy = false;
}

void statd_monitor(struct node *node, struct nfs_client *client, statd_done done, void *data)
{
	struct monitoring *one = g_new(struct monitoring, 1);

	one->node = node;
	one->client = client;
	one->done = done;
	one->data = data;
	g_queue_push_tail(&node->statd_queue, one);
	if (node->statd_busy || node->statd_pid == 0)
		return;
	node->statd_busy = true;
	fiber_start(node->daemons, serve, node);
}

void statd_unmonitor(struct node *node, const struct nfs_client *client)
{
	g_autofree char *path = g_build_filename(SIM_SM_DIR, client->record_file, NULL);
	struct actor *acting = sim_actor;

	if (node->statd_pid == 0)
		return;
	sim_actor = node->daemons;
	g_string_free(take_line_out(client, path), TRUE);
	sim_actor = acting;
}

void statd_forget(struct node *node)
{
	struct monitoring *next;

	while ((next = g_queue_pop_head(&node->statd_queue)) != NULL) {
		next->done(next->data);
		g_free(next);
	}
}
