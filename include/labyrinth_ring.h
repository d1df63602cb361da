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

/*
 * Bounded Pareto of shape 1: the inverse of its distribution at @r / 2^20, cut
 * to a whole number.  Sizes up to LAB_GEN_SIZE_LIMIT do not overflow; 0 is no
 * size of it.
 */
static inline uint32_t lab_gen_pareto(uint32_t r, uint32_t min, uint32_t max)
{
	uint64_t low = min ? min : 1, high = (uint64_t)max + 1;

	if (low >= high)
		return max;
	return (uint32_t)((low * high << 20) / ((high << 20) - r * (high - low)));
}

/* Payload bytes of packet @seq, in [@min, @max]; of @mode LAB_GEN_SIZE_* counts */
static inline uint32_t lab_gen_size(uint64_t seed, uint64_t seq, uint32_t min, uint32_t max,
				    uint32_t mode)
{
	uint64_t span = (uint64_t)max - min + 1, random = lab_mix64(seed + seq);

	if ((mode & LAB_GEN_SIZE_MASK) == LAB_GEN_SIZE_PARETO)
		return lab_gen_pareto((uint32_t)(random >> 44), min, max);
	return min + (uint32_t)(((random >> 32) * span) >> 32);
}

/* -log2(@x / 2^64), in units of 2^-16; 0 counts as 1.  At most 64 << 16. */
static inline uint32_t lab_neg_log2(uint64_t x)
{
	uint32_t zeros = (uint32_t)__builtin_clzll(x + !x), fraction = 0, bit;
	uint64_t m = (x + !x) << zeros >> 32;	/* 1 to 2, in units of 2^-31 */

	for (bit = 0; bit < 16; bit++) {
		m = m * m >> 31;
		fraction = fraction << 1 | (uint32_t)(m >> 32);
		m >>= m >> 32;
	}
	return ((zeros + 1) << 16) - fraction;
}

/* Exponential, 1 on average, in units of 2^-16, from a number drawn evenly; below 2^22 */
static inline uint32_t lab_gen_exponential(uint64_t random)
{
	return (uint32_t)((uint64_t)lab_neg_log2(random) * 45426 >> 16);	/* ln 2 */
}

#define LAB_GEN_MEAN_GAP_MAX	0x20000000000ull	/* 36 minutes; larger ones count as this */

/* ns from the start of burst @burst to that of the next */
static inline uint64_t lab_gen_gap(uint64_t seed, uint32_t burst, uint64_t gap_ns, uint32_t mode)
{
	uint64_t mean_ns = gap_ns < LAB_GEN_MEAN_GAP_MAX ? gap_ns : LAB_GEN_MEAN_GAP_MAX;

	if ((mode & LAB_GEN_GAP_MASK) == LAB_GEN_GAP_FIXED)
		return gap_ns;
	return mean_ns * lab_gen_exponential(lab_mix64(lab_mix64(seed) + burst)) >> 16;
}

/* Packets of burst @burst, of @mean on average, which is not 0 */
static inline uint64_t lab_gen_burst(uint64_t seed, uint32_t burst, uint32_t mean, uint32_t mode)
{
	uint64_t twice = 2 * (uint64_t)mean - 1;

	if ((mode & LAB_GEN_GAP_MASK) != LAB_GEN_GAP_ONOFF || mean == 1)
		return mean;
	return 1 + (twice * lab_gen_exponential(lab_mix64(lab_mix64(~seed) + burst)) >> 17);
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
