// SPDX-License-Identifier: MIT
/* Packet records: room, generated packets, verification, hostile blocks */
#include <errno.h>
#include <string.h>

#include "labyrinth_crc32c.h"
#include "liblabyrinth.h"
#include "tap.h"

#define SEED 42

static uint64_t random_state = 1;

static uint64_t next_random(void)
{
	return lab_mix64(random_state++);
}

/* A correct generated packet at @r. Return: bytes to the next record. */
static uint32_t make_record(struct lab_record *r, uint32_t length, uint64_t seq)
{
	uint64_t first = lab_gen_first(SEED, seq);
	uint8_t *payload = (uint8_t *)(r + 1);

	memset(r, 0, lab_record_stride(length));
	r->length = length;
	r->flags = LAB_RECORD_GENERATED;
	r->seq = seq;
	for (uint32_t i = 0; i < length; i++)
		payload[i] = (uint8_t)(lab_gen_word(first, i / 8) >> (i % 8 * 8));
	r->crc32c = lab_crc32c(lab_crc32c(0, r, LAB_RECORD_CRC_SKIP), payload, length);
	return lab_record_stride(length);
}

static void stride_is_header_and_payload_rounded_up_to_32(void)
{
	CU_ASSERT_EQUAL(lab_record_stride(0), 32);
	CU_ASSERT_EQUAL(lab_record_stride(1), 64);
	CU_ASSERT_EQUAL(lab_record_stride(32), 64);
	CU_ASSERT_EQUAL(lab_record_stride(33), 96);
	CU_ASSERT_EQUAL(lab_record_stride(LAB_GEN_SIZE_LIMIT), LAB_MAX_BLOCK_BYTES);
}

static void largest_payload_of_a_block_fits_and_one_more_byte_does_not(void)
{
	for (uint32_t bytes = LAB_MIN_BLOCK_BYTES; bytes <= LAB_MAX_BLOCK_BYTES; bytes *= 2) {
		CU_ASSERT_TRUE(lab_record_fits(lab_record_max(bytes), 0, bytes));
		CU_ASSERT_FALSE(lab_record_fits(lab_record_max(bytes) + 1, 0, bytes));
		CU_ASSERT_FALSE(lab_record_fits(lab_record_max(bytes), 32, bytes));
	}
}

static void absurd_lengths_and_offsets_never_fit(void)
{
	static const uint32_t absurd[] = { 0xffffffffu, 0xffffffe0u, 0xffffffdfu, 0x80000000u,
					   LAB_MAX_BLOCK_BYTES, LAB_GEN_SIZE_LIMIT + 1 };

	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		CU_ASSERT_FALSE(lab_record_fits(absurd[i], 0, LAB_MAX_BLOCK_BYTES));
		CU_ASSERT_FALSE(lab_record_fits(64, absurd[i], 4096));
	}
}

static void splitmix64_gives_its_published_values(void)
{
	CU_ASSERT_EQUAL(lab_mix64(0), 0xe220a8397b1dcdafull);
	CU_ASSERT_EQUAL(lab_mix64(0x9e3779b97f4a7c15ull), 0x6e789e6aa1b965f4ull);
}

static void generated_sizes_stay_in_their_range_and_reach_both_ends(void)
{
	uint32_t size, low = 0, high = 0, out = 0;

	for (uint64_t seq = 0; seq < 10000; seq++) {
		size = lab_gen_size(SEED, seq, 64, 95, 0);
		out += size < 64 || size > 95;
		low += size == 64;
		high += size == 95;
	}
	CU_ASSERT_EQUAL(out, 0);
	CU_ASSERT_TRUE(low > 200 && low < 450);
	CU_ASSERT_TRUE(high > 200 && high < 450);
}

static void range_of_one_size_gives_that_size(void)
{
	for (uint64_t seq = 0; seq < 1000; seq++)
		CU_ASSERT_EQUAL(lab_gen_size(next_random(), seq, 1500, 1500, 0), 1500);
}

static void widest_range_does_not_overflow(void)
{
	uint32_t size;

	for (uint64_t seq = 0; seq < 1000; seq++) {
		size = lab_gen_size(SEED, seq, 0, 0xffffffffu, 0);
		CU_ASSERT_EQUAL(size, (uint32_t)(lab_mix64(SEED + seq) >> 32));
	}
}

static void same_seed_and_number_give_the_same_packet(void)
{
	CU_ASSERT_EQUAL(lab_gen_first(7, 3), lab_gen_first(7, 3));
	CU_ASSERT_NOT_EQUAL(lab_gen_first(7, 3), lab_gen_first(7, 4));
	CU_ASSERT_NOT_EQUAL(lab_gen_first(7, 3), lab_gen_first(8, 3));
}

static void payload_of_every_length_verifies(void)
{
	static uint64_t block[512];
	struct lab_record *r = (void *)block;

	for (uint32_t length = 0; length <= 300; length++) {
		make_record(r, length, length);
		CU_ASSERT_EQUAL(lab_record_verify(r, length), 0);
		CU_ASSERT_EQUAL(lab_record_verify_payload(r, length, SEED), 0);
	}
}

static void every_flipped_payload_bit_is_found_both_ways(void)
{
	static uint64_t block[64];
	struct lab_record *r = (void *)block;
	uint8_t *payload = (uint8_t *)(r + 1);

	for (uint32_t length = 1; length <= 75; length += length < 10 ? 1 : 13) {
		make_record(r, length, 9);
		for (uint32_t bit = 0; bit < length * 8; bit++) {
			payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CU_ASSERT_EQUAL(lab_record_verify(r, length), -EBADMSG);
			CU_ASSERT_EQUAL(lab_record_verify_payload(r, length, SEED), -EILSEQ);
			payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void every_flipped_header_bit_is_found_by_the_crc(void)
{
	static uint64_t block[64];
	struct lab_record *r = (void *)block;
	uint8_t *header = (uint8_t *)r;

	make_record(r, 64, 9);
	for (uint32_t bit = 0; bit < sizeof(*r) * 8; bit++) {
		header[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(lab_record_verify(r, 64), -EBADMSG);
		header[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void packet_of_another_seed_or_number_is_found(void)
{
	static uint64_t block[64];
	struct lab_record *r = (void *)block;

	make_record(r, 64, 9);
	CU_ASSERT_EQUAL(lab_record_verify_payload(r, 64, SEED + 1), -EILSEQ);
	r->seq = 10;
	CU_ASSERT_EQUAL(lab_record_verify_payload(r, 64, SEED), -EILSEQ);
}

static void iterator_returns_every_record_of_a_block(void)
{
	static uint64_t block[2048];
	uint32_t bytes = 0, n = 0;
	const struct lab_record *r;
	struct lab_record_iter iter;

	for (uint32_t i = 0; i < 20; i++)
		bytes += make_record((void *)((uint8_t *)block + bytes), i * 17, i);
	lab_record_iter_init(&iter, block, bytes);
	for (; (r = lab_record_next(&iter)); n++) {
		CU_ASSERT_EQUAL(r->seq, n);
		CU_ASSERT_EQUAL(iter.length, n * 17);
		CU_ASSERT_EQUAL(lab_record_verify(r, iter.length), 0);
	}
	CU_ASSERT_EQUAL(n, 20);
	CU_ASSERT_FALSE(lab_record_iter_broken(&iter));
}

static void empty_block_has_no_record_and_is_not_broken(void)
{
	struct lab_record_iter iter;

	lab_record_iter_init(&iter, NULL, 0);
	CU_ASSERT_PTR_NULL(lab_record_next(&iter));
	CU_ASSERT_FALSE(lab_record_iter_broken(&iter));
}

static void record_cut_short_is_not_returned_but_seen(void)
{
	static uint64_t block[64];
	uint32_t whole = make_record((void *)block, 100, 0);
	struct lab_record_iter iter;

	for (uint32_t bytes = 1; bytes < whole; bytes++) {
		lab_record_iter_init(&iter, block, bytes);
		CU_ASSERT_PTR_NULL(lab_record_next(&iter));
		CU_ASSERT_TRUE(lab_record_iter_broken(&iter));
	}
}

/* Reads all that the iterator lets it read: the sanitizer sees one byte too many */
static uint32_t read_all(const void *block, uint32_t bytes)
{
	const uint8_t *start = block, *payload;
	const struct lab_record *r;
	struct lab_record_iter iter;
	uint32_t n = 0, sum = 0;

	lab_record_iter_init(&iter, block, bytes);
	for (; (r = lab_record_next(&iter)); n++) {
		payload = lab_record_payload(r);
		if (payload + iter.length > start + bytes)
			CU_FAIL_FATAL("a record reaches past the block");
		for (uint32_t i = 0; i < iter.length; i++)
			sum += payload[i];
		sum += (uint32_t)lab_record_verify(r, iter.length);
		sum += (uint32_t)lab_record_verify_payload(r, iter.length, SEED);
	}
	if (n > bytes / 32 || (sum == 0xdeadbeef && n == 0xdeadbeef))
		CU_FAIL_FATAL("more records than fit");
	return n;
}

/* Most random lengths would end the walk at once: let it go on for a while */
static void plausible_lengths(uint8_t *block, uint32_t bytes)
{
	uint32_t length;

	for (uint32_t at = 0; at + 4 <= bytes; at += LAB_RECORD_ALIGN) {
		length = (uint32_t)next_random() % 400;
		if (next_random() % 8)
			memcpy(block + at, &length, sizeof(length));
	}
}

static void random_bytes_are_never_read_out_of_bounds(void)
{
	for (int round = 0; round < 3000; round++) {
		uint32_t bytes = (uint32_t)(next_random() % 2048);
		uint8_t *block = malloc(bytes + !bytes);

		for (uint32_t i = 0; i < bytes; i++)
			block[i] = (uint8_t)next_random();
		plausible_lengths(block, bytes);
		read_all(block, bytes);
		free(block);
	}
	CU_PASS("no sanitizer report");
}

static void one_hostile_length_is_never_read_out_of_bounds(void)
{
	static const uint32_t hostile[] = { 0xffffffffu, 0xffffffe0u, 0xffffffc0u, 0x7fffffffu,
					    LAB_GEN_SIZE_LIMIT, 4096, 4064, 4065, 1, 0 };
	uint32_t bytes = 4096, stride = lab_record_stride(96);

	for (uint32_t victim = 0; victim < bytes / stride; victim++) {
		for (size_t h = 0; h < sizeof(hostile) / sizeof(hostile[0]); h++) {
			uint8_t *block = calloc(1, bytes);

			for (uint32_t i = 0; i < bytes / stride; i++)
				make_record((void *)(block + i * stride), 96, i);
			((struct lab_record *)(void *)(block + victim * stride))->length = hostile[h];
			read_all(block, bytes);
			free(block);
		}
	}
	CU_PASS("no sanitizer report");
}

static CU_TestInfo tests[] = {
	TAP_TEST(stride_is_header_and_payload_rounded_up_to_32),
	TAP_TEST(largest_payload_of_a_block_fits_and_one_more_byte_does_not),
	TAP_TEST(absurd_lengths_and_offsets_never_fit),
	TAP_TEST(splitmix64_gives_its_published_values),
	TAP_TEST(generated_sizes_stay_in_their_range_and_reach_both_ends),
	TAP_TEST(range_of_one_size_gives_that_size),
	TAP_TEST(widest_range_does_not_overflow),
	TAP_TEST(same_seed_and_number_give_the_same_packet),
	TAP_TEST(payload_of_every_length_verifies),
	TAP_TEST(every_flipped_payload_bit_is_found_both_ways),
	TAP_TEST(every_flipped_header_bit_is_found_by_the_crc),
	TAP_TEST(packet_of_another_seed_or_number_is_found),
	TAP_TEST(iterator_returns_every_record_of_a_block),
	TAP_TEST(empty_block_has_no_record_and_is_not_broken),
	TAP_TEST(record_cut_short_is_not_returned_but_seen),
	TAP_TEST(random_bytes_are_never_read_out_of_bounds),
	TAP_TEST(one_hostile_length_is_never_read_out_of_bounds),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "record", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
