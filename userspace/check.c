// SPDX-License-Identifier: MIT
/* Each packet of a block: is it whole, is it the next one, how long did it take? */
#include <inttypes.h>
#include <stdio.h>

#include "burst.h"

static void note_fault(struct packet_check *c, uint64_t seq, const char *what)
{
	if (!c->first_fault[0])
		snprintf(c->first_fault, sizeof(c->first_fault), "packet %" PRIu64 ": %s", seq, what);
}

static void count_corrupt(struct packet_check *c, uint64_t seq, const char *what)
{
	note_fault(c, seq, what);
	c->corrupt++;
}

/*
 * Where bursts are of random length a number cannot be known after a loss, but
 * each burst has a packet at least.
 */
static bool burst_number_wrong(const struct packet_check *c, const struct lab_record *r)
{
	if (!c->burst)
		return r->burst != 0;
	if ((c->mode & LAB_GEN_GAP_MASK) != LAB_GEN_GAP_ONOFF)
		return r->burst != (uint32_t)(r->seq / c->burst);
	return r->seq >= c->next_seq && r->burst - c->last_burst > r->seq - c->next_seq + 1;
}

/* Header fields whose value is known, or at least bounded */
static const char *header_fault(const struct packet_check *c, const struct lab_record *r,
				uint32_t length)
{
	if (r->flags != LAB_RECORD_GENERATED)
		return "wrong flags";
	if (r->queue != c->queue)
		return "of another queue";
	if (length != lab_gen_size(c->seed, r->seq, c->size.min, c->size.max, c->mode))
		return "wrong length";
	if (burst_number_wrong(c, r))
		return "wrong burst number";
	if (r->timestamp_ns < c->last_timestamp_ns && r->seq >= c->next_seq)
		return "timestamp before that of the packet before";
	return NULL;
}

/*
 * The CRC covers header and payload as the device wrote them; size and pattern
 * show that it wrote what the generator was told.
 */
static const char *record_fault(const struct packet_check *c, const struct lab_record *r,
				uint32_t length)
{
	const char *fault = header_fault(c, r, length);

	if (fault)
		return fault;
	if (lab_record_verify(r, length))
		return "CRC does not match";
	if (lab_record_verify_payload(r, length, c->seed))
		return "payload does not match the seed";
	return NULL;
}

/* A gap is a drop, which the device counts; going back is never right */
static void check_order(struct packet_check *c, uint64_t seq)
{
	if (seq >= c->next_seq) {
		c->next_seq = seq + 1;
		return;
	}
	note_fault(c, seq, "out of order");
	c->out_of_order++;
}

static void take_latency(struct packet_check *c, uint64_t timestamp_ns)
{
	uint64_t ns = c->device_now_ns > timestamp_ns ? c->device_now_ns - timestamp_ns : 0;

	if (ns > c->latency_max_ns)
		c->latency_max_ns = ns;
	lab_hist_add(c->latency, ns);
}

/* What a corrupt packet says of itself is not believed, so that it taints no other */
static void check_record(struct packet_check *c, const struct lab_record *r, uint32_t length)
{
	const char *fault = c->headers_only ? NULL : record_fault(c, r, length);

	c->packets++;
	c->bytes += length;
	if (fault) {
		count_corrupt(c, r->seq, fault);
		return;
	}
	check_order(c, r->seq);
	take_latency(c, r->timestamp_ns);
	c->last_timestamp_ns = r->timestamp_ns;
	c->last_burst = r->burst;
}

/**
 * check_block - look at every packet of one claimed block
 * @c: what to expect; takes what came
 * @data: the block's memory, or NULL if it lies outside the window
 * @block: as claimed
 */
void check_block(struct packet_check *c, const void *data, const struct lab_block *block)
{
	const struct lab_record *record;
	struct lab_record_iter iter;
	uint32_t records = 0;

	lab_record_iter_init(&iter, data, data ? block->bytes : 0);
	for (; (record = lab_record_next(&iter)); records++)
		check_record(c, record, iter.length);
	if (records != block->records || lab_record_iter_broken(&iter))
		count_corrupt(c, c->next_seq, "the block holds something else than whole packets");
}
