/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A transmit ring driven by hand.
 */
#ifndef SENDER_H
#define SENDER_H

#include "queue.h"

#define LT_TX_BASE		0x00800000u	/* transmit rings, LT_RING_SPAN a queue */
#define LT_TX_BLOCK_BASE	0x05000000u	/* blocks, 4 MiB for each of the first queues */
#define LT_TX_BLOCK_SPAN	0x00400000u

struct lt_sender {
	uint32_t number;	/* queue */
	uint32_t log2;		/* of the entries of the ring */
	uint32_t block_bytes;	/* from one block to the next */
	uint32_t prod;
	uint32_t used;		/* bytes of the block at prod that hold records */
};

/* The ring at its place, zeroed; the queue is not enabled yet */
void lt_tx_prepare(struct lt_sender *t, uint32_t number, uint32_t log2, uint32_t block_bytes);
/* Add a record to the block at prod: frame @n of a series, or any. Return: there was room. */
bool lt_tx_add_bytes(struct lt_sender *t, const uint8_t *frame, uint32_t length);
bool lt_tx_add(struct lt_sender *t, uint32_t length, uint32_t n);
/* Write one descriptor; the device sees it with the next doorbell */
void lt_tx_put(struct lt_sender *t, struct lab_tx tx);
/* The descriptor of the block at prod, with LAB_TX_* @flags, and the doorbell */
void lt_tx_post(struct lt_sender *t, uint16_t flags);
/* Blocks of frames of @length: @count of them from @n on. Return: the last one's index. */
uint32_t lt_tx_series(struct lt_sender *t, uint32_t length, uint32_t n, uint32_t count);

uint64_t lt_tx_block(const struct lt_sender *t, uint32_t index);
uint16_t lt_tx_status(const struct lt_sender *t, uint32_t index);
/* Wait until the descriptor is done. Return: its status, 0: it was not. */
uint16_t lt_tx_wait(const struct lt_sender *t, uint32_t index);

#endif
