/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cib_relations.h"

#include "cluster/relations.h"

/*
 * In `places`, a resource is "=ID". In `orders`, each resource has two nodes: "<ID" for the
 * beginning of its start and ">ID" for the end. Two are needed because whatever is ordered after a
 * group waits for its last member, and the first member waits for whatever is ordered before the
 * group. "#N" are joints between resource sets.
 */
static char *begin_of(const char *id)
{
	return g_strconcat("<", id, NULL);
}

static char *end_of(const char *id)
{
	return g_strconcat(">", id, NULL);
}

void cib_relate_order(cib *self, const char *first, const char *then)
{
	g_autofree char *end = end_of(first);
	g_autofree char *begin = begin_of(then);

	relations_add(self->orders, end, begin);
}

void cib_relate_begins(cib *self, const char *outer, const char *inner)
{
	g_autofree char *from = begin_of(outer);
	g_autofree char *to = begin_of(inner);

	relations_add(self->orders, from, to);
}

void cib_relate_ends(cib *self, const char *inner, const char *outer)
{
	g_autofree char *from = end_of(inner);
	g_autofree char *to = end_of(outer);

	relations_add(self->orders, from, to);
}

void cib_relate_primitive(cib *self, const char *id)
{
	g_autofree char *begin = begin_of(id);
	g_autofree char *end = end_of(id);

	relations_add(self->orders, begin, end);
}

static char *place_of(const char *id)
{
	return g_strconcat("=", id, NULL);
}

void cib_relate_places(cib *self, const char *one, const char *other)
{
	g_autofree char *place = place_of(one);
	g_autofree char *other_place = place_of(other);

	relations_add(self->places, place, other_place);
	relations_add(self->places, other_place, place);
}

void cib_relate_clone(cib *self, const char *id)
{
	g_hash_table_add(self->clones, place_of(id));
}

/* Each set leads to the next one through a joint. */
void cib_relate_ordered_set(cib *self, guint set, enum cib_set_order order, const char *id)
{
	g_autofree char *joint_before = g_strdup_printf("#%u", set - 1);
	g_autofree char *joint_behind = g_strdup_printf("#%u", set);
	g_autofree char *begin = begin_of(id);
	g_autofree char *end = end_of(id);
	bool reversed = (order & CIB_SET_REVERSED) != 0;

	relations_add(self->orders, reversed ? joint_behind : joint_before, begin);
	if ((order & CIB_SET_ANY) == 0)
		relations_add(self->orders, end, reversed ? joint_before : joint_behind);
}

/* Places need two joints, one for each direction. With a single joint, all resources of a set would
 * be together, even if no other set follows. */
void cib_relate_placed_set(cib *self, guint set, const char *id)
{
	g_autofree char *on_from_last = g_strdup_printf("#%u", set - 1);
	g_autofree char *on_to_next = g_strdup_printf("#%u", set);
	g_autofree char *back_to_last = g_strdup_printf("#-%u", set - 1);
	g_autofree char *back_from_next = g_strdup_printf("#-%u", set);
	g_autofree char *place = place_of(id);

	relations_add(self->places, on_from_last, place);
	relations_add(self->places, place, on_to_next);
	relations_add(self->places, place, back_to_last);
	relations_add(self->places, back_from_next, place);
}

bool cib_is_before(const cib *self, const cib_resource *first, const cib_resource *then)
{
	g_autofree char *from = end_of(first->id);
	g_autofree char *to = begin_of(then->id);

	return relations_lead(self->orders, from, to, NULL);
}

/* A path through a clone proves nothing, because a clone runs on every node. */
bool cib_is_together(const cib *self, const cib_resource *one, const cib_resource *other)
{
	g_autofree char *from = place_of(one->id);
	g_autofree char *to = place_of(other->id);

	return relations_lead(self->places, from, to, self->clones);
}
