/* SPDX-License-Identifier: MIT */
/*
 * liblabyrinth: packets from a Labyrinth device, zero-copy
 *
 *	struct lab *lab;
 *	struct lab_setup setup;
 *	struct lab_block blocks[32];
 *	uint32_t slots[32];
 *	int n = 0;
 *
 *	lab_open(&lab, "0");
 *	lab_setup_defaults(&setup);
 *	lab_setup(lab, &setup);
 *	for (;;) {
 *		n = lab_exchange(lab, slots, n, blocks, 32, 1000000000);
 *		if (n < 0 && n != -ETIMEDOUT)
 *			break;
 *		for (int i = 0; i < n; i++) {
 *			struct lab_record_iter iter;
 *			const struct lab_record *record;
 *
 *			lab_record_iter_init(&iter, lab_block_data(lab, &blocks[i]),
 *					     blocks[i].bytes);
 *			while ((record = lab_record_next(&iter)))
 *				use(lab_record_payload(record), iter.length);
 *			slots[i] = blocks[i].slot;
 *		}
 *		n = n < 0 ? 0 : n;
 *	}
 *
 * Every function that returns an int gives 0 or more, or a negative errno
 * (the glossary is in labyrinth.h).  None prints, none exits, none sets errno
 * on purpose.  One handle belongs to one thread at a time; different handles
 * are independent.
 */
#ifndef LIBLABYRINTH_H
#define LIBLABYRINTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "labyrinth.h"
#include "labyrinth_hist.h"
#include "labyrinth_ring.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "packet records are little-endian and are read in place"
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct lab;

/* Device */
int lab_open(struct lab **lab, const char *device);
void lab_close(struct lab *lab);
int lab_fd(const struct lab *lab);
int lab_info(struct lab *lab, struct lab_info *info);
int lab_stats(struct lab *lab, uint32_t queue, struct lab_stats *stats);
int lab_reset(struct lab *lab);
int lab_inject(struct lab *lab, uint32_t faults, uint32_t period, uint64_t seed);
int lab_inject_query(struct lab *lab, struct lab_inject *inject);

/* Queue */
void lab_setup_defaults(struct lab_setup *setup);
int lab_setup(struct lab *lab, struct lab_setup *setup);
int lab_tune(struct lab *lab, const struct lab_tune *tune);
int lab_exchange(struct lab *lab, const uint32_t *release, uint32_t nr_release,
		 struct lab_block *claim, uint32_t nr_claim, uint64_t timeout_ns);
const void *lab_block_data(const struct lab *lab, const struct lab_block *block);

/* Transmit */
int lab_send(struct lab *lab, const void *records, uint32_t bytes, uint64_t timeout_ns);
int lab_send_flush(struct lab *lab, uint64_t timeout_ns);
uint32_t lab_record_make(void *at, uint32_t room, const void *payload, uint32_t length);

/* Generator */
int lab_burst_start(struct lab *lab, const struct lab_burst *burst);
int lab_burst_stop(struct lab *lab);

/* Records */
int lab_record_verify(const struct lab_record *record, uint32_t length);
int lab_record_verify_payload(const struct lab_record *record, uint32_t length, uint64_t seed);

/* Histograms of times in ns: LAB_HIST_BUCKETS counters, as lab_stats.irq_ns; labyrinth_hist.h */
uint64_t lab_hist_count(const __u64 *hist);
uint64_t lab_hist_quantile(const __u64 *hist, uint32_t per_10000);
void lab_hist_merge(__u64 *into, const __u64 *from);

static inline void lab_hist_add(__u64 *hist, uint64_t ns)
{
	hist[lab_hist_bucket(ns)]++;
}

/**
 * struct lab_record_iter - walk through the records of a block
 * @at: the next record
 * @left: bytes from there to the end of the records
 * @length: payload bytes of the record returned last, as they were checked
 */
struct lab_record_iter {
	const uint8_t *at;
	uint32_t left;
	uint32_t length;
};

/* @data: aligned to 8; @bytes: of it that hold records, lab_block.bytes */
static inline void lab_record_iter_init(struct lab_record_iter *iter, const void *data,
					uint32_t bytes)
{
	iter->at = (const uint8_t *)data;
	iter->left = bytes;
	iter->length = 0;
}

/*
 * Return: the next record, which with its padding lies within the block; NULL
 * at the end, and for a record that claims more than is left.  Its length is
 * read once: use iter->length, not record->length, where memory safety
 * depends on it.
 */
static inline const struct lab_record *lab_record_next(struct lab_record_iter *iter)
{
	const struct lab_record *record = (const struct lab_record *)(const void *)iter->at;
	uint32_t stride;

	if (iter->left < sizeof(*record))
		return NULL;
	iter->length = __atomic_load_n(&record->length, __ATOMIC_RELAXED);
	if (!lab_record_fits(iter->length, 0, iter->left))
		return NULL;
	stride = lab_record_stride(iter->length);
	iter->at += stride;
	iter->left -= stride;
	return record;
}

/* After the last record: whether bytes are left that are no whole record */
static inline bool lab_record_iter_broken(const struct lab_record_iter *iter)
{
	return iter->left != 0;
}

static inline const void *lab_record_payload(const struct lab_record *record)
{
	return record + 1;
}

#ifdef __cplusplus
}
#endif

#endif
