// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bursts of the generator, byte by byte.
 */
#include "queue.h"

static struct lt_queue q;

/* The hex dump of docs/device.md. Return: bytes. */
static size_t read_worked_burst(uint8_t *bytes, size_t room)
{
	g_auto(GStrv) lines = g_strsplit(lt_data_sheet(), "\n", -1);
	size_t n = 0;
	char *at;
	int i;

	for (i = 0; lines[i]; i++)
		if (strtoul(lines[i], &at, 16) == n && at == lines[i] + 4 && g_str_has_prefix(at, "  "))
			while (*at && n < room)
				bytes[n++] = (uint8_t)strtoul(at, &at, 16);
	return n;
}

/* Generate, wait, pop one completion with its block. Return: whether all came. */
static bool one_block(struct lt_burst burst, struct lab_cpl *cpl, uint8_t *block)
{
	lt_q_generate(&q, burst);
	if (!lt_q_wait_delivered(&q, burst.count))
		return false;
	return lt_q_pop(&q, cpl, block);
}

static void one_packet_is_right_in_every_byte(void)
{
	struct lt_burst burst = { .count = 1, .size_min = 100, .size_max = 100, .seed = 42 };
	uint8_t block[4096];
	struct lab_cpl cpl;
	size_t i;

	lt_q_open(&q, 0, 2, sizeof(block), 0);
	lt_q_post(&q, 1);
	EXPECT(one_block(burst, &cpl, block));
	EXPECT_EQ(cpl.bytes, lab_record_stride(100));
	EXPECT_EQ(cpl.slot, 0);
	EXPECT_EQ(cpl.records, 1);
	EXPECT_EQ(cpl.seq, 0);
	EXPECT_EQ(cpl.status, LAB_CPL_OK);
	EXPECT_EQ(cpl.phase, LAB_CPL_PHASE);
	EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &burst, 0), 1);
	for (i = cpl.bytes; i < sizeof(block) && block[i] == 0xa5; i++)
		;
	EXPECT_EQ(i, sizeof(block));
}

/* Seed 1, three packets of 10 to 40 bytes, at 1 ms */
static void worked_burst_is_as_the_data_sheet_says(void)
{
	struct lt_burst burst = { .count = 3, .size_min = 10, .size_max = 40, .seed = 1 };
	uint8_t block[4096], want[4096];
	struct lab_cpl cpl;

	lt_step(1000000 - (int64_t)lt_read64(LAB_REG_CLOCK));
	lt_q_open(&q, 0, 2, sizeof(block), 0);
	lt_q_post(&q, 1);
	EXPECT(one_block(burst, &cpl, block));
	EXPECT_EQ(cpl.bytes, 0xc0);
	EXPECT_EQ(read_worked_burst(want, sizeof(want)), cpl.bytes);
	EXPECT(!memcmp(block, want, cpl.bytes));
	EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &burst, 0), 3);
}

/* Check all that was delivered so far. Return: packets. */
static uint64_t check_blocks(const struct lt_burst *burst, uint64_t seq)
{
	g_autofree uint8_t *block = g_malloc(q.block_bytes);
	uint64_t first = seq;
	struct lab_cpl cpl;

	while (lt_q_pop(&q, &cpl, block)) {
		EXPECT_EQ(cpl.seq, (uint32_t)seq);
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, burst, seq), cpl.records);
		seq += cpl.records;
	}
	return seq - first;
}

static void sizes_and_payload_follow_the_formula(void)
{
	struct lt_burst burst = { .count = 300, .size_max = 2000, .seed = 0x123456789abcdefull };
	uint64_t bytes = 0, i;

	lt_q_open(&q, 2, 7, 4096, 0);
	lt_q_post(&q, 128);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 300));
	EXPECT_EQ(check_blocks(&burst, 0), 300);
	for (i = 0; i < burst.count; i++)
		bytes += lab_gen_size(burst.seed, i, burst.size_min, burst.size_max, 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BYTES), bytes);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 300);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), LAB_Q_STATUS_ENABLED);
}

static void packets_may_be_empty(void)
{
	struct lt_burst burst = { .count = 5 };

	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 5));
	EXPECT_EQ(check_blocks(&burst, 0), 5);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BYTES), 0);
}

static void each_burst_closes_its_block(void)
{
	static const uint16_t want[] = { 10, 10, 10, 5 };
	struct lt_burst burst = { .count = 35, .size_min = 8, .size_max = 8, .burst = 10 };
	uint8_t block[4096];
	struct lab_cpl cpl;
	uint64_t seq = 0;
	size_t i;

	lt_q_open(&q, 0, 3, sizeof(block), 0);
	lt_q_post(&q, 8);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 35));
	for (i = 0; i < G_N_ELEMENTS(want); i++) {
		EXPECT(lt_q_pop(&q, &cpl, block));
		EXPECT_EQ(cpl.slot, i);
		EXPECT_EQ(cpl.records, want[i]);
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &burst, seq), want[i]);
		seq += want[i];
	}
	EXPECT(!lt_q_pop(&q, &cpl, NULL));
}

static void a_second_run_goes_on_with_the_sequence(void)
{
	struct lt_burst burst = { .count = 7, .size_min = 1, .size_max = 99, .seed = 5 };

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 7));
	EXPECT_EQ(check_blocks(&burst, 0), 7);
	burst.seed = 6;
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 14));
	EXPECT_EQ(check_blocks(&burst, 7), 7);
}

static void bursts_start_a_gap_apart(void)
{
	struct lt_burst burst = {
		.count = 3, .size_min = 64, .size_max = 64, .burst = 1, .gap_ns = 1000000,
	};
	struct lab_record record;
	struct lab_cpl cpl;
	uint8_t block[4096];
	uint64_t start, i;

	lt_q_open(&q, 0, 2, sizeof(block), 0);
	lt_q_post(&q, 4);
	start = lt_read64(LAB_REG_CLOCK);
	lt_q_generate(&q, burst);
	for (i = 0; i < burst.count; i++) {
		EXPECT(lt_q_wait_delivered(&q, i + 1));
		EXPECT(lt_q_pop(&q, &cpl, block));
		memcpy(&record, block, sizeof(record));
		EXPECT_EQ(record.timestamp_ns, start + i * burst.gap_ns);
		lt_step(burst.gap_ns - 1);
		lt_settle();
		EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), i + 1);
		lt_step(1);
	}
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_GEN, 0);
}

/* Held up for half a second, it makes up for 100 ms */
static void missed_bursts_are_made_up_for_within_bounds(void)
{
	struct lt_burst burst = { .size_min = 64, .size_max = 64, .burst = 1, .gap_ns = 1000000 };
	uint64_t generated;

	lt_q_open(&q, 0, 8, 4096, 0);
	lt_q_generate(&q, burst);
	lt_settle();
	lt_step(500000000);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	lt_q_post(&q, 256);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 0xfffffff0u, 0x60));
	lt_settle();
	generated = lt_q_read64(&q, LAB_Q_CNT_GENERATED);
	EXPECT(generated >= 100 && generated <= 102);
	EXPECT_EQ(check_blocks(&burst, 0), generated);
}

static void largest_packet_fills_the_largest_block(void)
{
	struct lt_burst burst = {
		.count = 1, .size_min = LAB_GEN_SIZE_LIMIT, .size_max = LAB_GEN_SIZE_LIMIT,
	};

	lt_q_open(&q, 0, 1, LAB_MAX_BLOCK_BYTES, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 1));
	EXPECT_EQ(check_blocks(&burst, 0), 1);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BYTES), LAB_GEN_SIZE_LIMIT);
}

static void records_max_bounds_a_block(void)
{
	struct lt_burst burst = { .count = 8, .size_min = 16, .size_max = 16, .seed = 3 };
	struct lab_cpl cpl;
	int i;

	lt_q_prepare(&q, 0, 3, 4096);
	lt_q_write(&q, LAB_Q_RECORDS_MAX, 3);
	lt_q_enable(&q, 0);
	lt_q_post(&q, 8);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 8));
	for (i = 0; i < 3; i++) {
		EXPECT(lt_q_pop(&q, &cpl, NULL));
		EXPECT_EQ(cpl.records, i < 2 ? 3 : 2);
		EXPECT_EQ(cpl.seq, 3 * i);
	}
}

static void queues_run_side_by_side(void)
{
	struct lt_burst burst = { .count = 500, .size_min = 1, .size_max = 1500, .seed = 9 };
	struct lt_queue queues[4];
	uint32_t i;

	for (i = 0; i < 4; i++) {
		lt_q_open(&queues[i], i, 8, 4096, 0);
		lt_q_post(&queues[i], 256);
	}
	for (i = 0; i < 4; i++)
		lt_q_generate(&queues[i], burst);
	for (i = 0; i < 4; i++) {
		q = queues[i];
		EXPECT(lt_q_wait_delivered(&q, 500));
		EXPECT_EQ(check_blocks(&burst, 0), 500);
	}
}

static CU_TestInfo tests[] = {
	TAP_TEST(one_packet_is_right_in_every_byte),
	TAP_TEST(worked_burst_is_as_the_data_sheet_says),
	TAP_TEST(sizes_and_payload_follow_the_formula),
	TAP_TEST(packets_may_be_empty),
	TAP_TEST(each_burst_closes_its_block),
	TAP_TEST(a_second_run_goes_on_with_the_sequence),
	TAP_TEST(bursts_start_a_gap_apart),
	TAP_TEST(missed_bursts_are_made_up_for_within_bounds),
	TAP_TEST(largest_packet_fills_the_largest_block),
	TAP_TEST(records_max_bounds_a_block),
	TAP_TEST(queues_run_side_by_side),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "burst", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
