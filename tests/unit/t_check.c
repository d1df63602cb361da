// SPDX-License-Identifier: MIT
/* What labctl burst says of packets: right ones, wrong ones, hostile blocks */
#include <string.h>

#include "burst.h"
#include "labyrinth_crc32c.h"
#include "tap.h"

#define SEED	42
#define QUEUE	3
#define BURST	4
#define RECORDS	10

static uint64_t memory[2048];
static uint8_t *const block_data = (uint8_t *)memory;
static struct packet_check check;
static struct lab_block block;
static uint32_t offsets[RECORDS];

static void seal(struct lab_record *r)
{
	r->crc32c = lab_crc32c(lab_crc32c(0, r, LAB_RECORD_CRC_SKIP), r + 1, r->length);
}

static struct lab_record *record(uint32_t n)
{
	return (struct lab_record *)(void *)(block_data + offsets[n]);
}

static void make_record(struct lab_record *r, uint64_t seq)
{
	uint64_t first = lab_gen_first(SEED, seq);
	uint8_t *payload = (uint8_t *)(r + 1);

	*r = (struct lab_record){
		.length = lab_gen_size(SEED, seq, 64, 1500, check.mode),
		.flags = LAB_RECORD_GENERATED,
		.queue = QUEUE,
		.seq = seq,
		.timestamp_ns = 1000 + seq * 10,
		.burst = (uint32_t)(seq / BURST),
	};
	for (uint32_t i = 0; i < r->length; i++)
		payload[i] = (uint8_t)(lab_gen_word(first, i / 8) >> (i % 8 * 8));
	seal(r);
}

/* A block of RECORDS correct packets from @seq on */
static void make_block(uint64_t seq)
{
	memset(memory, 0, sizeof(memory));
	block = (struct lab_block){ .records = RECORDS, .order = 2 };
	for (uint32_t n = 0; n < RECORDS; n++) {
		offsets[n] = block.bytes;
		make_record(record(n), seq + n);
		block.bytes += lab_record_stride(record(n)->length);
	}
}

static void start(void)
{
	check = (struct packet_check){
		.queue = QUEUE, .seed = SEED, .size = { 64, 1500 }, .burst = BURST,
		.device_now_ns = 5000,
	};
	make_block(0);
}

static void look(void)
{
	check_block(&check, block_data, &block);
}

static void right_packets_pass(void)
{
	start();
	look();
	make_block(RECORDS);
	look();
	CU_ASSERT_EQUAL(check.packets, 2 * RECORDS);
	CU_ASSERT_EQUAL(check.corrupt, 0);
	CU_ASSERT_EQUAL(check.out_of_order, 0);
	CU_ASSERT_STRING_EQUAL(check.first_fault, "");
}

static void payload_bytes_and_latency_are_counted(void)
{
	uint64_t bytes = 0;

	start();
	look();
	for (uint32_t n = 0; n < RECORDS; n++)
		bytes += record(n)->length;
	CU_ASSERT_EQUAL(check.bytes, bytes);
	CU_ASSERT_EQUAL(lab_hist_count(check.latency), RECORDS);
	CU_ASSERT_EQUAL(check.latency_max_ns, 4000);
}

static void every_flipped_bit_of_a_packet_is_seen(void)
{
	uint32_t bits, seen = 0;

	start();
	bits = (uint32_t)(sizeof(struct lab_record) + record(0)->length) * 8;
	for (uint32_t bit = 0; bit < bits; bit++) {
		start();
		block_data[offsets[0] + bit / 8] ^= (uint8_t)(1 << bit % 8);
		look();
		seen += check.corrupt != 0;
	}
	CU_ASSERT_EQUAL(seen, bits);
}

static void one_corrupt_payload_is_counted_once(void)
{
	start();
	((uint8_t *)(record(3) + 1))[60] ^= 1;
	look();
	CU_ASSERT_EQUAL(check.corrupt, 1);
	CU_ASSERT_EQUAL(check.packets, RECORDS);
	CU_ASSERT_PTR_NOT_NULL(strstr(check.first_fault, "packet 3"));
}

static void one_corrupt_number_does_not_taint_the_packets_after_it(void)
{
	start();
	record(3)->seq ^= 1ull << 40;
	look();
	CU_ASSERT_EQUAL(check.corrupt, 1);
	CU_ASSERT_EQUAL(check.out_of_order, 0);
}

static void one_corrupt_time_does_not_taint_the_packets_after_it(void)
{
	start();
	record(3)->timestamp_ns ^= 1ull << 40;
	look();
	CU_ASSERT_EQUAL(check.corrupt, 1);
}

/* The CRC is right, so it is what the device meant to send */
static void sealed_but_wrong_packet_is_seen(void)
{
	start();
	record(2)->queue = QUEUE + 1;
	seal(record(2));
	record(4)->flags = LAB_RECORD_WIRE;
	seal(record(4));
	record(6)->burst++;
	seal(record(6));
	((uint8_t *)(record(8) + 1))[63] ^= 0x80;
	seal(record(8));
	look();
	CU_ASSERT_EQUAL(check.corrupt, 4);
}

static void heavy_tailed_sizes_are_checked_as_such(void)
{
	start();
	check.mode = LAB_GEN_SIZE_PARETO;
	make_block(0);
	look();
	CU_ASSERT_EQUAL(check.corrupt, 0);
	check.mode = 0;
	make_block(RECORDS);
	check.mode = LAB_GEN_SIZE_PARETO;
	look();
	CU_ASSERT_TRUE(check.corrupt > RECORDS / 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(check.first_fault, "wrong length"));
}

/* Bursts as @numbers say. Return: how many records are corrupt. */
static uint64_t random_bursts(const uint32_t numbers[RECORDS])
{
	start();
	check.mode = LAB_GEN_GAP_ONOFF;
	for (uint32_t n = 0; n < RECORDS; n++) {
		record(n)->burst = numbers[n];
		seal(record(n));
	}
	look();
	return check.corrupt;
}

static void bursts_of_random_length_go_one_by_one(void)
{
	CU_ASSERT_EQUAL(random_bursts((uint32_t[]){ 0, 1, 2, 2, 2, 2, 3, 4, 4, 4 }), 0);
	CU_ASSERT_EQUAL(random_bursts((uint32_t[]){ 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 }), 1);
	CU_ASSERT_EQUAL(random_bursts((uint32_t[]){ 0, 1, 1, 0, 1, 1, 1, 1, 1, 1 }), 1);
	CU_ASSERT_EQUAL(random_bursts((uint32_t[]){ 0, 1, 1, 9, 1, 1, 1, 1, 1, 1 }), 1);
}

static void packet_of_another_seed_is_seen(void)
{
	start();
	check.seed = SEED + 1;
	look();
	CU_ASSERT_EQUAL(check.corrupt, RECORDS);
}

static void packet_that_comes_twice_is_out_of_order(void)
{
	start();
	look();
	look();
	CU_ASSERT_EQUAL(check.out_of_order, RECORDS);
}

static void swapped_packets_are_out_of_order(void)
{
	start();
	make_block(RECORDS);
	look();
	make_block(0);
	look();
	CU_ASSERT_EQUAL(check.out_of_order, RECORDS);
}

static void gap_is_no_fault_of_a_packet(void)
{
	start();
	look();
	make_block(5 * RECORDS);
	look();
	CU_ASSERT_EQUAL(check.corrupt, 0);
	CU_ASSERT_EQUAL(check.out_of_order, 0);
}

static void headers_only_does_not_look_at_the_payload(void)
{
	start();
	check.headers_only = true;
	((uint8_t *)(record(3) + 1))[60] ^= 1;
	look();
	CU_ASSERT_EQUAL(check.corrupt, 0);
	CU_ASSERT_EQUAL(check.packets, RECORDS);
}

static void wrong_number_of_records_is_corrupt(void)
{
	start();
	block.records = RECORDS + 1;
	look();
	CU_ASSERT_EQUAL(check.corrupt, 1);
}

static void block_outside_the_window_is_corrupt(void)
{
	start();
	check_block(&check, NULL, &block);
	CU_ASSERT_EQUAL(check.corrupt, 1);
	CU_ASSERT_EQUAL(check.packets, 0);
}

static void hostile_blocks_are_never_read_out_of_bounds(void)
{
	uint64_t state = 1;

	for (uint32_t round = 0; round < 3000; round++) {
		uint32_t bytes = (uint32_t)(lab_mix64(state++) % 2048);
		uint8_t *data = malloc(bytes + !bytes);

		for (uint32_t i = 0; i < bytes; i++)
			data[i] = (uint8_t)lab_mix64(state++);
		for (uint32_t at = 0; at + 8 <= bytes; at += 32)
			memset(data + at + 1, 0, 3);
		start();
		check.headers_only = round % 2;
		block = (struct lab_block){ .bytes = bytes, .records = 1 };
		check_block(&check, data, &block);
		free(data);
	}
	CU_PASS("no sanitizer report");
}

static CU_TestInfo tests[] = {
	TAP_TEST(right_packets_pass),
	TAP_TEST(payload_bytes_and_latency_are_counted),
	TAP_TEST(every_flipped_bit_of_a_packet_is_seen),
	TAP_TEST(one_corrupt_payload_is_counted_once),
	TAP_TEST(one_corrupt_number_does_not_taint_the_packets_after_it),
	TAP_TEST(one_corrupt_time_does_not_taint_the_packets_after_it),
	TAP_TEST(sealed_but_wrong_packet_is_seen),
	TAP_TEST(heavy_tailed_sizes_are_checked_as_such),
	TAP_TEST(bursts_of_random_length_go_one_by_one),
	TAP_TEST(packet_of_another_seed_is_seen),
	TAP_TEST(packet_that_comes_twice_is_out_of_order),
	TAP_TEST(swapped_packets_are_out_of_order),
	TAP_TEST(gap_is_no_fault_of_a_packet),
	TAP_TEST(headers_only_does_not_look_at_the_payload),
	TAP_TEST(wrong_number_of_records_is_corrupt),
	TAP_TEST(block_outside_the_window_is_corrupt),
	TAP_TEST(hostile_blocks_are_never_read_out_of_bounds),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "check", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
