// SPDX-License-Identifier: MIT
/* Whether a burst was right, and one line for each thing that was not */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "burst.h"
#include "counters.h"

static bool receiver_ended_well(const struct receiver *rx)
{
	const bool late = rx->error == -ETIMEDOUT;	/* its text says all */
	const struct lab_stats *s = &rx->stats;

	if (!rx->error)
		return true;
	fail("queue %u: %s%s%s; generated %llu, received %" PRIu64 ", in the device %llu, ready %llu, allocations failed %llu, queue error: %s",
	     rx->setup.queue, rx->error_at, late ? "" : ": ", late ? "" : strerror(-rx->error),
	     s->generated,
	     rx->check.packets, s->dev_in_flight, s->ready_packets, s->alloc_failed,
	     queue_error_text(s->queue_error));
	return false;
}

/* The device, the driver and this process each counted: do they agree? */
static bool counters_agree(const struct receiver *rx)
{
	const struct lab_stats *s = &rx->stats;
	uint64_t taken = s->delivered + s->ready_packets + s->drop_invalid + s->drop_close;

	/* What a refused completion said of its packets may be wrong */
	if (s->delivered == rx->check.packets && (s->refused || s->dev_delivered == taken))
		return true;
	fail("queue %u: counters disagree: the device delivered %llu, the driver %llu (ready %llu, invalid %llu), received %" PRIu64,
	     rx->setup.queue, s->dev_delivered, s->delivered, s->ready_packets, s->drop_invalid,
	     rx->check.packets);
	return false;
}

static bool nothing_vanished(const struct receiver *rx)
{
	const struct lab_stats *s = &rx->stats;
	uint64_t delivered = rx->check.packets;
	uint64_t accounted = delivered + stats_dropped(s) + stats_in_flight(s);

	if (s->generated == accounted)
		return true;
	fail("queue %u: generated %llu packets, but delivered %" PRIu64 " + dropped %" PRIu64 " + in flight %" PRIu64 " = %" PRIu64,
	     rx->setup.queue, s->generated, delivered, stats_dropped(s), stats_in_flight(s),
	     accounted);
	return false;
}

static bool packets_right(const struct receiver *rx)
{
	const struct packet_check *c = &rx->check;
	uint64_t dropped = rx->config->lossy ? 0 : stats_dropped(&rx->stats);

	if (c->corrupt || c->out_of_order)
		fail("queue %u: corrupt %" PRIu64 ", out of order %" PRIu64 "; the first, %s",
		     rx->setup.queue, c->corrupt, c->out_of_order, c->first_fault);
	if (dropped)
		fail("queue %u: %" PRIu64 " packets dropped, without --lossy", rx->setup.queue,
		     dropped);
	return !c->corrupt && !c->out_of_order && !dropped;
}

static bool all_blocks_back(const struct receiver *rx)
{
	if (rx->held == rx->released)
		return true;
	fail("queue %u: closed, but %" PRIu64 " of %" PRIu64 " blocks did not come back",
	     rx->setup.queue, rx->held - rx->released, rx->held);
	return false;
}

static bool generated_enough(const struct burst_run *run, const struct receiver *rx)
{
	uint64_t generated = rx->stats.generated;

	if (!run->config.count || generated == run->config.count)
		return true;
	fail("queue %u: generated %" PRIu64 " of %" PRIu64 " packets%s", rx->setup.queue, generated,
	     run->config.count, run->stopped_early ? " until it was stopped" : "");
	return false;
}

/**
 * verdict - judge a burst that has been executed
 * @run: the burst
 *
 * Return: whether all is well; what is not has been said.
 */
bool verdict(const struct burst_run *run)
{
	bool good = true;

	for (uint32_t i = 0; i < run->nr; i++) {
		const struct receiver *rx = &run->receivers[i];

		good &= receiver_ended_well(rx);
		good &= all_blocks_back(rx);
		if (rx->stats.queue_error == LAB_QERR_RESET)
			continue;	/* the device's counters began anew */
		good &= counters_agree(rx);
		good &= nothing_vanished(rx);
		good &= packets_right(rx);
		good &= generated_enough(run, rx);
	}
	return good;
}
