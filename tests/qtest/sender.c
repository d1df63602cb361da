// SPDX-License-Identifier: GPL-2.0-only
#include "sender.h"

static uint64_t lt_tx_ring(const struct lt_sender *t)
{
	return LT_TX_BASE + t->number * LT_RING_SPAN;
}

static uint64_t lt_tx_entry(const struct lt_sender *t, uint32_t index)
{
	return lt_tx_ring(t) + lab_ring_entry(index, t->log2) * sizeof(struct lab_tx);
}

static struct lt_queue lt_tx_queue(const struct lt_sender *t)
{
	return (struct lt_queue) { .number = t->number };
}

void lt_tx_prepare(struct lt_sender *t, uint32_t number, uint32_t log2, uint32_t block_bytes)
{
	struct lt_queue q;

	*t = (struct lt_sender) { .number = number, .log2 = log2, .block_bytes = block_bytes };
	q = lt_tx_queue(t);
	qtest_memset(lt.qts, lt_tx_ring(t), 0, LT_RING_SPAN);
	lt_q_write64(&q, LAB_Q_TX_BASE, lt_tx_ring(t));
	lt_q_write(&q, LAB_Q_TX_LOG2, log2);
}

uint64_t lt_tx_block(const struct lt_sender *t, uint32_t index)
{
	uint64_t offset = lab_ring_entry(index, t->log2) * (uint64_t)t->block_bytes;

	g_assert_cmpuint(offset + t->block_bytes, <=, LT_TX_BLOCK_SPAN);
	return LT_TX_BLOCK_BASE + t->number * (uint64_t)LT_TX_BLOCK_SPAN + offset;
}

/* Of the header nothing but the length is worth anything */
bool lt_tx_add_bytes(struct lt_sender *t, const uint8_t *frame, uint32_t length)
{
	uint32_t stride = lab_record_stride(length);
	g_autofree uint8_t *record = NULL;

	if (t->used + stride > t->block_bytes)
		return false;
	record = g_malloc(stride);
	memset(record, 0xee, stride);
	memcpy(record, &length, sizeof(length));
	memcpy(record + sizeof(struct lab_record), frame, length);
	qtest_memwrite(lt.qts, lt_tx_block(t, t->prod) + t->used, record, stride);
	t->used += stride;
	return true;
}

bool lt_tx_add(struct lt_sender *t, uint32_t length, uint32_t n)
{
	g_autofree uint8_t *frame = g_malloc(length);

	lt_frame(frame, length, n);
	return lt_tx_add_bytes(t, frame, length);
}

void lt_tx_put(struct lt_sender *t, struct lab_tx tx)
{
	qtest_memwrite(lt.qts, lt_tx_entry(t, t->prod++), &tx, sizeof(tx));
	t->used = 0;
}

void lt_tx_post(struct lt_sender *t, uint16_t flags)
{
	struct lt_queue q = lt_tx_queue(t);

	lt_tx_put(t, (struct lab_tx) {
		.addr = lt_tx_block(t, t->prod), .bytes = t->used, .flags = flags,
	});
	lt_q_write(&q, LAB_Q_TX_DB, t->prod);
}

uint32_t lt_tx_series(struct lt_sender *t, uint32_t length, uint32_t n, uint32_t count)
{
	uint32_t end = n + count;

	while (n != end)
		if (lt_tx_add(t, length, n))
			n++;
		else
			lt_tx_post(t, 0);
	lt_tx_post(t, 0);
	return t->prod - 1;
}

uint16_t lt_tx_status(const struct lt_sender *t, uint32_t index)
{
	return qtest_readw(lt.qts, lt_tx_entry(t, index) + offsetof(struct lab_tx, status));
}

uint16_t lt_tx_wait(const struct lt_sender *t, uint32_t index)
{
	int64_t deadline_us = g_get_monotonic_time() + 5000000;

	while (!lt_tx_status(t, index) && g_get_monotonic_time() < deadline_us)
		lt_step(0);
	return lt_tx_status(t, index);
}
