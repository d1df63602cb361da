// SPDX-License-Identifier: MIT
/* One queue: claim, check, release, until nothing more can come */
#include <errno.h>

#include "burst.h"

#define CLAIM_WAIT_NS		50000000ull	/* then look whether it is over */
#define STALLED_NS		10000000000ull	/* without any progress */
#define OPEN_BLOCK_QUIET_NS	500000000ull	/* for a block that never closes by itself */

/**
 * struct batch - blocks claimed, to be given back with the next call
 * @blocks: as claimed
 * @slots: their slots
 * @limit: claim no more at once
 * @nr: claimed
 * @now_ns: when they were claimed
 * @progress_ns: when something happened last
 * @progress_mark: sum of counters that grows with whatever happens
 * @stopping: the generator has been told to stop
 */
struct batch {
	struct lab_block blocks[LAB_EXCHANGE_MAX];
	uint32_t slots[LAB_EXCHANGE_MAX];
	uint32_t limit;
	uint32_t nr;
	uint64_t now_ns;
	uint64_t progress_ns;
	uint64_t progress_mark;
	bool stopping;
};

static int give_up(struct receiver *rx, int error, const char *at)
{
	rx->error = error;
	snprintf(rx->error_at, sizeof(rx->error_at), "%s", at);
	return error;
}

static int give_up_waiting(struct receiver *rx, uint64_t quiet_ns)
{
	char what[sizeof(rx->error_at)];

	snprintf(what, sizeof(what), "nothing came for %u s", (unsigned int)(quiet_ns / 1000000000ull));
	return give_up(rx, -ETIMEDOUT, what);
}

static int check_batch(struct receiver *rx, struct batch *batch)
{
	int ret = clock_update(&rx->clock, rx->lab, batch->now_ns);

	if (ret)
		return give_up(rx, ret, "reading the device's clock");
	rx->check.device_now_ns = batch->now_ns - (uint64_t)rx->clock.to_monotonic_ns;
	for (uint32_t i = 0; i < batch->nr; i++) {
		const struct lab_block *block = &batch->blocks[i];

		check_block(&rx->check, lab_block_data(rx->lab, block), block);
		batch->slots[i] = block->slot;
	}
	rx->last_ns = batch->now_ns;
	batch->progress_ns = batch->now_ns;
	atomic_store_explicit(&rx->seen_packets, rx->check.packets, memory_order_relaxed);
	atomic_store_explicit(&rx->seen_bytes, rx->check.bytes, memory_order_relaxed);
	return 0;
}

static uint64_t progress_mark(const struct lab_stats *s)
{
	return s->generated + s->dev_delivered + s->drop_fifo + s->drop_size + s->drop_invalid +
	       s->delivered;
}

/*
 * Whether the driver has seen all that the device completed: a block whose
 * interrupt is on its way is neither in flight nor ready.  What a refused
 * completion held nobody knows for sure.
 */
static bool all_reaped(const struct lab_stats *s)
{
	return s->refused || s->dev_delivered == s->delivered + s->drop_invalid + s->drop_close;
}

/* The generator has ended, and what it made has come, or waits in a block that stays open */
static bool is_over(const struct receiver *rx, uint64_t quiet_ns)
{
	const struct lab_stats *s = &rx->stats;

	if ((s->flags & LAB_STATS_GENERATING) || s->ready_packets || !all_reaped(s))
		return false;
	return !s->dev_in_flight ||
	       (!rx->setup.block_timeout_ns && quiet_ns > OPEN_BLOCK_QUIET_NS);
}

/*
 * Nothing came for a while.
 * Return: 1 if it is over, 0 if more may come, negative errno.
 */
static int look_whether_over(struct receiver *rx, struct batch *batch)
{
	uint64_t quiet_ns;
	int ret = lab_stats(rx->lab, LAB_QUEUE_ANY, &rx->stats);

	if (ret)
		return give_up(rx, ret, "reading the counters");
	if (progress_mark(&rx->stats) != batch->progress_mark) {
		batch->progress_mark = progress_mark(&rx->stats);
		batch->progress_ns = batch->now_ns;
	}
	quiet_ns = batch->now_ns - batch->progress_ns;
	if (is_over(rx, quiet_ns))
		return 1;
	if (quiet_ns > STALLED_NS && quiet_ns - STALLED_NS > rx->config->gap_ns)
		return give_up_waiting(rx, quiet_ns);
	return 0;
}

static int stop_if_told(struct receiver *rx, struct batch *batch)
{
	int ret;

	if (batch->stopping || !atomic_load_explicit(rx->stop, memory_order_relaxed))
		return 0;
	batch->stopping = true;
	ret = lab_burst_stop(rx->lab);
	return ret ? give_up(rx, ret, "stopping the generator") : 0;
}

/* Return: 1 when all has come, 0 to go on, negative errno */
static int receive_batch(struct receiver *rx, struct batch *batch)
{
	int ret = lab_exchange(rx->lab, batch->slots, batch->nr, batch->blocks, batch->limit,
			       CLAIM_WAIT_NS);

	batch->now_ns = monotonic_ns();
	batch->nr = ret > 0 ? (uint32_t)ret : 0;
	if (ret == -ETIMEDOUT || ret == -EAGAIN || ret == 0)
		return look_whether_over(rx, batch);
	if (ret == -EINTR)
		return 0;
	if (ret < 0)
		return give_up(rx, ret, "claiming blocks");
	ret = check_batch(rx, batch);
	if (ret)
		return ret;
	return rx->config->count && rx->check.packets >= rx->config->count;
}

static void finish(struct receiver *rx, struct batch *batch)
{
	int ret = 0;

	if (batch->nr)
		ret = lab_exchange(rx->lab, batch->slots, batch->nr, NULL, 0, 0);
	if (ret < 0 && !rx->error)
		give_up(rx, ret, "releasing blocks");
	ret = lab_stats(rx->lab, LAB_QUEUE_ANY, &rx->stats);
	if (ret && !rx->error)
		give_up(rx, ret, "reading the counters");
}

/* A quarter of the queue, so that the device never waits for all of it */
static uint32_t batch_limit(uint32_t depth)
{
	uint32_t limit = depth / 4 ? depth / 4 : 1;

	return limit < LAB_EXCHANGE_MAX ? limit : LAB_EXCHANGE_MAX;
}

/**
 * receive - empty one queue whose generator has been started
 * @rx: set up; takes the results
 *
 * Every wait is bounded: it ends with an error when nothing happens for ten
 * seconds (and a gap between bursts).
 */
void receive(struct receiver *rx)
{
	struct batch batch = {
		.limit = batch_limit(rx->setup.depth),
		.progress_ns = monotonic_ns(),
	};
	int ret;

	do {
		ret = stop_if_told(rx, &batch);
		if (!ret)
			ret = receive_batch(rx, &batch);
	} while (!ret);
	finish(rx, &batch);
}
