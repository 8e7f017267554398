/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_LINK_KIND_H
#define LOCKFERRY_KEEPER_LINK_KIND_H

/*
 * How the interface LINK_NAME of a group's own server is attached to the network of the node: one
 * struct for each value of the parameter 'link'. What a kind does is a list of steps, so that tests
 * can look at it. link.c runs the steps. Pure, but for link_place_of().
 */

#include "keeper/server_options.h"

#include <glib.h>
#include <stdbool.h>

#define LINK_NAME "nfs0"

/* What the steps are made of. */
struct link_place {
	const server_options *options; /* nic is set */
	char *netns;                   /* owned; of the group */
	char *mac;                     /* owned; link_mac() of the group's first address */
	char *pair;                    /* owned; the node's end of a pair of interfaces */
	char *mtu;                     /* owned; of the NIC */
	const char *nic_kind; /* for `check`: the kernel's word for a NIC of software; NULL: none */
};

struct link_kind {
	const char *name;

	/* The modules of the kernel that it needs; NULL: no more. */
	const char *modules[2];

	/* Its own MAC address, or that of the NIC: on one NIC, the kernel has links of one sort
	 * only. NULL: it shares the NIC with all. */
	const char *excluded;

	/* Whether the addresses are announced on the NIC of the node, not on the link. */
	bool announced_on_nic;

	/* Whether another host that has an address can be found by asking on the NIC. */
	bool asks_first;

	/* On the node: make LINK_NAME in the namespace, down and without an address. */
	void (*make)(const struct link_place *place, GPtrArray *steps);

	/* On the node: let the clients in, before the addresses come; and what cannot fail of the
	 * opposite. NULL: nothing. Once more does no harm. */
	void (*open)(const struct link_place *place, GPtrArray *steps);
	void (*close)(const struct link_place *place, GPtrArray *steps);

	/* In the namespace: give the link an address of the group (ADDRESS/PREFIX), and set the
	 * routes once it is up. */
	void (*address)(const struct link_place *place, const char *address, GPtrArray *steps);
	void (*route)(const struct link_place *place, GPtrArray *steps);

	/* On the node: whether it can be used here. NULL: always. */
	bool (*check)(const struct link_place *place, GError **error);
};

extern const struct link_kind link_macvlan, link_ipvlan, link_bridge, link_routed;

/* The kind of that name; auto is macvlan, as the NIC is not asked. NULL: unknown. */
const struct link_kind *link_kind_of(const char *name);

/* Look at the NIC. link_place_clear() frees it. */
void link_place_of(struct link_place *self, const server_options *options);
void link_place_clear(struct link_place *self);

/* The MAC address for that group address. The caller frees it. */
char *link_mac(const char *address);

/* The name of the node's end of a pair for that group. The caller frees it. */
char *link_pair_name(const char *group);

/* The steps: a command line (its words are NULL-terminated), or {"set", PATH, VALUE}, which writes
 * a value into a file. The array owns them. */
#define LINK_SET "set"
GPtrArray *link_steps_new(void);
void link_step(GPtrArray *steps, ...) G_GNUC_NULL_TERMINATED;

/* Those that several kinds have. */
void link_steps_pair(const struct link_place *place, GPtrArray *steps);
void link_steps_address(const struct link_place *place, const char *address, GPtrArray *steps);
void link_steps_gateways(const struct link_place *place, GPtrArray *steps);

/* "-4" or "-6". */
const char *link_family(const char *address);

#endif
