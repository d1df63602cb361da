// SPDX-License-Identifier: GPL-2.0-only
#include "queue.h"

#define LT_FRESH	0xa5	/* what a block holds before the device writes */

uint32_t lt_q_reg(const struct lt_queue *q, uint32_t reg)
{
	return LAB_QUEUE_PAGE(q->number) + reg;
}

uint32_t lt_q_read(const struct lt_queue *q, uint32_t reg)
{
	return lt_read(lt_q_reg(q, reg));
}

uint64_t lt_q_read64(const struct lt_queue *q, uint32_t reg)
{
	return lt_read64(lt_q_reg(q, reg));
}

void lt_q_write(const struct lt_queue *q, uint32_t reg, uint32_t value)
{
	lt_write(lt_q_reg(q, reg), value);
}

void lt_q_write64(const struct lt_queue *q, uint32_t reg, uint64_t value)
{
	lt_write64(lt_q_reg(q, reg), value);
}

uint32_t lt_q_error(const struct lt_queue *q)
{
	return LAB_Q_STATUS_ERROR(lt_q_read(q, LAB_Q_STATUS));
}

bool lt_q_balanced(const struct lt_queue *q)
{
	return lt_q_read64(q, LAB_Q_CNT_GENERATED) ==
	       lt_q_read64(q, LAB_Q_CNT_DELIVERED) + lt_q_read64(q, LAB_Q_CNT_DROP_FIFO) +
	       lt_q_read64(q, LAB_Q_CNT_DROP_SIZE) + lt_q_read64(q, LAB_Q_CNT_DROP_STOP) +
	       lt_q_read64(q, LAB_Q_CNT_IN_FLIGHT);
}

static uint64_t lt_q_fill_base(const struct lt_queue *q)
{
	return LT_FILL_BASE + q->number * LT_RING_SPAN;
}

static uint64_t lt_q_cpl_base(const struct lt_queue *q)
{
	return LT_CPL_BASE + q->number * LT_RING_SPAN;
}

void lt_q_prepare(struct lt_queue *q, uint32_t number, uint32_t log2, uint32_t block_bytes)
{
	*q = (struct lt_queue) {
		.number = number, .log2 = log2, .block_bytes = block_bytes,
	};
	lt_q_write64(q, LAB_Q_FILL_BASE, lt_q_fill_base(q));
	lt_q_write64(q, LAB_Q_CPL_BASE, lt_q_cpl_base(q));
	lt_q_write(q, LAB_Q_RING_LOG2, log2);
}

void lt_q_enable(struct lt_queue *q, uint32_t flags)
{
	qtest_memset(lt.qts, lt_q_fill_base(q), 0, LT_RING_SPAN);
	qtest_memset(lt.qts, lt_q_cpl_base(q), 0, LT_RING_SPAN);
	q->fill_prod = 0;
	q->cpl_cons = 0;
	lt_q_write(q, LAB_Q_CTRL, LAB_Q_CTRL_ENABLE | flags);
}

void lt_q_open(struct lt_queue *q, uint32_t number, uint32_t log2, uint32_t block_bytes,
	       uint32_t flags)
{
	lt_q_prepare(q, number, log2, block_bytes);
	lt_q_enable(q, flags);
}

void lt_q_disable(struct lt_queue *q)
{
	lt_q_write(q, LAB_Q_CTRL, 0);
}

uint64_t lt_q_block(const struct lt_queue *q, uint32_t slot)
{
	g_assert_cmpuint((slot + 1) * (uint64_t)q->block_bytes, <=, LT_BLOCK_SPAN);
	return LT_BLOCK_BASE + q->number * (uint64_t)LT_BLOCK_SPAN +
	       slot * (uint64_t)q->block_bytes;
}

void lt_q_put(struct lt_queue *q, struct lab_fill fill)
{
	uint32_t entry = lab_ring_entry(q->fill_prod++, q->log2);

	qtest_memwrite(lt.qts, lt_q_fill_base(q) + entry * sizeof(fill), &fill, sizeof(fill));
}

void lt_q_post(struct lt_queue *q, uint32_t n)
{
	struct lab_fill fill;
	uint32_t slot;

	while (n--) {
		slot = lab_ring_entry(q->fill_prod, q->log2);
		fill = (struct lab_fill) {
			.addr = lt_q_block(q, slot),
			.len = q->block_bytes,
			.slot = slot,
		};
		qtest_memset(lt.qts, fill.addr, LT_FRESH, q->block_bytes);
		lt_q_put(q, fill);
	}
	lt_q_doorbell(q);
}

void lt_q_doorbell(const struct lt_queue *q)
{
	lt_q_write(q, LAB_Q_FILL_DB, q->fill_prod);
}

bool lt_q_pop(struct lt_queue *q, struct lab_cpl *cpl, uint8_t *block)
{
	uint32_t entry = lab_ring_entry(q->cpl_cons, q->log2);

	qtest_memread(lt.qts, lt_q_cpl_base(q) + entry * sizeof(*cpl), cpl, sizeof(*cpl));
	if ((cpl->phase & LAB_CPL_PHASE) != lab_ring_phase(q->cpl_cons, q->log2))
		return false;
	q->cpl_cons++;
	if (block)
		qtest_memread(lt.qts, lt_q_block(q, cpl->slot), block, q->block_bytes);
	return true;
}

void lt_q_arm(const struct lt_queue *q)
{
	lt_q_write(q, LAB_Q_ARM_DB, q->cpl_cons);
}

void lt_q_generate(const struct lt_queue *q, struct lt_burst burst)
{
	lt_q_write(q, LAB_Q_GEN_SIZE_MIN, burst.size_min);
	lt_q_write(q, LAB_Q_GEN_SIZE_MAX, burst.size_max);
	lt_q_write(q, LAB_Q_GEN_BURST, burst.burst);
	lt_q_write64(q, LAB_Q_GEN_COUNT, burst.count);
	lt_q_write64(q, LAB_Q_GEN_SEED, burst.seed);
	lt_q_write64(q, LAB_Q_GEN_GAP, burst.gap_ns);
	lt_q_write(q, LAB_Q_GEN_MODE, burst.mode);
	lt_q_write(q, LAB_Q_GEN_CTRL, LAB_GEN_START);
}

bool lt_q_wait_delivered(const struct lt_queue *q, uint64_t packets)
{
	return lt_wait64(lt_q_reg(q, LAB_Q_CNT_DELIVERED), packets);
}

/* Where bursts are of random length, only counting tells */
static uint32_t lt_burst_of(const struct lt_burst *b, uint64_t seq)
{
	uint32_t number = 0;
	uint64_t end;

	if (!b->burst)
		return 0;
	for (end = lab_gen_burst(b->seed, 0, b->burst, b->mode); seq >= end; )
		end += lab_gen_burst(b->seed, ++number, b->burst, b->mode);
	return number;
}

static bool lt_header_good(const struct lt_queue *q, const struct lab_record *r,
			   const struct lt_burst *b, uint64_t seq)
{
	return r->length == lab_gen_size(b->seed, seq, b->size_min, b->size_max, b->mode) &&
	       r->flags == LAB_RECORD_GENERATED && r->queue == q->number &&
	       r->seq == seq && r->burst == lt_burst_of(b, seq);
}

/* Bytes that are as they should be, from the start of the payload to the next record */
static uint32_t lt_payload_good(const struct lab_record *r, const uint8_t *payload,
				const struct lt_burst *b)
{
	uint64_t first = lab_gen_first(b->seed, r->seq);
	uint32_t end = lab_record_stride(r->length) - sizeof(*r);
	uint32_t i;

	for (i = 0; i < end; i++) {
		uint8_t want = (uint8_t)(lab_gen_word(first, i / 8) >> (i % 8 * 8));

		if (payload[i] != (i < r->length ? want : 0))
			break;
	}
	return i;
}

static bool lt_crc_good(const struct lab_record *r, const uint8_t *payload)
{
	uint32_t crc = lt_crc32c(0, (const uint8_t *)r, LAB_RECORD_CRC_SKIP);

	return r->crc32c == lt_crc32c(crc, payload, r->length);
}

int lt_q_check_block(const struct lt_queue *q, const struct lab_cpl *cpl, const uint8_t *block,
		     const struct lt_burst *burst, uint64_t seq)
{
	uint32_t offset = 0, good;
	struct lab_record r;
	int n;

	for (n = 0; offset < cpl->bytes; n++) {
		memcpy(&r, block + offset, sizeof(r));
		if (!lt_header_good(q, &r, burst, seq + n))
			return -1 - (int)offset;
		offset += sizeof(r);
		good = lt_payload_good(&r, block + offset, burst);
		if (good < lab_record_stride(r.length) - sizeof(r))
			return -1 - (int)(offset + good);
		if (!lt_crc_good(&r, block + offset))
			return -1 - (int)(offset - sizeof(r.crc32c));
		offset += good;
	}
	return offset == cpl->bytes ? n : -1 - (int)offset;
}
