// SPDX-License-Identifier: MIT
/* One queue of a run: claim a batch, check it, give it back with the next call */
#include <errno.h>
#include <string.h>

#include "burst.h"

#define WAIT_NS		20000000ull	/* then look at the counters */
#define STALL_NS	10000000000ull	/* so long without a packet is an error */

/**
 * struct batch - blocks claimed and not yet given back
 * @blocks: as claimed
 * @slots: their slots, for the release
 * @nr: how many
 * @max: at most so many
 */
struct batch {
	struct lab_block blocks[LAB_EXCHANGE_MAX];
	uint32_t slots[LAB_EXCHANGE_MAX];
	uint32_t nr;
	uint32_t max;
};

/* Queues must not send the same packets, or a mix-up could pass unseen */
static uint64_t seed_of_queue(uint64_t seed, uint32_t queue)
{
	return seed + ((uint64_t)queue << 40);
}

static int give_up(struct receiver *r, int error, const char *what)
{
	r->error = error;
	snprintf(r->what, sizeof(r->what), "%s", what);
	return error;
}

/**
 * receiver_open - take a queue; its generator does not run yet
 * @r: returns the receiver
 * @params: complete
 * @path: device node
 * @queue: number, or LAB_QUEUE_ANY
 *
 * Return: 0, or a negative errno, also in @r with a word about it.
 */
int receiver_open(struct receiver *r, const struct run_params *params, const char *path,
		  uint32_t queue)
{
	struct lab_setup setup = params->setup;
	int ret;

	memset(r, 0, sizeof(*r));
	r->queue = queue;
	r->params = params;
	ret = lab_open(&r->lab, path);
	if (ret)
		return give_up(r, ret, path);
	setup.queue = queue;
	ret = lab_setup(r->lab, &setup);
	if (ret)
		return give_up(r, ret, "setting up the queue");
	r->queue = setup.queue;
	r->check = (struct checker){
		.queue = setup.queue,
		.seed = seed_of_queue(params->burst.seed, setup.queue),
		.size = params->size,
		.burst = params->burst.burst,
		.verify = !params->no_verify,
	};
	return 0;
}

static int start_generator(struct receiver *r)
{
	struct lab_burst burst = r->params->burst;
	int ret;

	burst.seed = r->check.seed;
	ret = lab_burst_start(r->lab, &burst);
	return ret ? give_up(r, ret, "starting the generator") : 0;
}

/* No packets for long: say what the counters tell about it */
static int stalled(struct receiver *r)
{
	const struct lab_stats *s = &r->stats;

	r->error = 1;
	snprintf(r->what, sizeof(r->what),
		 "no packet for 10 s: %s generated, %s received, %s dropped, %s in the device, "
		 "%s ready; %s interrupts, %s failed allocations, %s times out of blocks",
		 text_count(s->generated), text_count(r->check.packets),
		 text_count(stats_dropped(s)), text_count(s->dev_in_flight),
		 text_count(s->ready_packets), text_count(s->irqs), text_count(s->alloc_failed),
		 text_count(s->dev_fill_low));
	return 1;
}

/* Whether all that was generated is accounted for, and no more will be */
static bool all_settled(const struct receiver *r)
{
	const struct lab_stats *s = &r->stats;

	return !(s->flags & LAB_STATS_GENERATING) && !stats_in_flight(s) &&
	       s->delivered + stats_dropped(s) == s->generated;
}

/* Nothing came for a moment. Return: 0: wait on; 1: the end; negative errno. */
static int look_around(struct receiver *r)
{
	int ret;

	if (interrupted()) {
		ret = lab_burst_stop(r->lab);
		if (ret)
			return give_up(r, ret, "stopping the generator");
	}
	ret = lab_stats(r->lab, LAB_QUEUE_ANY, &r->stats);
	if (ret)
		return give_up(r, ret, "reading the counters");
	if (all_settled(r))
		return 1;
	return monotonic_ns() - r->end_ns > STALL_NS ? stalled(r) : 0;
}

static int check_batch(struct receiver *r, struct batch *batch, struct device_clock *clock)
{
	uint64_t now_ns = monotonic_ns();
	int ret = clock_update(clock, r->lab, now_ns);

	if (ret)
		return give_up(r, ret, "reading the clocks");
	for (uint32_t i = 0; i < batch->nr; i++) {
		check_block(&r->check, lab_block_data(r->lab, &batch->blocks[i]),
			    &batch->blocks[i], now_ns - (uint64_t)clock->to_monotonic_ns);
		batch->slots[i] = batch->blocks[i].slot;
		now_ns = monotonic_ns();
	}
	atomic_store_explicit(&r->packets, r->check.packets, memory_order_relaxed);
	r->end_ns = now_ns;
	return 0;
}

/* Return: 0: go on; 1: the end; negative errno. */
static int receive_batch(struct receiver *r, struct batch *batch, struct device_clock *clock)
{
	int ret = lab_exchange(r->lab, batch->slots, batch->nr, batch->blocks, batch->max, WAIT_NS);

	batch->nr = ret > 0 ? (uint32_t)ret : 0;
	if (ret == -ETIMEDOUT || ret == -EINTR || ret == -EAGAIN)
		return look_around(r);
	if (ret < 0)
		return give_up(r, ret, "receiving");
	ret = check_batch(r, batch, clock);
	if (ret)
		return ret;
	if (interrupted())
		return look_around(r);
	return r->check.packets >= r->params->burst.count;
}

static void receive_all(struct receiver *r)
{
	struct device_clock clock = { 0 };
	struct batch batch = {
		.max = r->params->setup.depth < LAB_EXCHANGE_MAX ? r->params->setup.depth :
								  LAB_EXCHANGE_MAX,
	};
	int ret;

	while (!(ret = receive_batch(r, &batch, &clock)))
		;
	if (batch.nr)
		lab_exchange(r->lab, batch.slots, batch.nr, NULL, 0, 0);
	ret = lab_stats(r->lab, LAB_QUEUE_ANY, &r->stats);
	if (ret && !r->error)
		give_up(r, ret, "reading the counters");
}

/**
 * receiver_thread - start the generator and receive all of it
 * @receiver: opened
 *
 * Return: NULL; errors are in @receiver.
 */
void *receiver_thread(void *receiver)
{
	struct receiver *r = receiver;

	r->start_ns = monotonic_ns();
	r->end_ns = r->start_ns;
	if (!start_generator(r))
		receive_all(r);
	return NULL;
}
