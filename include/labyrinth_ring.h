/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Arithmetic on rings, records and generated packets: one implementation for
 * the driver, the device, user space and the unit tests.  No calls, no state.
 */
#ifndef LABYRINTH_RING_H
#define LABYRINTH_RING_H

#include "labyrinth_regs.h"

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#endif

/* Rings: indices run freely through 32 bits, a ring has 1 << log2 entries */

static inline uint32_t lab_ring_size(uint32_t log2)
{
	return 1u << log2;
}

static inline uint32_t lab_ring_entry(uint32_t index, uint32_t log2)
{
	return index & (lab_ring_size(log2) - 1);
}

/* Phase bit of the entry at @index: 1 on the first lap, 0 on the second, ... */
static inline uint32_t lab_ring_phase(uint32_t index, uint32_t log2)
{
	return ((index >> log2) & 1) ^ 1;
}

static inline uint32_t lab_ring_used(uint32_t prod, uint32_t cons)
{
	return prod - cons;
}

static inline uint32_t lab_ring_free(uint32_t prod, uint32_t cons, uint32_t log2)
{
	return lab_ring_size(log2) - lab_ring_used(prod, cons);
}

/* Whether @prod may follow @cons: no further ahead than the ring is large */
static inline bool lab_ring_valid(uint32_t prod, uint32_t cons, uint32_t log2)
{
	return lab_ring_used(prod, cons) <= lab_ring_size(log2);
}

/* Records */

/* Bytes from one record to the next; @length up to LAB_MAX_BLOCK_BYTES */
static inline uint32_t lab_record_stride(uint32_t length)
{
	return (length + (uint32_t)sizeof(struct lab_record) + LAB_RECORD_ALIGN - 1) &
	       ~(LAB_RECORD_ALIGN - 1);
}

/* Whether a record with @length bytes of payload fits at @offset of a block */
static inline bool lab_record_fits(uint32_t length, uint32_t offset, uint32_t block_bytes)
{
	return length <= LAB_GEN_SIZE_LIMIT && offset <= block_bytes &&
	       lab_record_stride(length) <= block_bytes - offset;
}

/* Largest payload that an empty block holds */
static inline uint32_t lab_record_max(uint32_t block_bytes)
{
	return block_bytes - (uint32_t)sizeof(struct lab_record);
}

/* Generated packets: a function of (seed, sequence number), so a receiver can check them */

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t lab_mix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* Payload bytes of packet @seq: uniform in [@min, @max] */
static inline uint32_t lab_gen_size(uint64_t seed, uint64_t seq, uint32_t min, uint32_t max)
{
	uint64_t span = (uint64_t)max - min + 1;

	return min + (uint32_t)(((lab_mix64(seed + seq) >> 32) * span) >> 32);
}

/* First payload word of packet @seq; word i is lab_gen_word(first, i), little-endian */
static inline uint64_t lab_gen_first(uint64_t seed, uint64_t seq)
{
	return lab_mix64(~seed ^ (seq << 1));
}

static inline uint64_t lab_gen_word(uint64_t first, uint64_t i)
{
	return first + i * 0x0101010101010101ull;
}

#endif
