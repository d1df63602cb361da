/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Histogram buckets for times in ns: exact below 4, then 4 buckets an octave,
 * so a bucket is at most 25 % wide.  Bucket 127 takes all from 7.5 s on.
 */
#ifndef LABYRINTH_HIST_H
#define LABYRINTH_HIST_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define LAB_HIST_BUCKETS	128u

static inline uint32_t lab_hist_bucket(uint64_t ns)
{
	uint32_t log2, bucket;

	if (ns < 4)
		return (uint32_t)ns;
	log2 = 63 - (uint32_t)__builtin_clzll(ns);
	bucket = 4 * (log2 - 1) + (uint32_t)((ns >> (log2 - 2)) & 3);
	return bucket < LAB_HIST_BUCKETS ? bucket : LAB_HIST_BUCKETS - 1;
}

/* Smallest value of @bucket, ns */
static inline uint64_t lab_hist_floor(uint32_t bucket)
{
	if (bucket < 4)
		return bucket;
	return (uint64_t)(4 + (bucket & 3)) << (bucket / 4 - 1);
}

#endif
