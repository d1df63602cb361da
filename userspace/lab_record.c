// SPDX-License-Identifier: MIT
/* What can be known about packets and times without the device */
#include <errno.h>
#include <string.h>

#include "lab_crc.h"
#include "liblabyrinth.h"

/**
 * lab_record_verify - check the CRC-32C of a packet, header and payload
 * @record: the packet
 * @length: its payload bytes, as lab_record_next() checked them
 *
 * Return: 0, or -EBADMSG.
 */
int lab_record_verify(const struct lab_record *record, uint32_t length)
{
	uint32_t crc = lab_crc(0, record, LAB_RECORD_CRC_SKIP);

	crc = lab_crc(crc, record + 1, length);
	return crc == record->crc32c ? 0 : -EBADMSG;
}

/**
 * lab_record_make - put a packet to be sent behind those that are there
 * @at: where, aligned to 32
 * @room: bytes left from there
 * @payload: the packet
 * @length: its bytes, 1 to LAB_TX_MAX
 *
 * Return: bytes taken, a multiple of 32; 0 if it does not fit or has another
 * length.
 */
uint32_t lab_record_make(void *at, uint32_t room, const void *payload, uint32_t length)
{
	struct lab_record *record = at;
	uint32_t stride;

	if (!length || length > LAB_TX_MAX || !lab_record_fits(length, 0, room))
		return 0;
	stride = lab_record_stride(length);
	*record = (struct lab_record){ .length = length };
	memcpy(record + 1, payload, length);
	memset((uint8_t *)(record + 1) + length, 0, stride - sizeof(*record) - length);
	return stride;
}

/* The bytes after the last whole word */
static bool lab_tail_matches(const uint8_t *p, uint32_t bytes, uint64_t word)
{
	return memcmp(p, &word, bytes) == 0;
}

/**
 * lab_record_verify_payload - compare a generated packet with what it must be
 * @record: the packet, with LAB_RECORD_GENERATED
 * @length: its payload bytes, as lab_record_next() checked them
 * @seed: of the burst
 *
 * Return: 0, or -EILSEQ.
 */
int lab_record_verify_payload(const struct lab_record *record, uint32_t length, uint64_t seed)
{
	const uint64_t step = lab_gen_word(0, 1);
	const uint64_t *word = (const uint64_t *)(const void *)(record + 1);
	const uint64_t *end = word + length / 8;
	uint64_t expected = lab_gen_first(seed, record->seq);
	uint64_t wrong = 0;

	/* One branch for four words: a wrong one is the rare case */
	for (; end - word >= 4; word += 4) {
		wrong |= word[0] ^ expected;
		wrong |= word[1] ^ (expected + step);
		wrong |= word[2] ^ (expected + 2 * step);
		wrong |= word[3] ^ (expected + 3 * step);
		expected += 4 * step;
	}
	for (; word < end; word++, expected += step)
		wrong |= *word ^ expected;
	if (wrong || !lab_tail_matches((const uint8_t *)end, length % 8, expected))
		return -EILSEQ;
	return 0;
}

/**
 * lab_hist_count - samples in a histogram
 * @hist: LAB_HIST_BUCKETS counters
 *
 * Return: their sum.
 */
uint64_t lab_hist_count(const __u64 *hist)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < LAB_HIST_BUCKETS; i++)
		sum += hist[i];
	return sum;
}

/**
 * lab_hist_quantile - the time that so many samples do not exceed
 * @hist: LAB_HIST_BUCKETS counters
 * @per_10000: 5000 for the median, 9990 for p999, 10000 for the largest
 *
 * Return: ns, the upper end of the bucket, so at most 25 % too much; 0 if the
 * histogram is empty.  The last bucket has no upper end: its lower one.
 */
uint64_t lab_hist_quantile(const __u64 *hist, uint32_t per_10000)
{
	uint64_t samples = lab_hist_count(hist);
	uint64_t rank, sum = 0;

	if (!samples)
		return 0;
	rank = samples / 10000 * per_10000 + (samples % 10000 * per_10000 + 9999) / 10000;
	for (uint32_t i = 0; i < LAB_HIST_BUCKETS - 1; i++) {
		sum += hist[i];
		if (sum && sum >= rank)
			return lab_hist_floor(i + 1) - 1;
	}
	return lab_hist_floor(LAB_HIST_BUCKETS - 1);
}

/**
 * lab_hist_merge - add one histogram to another
 * @into: LAB_HIST_BUCKETS counters
 * @from: LAB_HIST_BUCKETS counters
 */
void lab_hist_merge(__u64 *into, const __u64 *from)
{
	for (uint32_t i = 0; i < LAB_HIST_BUCKETS; i++)
		into[i] += from[i];
}
