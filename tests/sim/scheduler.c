/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scheduler.h"

#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES (512 * 1024)

struct event {
	gint64 at_us;
	guint handle; /* also the order of those that are due together */
	struct actor *whose;
	sim_due due;
	void *data;
	bool cancelled;
};

struct fiber {
	ucontext_t context;
	void *stack;
	struct actor *whose;
	sim_due job;
	void *data;
	guint ticket; /* of its wait; 0: it runs */
	bool done;
};

struct actor *sim_actor;

static gint64 now_us;
static guint last_handle;
static guint64 steps;
static GPtrArray *heap;     /* of owned struct event, a binary heap */
static GHashTable *handles; /* handle -> struct event */
static GHashTable *waits;   /* ticket -> the fiber that waits */
static guint last_ticket;
static GPtrArray *spare_stacks;
static fiber *current; /* NULL: in the scheduler itself, or its events */
static ucontext_t home;

gint64 sim_now(void)
{
	return now_us;
}

guint64 sim_steps(void)
{
	return steps;
}

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->handle < b->handle;
}

static void swap(guint a, guint b)
{
	gpointer kept = heap->pdata[a];

	heap->pdata[a] = heap->pdata[b];
	heap->pdata[b] = kept;
}

static void push(struct event *event)
{
	guint at = heap->len;

	g_ptr_array_add(heap, event);
	while (at > 0 && is_before(heap->pdata[at], heap->pdata[(at - 1) / 2])) {
		swap(at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static struct event *pop(void)
{
	struct event *first = heap->pdata[0];
	guint at = 0;

	heap->pdata[0] = heap->pdata[heap->len - 1];
	g_ptr_array_set_size(heap, (gint)heap->len - 1);
	for (;;) {
		guint least = at;

		for (guint child = 2 * at + 1; child <= 2 * at + 2 && child < heap->len; child++) {
			if (is_before(heap->pdata[child], heap->pdata[least]))
				least = child;
		}
		if (least == at)
			return first;
		swap(at, least);
		at = least;
	}
}

void scheduler_begin(void)
{
	now_us = 0;
	last_handle = 0;
	steps = 0;
	sim_actor = NULL;
	heap = g_ptr_array_new();
	handles = g_hash_table_new(NULL, NULL);
	waits = g_hash_table_new(NULL, NULL);
	last_ticket = 0;
	if (spare_stacks == NULL)
		spare_stacks = g_ptr_array_new();
}

void scheduler_end(void)
{
	g_ptr_array_set_free_func(heap, g_free);
	g_clear_pointer(&heap, g_ptr_array_unref);
	g_clear_pointer(&handles, g_hash_table_unref);
	g_clear_pointer(&waits, g_hash_table_unref);
}

guint sim_after(gint64 us, struct actor *whose, sim_due due, void *data)
{
	struct event *event = g_new(struct event, 1);

	event->at_us = now_us + MAX(us, 0);
	event->handle = ++last_handle;
	event->whose = whose;
	event->due = due;
	event->data = data;
	event->cancelled = false;
	g_hash_table_insert(handles, GUINT_TO_POINTER(event->handle), event);
	push(event);
	return event->handle;
}

void sim_cancel(guint *handle)
{
	struct event *event = g_hash_table_lookup(handles, GUINT_TO_POINTER(*handle));

	*handle = 0;
	if (event == NULL)
		return;
	event->cancelled = true;
	g_hash_table_remove(handles, GUINT_TO_POINTER(event->handle));
}

bool sim_step(void)
{
	struct event *event;

	do {
		if (heap->len == 0)
			return false;
		event = pop();
		if (!event->cancelled)
			break;
		g_free(event);
	} while (true);
	g_hash_table_remove(handles, GUINT_TO_POINTER(event->handle));
	now_us = event->at_us;
	steps++;
	if (event->whose == NULL || !(event->whose->dead || event->whose->ending)) {
		sim_actor = event->whose;
		event->due(event->data);
		sim_actor = NULL;
	}
	g_free(event);
	return true;
}

/* Fibers */

static void *stack_take(void)
{
	if (spare_stacks->len > 0)
		return g_ptr_array_steal_index_fast(spare_stacks, spare_stacks->len - 1);
	return mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void fiber_main(unsigned int high, unsigned int low)
{
	fiber *self = (fiber *)(((guintptr)high << 32) | low);

	self->job(self->data);
	self->done = true;
	swapcontext(&self->context, &home);
}

/* From the scheduler, or from an event: until it waits or is done. A fiber that starts or wakes
 * another does so by way of an event. */
static void fiber_run(fiber *self)
{
	struct actor *acting = sim_actor;

	sim_actor = self->whose;
	current = self;
	swapcontext(&home, &self->context);
	current = NULL;
	sim_actor = acting;
	if (!self->done)
		return;
	g_ptr_array_add(spare_stacks, self->stack);
	g_free(self);
}

static fiber *fiber_new(struct actor *whose, sim_due job, void *data)
{
	fiber *self = g_new0(fiber, 1);
	guintptr address = (guintptr)self;

	self->stack = stack_take();
	self->whose = whose;
	self->job = job;
	self->data = data;
	getcontext(&self->context);
	self->context.uc_stack.ss_sp = self->stack;
	self->context.uc_stack.ss_size = STACK_BYTES;
	self->context.uc_link = NULL;
	makecontext(&self->context, (void (*)(void))fiber_main, 2, (unsigned int)(address >> 32),
		(unsigned int)(address & 0xffffffffU));
	return self;
}

static void begin_wait(fiber *self)
{
	self->ticket = ++last_ticket;
	g_hash_table_insert(waits, GUINT_TO_POINTER(self->ticket), self);
	if (self->whose != NULL)
		self->whose->fibers = g_list_prepend(self->whose->fibers, self);
}

static void end_wait(fiber *self)
{
	g_hash_table_remove(waits, GUINT_TO_POINTER(self->ticket));
	self->ticket = 0;
	if (self->whose != NULL)
		self->whose->fibers = g_list_remove(self->whose->fibers, self);
	fiber_run(self);
}

/* The death of its actor may have come before. */
static void wake_due(void *data)
{
	fiber *waits_still = g_hash_table_lookup(waits, data);

	if (waits_still != NULL)
		end_wait(waits_still);
}

static void wake_after(const fiber *self, gint64 us)
{
	sim_after(us, NULL, wake_due, GUINT_TO_POINTER(self->ticket));
}

void fiber_wake(fiber *self)
{
	wake_after(self, 0);
}

void fiber_start(struct actor *whose, sim_due job, void *data)
{
	fiber *self;

	if (whose != NULL && whose->dead) {
		job(data);
		return;
	}
	self = fiber_new(whose, job, data);
	begin_wait(self);
	fiber_wake(self);
}

bool fiber_is_in(void)
{
	return current != NULL;
}

fiber *fiber_self(void)
{
	return current;
}

/* It may have acted for another than its own: who starts a process does. */
static void wait(fiber *self)
{
	struct actor *acting = sim_actor;

	swapcontext(&self->context, &home);
	sim_actor = acting;
}

void fiber_park(void)
{
	if (actor_is_dead())
		return;
	g_assert_nonnull(current);
	begin_wait(current);
	wait(current);
}

void fiber_park_in(GArray *queue)
{
	if (actor_is_dead())
		return;
	begin_wait(current);
	g_array_append_val(queue, current->ticket);
	wait(current);
}

void fiber_park_until(GArray *queue, gint64 until_us)
{
	if (actor_is_dead())
		return;
	begin_wait(current);
	g_array_append_val(queue, current->ticket);
	wake_after(current, until_us - now_us);
	wait(current);
}

void fiber_wake_all(GArray *queue)
{
	for (guint i = 0; i < queue->len; i++)
		sim_after(0, NULL, wake_due, GUINT_TO_POINTER(g_array_index(queue, guint, i)));
	g_array_set_size(queue, 0);
}

void fiber_sleep(gint64 us)
{
	if (actor_is_dead())
		return;
	g_assert_nonnull(current);
	begin_wait(current);
	wake_after(current, us);
	wait(current);
}

void fiber_yield_to_the_dead(void)
{
	fiber *self = current;

	g_assert_nonnull(self);
	begin_wait(self);
	self->whose->fibers = g_list_remove(self->whose->fibers, self);
	self->whose->fibers = g_list_append(self->whose->fibers, self);
	wait(self);
}

void actor_kill(struct actor *self)
{
	g_assert_null(current);
	self->dead = true;
	while (self->fibers != NULL)
		end_wait(self->fibers->data);
}
