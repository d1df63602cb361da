/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue driven by hand: rings, posting, completions, records.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include "machine.h"

struct lt_queue {
	uint32_t number;
	uint32_t log2;		/* of the entries of both rings */
	uint32_t block_bytes;
	uint32_t fill_prod;
	uint32_t cpl_cons;
};

struct lt_burst {
	uint64_t count;
	uint32_t size_min;
	uint32_t size_max;
	uint32_t burst;
	uint64_t gap_ns;
	uint64_t seed;
	uint32_t mode;
};

/* Registers of the queue */
uint32_t lt_q_reg(const struct lt_queue *q, uint32_t reg);
uint32_t lt_q_read(const struct lt_queue *q, uint32_t reg);
uint64_t lt_q_read64(const struct lt_queue *q, uint32_t reg);
void lt_q_write(const struct lt_queue *q, uint32_t reg, uint32_t value);
void lt_q_write64(const struct lt_queue *q, uint32_t reg, uint64_t value);
uint32_t lt_q_error(const struct lt_queue *q);
/* Whether the counters add up */
bool lt_q_balanced(const struct lt_queue *q);

/* Rings at their places, zeroed; not enabled yet */
void lt_q_prepare(struct lt_queue *q, uint32_t number, uint32_t log2, uint32_t block_bytes);
/* The same, enabled with LAB_Q_CTRL_* @flags */
void lt_q_open(struct lt_queue *q, uint32_t number, uint32_t log2, uint32_t block_bytes,
	       uint32_t flags);
void lt_q_enable(struct lt_queue *q, uint32_t flags);
void lt_q_disable(struct lt_queue *q);

/* Address of the block that a slot names; slots are entry numbers of the fill ring */
uint64_t lt_q_block(const struct lt_queue *q, uint32_t slot);
/* Write one descriptor; the device sees it with the next doorbell */
void lt_q_put(struct lt_queue *q, struct lab_fill fill);
/* Post @n blocks filled with 0xa5, ring the doorbell */
void lt_q_post(struct lt_queue *q, uint32_t n);
void lt_q_doorbell(const struct lt_queue *q);

/* Next completion, if there is one; its block is read to @block unless NULL */
bool lt_q_pop(struct lt_queue *q, struct lab_cpl *cpl, uint8_t *block);
void lt_q_arm(const struct lt_queue *q);

/* Start the generator */
void lt_q_generate(const struct lt_queue *q, struct lt_burst burst);
/* Wait until so many packets were delivered */
bool lt_q_wait_delivered(const struct lt_queue *q, uint64_t packets);

/*
 * Check record after record of a generated block: length, flags, queue,
 * sequence (from @seq), burst, CRC, each payload word, the padding.
 * Return: number of good records, negative: offset of the first bad byte, -1.
 */
int lt_q_check_block(const struct lt_queue *q, const struct lab_cpl *cpl, const uint8_t *block,
		     const struct lt_burst *burst, uint64_t seq);

#endif
