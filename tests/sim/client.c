/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client.h"

#include "chance.h"
#include "invariants.h"
#include "network.h"
#include "nsm/wire.h"
#include "story.h"

#include <arpa/inet.h>
#include <string.h>

/* How often an application does something. */
#define ACT_LEAST_US (500 * 1000)
#define ACT_MOST_US (12 * G_USEC_PER_SEC)

/* A request that nobody answers, as its connection has ended: long after an answer may still come.
 * One that came in grace (Linux fs/lockd/clntproc.c: 5 s). */
#define RETRY_LEAST_US (7 * G_USEC_PER_SEC)
#define RETRY_MOST_US (9 * G_USEC_PER_SEC)
#define NOBODY_THERE_US (1 * G_USEC_PER_SEC)
#define GRACE_PAUSE_US (5 * G_USEC_PER_SEC)

/* A connection that broke is made again after a pause (net/sunrpc/xprtsock.c). */
#define CONNECT_MOST_US (7 * G_USEC_PER_SEC)

#define CLAIMS_PER_GROUP 3

/* Those that are locked for reading are few, so that clients share some. */
#define SHARED_FILES 4
#define NFS_CLIENT_PORT 40000

struct nfs_client *nfs_client_new(guint number)
{
	struct nfs_client *self = g_new0(struct nfs_client, 1);

	self->number = number;
	self->address = g_strdup_printf("10.9.%u.%u", number / 200, number % 200 + 1);
	self->record_file = cluster.setup.shared_names && number % 3 != 0
				    ? g_strdup_printf("nat-%u.example", number % 2)
				    : g_strdup(self->address);
	self->linux_kind = !chance_one_in(4);
	self->up = true;
	self->statd_port = (uint16_t)(NFS_CLIENT_PORT + chance_below(1000));
	self->own_state = 1;
	self->claims = g_ptr_array_new_with_free_func(g_free);
	self->trouble_until_us = -1;
	self->deaf_until_us = -1;
	for (guint i = 0; i < cluster.setup.groups; i++) {
		self->mounted[i] = cluster.setup.groups == 1 || !chance_one_in(3);
		self->by_name[i] = chance_one_in(4);
		self->mounted_by[i] = self->by_name[i] ? 0 : chance_below(cluster.setup.addresses);
	}
	return self;
}

void nfs_client_free(struct nfs_client *self)
{
	g_ptr_array_unref(self->claims);
	g_free(self->record_file);
	g_free(self->address);
	g_free(self);
}

static struct claim *find_claim(
	const struct nfs_client *self, const struct service_group *group, guint file)
{
	for (guint i = 0; i < self->claims->len; i++) {
		struct claim *claim = self->claims->pdata[i];

		if (claim->group == group && claim->file == file)
			return claim;
	}
	return NULL;
}

static void drop_claim(struct claim *claim)
{
	sim_cancel(&claim->retry);
	g_ptr_array_remove(claim->client->claims, claim);
}

/* Requests */

static void request(struct claim *claim);

static void request_again(void *data)
{
	struct claim *claim = data;

	claim->retry = 0;
	request(claim);
}

static void retry_in(struct claim *claim, gint64 us)
{
	sim_cancel(&claim->retry);
	claim->retry = sim_after(us, NULL, request_again, claim);
}

static void lose(struct claim *claim, enum lock_answer answer)
{
	story("client %s: its reclaim of file %u of %s is refused (%s), the lock is gone",
		claim->client->address, claim->file, claim->group->name,
		answer == LOCK_DENIED ? "somebody has it" : "no grace");
	invariants_reclaim_refused(claim, answer);
	drop_claim(claim);
}

static const char *const answers[] = {
	[LOCK_GRANTED] = "granted",
	[LOCK_DENIED] = "denied",
	[LOCK_IN_GRACE] = "later, as grace runs",
	[LOCK_REFUSED] = "refused",
};

static void tell(const struct claim *claim, enum lock_answer answer)
{
	static const char *const what[] = {
		[HOLDING_ASKED] = "lock",
		[HOLDING_IT] = "lock",
		[HOLDING_RECLAIM] = "reclaim",
		[HOLDING_UNLOCK] = "unlock",
	};

	story("  client %s: %s of file %u of %s: %s", claim->client->address, what[claim->is],
		claim->file, claim->group->name, answers[answer]);
}

static void hear(struct claim *claim, enum lock_answer answer)
{
	tell(claim, answer);
	if (answer == LOCK_IN_GRACE) {
		retry_in(claim, GRACE_PAUSE_US);
		return;
	}
	sim_cancel(&claim->retry);
	switch (claim->is) {
	case HOLDING_ASKED:
	case HOLDING_RECLAIM:
		if (answer == LOCK_GRANTED) {
			claim->is = HOLDING_IT;
			claim->since_us = sim_now();
		} else if (claim->is == HOLDING_RECLAIM) {
			lose(claim, answer);
		} else {
			drop_claim(claim);
		}
		break;
	case HOLDING_UNLOCK:
		drop_claim(claim);
		break;
	case HOLDING_IT:
	case HOLDING_NOTHING:
		break;
	}
}

struct lock_reply {
	struct lock_call *call;
	enum lock_answer answer;
};

static void reply_arrives(void *data)
{
	struct lock_reply *reply = data;
	const struct lock_call *call = reply->call;
	struct claim *claim = find_claim(call->client, call->group, call->file);

	if (claim != NULL && claim->attempt == call->attempt)
		hear(claim, reply->answer);
	g_free(reply->call);
	g_free(reply);
}

/* Lost packets are sent again: by then the address may have left, or the node may have lost its
 * power, and its connections with it. */
static void reply_leaves(void *data)
{
	struct lock_reply *reply = data;
	const struct lock_call *call = reply->call;

	if (call->group->address_at[call->address] == call->at && call->at->boots == call->boots) {
		sim_after(network_delay_us(), NULL, reply_arrives, reply);
		return;
	}
	g_free(reply->call);
	g_free(reply);
}

static void server_answers(struct lock_call *call, enum lock_answer answer)
{
	struct lock_reply *reply;
	gint64 us = network_resend_us(call->client);

	if (us < 0) {
		g_free(call);
		return;
	}
	reply = g_new(struct lock_reply, 1);
	reply->call = call;
	reply->answer = answer;
	sim_after(us, NULL, reply_leaves, reply);
}

/* On one connection nothing overtakes: what was asked for before the last request does not come. */
static void call_arrives(void *data)
{
	struct lock_call *call = data;
	struct node *node = call->group->address_at[call->address];
	const struct claim *claim = find_claim(call->client, call->group, call->file);

	if (node != NULL && claim != NULL && claim->attempt == call->attempt)
		node_take_call(node, call);
	else
		g_free(call);
}

static void request(struct claim *claim)
{
	struct nfs_client *self = claim->client;
	gint64 us = network_resend_us(self);
	struct lock_call *call;

	claim->attempt = ++self->requests;
	retry_in(claim, us < 0 || claim->group->address_at[claim->address] == NULL
				? NOBODY_THERE_US
				: chance_us(RETRY_LEAST_US, RETRY_MOST_US));
	if (us < 0)
		return;
	call = g_new0(struct lock_call, 1);
	call->client = self;
	call->group = claim->group;
	call->file = claim->file;
	call->kind = claim->kind;
	call->address = claim->address;
	call->attempt = claim->attempt;
	call->what = claim->is == HOLDING_RECLAIM  ? LOCK_RECLAIM
		     : claim->is == HOLDING_UNLOCK ? LOCK_UNLOCK
						   : LOCK_NEW;
	call->answer = server_answers;
	sim_after(us + network_delay_us(), NULL, call_arrives, call);
}

/* What its applications do */

static guint count_claims(const struct nfs_client *self, const struct service_group *group)
{
	guint count = 0;

	for (guint i = 0; i < self->claims->len; i++)
		count += ((struct claim *)self->claims->pdata[i])->group == group;
	return count;
}

static void take_lock(struct nfs_client *self, struct service_group *group)
{
	bool shared = chance_one_in(3);
	guint file = chance_below(shared ? SHARED_FILES : FILES_PER_GROUP);
	struct claim *claim;

	if (find_claim(self, group, file) != NULL)
		return;
	claim = g_new0(struct claim, 1);
	claim->client = self;
	claim->group = group;
	claim->file = file;
	claim->kind.part = chance_one_in(2) ? LOCK_WHOLE : chance_below(LOCK_PARTS);
	claim->kind.shared = shared;
	claim->address = self->mounted_by[group->number];
	claim->is = HOLDING_ASKED;
	g_ptr_array_add(self->claims, claim);
	request(claim);
}

static void give_back_one(struct nfs_client *self, const struct service_group *group)
{
	for (guint i = 0; i < self->claims->len; i++) {
		struct claim *claim = self->claims->pdata[i];

		if (claim->group != group || claim->is != HOLDING_IT)
			continue;
		claim->is = HOLDING_UNLOCK;
		request(claim);
		return;
	}
}

static void act(void *data)
{
	struct nfs_client *self = data;
	guint number = chance_below(cluster.setup.groups);
	struct service_group *group = cluster.groups[number];

	self->timer = sim_after(chance_us(ACT_LEAST_US, ACT_MOST_US), NULL, act, self);
	if (!self->up || !self->mounted[number] || self->owes_restart[number])
		return;
	if (count_claims(self, group) < CLAIMS_PER_GROUP && !chance_one_in(3))
		take_lock(self, group);
	else if (chance_one_in(4))
		give_back_one(self, group);
}

void nfs_client_begin(struct nfs_client *self)
{
	self->timer = sim_after(chance_us(0, 5 * G_USEC_PER_SEC), NULL, act, self);
}

/* SM_NOTIFY */

static bool is_mounted_by(const struct nfs_client *self, const struct service_group *group,
	const char *name, const char *from)
{
	const char *address = group->addresses[self->mounted_by[group->number]];

	if (g_str_equal(name, self->by_name[group->number] ? group->options.names[0] : address))
		return true;
	return self->linux_kind && g_str_equal(from, address);
}

static void reclaim_all(struct nfs_client *self, const struct service_group *group)
{
	g_autoptr(GPtrArray) claims = g_ptr_array_copy(self->claims, NULL, NULL);

	g_ptr_array_set_free_func(claims, NULL);
	for (guint i = 0; i < claims->len; i++) {
		struct claim *claim = claims->pdata[i];

		if (claim->group != group)
			continue;
		if (claim->is == HOLDING_UNLOCK) {
			drop_claim(claim);
		} else if (claim->is == HOLDING_IT || claim->is == HOLDING_RECLAIM) {
			claim->is = HOLDING_RECLAIM;
			request(claim);
		} else if (claim->is == HOLDING_ASKED) {
			/* What is granted now may be what the server had before it restarted. */
			request(claim);
		}
	}
}

struct connecting {
	struct nfs_client *client;
	struct service_group *group;
	gint32 state; /* that it heard */
	gint64 rebooted_us;
};

static void connected(void *data)
{
	struct connecting *what = data;
	const struct nfs_client *self = what->client;
	guint number = what->group->number;

	/* Else it has heard of another restart since, or restarted itself. */
	if (self->up && self->rebooted_us == what->rebooted_us &&
		self->seen[number][self->mounted_by[number]].state == what->state)
		reclaim_all(what->client, what->group);
	g_free(what);
}

/* Most are connected still, or at once. */
static void connect_and_reclaim(struct nfs_client *self, struct service_group *group, gint32 state)
{
	struct connecting *what;

	if (!chance_one_in(6)) {
		reclaim_all(self, group);
		return;
	}
	what = g_new(struct connecting, 1);
	*what = (struct connecting){self, group, state, self->rebooted_us};
	sim_after(chance_us(0, CONNECT_MOST_US), NULL, connected, what);
}

static void hear_notice(struct nfs_client *self, const char *name, gint32 state, const char *from)
{
	for (guint i = 0; i < cluster.setup.groups; i++) {
		struct service_group *group = cluster.groups[i];
		struct server_seen *seen = &self->seen[i][self->mounted_by[i]];

		if (!self->mounted[i] || !is_mounted_by(self, group, name, from))
			continue;
		invariants_heard(self, group);
		if (seen->state == state)
			continue;
		story("client %s hears from %s as '%s': state %d: it reclaims", self->address, from,
			name, state);
		seen->state = state;
		connect_and_reclaim(self, group, state);
	}
}

static guint32 word_at(const guint8 *bytes, gsize offset)
{
	guint32 word;

	memcpy(&word, bytes + offset, sizeof(word));
	return ntohl(word);
}

enum { CALL_HEADER_BYTES = 40, NAME_OFFSET = 44 };

static bool parse_notice(const guint8 *bytes, gsize length, char name[256], gint32 *state)
{
	guint32 name_length = length > NAME_OFFSET ? word_at(bytes, CALL_HEADER_BYTES) : 256;
	gsize state_offset = NAME_OFFSET + ((name_length + 3) & ~3U);

	if (name_length > 255 || state_offset + 4 > length)
		return false;
	memcpy(name, bytes + NAME_OFFSET, name_length);
	name[name_length] = '\0';
	*state = (gint32)word_at(bytes, state_offset);
	return true;
}

void nfs_client_receive(struct nfs_client *self, guint16 port, const guint8 *bytes, gsize length,
	const char *from, void *reply_to)
{
	guint32 reply[7] = {word_at(bytes, 0), 1, 0, 0, 0, 0, 0};
	gsize words = 6;
	char name[256];
	gint32 state;

	if (!self->up || self->cut || self->deaf)
		return;
	if (port == WIRE_RPCBIND_PORT)
		reply[words++] = self->statd_port;
	else if (port == self->statd_port && parse_notice(bytes, length, name, &state))
		hear_notice(self, name, state, from);
	else
		return;
	for (gsize i = 0; i < words; i++)
		reply[i] = htonl(reply[i]);
	network_reply(reply_to, (const guint8 *)reply, words * sizeof(reply[0]));
}

/* Its own restarts, and what cuts it off */

static void tell_restart(void *data)
{
	struct nfs_client *self = data;
	bool owes = false;

	for (guint i = 0; i < cluster.setup.groups; i++) {
		struct service_group *group = cluster.groups[i];
		struct node *node = group->address_at[self->mounted_by[i]];

		if (!self->owes_restart[i])
			continue;
		if (node != NULL && node->up && node->statd_pid != 0 && network_passes(self)) {
			node_hear_restart(node, self);
			self->owes_restart[i] = false;
		}
		owes = owes || self->owes_restart[i];
	}
	if (owes)
		sim_after(2 * G_USEC_PER_SEC, NULL, tell_restart, self);
}

static void forget_claims(struct nfs_client *self)
{
	while (self->claims->len > 0)
		drop_claim(self->claims->pdata[0]);
}

void nfs_client_reboot(struct nfs_client *self)
{
	bool owed = false;

	story("client %s reboots", self->address);
	self->rebooted_us = sim_now();
	forget_claims(self);
	memset(self->seen, 0, sizeof(self->seen));
	for (guint i = 0; i < cluster.setup.groups; i++) {
		owed = owed || self->owes_restart[i];
		self->owes_restart[i] = self->mounted[i];
	}
	self->statd_port = (uint16_t)(NFS_CLIENT_PORT + chance_below(1000));
	if (!owed)
		sim_after(chance_us(0, G_USEC_PER_SEC), NULL, tell_restart, self);
}

static void note_trouble(struct nfs_client *self, bool trouble)
{
	if (!trouble)
		self->trouble_until_us = sim_now();
}

void nfs_client_set_cut(struct nfs_client *self, bool cut)
{
	story("client %s is %s", self->address, cut ? "cut off" : "reached again");
	self->cut = cut;
	note_trouble(self, cut || !self->up);
}

void nfs_client_set_deaf(struct nfs_client *self, bool deaf)
{
	story("statd of client %s %s", self->address, deaf ? "ends" : "runs again");
	self->deaf = deaf;
	if (!deaf)
		self->deaf_until_us = sim_now();
}

void nfs_client_set_up(struct nfs_client *self, bool up)
{
	if (!up && self->up)
		forget_claims(self);
	story("client %s is %s", self->address, up ? "up" : "down");
	self->up = up;
	note_trouble(self, !up || self->cut);
	if (up)
		nfs_client_reboot(self);
}

bool nfs_client_was_well_since(const struct nfs_client *self, gint64 since_us)
{
	return self->up && !self->cut && self->trouble_until_us < since_us;
}

bool nfs_client_answered_since(const struct nfs_client *self, gint64 since_us)
{
	return nfs_client_was_well_since(self, since_us) && !self->deaf &&
	       self->deaf_until_us < since_us;
}
