// SPDX-License-Identifier: MIT
/* Whether a burst was right, and one line for each thing that was not */
#include <inttypes.h>
#include <string.h>

#include "burst.h"

static const char *queue_error_text(uint32_t error)
{
	static const char *const names[] = {
		[LAB_QERR_NONE] = "none",
		[LAB_QERR_CONFIG] = "bad ring base, size or vector",
		[LAB_QERR_DOORBELL] = "doorbell beyond the ring",
		[LAB_QERR_DESC] = "fill descriptor refused",
		[LAB_QERR_FILL_DMA] = "reading the fill ring failed",
		[LAB_QERR_BLOCK_DMA] = "writing to a block failed",
		[LAB_QERR_CPL_DMA] = "writing the completion ring failed",
	};

	if (error == LAB_QERR_RESET)
		return "the device was reset";
	return error < sizeof(names) / sizeof(names[0]) ? names[error] : "unknown";
}

static bool receiver_ended_well(const struct receiver *rx)
{
	const struct lab_stats *s = &rx->stats;

	if (!rx->error)
		return true;
	fail("queue %u: %s: %s; generated %" PRIu64 ", received %" PRIu64 ", in the device %llu, ready %llu%s%s",
	     rx->setup.queue, rx->error_at, strerror(-rx->error), (uint64_t)s->generated,
	     rx->check.packets, (unsigned long long)s->dev_in_flight,
	     (unsigned long long)s->ready_packets, s->queue_error ? "; the queue stopped: " : "",
	     s->queue_error ? queue_error_text(s->queue_error) : "");
	return false;
}

/* The device, the driver and this process each counted: do they agree? */
static bool counters_agree(const struct receiver *rx)
{
	const struct lab_stats *s = &rx->stats;
	uint64_t claimed = rx->check.packets;

	if (s->delivered == claimed &&
	    (s->refused ||
	     s->dev_delivered == s->delivered + s->ready_packets + s->drop_invalid + s->drop_close))
		return true;
	fail("queue %u: counters disagree: device delivered %llu, driver %llu (ready %llu, refused %llu), received %" PRIu64,
	     rx->setup.queue, (unsigned long long)s->dev_delivered,
	     (unsigned long long)s->delivered, (unsigned long long)s->ready_packets,
	     (unsigned long long)s->refused, claimed);
	return false;
}

static bool nothing_vanished(const struct burst_result *r)
{
	uint64_t accounted = r->delivered + result_dropped(r) + r->in_flight;

	if (r->generated == accounted)
		return true;
	fail("queue %u: generated %" PRIu64 " packets, but %" PRIu64 " delivered + %" PRIu64 " dropped + %" PRIu64 " in flight = %" PRIu64,
	     r->queue, r->generated, r->delivered, result_dropped(r), r->in_flight, accounted);
	return false;
}

static bool packets_right(const struct receiver *rx, const struct burst_result *r)
{
	if (r->corrupt)
		fail("queue %u: %" PRIu64 " corrupt packets, the first is number %" PRIu64,
		     r->queue, r->corrupt, rx->check.first_bad_seq);
	if (r->out_of_order)
		fail("queue %u: %" PRIu64 " packets out of order", r->queue, r->out_of_order);
	if (!rx->config->lossy && result_dropped(r))
		fail("queue %u: %" PRIu64 " packets dropped", r->queue, result_dropped(r));
	return !r->corrupt && !r->out_of_order && (rx->config->lossy || !result_dropped(r));
}

static bool generated_enough(const struct burst_run *run, const struct burst_result *r)
{
	if (!run->config.count || r->generated == run->config.count)
		return true;
	fail("queue %u: generated %" PRIu64 " of %" PRIu64 " packets%s", r->queue, r->generated,
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
		struct burst_result r;

		result_of(rx, &r);
		good &= receiver_ended_well(rx);
		good &= counters_agree(rx);
		good &= nothing_vanished(&r);
		good &= packets_right(rx, &r);
		good &= generated_enough(run, &r);
	}
	return good;
}
